"""From which network a request comes, as far as our own proxy vouches for it."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def network_of(request: HttpRequest) -> str:
    """An IPv4 address, or the /64 of an IPv6 one: what one household or one school has. "unknown" is a network too."""
    try:
        address = ip_address(get_adapter().get_client_ip(request))
    except (PermissionDenied, ValueError):
        return "unknown"
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
    return str(address)


def neighbourhood_of(request: HttpRequest) -> str:
    """The /24 of an IPv4 address, the /48 of an IPv6 one: which office or which operator, and no one's own line.

    Kept beside what staff do. It answers whether a deed came from where its doer works, and it is no diary of where
    a civil servant was.
    """
    network = network_of(request)
    if network == "unknown":
        return network
    address = ip_network(network, strict=False).network_address
    return str(ip_network((address, 48 if isinstance(address, IPv6Address) else 24), strict=False))
