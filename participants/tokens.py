"""Secrets that are mailed and stored nowhere: derived from a row's id and a server key, at sending and at checking."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"  # twenty letters, no vowels: no words, no look-alikes of digits
CODE_LENGTH = 8
MESSAGE_NUMBER, MESSAGE_SEAL = 5, 7  # letters; the number has more from the 3,200,000th message on
MESSAGE_CODE_LENGTH = MESSAGE_NUMBER + MESSAGE_SEAL


def login_code_text(public_id: UUID, purpose: str = "login") -> str:
    """The eight letters (about 34 bits) of the code `public_id`, as they are mailed; others for another purpose."""
    return _letters(int.from_bytes(_mac(f"{purpose}-code", public_id, settings.SECRET_KEY), "big"), CODE_LENGTH)


def grouped(code: str, between: str = "-") -> str:
    """A code as people read it, in groups of four."""
    return between.join(code[start : start + 4] for start in range(0, len(code), 4))


def message_code(number: int, public_id: UUID) -> str:
    """The letters by which the message `public_id` can be asked after: its row's `number`, then seven (about 30 bits)
    that only this server can make. Whoever tries a hundred codes a second finds somebody's message after months."""
    return _letters(number, max(MESSAGE_NUMBER, _length(number))) + _message_seal(public_id, settings.SECRET_KEY)


def message_number(code: str) -> int:
    """The row's number in a message's code; ValueError for what cannot be one."""
    if len(code) < MESSAGE_CODE_LENGTH or not set(code) <= set(ALPHABET):
        raise ValueError(code)
    number = 0
    for letter in reversed(code[:-MESSAGE_SEAL]):
        number = number * len(ALPHABET) + ALPHABET.index(letter)
    return number


def is_message_code(code: str, public_id: UUID) -> bool:
    """Whether this server made `code` (with its key or an earlier one) for the message `public_id`."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(hmac.compare_digest(code[-MESSAGE_SEAL:], _message_seal(public_id, key)) for key in keys)


def guardian_token(public_id: UUID) -> str:
    """The secret part of a guardian's link: the request's id and 128 bits that only this server can make."""
    return _sealed("guardian", public_id)


def guardian_request_id(token: str) -> UUID | None:
    """The id in a guardian's link, or None when this server did not make the link (with its key or an earlier one)."""
    return _opened("guardian", token)


def offer_token(public_id: UUID) -> str:
    """The secret part of the link by which the seat offered to the registration `public_id` is taken or let go."""
    return _sealed("offer", public_id)


def offered_id(token: str) -> UUID | None:
    """The registration's id in an offer's link; None as for guardians, and for links made for another purpose."""
    return _opened("offer", token)


def coming_token(public_id: UUID) -> str:
    """The secret part of the link by which the person of the registration `public_id` says whether they still come."""
    return _sealed("coming", public_id)


def coming_id(token: str) -> UUID | None:
    """The registration's id in such a link; None as above."""
    return _opened("coming", token)


def unsubscribe_token(public_id: UUID) -> str:
    """The secret part of the link by which the reader of the message `public_id` turns its like off."""
    return _sealed("unsubscribe", public_id)


def unsubscribed_id(token: str) -> UUID | None:
    """The message's id in such a link; None as above."""
    return _opened("unsubscribe", token)


def invitation_token(public_id: UUID) -> str:
    """The secret part of the link by which an invited coordinator sets a password."""
    return _sealed("invitation", public_id)


def invited_id(token: str) -> UUID | None:
    """The invitation's id in such a link; None as above."""
    return _opened("invitation", token)


def pairing_code(public_id: UUID) -> str:
    """The twelve digits (about 40 bits) that pair the device `public_id`, as they are typed."""
    return _digits("pairing", str(public_id), 12)


def wall_code(session: str, turn: int) -> str:
    """The six digits (about 20 bits) on the wall of `session` in the half minute `turn`."""
    return _digits("wall", f"{session}:{turn}", 6)


