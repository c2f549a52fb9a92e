"""Whom a search finds: by words of a name, by a number or one of its ends, by a ticket's code."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from participants.admin import searches
from participants.documents import tickets
from participants.models import Participant, Registration
from programs.models import TrainingSession
from tests.factories import make_participant, make_registration, make_session
from tests.participants.admin.workplace import client, session

__all__ = ["client", "session"]

pytestmark = pytest.mark.django_db
NAME, NUMBER = "R.A. Siti Nur'aini Wijaya-Kusuma", "+6281234567890"


@pytest.fixture
def person(session: TrainingSession) -> Participant:
    person = make_participant(region=session.region, full_name=NAME, phone=NUMBER)
    make_registration(session, participant=person)
    return person


def found(client: Client, typed: str, table: str = "participant") -> list[str]:
    page = client.get(f"/staf/participants/{table}/", {"q": typed})
    return [link.text for link in BeautifulSoup(page.content, "html.parser").select("#result_list tbody th a")]


@pytest.mark.parametrize(
    "typed", ["Siti", "siti nur", "kus SIT", "nur'aini", "aini", "wijaya-kusuma", "r.a. siti", "r a", "S"]
)
def test_a_name_is_found_by_the_beginnings_of_its_words_in_any_order(
    typed: str, client: Client, person: Participant
) -> None:
    assert found(client, typed) == found(client, typed, "registration") == [NAME]


@pytest.mark.parametrize(
    "typed", ["iti", "siti budi", "jaya", ".", "'", "!", "siti | budi", "siti:* & !nur", "sit\\", "''"]
)
def test_nobody_is_found_by_the_middle_of_a_word_or_by_signs(typed: str, client: Client, person: Participant) -> None:
    """What PostgreSQL's own language of searches would ask by these signs is asked of nobody."""
    expected = [NAME] if typed in ("siti:* & !nur", "sit\\") else []

    assert found(client, typed) == found(client, typed, "registration") == expected


@pytest.mark.parametrize("typed", ["Ñandú", "ñan", "ñANDÚ", "김", "김민"])
def test_letters_of_every_script_make_words(typed: str, session: TrainingSession, client: Client) -> None:
    name = "Ñandú 김민준"
    make_registration(session, participant=make_participant(region=session.region, full_name=name, phone=NUMBER))

    assert found(client, typed) == [name]


@pytest.mark.parametrize(
    "typed", ["081234567890", "0812-345", "+62 812", "62812", "812-3456", "7890", "567890", "0812 3456 7890"]
)
def test_a_number_is_found_by_its_beginning_or_its_end(typed: str, client: Client, person: Participant) -> None:
    assert found(client, typed) == found(client, typed, "registration") == [NAME]


@pytest.mark.parametrize("typed", ["3456", "0813", "+62813", "789", "0"])
def test_nobody_is_found_by_the_middle_of_a_number(typed: str, client: Client, person: Participant) -> None:
    expected = [NAME] if typed == "0" else []  # of +62 every number of here begins with it
    assert found(client, typed) == expected


def test_a_registration_is_found_by_its_tickets_code(client: Client, person: Participant) -> None:
    make_registration(person.registrations.get().session, place="queued", queue_number=1)
    code = tickets.short_code(person.registrations.get())

    for typed in (code, code.lower(), code.replace("-", " ")):
        assert found(client, typed, "registration") == [NAME]


def test_the_database_reads_of_every_id_what_its_code_says() -> None:
    larger = make_session(capacity=20)
    rows = [make_registration(larger) for _one in range(20)]

    for row in rows:
        number = tickets.code_number(tickets.short_code(row))
        assert list(searches.found(Registration.objects.all(), tickets.short_code(row))) == [row]
        assert list(Registration.objects.with_ticket(number)) == [row]
