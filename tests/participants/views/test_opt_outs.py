"""No more of an optional message: one press without a login, shown and taken back on one's own page."""

from datetime import datetime

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from participants import tokens
from participants.models import OptOut
from participants.operations import reminders, switched_off
from tests.factories import OPENS, WIB, as_reader, make_registration, make_rule, make_session, make_user

pytestmark = pytest.mark.django_db
PRESS = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def registration():
    """Somebody whom an optional reminder was promised."""
    session = make_session()
    make_rule(session.program, is_optional=True)
    registration = make_registration(session)
    reminders.plan(now=datetime(2025, 12, 15, 18, tzinfo=WIB))
    return registration


@pytest.fixture
def address(registration):
    return f"/berhenti/{tokens.unsubscribe_token(registration.notifications.get().public_id)}/"


@pytest.fixture
def stranger():
    return Client(enforce_csrf_checks=True)


def page(answer):
    return BeautifulSoup(answer.content, "html.parser")


def test_reading_changes_nothing_and_offers_one_button(stranger, address):
    for _crawler in range(2):
        answer = stranger.get(address)
        assert [button.text for button in page(answer).select("main form button")] == ["Ya, berhenti kirimi aku"]
    stranger.head(address)

    assert not OptOut.objects.exists()
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "@" in page(answer).main.text
    assert not answer.cookies


@pytest.mark.parametrize("as_form", [{"content_type": "application/x-www-form-urlencoded"}, {}])
def test_mail_program_unsubscribes_without_cookie_token_and_login(stranger, address, as_form, registration):
    body = "List-Unsubscribe=One-Click" if as_form else PRESS  # as a form, or in parts

    answers = [stranger.post(address, body, **as_form) for _press in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]  # and leads nowhere
    assert OptOut.objects.get().account == registration.participant.user
    row = registration.notifications.get()
    assert (row.state, row.reason) == ("cancelled", "unsubscribed")


def test_the_button_says_what_the_mail_program_says_and_offers_the_way_back(stranger, address):
    button = page(stranger.get(address)).select_one("main form button")

    done = page(stranger.post(address, {button["name"]: button["value"]}))
    assert done.h1.text == "Pesan ini tidak dikirim lagi"
    back = done.select_one("main form button")
    assert page(stranger.post(address, {back["name"]: back["value"]})).h1.text == "Pesan ini dikirim lagi"

    assert not OptOut.objects.exists()


@pytest.fixture
def goes(monkeypatch):
    """At that moment the record goes into another."""

    def went(is_on):
        raise switched_off.AccountSwitchedOff

    monkeypatch.setattr(switched_off, "check", went)


@pytest.mark.parametrize("press", [PRESS, {"again": "1"}])
def test_whoever_presses_while_the_record_goes_into_another_is_told(stranger, address, press, goes):
    answer = stranger.post(address, press)

    assert answer.status_code == 409
    assert "sudah dimatikan" in page(answer).select_one("#galat").text
    assert not OptOut.objects.exists()


def test_own_page_tells_who_takes_it_back_while_the_record_goes_into_another(address, stranger, registration, goes):
    rule = registration.program.reminder_rules.get()
    chosen = OptOut.objects.create(account=registration.participant.user, topic="reminder", rule=rule, chosen_at=OPENS)

    said = page(as_reader(registration).post("/saya/kabar/", {"choice": chosen.pk}, follow=True))

    assert "sudah dimatikan" in said.select_one(".notice-bad").text
    assert OptOut.objects.exists()


@pytest.mark.parametrize("body", [{}, {"List-Unsubscribe": "yes"}, {"x": "One-Click"}])
def test_any_other_press_changes_nothing(stranger, address, body):
    assert stranger.post(address, body).status_code == 422
    assert not OptOut.objects.exists()


def test_a_page_of_another_site_cannot_press(stranger, address):
    assert stranger.post(address, PRESS, HTTP_ORIGIN="https://elsewhere.example").status_code == 403
    assert not OptOut.objects.exists()


@pytest.mark.parametrize("link", ["x", "A" * 43])
def test_unknown_link_is_not_found(stranger, link):
    assert stranger.get(f"/berhenti/{link}/").status_code == stranger.post(f"/berhenti/{link}/", PRESS).status_code
    assert stranger.get(f"/berhenti/{link}/").status_code == 404


def test_own_page_shows_it_and_takes_it_back(address, stranger, registration):
    reader, other = as_reader(registration), Client()
    other.force_login(make_user())
    assert page(reader.get("/saya/")).select_one("#dimatikan") is None
    stranger.post(address, PRESS)

    shown = page(reader.get("/saya/")).select_one("#dimatikan")
    assert "Pengingat: 1 hari sebelum hari pertama, 18.00" in shown.text
    key = shown.select_one("button[name=choice]")["value"]
    for somebody, word in ((other, key), (reader, "x"), (reader, "")):
        assert somebody.post("/saya/kabar/", {"choice": word})["Location"] == "/saya/"
        assert OptOut.objects.exists()

    said = page(reader.post("/saya/kabar/", {"choice": key}, follow=True))

    assert "kami kirim lagi" in said.select_one(".notice-good").text
    assert not OptOut.objects.exists()


def test_own_page_counts_no_reminder_that_was_turned_off(address, stranger, registration, monkeypatch):
    monkeypatch.setattr("portal.clock.now", lambda: registration.registered_at)
    reader = as_reader(registration)
    before = page(reader.get("/saya/")).main.text
    stranger.post(address, PRESS)

    assert "15 Desember 2025" in before
    assert "15 Desember 2025" not in page(reader.get("/saya/")).main.text
