"""The code that the door asks for: typed, mistyped, dead, another browser's."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from participants.models import LoginCode, Notification
from tests.factories import make_coordinator
from tests.participants.views.entering import EMAIL, ask, machine_time, newest_code, type_code

__all__ = ["machine_time"]

pytestmark = pytest.mark.django_db


class TestDoorCode:
    @pytest.mark.parametrize("how", [str, str.lower, lambda code: f" {code[:4].lower()} – {code[4:]} "])
    def test_takes_the_code_however_it_is_typed(self, client, how):
        ask(client)

        assert type_code(client, how(newest_code())).status_code == 302

    @pytest.mark.parametrize("typed", ["", "BCDF", "12345678", "BCDF-GHJKL", "AEIOUAEI", "B" * 10_000])
    def test_does_not_count_what_is_no_code(self, client, typed):
        ask(client)

        answer = client.post("/masuk/kode/", {"code": typed})

        assert answer.status_code == 422
        assert LoginCode.objects.get().wrong_guesses == 0

    def test_counts_a_wrong_one_and_dies_after_three(self, client, page):
        ask(client)
        answers = [type_code(client, "BBBBBBBB") for _ in range(3)]

        assert [answer.status_code for answer in answers] == [422, 422, 422]
        assert "2 kali lagi" in page(answers[0]).text
        assert page(answers[0]).select_one("#galat h2").text == "Kodenya belum cocok"
        assert "tidak berlaku lagi" in page(answers[2]).text
        assert type_code(client).status_code == 422
        assert client.get("/saya/").status_code == 302

    def test_refuses_it_after_eleven_minutes_and_offers_a_new_one(self, client, page, machine_time):
        ask(client)
        machine_time["now"] += timedelta(minutes=11)

        answer = type_code(client)

        assert answer.status_code == 422
        assert page(answer).select_one("input[name=email]")["value"] == EMAIL

    def test_a_dead_code_leaves_one_thing_to_do(self, client, page, machine_time):
        ask(client)
        machine_time["now"] += timedelta(minutes=11)

        for answer in (client.get("/masuk/kode/"), type_code(client)):
            shown = page(answer)
            assert shown.h1.text == "Kode ini sudah tidak berlaku"
            assert shown.title.text.startswith("Kode ini sudah tidak berlaku")
            assert shown.select_one("[name=code]") is None
            (primary,) = shown.select("main button.button:not(.button-quiet)")
            assert primary.text == "Kirim kode baru"

    @pytest.mark.parametrize(("after", "is_shown"), [(29, True), (31, False)])
    def test_forgets_soon_after_its_end_who_asked(self, client, machine_time, after, is_shown):
        ask(client)
        machine_time["now"] += timedelta(minutes=after)

        for answer in (client.get("/masuk/kode/"), client.post("/masuk/kode/", {"code": "BBBBBBBB"})):
            assert (EMAIL in answer.content.decode()) == is_shown
            assert answer.headers.get("Location", "/masuk/") == "/masuk/"

    def test_asks_below_the_field_whether_another_address_was_meant(self, client, page):
        hint = page(client.get("/masuk/")).select_one("main form [data-slip=email]")

        assert hint.text == ""
        assert "gmail.com" in hint["data-domains"]

    def test_refuses_another_browsers_code(self, client):
        ask(client)
        code, other = newest_code(), Client()

        assert other.post("/masuk/kode/", {"code": code})["Location"] == "/masuk/"
        ask(other, "budi@example.com")
        assert type_code(other, code).status_code == 422

    def test_answers_429_when_too_much_was_guessed_and_leaves_sessions_alone(self, client, machine_time):
        ask(client)
        type_code(client)
        for number in range(4):
            stranger = Client()
            ask(stranger)
            LoginCode.objects.filter(wrong_guesses=0).update(inbox_key=f"{number}")
            for _ in range(3):
                type_code(stranger, "BBBBBBBB")
        stranger = Client()
        ask(stranger)

        answer = type_code(stranger)

        assert answer.status_code == 429
        assert int(answer["Retry-After"]) == 70 * 60
        assert client.get("/saya/").status_code == 200

    def test_changes_the_sessions_key(self, client):
        client.get("/masuk/")
        session = client.session
        session["planted"] = 1
        session.save()
        client.cookies["session"] = before = session.session_key
        ask(client)
        type_code(client)

        assert client.session.session_key != before
        assert not Session.objects.filter(session_key=before).exists()

    def test_gives_staff_no_staff_session(self, client):
        make_coordinator(email=EMAIL)
        ask(client)
        type_code(client)

        assert "door" in client.session
        assert "account_authentication_methods" not in client.session

    def test_sends_a_browser_that_asked_for_nothing_to_the_door(self, client):
        assert client.get("/masuk/kode/")["Location"] == "/masuk/"


def test_code_waits_behind_no_other_mail(client):
    """By order, not by clock: its bell rings in the same request, and its queue holds codes alone."""
    ask(client)

    row = Notification.objects.get()
    assert (row.queue, row.due_at <= row.created_at) == ("codes", True)
    assert set(Notification.objects.filter(queue="codes").values_list("kind", flat=True)) == {"login_code"}
