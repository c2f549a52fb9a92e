"""The ticket's page: only while the seat is sure, in the session's own time, and nothing of it where it must not be."""

import uuid

import pytest

from participants.documents import tickets
from participants.models import Consent
from participants.operations import guardians, registrations, withdrawals
from tests.factories import DURING_REGISTRATION, MINOR_BORN, as_reader, make_participant, make_region, make_session

pytestmark = pytest.mark.django_db
NOW = DURING_REGISTRATION


@pytest.fixture
def session(db):
    return make_session(region=make_region(time_zone="Asia/Jayapura"))


def register(session, **fields):
    person = make_participant(region=session.region, full_name="Canary Satu", **fields)
    guardian = {"guardian_email": "ibu@example.com"} if "birth_date" in fields else {}
    return registrations.register(participant=person, session=session, form_key=uuid.uuid4(), now=NOW, **guardian)


def test_shows_name_days_place_code_and_picture(session, page):
    registration = register(session)

    answer = as_reader(registration).get("/saya/tiket/")

    shown = page(answer)
    text = " ".join(shown.main.text.split())
    assert shown.h1.text == "Canary Satu"
    assert text.count("09.00–16.00 WIT") == 3
    assert session.venue.name in text
    assert shown.select_one(".ticket-code").text == tickets.short_code(registration)
    assert shown.select_one("[role=img] svg.qr path")
    assert answer["Cache-Control"] == "private, no-store"


def test_says_without_scripts_how_to_keep_it(session, page):
    shown = page(as_reader(register(session)).get("/saya/tiket/"))

    assert "simpan halaman ini" in shown.select_one("[data-keep-it]").text
    assert shown.select_one("[data-keep-it]").get("hidden") is None
    assert all("hidden" in part.attrs for part in shown.select("[data-copy], [data-kept], [data-print]"))


def test_comes_with_the_guardians_yes(session):
    registration = register(session, birth_date=MINOR_BORN, phone="", occupation="")
    client = as_reader(registration)
    assert client.get("/saya/tiket/").status_code == 404

    guardians.answer(
        request=registration.guardian_requests.get(),
        agrees=True,
        signer_name="Wati",
        signer_relation="ibu",
        language="id",
        now=NOW,
    )

    assert client.get("/saya/tiket/").status_code == 200


@pytest.mark.parametrize("way", ["cancelled", "withdrawn"])
def test_is_gone_with_the_seat(session, page, way):
    registration = register(session)
    client = as_reader(registration)
    if way == "cancelled":
        registrations.cancel(registration=registration, now=NOW)
    else:
        Consent.objects.create(
            participant=registration.participant,
            purpose="training",
            text_version="1",
            text_hash="0" * 64,
            language="id",
            given_at=NOW,
        )
        withdrawals.withdraw(participant=registration.participant, purpose=Consent.Purpose.TRAINING, now=NOW)

    answer = client.get("/saya/tiket/", {"pendaftaran": str(registration.public_id)})

    assert answer.status_code == 404
    assert "tidak berlaku lagi" in page(answer).h1.text
    assert not page(answer).select("svg.qr")
    assert page(client.get("/saya/")).select_one("form[data-tickets]")["data-tickets"] == ""


def test_is_nobody_elses(session):
    registration, other = register(session), register(session)

    answer = as_reader(other).get("/saya/tiket/", {"pendaftaran": str(registration.public_id)})

    assert answer.status_code == 404


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_worker_stands_beside_the_ticket_and_knows_nobody(client, session, page, prefix):
    answer = client.get(f"{prefix}/saya/tiket/luring.js")

    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert b"serviceWorker" not in answer.content  # the worker's own side
    assert b"skipWaiting" in answer.content
    shown = page(as_reader(register(session)).get(f"{prefix}/saya/tiket/"))
    assert shown.select_one("script[data-worker]")["data-worker"] == f"{prefix}/saya/tiket/luring.js"
