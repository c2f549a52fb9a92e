"""The network that a request came from."""

import pytest

from portal.accounts.networks import network_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("behind_proxy", "headers", "network"),
    [
        (0, {"REMOTE_ADDR": "203.0.113.7", "HTTP_X_FORWARDED_FOR": "198.51.100.1"}, "203.0.113.7"),
        (1, {"REMOTE_ADDR": "10.0.0.2", "HTTP_X_FORWARDED_FOR": "198.51.100.1, 203.0.113.7"}, "203.0.113.7"),
        (0, {"REMOTE_ADDR": "2001:db8:1:2:3:4:5:6"}, "2001:db8:1:2::/64"),
        (0, {"REMOTE_ADDR": "::ffff:203.0.113.7"}, "203.0.113.7"),
        (0, {"REMOTE_ADDR": ""}, "unknown"),
    ],
)
def test_network_is_what_our_own_proxy_vouches_for(rf, settings, behind_proxy, headers, network):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = behind_proxy

    assert network_of(rf.get("/masuk/", **headers)) == network