def self_check_in(public_id: UUID, day: int) -> UUID:
    """The id of the fact that the person of a registration checked in on a day; no device can make it."""
    mac = hmac.digest(settings.SECRET_KEY.encode(), f"self:{public_id}:{day}".encode(), hashlib.sha256)
    return UUID(bytes=mac[:16], version=4)


def device_hash(token: str) -> str:
    """The form in which a device's token is kept; it is random and long, so it needs no key."""
    return hashlib.sha256(token.encode()).hexdigest()


def typist_hash(who: str) -> str:
    """The form in which we remember who typed a wrong code."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"typist:{who}".encode(), hashlib.sha256).hex()


def ticket(public_id: UUID) -> str:
    """What a browser keeps to show that it waits in line at the door."""
    return _sealed("waiting-turn", public_id)


def turn_id(ticket: str) -> UUID | None:
    """The id in a ticket of the line, or None when this server did not make it."""
    return _opened("waiting-turn", ticket)


def form_stamp(at: datetime) -> str:
    """When a form was shown (`at`, machine time), in a form that only this server can write."""
    return Signer(salt="form").sign(str(int(at.timestamp() * 1000)))


def form_shown_at(stamp: str) -> datetime | None:
    """The instant in such a stamp (UTC), None for one that this server did not write."""
    try:
        return datetime.fromtimestamp(int(Signer(salt="form").unsign(stamp)) / 1000, UTC)
    except BadSignature:
        return None


def network_hash(network: str) -> str:
    """The form in which a network is kept: nobody without the server's key can tell which it was."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"network:{network}".encode(), hashlib.sha256).hex()


def inbox_hash(inbox: str) -> str:
    """The form in which a guardian's inbox (as `addresses.inbox_key` writes it) is known once the address is gone."""
    return _inbox_mac(inbox, settings.SECRET_KEY)


def is_inbox_hash(kept: str, inbox: str) -> bool:
    """Whether this server made `kept` (with its key or an earlier one) of `inbox`."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(hmac.compare_digest(kept, _inbox_mac(inbox, key)) for key in keys)


def puzzle_key(what: str) -> bytes:
    """The key that signs puzzles of the crowded door (`what` is "challenge") or what solves them ("solution")."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"puzzle:{what}".encode(), hashlib.sha256)


def _inbox_mac(inbox: str, key: str) -> str:
    return hmac.digest(key.encode(), f"guardian-inbox:{inbox}".encode(), hashlib.sha256).hex()


def _message_seal(public_id: UUID, key: str) -> str:
    return _letters(int.from_bytes(_mac("message", public_id, key), "big"), MESSAGE_SEAL)


def _digits(purpose: str, what: str, length: int) -> str:
    mac = hmac.digest(settings.SECRET_KEY.encode(), f"{purpose}:{what}".encode(), hashlib.sha256)
    return f"{int.from_bytes(mac, 'big') % 10**length:0{length}}"


def _letters(number: int, length: int) -> str:
    letters = []
    for _position in range(length):
        number, letter = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[letter])
    return "".join(letters)


def _length(number: int) -> int:
    length = 1
    while number := number // len(ALPHABET):
        length += 1
    return length


def _sealed(purpose: str, public_id: UUID) -> str:
    return _encode(public_id.bytes + _mac(purpose, public_id, settings.SECRET_KEY)[:16])


def _opened(purpose: str, token: str) -> UUID | None:
    try:
        raw = base64.urlsafe_b64decode(token + "=")
    except (binascii.Error, ValueError):
        return None
    if len(raw) != 32 or _encode(raw) != token:
        return None
    public_id = UUID(bytes=raw[:16])
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        if hmac.compare_digest(raw[16:], _mac(purpose, public_id, key)[:16]):
            return public_id
    return None


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _mac(purpose: str, public_id: UUID, key: str) -> bytes:
    return hmac.digest(key.encode(), f"{purpose}:{public_id}".encode(), hashlib.sha256)
