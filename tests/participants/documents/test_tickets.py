"""Tickets: what a scanner believes, and what it must not."""

import base64
import zlib
from itertools import combinations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from participants.documents import tickets
from participants.documents.tickets import NotATicket, read_short_code, short_code, ticket_text, verify
from tests.factories import DURING_REGISTRATION, make_participant, make_registration, make_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def registration():
    session = make_session()
    person = make_participant(region=session.region, full_name="Canary Satu", phone="+6281377713777")
    return make_registration(session, participant=person)


def raw(text):
    return base64.b32decode(text + "=" * (-len(text) % 8))


def text_of(data):
    return base64.b32encode(data).decode().rstrip("=")


def test_verify_returns_what_was_signed(registration):
    ticket = verify(ticket_text(registration))

    assert ticket.ticket == registration.public_id
    assert ticket.admits(registration)


def test_verify_refuses_every_altered_byte(registration):
    data = raw(ticket_text(registration))

    for place in range(len(data)):
        altered = bytearray(data)
        altered[place] ^= 1
        with pytest.raises(NotATicket):
            verify(text_of(bytes(altered)))


def test_verify_refuses_a_ticket_signed_by_somebody_else(registration):
    data = raw(ticket_text(registration))
    forged = data[:-64] + Ed25519PrivateKey.generate().sign(data[:-64])

    with pytest.raises(NotATicket):
        verify(text_of(forged))


@pytest.mark.parametrize("typed", ["", "A", "x" * 149, "=" * 149, "1" * 149, "A" * 149, "A" * 10_000, "é" * 149])
def test_verify_refuses_what_is_no_ticket(typed):
    with pytest.raises(NotATicket):
        verify(typed)


def test_verify_takes_one_spelling_of_a_ticket(registration):
    text = ticket_text(registration)
    for other in (text.lower(), text + "=", text[:-1] + chr(ord(text[-1]) + 1)):
        with pytest.raises(NotATicket):
            verify(other)


def test_verify_knows_an_earlier_key_until_it_is_given_up(registration, settings):
    text, old = ticket_text(registration), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 60, [old]
    assert verify(text).admits(registration)
    assert ticket_text(registration) != text

    settings.SECRET_KEY_FALLBACKS = []

    with pytest.raises(NotATicket):
        verify(text)


@pytest.mark.parametrize(
    ("change", "admitted"),
    [
        ({}, True),
        ({"place": "released", "release_reason": "cancelled_by_self", "released_at": DURING_REGISTRATION}, False),
        ({"place": "released", "release_reason": "consent_withdrawn", "released_at": DURING_REGISTRATION}, False),
        ({"guardian": "asked"}, False),
    ],
)
def test_admits_only_while_the_registration_is_confirmed(registration, change, admitted):
    ticket = verify(ticket_text(registration))
    for name, value in change.items():
        setattr(registration, name, value)

    assert ticket.admits(registration) is admitted


def test_admits_nobody_else_and_to_no_other_session(registration):
    ticket = verify(ticket_text(registration))
    neighbour = make_registration(registration.session)
    assert not ticket.admits(neighbour)

    registration.session = make_session()

    assert not ticket.admits(registration)


def test_text_holds_nothing_about_the_person(registration):
    text = ticket_text(registration)
    person = registration.participant
    words = [person.full_name, person.phone, person.user.email, str(person.birth_date), registration.session.slug]
    packed = raw(text)

    for data in (text.encode(), packed, zlib.compress(packed)):
        assert not [word for word in words if word.encode() in data]
    assert packed[1 + 4 + 8 : -64] == registration.public_id.bytes  # random, and no number of a row


def test_qr_code_is_small_and_holds_no_style(registration):
    drawn = tickets.qr_code(ticket_text(registration))

    assert 'viewBox="0 0 49 49"' in drawn  # 41 modules and the quiet zone: version 6
    assert "style" not in drawn
    assert len(drawn) < 8_000


def test_short_code_is_read_in_any_case_and_spacing(registration):
    code = short_code(registration)

    assert len(code) == 9
    for typed in (code, code.lower(), code.replace("-", ""), f" {code[:4]} {code[5:]} "):
        assert read_short_code(typed) == code


def test_short_code_catches_every_wrong_letter_and_every_swap(registration):
    letters = short_code(registration).replace("-", "")
    wrong = [
        letters[:place] + other + letters[place + 1 :]
        for place in range(8)
        for other in tickets.LETTERS
        if other != letters[place]
    ]
    for one, two in combinations(range(8), 2):
        swapped = list(letters)
        swapped[one], swapped[two] = swapped[two], swapped[one]
        if letters[one] != letters[two]:
            wrong.append("".join(swapped))

    assert [typed for typed in wrong if read_short_code(typed) is not None] == []
