"""E-mail addresses: what is accepted, which spellings are one account, which are one inbox, and likely slips."""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache

_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{2,59})")
PROVIDERS = [  # by how many people here have an address there: of two equally likely, the first is suggested
    *("gmail.com", "yahoo.com", "yahoo.co.id", "ymail.com", "rocketmail.com", "hotmail.com", "outlook.com"),
    *("outlook.co.id", "icloud.com", "live.com", "proton.me", "protonmail.com"),
]
REAL_ALTHOUGH_SIMILAR = {"mail.com", "email.com", "me.com", "gmx.com", "aol.com", "mac.com"}
ENDINGS = {".con": ".com", ".cm": ".com", ".comm": ".com", ".vom": ".com", ".co.ud": ".co.id"}  # slips under any domain
_ALIKE = 0.84  # "gmial.com" and "yaho.co.id" are above it; "gmx.com" and "ugm.ac.id" below


class NotAnAddress(ValueError):
    """What was typed is no address that mail could be sent to."""


def normal(typed: str) -> str:
    """Return the address to store and send to: NFKC, no space around it, domain in lower-case ASCII (IDNA).

    The local part keeps its case. Quoted local parts, IP literals, names without a dot and letters outside ASCII in
    the local part raise NotAnAddress: a look-alike of somebody's address is another address or none, never theirs.
    """
    text = unicodedata.normalize("NFKC", typed).strip()
    local, at, domain = text.rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise NotAnAddress from error
    if not (at and _LOCAL_PART.fullmatch(local) and _DOMAIN.fullmatch(domain)):
        raise NotAnAddress
    if len(local) > 64 or len(local) + 1 + len(domain) > 254:
        raise NotAnAddress
    return f"{local}@{domain}"


def address_key(address: str) -> str:
    """Return the form under which two spellings are one account, as `AddressKey` computes it in the database."""
    return unicodedata.normalize("NFKC", address).lower()


def inbox_key(address: str) -> str:
    """Return the form under which two addresses probably fill one inbox: also without plus tag and dots.

    It is for counting mails only; two accounts may share it.
    """
    local, _, domain = address_key(address).rpartition("@")
    local = local.partition("+")[0].replace(".", "") or local
    return f"{local}@{'gmail.com' if domain == 'googlemail.com' else domain}"


def masked(address: str) -> str:
    """`siti@example.com` as `s***@example.com`: enough for whoever knows the address."""
    local, _at, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"


def suggestion(address: str) -> str:
    """Return the address that was probably meant when the domain looks like a slip of a well-known one, else ""."""
    local, _, domain = address.rpartition("@")
    meant = _meant(domain)
    return f"{local}@{meant}" if meant else ""


@lru_cache(maxsize=1000)
def _meant(domain: str) -> str:
    if domain in PROVIDERS or domain in REAL_ALTHOUGH_SIMILAR:
        return ""
    likeness = {known: SequenceMatcher(None, domain, known).ratio() for known in PROVIDERS}
    nearest = max(likeness, key=likeness.__getitem__)
    if likeness[nearest] >= _ALIKE:
        return nearest
    slip = next((ending for ending in ENDINGS if domain.endswith(ending)), "")
    return domain.removesuffix(slip) + ENDINGS[slip] if slip else ""
