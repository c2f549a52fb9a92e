"""Tickets: a signed text that a scanner believes without asking, and a short code that people read out.

The text is base32 (letters and digits, so its QR code stays small) of version, key id, session, ticket's id and an
Ed25519 signature over all of them. It holds nothing about the person, and none of our row numbers. Whoever has the
public keys can tell a ticket from a forgery offline; whether it still admits is the registration's own state.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import segno
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from participants import tokens
from participants.models import Registration
from programs.models import TrainingSession

VERSION = 1
_PURPOSE = b"ticket-signature"
_KEY_ID, _SESSION, _REGISTRATION = 4, 8, 16
_SIGNED = 1 + _KEY_ID + _SESSION + _REGISTRATION
_LENGTH = 149  # of the text: 93 bytes in base32, which a QR code of 41 by 41 modules holds

# Nineteen letters: a prime number of them, so that a weighted sum catches every wrong letter and every swap of two.
LETTERS = tokens.ALPHABET.replace("Q", "")
_CODE_LENGTH = 8


class NotATicket(ValueError):
    """No ticket that this portal has signed, with its key or an earlier one."""


@dataclass(frozen=True)
class Ticket:
    """What a ticket says once its signature has been checked."""

    ticket: UUID
    session: bytes

    def admits(self, registration: Registration) -> bool:
        """Whether `registration` is the one meant and still confirmed: one that was released has a dead ticket."""
        return (
            registration.ticket == self.ticket
            and session_mark(registration.session) == self.session
            and registration.is_confirmed
        )


def ticket_text(registration: Registration) -> str:
    """The text in the QR code of `registration`, whose session must be at hand."""
    key = _signing_key(settings.SECRET_KEY)
    signed = bytes([VERSION]) + key_id(key.public_key())
    signed += session_mark(registration.session) + registration.ticket.bytes
    return base64.b32encode(signed + key.sign(signed)).decode().rstrip("=")


def verify(text: str) -> Ticket:
    """Return what the ticket `text` says. Raises NotATicket unless every byte is as one of our keys signed it."""
    raw = _decode(text)
    signed, signature = raw[:_SIGNED], raw[_SIGNED:]
    key = public_keys().get(signed[1 : 1 + _KEY_ID])
    if signed[0] != VERSION or key is None:
        raise NotATicket
    try:
        key.verify(signature, signed)
    except InvalidSignature as error:
        raise NotATicket from error
    session = signed[1 + _KEY_ID : 1 + _KEY_ID + _SESSION]
    return Ticket(ticket=UUID(bytes=signed[-_REGISTRATION:]), session=session)


def public_keys() -> dict[bytes, Ed25519PublicKey]:
    """The keys that a scanner needs, by key id: the one in use, and those of earlier server keys."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    keys = [_signing_key(secret).public_key() for secret in secrets]
    return {key_id(key): key for key in keys}


def key_id(key: Ed25519PublicKey) -> bytes:
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).digest()[:_KEY_ID]


def session_mark(session: TrainingSession) -> bytes:
    """Eight bytes by which a scanner knows its own session's tickets."""
    return hashlib.sha256(session.slug.encode()).digest()[:_SESSION]


def qr_code(text: str, mode: str = "alphanumeric") -> SafeString:
    """The QR code of `text` as an SVG element without a style: black on white, with the quiet zone it needs.

    Other letters than capitals, as in an address, need the mode "byte".
    """
    code = segno.make_qr(text, error="m", mode=mode)
    drawn = code.svg_inline(border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=True)
    return mark_safe(drawn)  # noqa: S308 -- drawn: no letter of the text stands in it


def short_code(registration: Registration) -> str:
    """The code of the registration's ticket."""
    return code_of(registration.ticket)


def code_of(ticket: UUID) -> str:
    """Seven letters of a ticket's random id and one that checks them, as `BCDF-GHJK`: to be read out or typed.

    It depends on no key, so a code once printed stays good; a scanner finds it among its own session's registrations.
    """
    number = ticket.int
    places = []
    for _position in range(_CODE_LENGTH - 1):
        number, place = divmod(number, len(LETTERS))
        places.append(place)
    places.append(-_weighted(places) % len(LETTERS))
    return tokens.grouped("".join(LETTERS[place] for place in places))


def read_short_code(typed: str) -> str | None:
    """The code as `short_code` writes it, from any case and spacing; None when a letter is wrong or two are swapped."""
    letters = "".join(letter for letter in typed.upper() if letter not in " -")
    if len(letters) != _CODE_LENGTH or not set(letters) <= set(LETTERS):
        return None
    places = [LETTERS.index(letter) for letter in letters]
    return tokens.grouped(letters) if (_weighted(places[:-1]) + places[-1]) % len(LETTERS) == 0 else None


def code_number(code: str) -> int:
    """What the letters of a code, as `short_code` writes it, say of the random id: its rest by `TICKETS`."""
    letters = code.replace("-", "")[:-1]
    return sum(LETTERS.index(letter) * len(LETTERS) ** place for place, letter in enumerate(letters))


def _weighted(places: list[int]) -> int:
    """Every place counts differently, and none as the check letter does, which counts once."""
    return sum(weight * place for weight, place in enumerate(places, start=2))


def _decode(text: str) -> bytes:
    if len(text) != _LENGTH:
        raise NotATicket
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError) as error:
        raise NotATicket from error
    if base64.b32encode(raw).decode().rstrip("=") != text:  # spare bits of the last letter: one ticket, one text
        raise NotATicket
    return raw


@lru_cache(maxsize=8)
def _signing_key(secret: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hmac.digest(secret.encode(), _PURPOSE, hashlib.sha256))
