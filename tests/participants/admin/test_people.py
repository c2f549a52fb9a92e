"""Cancelling for somebody: asked first, told to the person, and the seat goes on."""

from __future__ import annotations

from datetime import date

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from participants.models import Notification, Registration
from programs.models import TrainingSession
from tests.factories import make_participant, make_region, make_registration, make_session
from tests.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> TrainingSession:
    return make_session(first_day=date(2100, 12, 14), capacity=1)


@pytest.fixture
def client(session: TrainingSession) -> Client:
    return sign_in(Client(), make_staff("coordinator", session.region, name="Koordinator"))


def path(row: Registration) -> str:
    return f"/staf/participants/registration/{row.pk}/batal/"


def test_cancelling_asks_first_and_then_gives_the_seat_on(client: Client, session: TrainingSession) -> None:
    row = make_registration(session)
    head = make_registration(session, place="queued", queue_number=1)
    page = client.get(path(row)).content.decode()
    assert "Siti Nur&#x27;aini" in page
    assert Registration.objects.get(pk=row.pk).place == "seat"
    assert client.post(path(row)).status_code == 302
    row.refresh_from_db()
    assert (row.place, row.release_reason) == ("released", "cancelled_by_staff")
    assert Registration.objects.get(pk=head.pk).place == "seat"
    kinds = Notification.objects.values_list("kind", "registration").order_by("kind")
    assert list(kinds) == [("cancelled", row.pk), ("promoted", head.pk)]
    assert LogEntry.objects.get(object_id=str(row.pk)).user.name == "Koordinator"


def test_cancelling_twice_says_that_it_was_done(client: Client, session: TrainingSession) -> None:
    row = make_registration(session)
    client.post(path(row))
    page = client.post(path(row), follow=True)
    assert "Pendaftaran ini sudah tidak berlaku" in page.content.decode()
    assert Notification.objects.filter(kind="cancelled").count() == 1
    assert LogEntry.objects.count() == 1


def test_history_names_no_person(client: Client, session: TrainingSession) -> None:
    """The log outlives the person: it names rows by numbers that say nothing."""
    row = make_registration(session)
    client.post(path(row))
    entry = LogEntry.objects.get()
    assert entry.object_repr == str(row.public_id)
    assert row.participant.full_name not in f"{entry.object_repr} {entry.change_message}"


@pytest.mark.parametrize("role", ["ministry", "accounts"])
def test_whoever_only_looks_cannot_cancel(role: str, session: TrainingSession) -> None:
    row = make_registration(session)
    client = sign_in(Client(), make_staff(role))
    assert client.get(path(row)).status_code == 404
    assert client.post(path(row)).status_code == 404
    assert Registration.objects.get(pk=row.pk).place == "seat"


def test_registration_in_another_region_cannot_be_cancelled(client: Client) -> None:
    row = make_registration(make_session(first_day=date(2100, 12, 14)))
    assert client.post(path(row)).status_code == 404
    assert Registration.objects.get(pk=row.pk).place == "seat"


@pytest.mark.parametrize(
    ("name", "shown"),
    [("Siti Nur'aini", "S*** N***"), ("Dewi", "D***"), ("R. A. Kartini", "R*** A*** K***")],
)
def test_waiting_minor_is_masked_word_by_word(name: str, shown: str, client: Client, session: TrainingSession) -> None:
    child = make_participant(region=session.region, birth_date=date(2009, 3, 2), full_name=name)
    make_registration(session, participant=child, guardian="asked")
    page = client.get("/staf/participants/registration/").content.decode()
    assert f">{shown}</a>" in page
    assert f">{name}</a>" not in page


def test_list_is_searched_by_name_and_by_number(client: Client, session: TrainingSession) -> None:
    person = make_participant(region=make_region(), full_name="Theys Eluay", phone="+628110001234")
    make_registration(session, participant=person)
    for word in ("eluay", "%2B628110001234", "0811-0001-234", "08110001"):
        page = client.get(f"/staf/participants/registration/?q={word}").content.decode()
        assert "Theys Eluay" in page


def test_number_is_shown_as_it_is_dialled_and_found_so(client: Client, session: TrainingSession) -> None:
    person = make_participant(region=session.region, full_name="Theys Eluay", phone="+6281234567890")
    make_registration(session, participant=person)
    for word in ("", "0812-3456-7890", "0812 3456", "%2B62 812"):
        page = client.get(f"/staf/participants/participant/?q={word}").content.decode()
        assert "0812-3456-7890</td>" in page
        assert "+6281234567890" not in page.replace('value="', "")
    assert "Theys Eluay" not in client.get("/staf/participants/participant/?q=0813").content.decode()
    assert "0812-3456-7890" in client.get(f"/staf/participants/participant/{person.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("noted", "said"),
    [
        ("cancelled", "Dibatalkan"),
        ("corrected: full_name, birth_date", "Dibetulkan: nama, tanggal lahir"),
        ("capacity 280", "Kapasitas diubah menjadi 280"),
        ("something else", "something else"),
    ],
)
def test_history_says_in_words_what_was_done(noted: str, said: str, client: Client, session: TrainingSession) -> None:
    row = make_registration(session)
    client.post(path(row))
    LogEntry.objects.update(change_message=noted)
    page = client.get(f"/staf/participants/registration/{row.pk}/history/").content.decode()
    assert f"<td>{said}</td>" in page
