"""Programs that fill the door or the registration form: nothing is done for them; a person passes with one press."""

from datetime import UTC, datetime, timedelta

import pytest

from participants.models import LoginCode, Registration
from participants.tokens import form_stamp
from tests.factories import ADULT_BORN, make_session

pytestmark = pytest.mark.django_db
MACHINE = datetime(2026, 3, 1, 8, tzinfo=UTC)
EMAIL = "siti@example.com"


@pytest.fixture(autouse=True)
def machine(monkeypatch, settings):
    """A machine clock that the test moves, and the guard as it stands in production."""
    settings.FASTEST_FORM = 1.0
    clock = {"now": MACHINE}
    monkeypatch.setattr("portal.clock.machine_now", lambda: clock["now"])
    return clock


@pytest.fixture
def session(db):
    return make_session()


def fields(form):
    """What a browser sends of the form: every control with its value."""
    controls = [control for control in form.select("[name]") if control.find_parent("fieldset", disabled=True) is None]
    sent = {}
    for control in controls:
        if control.name == "select":
            chosen = control.select_one("option[selected]")
            sent[control["name"]] = chosen["value"] if chosen else ""
        elif control.name == "textarea":
            sent[control["name"]] = control.text
        elif control.get("type") != "checkbox" and control.name != "button":
            sent[control["name"]] = control.get("value", "")
    return sent


def ask(client, page, machine, *, after, **typed):
    form = page(client.get("/masuk/")).select_one("main form")
    machine["now"] += timedelta(seconds=after)
    return client.post("/masuk/", fields(form) | {"email": EMAIL, **typed})


class TestDoor:
    def test_lets_a_person_through(self, client, page, machine):
        assert ask(client, page, machine, after=1.0).status_code == 302
        assert LoginCode.objects.count() == 1

    @pytest.mark.parametrize(
        ("after", "typed"),
        [
            (0.9, {}),
            (60, {"website": "http://spam.example"}),
            (60, {"shown": ""}),
            (60, {"shown": "1772352000000:forged"}),
            (60, {"shown": form_stamp(MACHINE + timedelta(hours=1))}),
            (8 * 24 * 3600, {}),
        ],
    )
    def test_asks_for_one_more_press_keeps_the_address_and_lets_it_pass(self, client, page, machine, after, typed):
        suspect = ask(client, page, machine, after=after, **typed)

        form = page(suspect).select_one("main form")
        assert suspect.status_code == 422
        assert "sekali lagi" in form.text
        assert not form.select("[name=website]")
        assert not LoginCode.objects.exists()
        assert client.post("/masuk/", fields(form)).status_code == 302
        assert LoginCode.objects.get().email == EMAIL

    def test_counts_from_when_the_form_was_first_shown(self, client, page, machine):
        wrong = page(ask(client, page, machine, after=0.6, email="siti"))
        machine["now"] += timedelta(seconds=0.6)

        assert client.post("/masuk/", fields(wrong.select_one("main form")) | {"email": EMAIL}).status_code == 302

    def test_another_code_costs_no_further_press(self, client, page, machine):
        ask(client, page, machine, after=1)

        again = page(client.get("/masuk/kode/")).select_one("main form[action='/masuk/']")

        assert client.post("/masuk/", fields(again)).status_code == 302

    def test_trap_is_seen_and_reached_by_nobody(self, client, page):
        trap = page(client.get("/masuk/")).select_one("[name=website]")

        assert (trap["tabindex"], trap["autocomplete"]) == ("-1", "off")
        assert trap.parent["aria-hidden"] == "true"
        assert trap.parent["class"] == ["visually-hidden"]


class TestRegistration:
    def send(self, reader, session, page, machine, *, after, **typed):
        form = page(reader.get(f"/daftar/{session.slug}/")).select_one("form[data-register]")
        machine["now"] += timedelta(seconds=after)
        said = {
            "birth_date": ADULT_BORN.isoformat(),
            "full_name": "Siti Nur'aini",
            "region": session.region_id,
            "part": "adult",
            "phone": "0812-3456-7890",
            "occupation": "university",
            "consent_training": "on",
            "checked": "1",
        }
        return reader.post(f"/daftar/{session.slug}/", fields(form) | said | typed)

    def test_lets_a_person_through(self, reader, session, page, machine):
        assert self.send(reader, session, page, machine, after=1.0)["Location"] == "/saya/"

    @pytest.mark.parametrize(("after", "typed"), [(0.9, {}), (60, {"website": "x"}), (60, {"shown": ""})])
    def test_reads_back_what_was_typed_and_takes_it_with_one_press(self, reader, session, page, machine, after, typed):
        suspect = self.send(reader, session, page, machine, after=after, **typed)

        form = page(suspect).select_one("main form")
        assert "sekali lagi" in form.text
        assert "Siti Nur'aini" in page(suspect).select_one("dl.pairs").text
        assert not Registration.objects.exists()
        assert reader.post(f"/daftar/{session.slug}/", fields(form) | {"checked": "1"})["Location"] == "/saya/"
        assert Registration.objects.count() == 1

    def test_without_scripts_a_person_presses_no_more_than_before(self, reader, session, page, machine):
        checked = self.send(reader, session, page, machine, after=5, checked="")

        form = page(checked).select_one("main form")
        assert "sekali lagi" not in form.text
        assert reader.post(f"/daftar/{session.slug}/", fields(form) | {"checked": "1"})["Location"] == "/saya/"
