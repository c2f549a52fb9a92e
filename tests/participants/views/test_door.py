"""The participants' door as a browser meets it."""

import json
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import altcha
import pytest
from bs4 import BeautifulSoup
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from participants.models import LoginCode, Notification
from participants.operations import crowds, login_codes
from portal.accounts.networks import network_of
from tests.factories import make_coordinator, make_session, make_user
from tests.participants.test_addresses import ACCEPTED, REFUSED

EMAIL = "siti@example.com"
MACHINE = datetime(2026, 3, 1, 8, tzinfo=UTC)
EVIL = [
    *(
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "javascript:a",
    ),
    *(
        "data:text/html,x",
        "https:evil.example",
        "//evil.example@testserver",
        "/\t/evil.example",
        "evil.example",
        "%2f%2fe",
    ),
]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def machine_time(monkeypatch):
    """A machine clock that the test moves."""
    clock = {"now": MACHINE}
    monkeypatch.setattr("portal.clock.machine_now", lambda: clock["now"])
    return clock


def ask(client, email=EMAIL, **fields):
    return client.post("/masuk/", {"email": email, **fields})


def newest_code():
    return login_codes.text(LoginCode.objects.latest("pk"))


def type_code(client, code=None, **fields):
    return client.post("/masuk/kode/", {"code": code or newest_code(), **fields})


class TestDoor:
    def test_leads_from_address_to_code_to_ones_own_page(self, client):
        asked = ask(client)
        page = client.get("/masuk/kode/").content.decode()
        entered = type_code(client)

        assert (asked.status_code, asked["Location"]) == (302, "/masuk/kode/")
        assert EMAIL in page
        assert (entered.status_code, entered["Location"]) == (302, "/saya/")
        assert client.get("/saya/").status_code == 200

    def test_leads_to_the_session_that_was_chosen(self, client, page):
        session = make_session()
        form = page(client.get(f"/daftar/{session.slug}/"))
        goal = form.select_one("input[name=next]")["value"]

        asked = ask(client, next=goal)
        goal_again = page(client.get(asked["Location"])).select_one("input[name=next]")["value"]

        assert type_code(client, next=goal_again)["Location"] == f"/daftar/{session.slug}/"

    def test_takes_the_name_of_a_session(self, client):
        asked = ask(client, sesi="papua-1")

        assert asked["Location"] == "/masuk/kode/?next=%2Fdaftar%2Fpapua-1%2F"

    @pytest.mark.parametrize(
        ("goal", "steps"), {"/daftar/papua-1/": ["Langkah 1 dari 3", "Langkah 2 dari 3"], "/saya/": []}.items()
    )
    def test_counts_the_steps_of_a_registration_and_of_nothing_else(self, client, page, goal, steps):
        shown = [client.get("/masuk/", {"next": goal}), client.get(ask(client, next=goal)["Location"])]

        assert [step.text for answer in shown for step in page(answer).select(".eyebrow")] == steps

    def test_names_the_session_as_long_as_the_address_is_wrong(self, client, page):
        session = make_session()
        first = page(client.get(f"/daftar/{session.slug}/"))
        again = page(ask(client, email="siti@", next=first.select_one("input[name=next]")["value"]))

        assert session.region.city in first.select_one(".eyebrow").text
        assert first.select_one(".eyebrow").text == again.select_one(".eyebrow").text

    @pytest.mark.parametrize("goal", EVIL)
    def test_leads_nowhere_else(self, client, goal):
        asked = client.post(f"/masuk/?next={goal}", {"email": EMAIL, "next": goal, "sesi": goal})
        entered = type_code(client, next=goal, sesi=goal)

        assert (asked["Location"], entered["Location"]) == ("/masuk/kode/", "/saya/")
        assert client.get("/masuk/", {"next": goal})["Location"] == "/saya/"

    def test_looks_and_costs_the_same_for_a_known_address(self):
        make_user(email="known@example.com")
        answers = []
        for email in ["known@example.com", "new00@example.com"]:
            client = Client()
            with CaptureQueriesContext(connection) as queries:
                asked = ask(client, email)
            page = client.get(asked["Location"]).content.decode().replace(email, "address")
            token = page.split('name="csrfmiddlewaretoken" value="')[1][:64]
            answers.append((asked.status_code, asked["Location"], len(queries), page.replace(token, "")))

        assert answers[0][:3] == answers[1][:3]
        assert len(answers[0][3]) == len(answers[1][3])

    @pytest.mark.parametrize(
        "typed", ["siti", "siti@localhost", "siti@[127.0.0.1]", '"a b"@example.com', "", "a" * 10_000]
    )
    def test_keeps_what_cannot_be_an_address_beside_its_error(self, client, page, typed):
        answer = ask(client, typed)

        form = page(answer)
        assert answer.status_code == 422
        assert form.select_one("#id_email").get("value", "") == typed
        assert form.select_one("#id_email_error")
        assert not LoginCode.objects.exists()

    def test_asks_a_program_for_one_step_more_and_lets_a_person_pass(self, client, page):
        suspect = ask(client, website="http://spam.example")

        form = page(suspect)
        assert form.select_one("main input[name=is_human]")["value"] == "on"
        assert form.select_one("#id_email")["value"] == EMAIL
        assert not LoginCode.objects.exists()
        assert ask(client, website="http://spam.example", is_human="on").status_code == 302
        assert Notification.objects.count() == 1

    def test_suggests_the_domain_that_was_probably_meant(self, client, page):
        ask(client, "siti@gmial.com")

        form = page(client.get("/masuk/kode/"))
        assert form.select_one("input[name=email]")["value"] == "siti@gmail.com"
        assert LoginCode.objects.get().email == "siti@gmial.com"

    @pytest.mark.parametrize(("typed", "address"), ACCEPTED.items())
    def test_mails_to_the_very_address_that_was_typed(self, client, typed, address):
        assert ask(client, typed).status_code == 302
        assert LoginCode.objects.get().email == address

    @pytest.mark.parametrize("typed", REFUSED)
    def test_mails_to_nobody_at_what_mail_cannot_reach(self, client, page, typed):
        answer = ask(client, typed)

        assert (answer.status_code, len(page(answer).select("#id_email_error"))) == (422, 1)
        assert not Notification.objects.exists()

    def test_asks_no_name_server(self, client, monkeypatch):
        monkeypatch.setattr("socket.getaddrinfo", Mock(side_effect=AssertionError("a look-up in the request")))

        assert ask(client, "siti@gmial.com").status_code == 302

    def test_stops_after_three_mails_and_says_when_to_come_back(self, client, page, machine_time):
        for _ in range(3):
            assert ask(client).status_code == 302
        machine_time["now"] += timedelta(minutes=4)

        answer = ask(client)

        assert (answer.status_code, answer["Retry-After"]) == (429, "360")
        form = page(answer)
        assert form.html["lang"] == "id"
        assert form.select_one("#id_email")["value"] == EMAIL
        assert "Sudah terlalu banyak kode" in form.text
        assert Notification.objects.count() == 3

    def test_sends_whoever_is_in_straight_on(self, reader):
        assert reader.get("/masuk/?sesi=papua-1")["Location"] == "/daftar/papua-1/"
        assert ask(reader)["Location"] == "/saya/"
        assert not LoginCode.objects.exists()

    def test_speaks_english_and_mails_so(self, client):
        assert client.post("/en/masuk/", {"email": EMAIL})["Location"] == "/en/masuk/kode/"
        assert LoginCode.objects.get().language == "en"

    @pytest.mark.parametrize(
        ("goal", "kept"), [("/daftar/papua-1/", "?next=%2Fen%2Fdaftar%2Fpapua-1%2F"), ("//evil.example", "")]
    )
    def test_keeps_the_way_when_the_language_is_changed(self, client, page, goal, kept):
        ask(client)

        switch = page(client.get("/masuk/kode/", {"next": goal})).select_one("a[hreflang=en]")

        assert switch["href"] == f"/en/masuk/kode/{kept}"

    def test_remembers_the_browser_by_a_cookie_that_says_nothing(self, client):
        cookie = ask(client).cookies["door"]

        assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")
        assert len(cookie.value) == 43
        assert not Session.objects.exists()

    def test_takes_no_cookie_that_it_did_not_make(self, client):
        client.cookies["door"] = "siti"

        assert ask(client).cookies["door"].value != "siti"


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
        assert "tidak berlaku lagi" in page(answers[2]).text
        assert type_code(client).status_code == 422
        assert client.get("/saya/").status_code == 302

    def test_refuses_it_after_eleven_minutes_and_offers_a_new_one(self, client, page, machine_time):
        ask(client)
        machine_time["now"] += timedelta(minutes=11)

        answer = type_code(client)

        assert answer.status_code == 422
        assert page(answer).select_one("input[name=email]")["value"] == EMAIL

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


class TestLogout:
    def test_ends_the_session_on_the_server_and_clears_the_browser(self, client):
        ask(client)
        type_code(client)
        key = client.session.session_key

        answer = client.post("/keluar/")

        assert answer["Location"] == "/"
        assert answer["Clear-Site-Data"] == '"cache", "storage"'
        assert not Session.objects.filter(session_key=key).exists()
        client.cookies["session"] = key
        assert client.get("/saya/")["Location"] == "/masuk/?next=/saya/"

    def test_comes_by_itself_after_thirty_days(self, client, page):
        ask(client)
        entered = type_code(client)
        assert entered.cookies["session"]["max-age"] == 30 * 24 * 3600
        assert client.get("/saya/").status_code == 200

        Session.objects.update(expire_date=datetime(2025, 1, 1, tzinfo=UTC))

        assert client.get("/saya/")["Location"] == "/masuk/?next=/saya/"

    def test_needs_a_press(self, reader):
        assert reader.get("/keluar/").status_code == 405
        assert reader.get("/saya/").status_code == 200


class TestCrowd:
    @pytest.fixture(autouse=True)
    def crowd(self, settings, monkeypatch):
        """Nobody more is free, and puzzles cost nothing."""
        settings.CROWD_ASKS = 0
        monkeypatch.setattr(crowds, "ROUNDS", 1)
        monkeypatch.setattr(crowds, "TRIES", (1, 3))

    def solved(self, form):
        challenge = altcha.Challenge.from_dict(json.loads(form["data-challenge"]))
        return altcha.Payload(challenge, altcha.solve_challenge(challenge)).to_base64()

    def test_asks_for_work_and_keeps_what_was_typed(self, client, page):
        answer = ask(client, next="/daftar/papua-1/")

        form = page(answer).select_one("form[data-challenge]")
        kept = {field["name"]: field.get("value") for field in form.select("input[type=hidden]")}
        assert (answer.status_code, answer["Retry-After"]) == (429, "600")
        assert page(answer).html["lang"] == "id"
        assert (kept["email"], kept["next"]) == (EMAIL, "/daftar/papua-1/")
        assert not LoginCode.objects.exists()
        again = ask(client, next="/daftar/papua-1/", proof=self.solved(form))
        assert again["Location"] == "/masuk/kode/?next=%2Fdaftar%2Fpapua-1%2F"
        assert Notification.objects.count() == 1

    def test_offers_a_turn_where_no_script_runs(self, client, page, machine_time):
        waiting = ask(client, line="1")

        form = page(waiting).select_one("form.form")
        sent = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
        assert (waiting.status_code, waiting["Retry-After"]) == (429, "15")
        assert "15 detik lagi" in page(waiting).text
        machine_time["now"] += timedelta(seconds=5)
        early = client.post("/masuk/", sent)
        assert (early.status_code, early["Retry-After"]) == (429, "10")
        assert page(early).select_one("input[name=ticket]")["value"] == sent["ticket"]
        machine_time["now"] += timedelta(seconds=10)
        assert client.post("/masuk/", sent).status_code == 302
        assert Notification.objects.count() == 1

    def test_says_when_the_line_is_full(self, client, page, monkeypatch):
        monkeypatch.setattr(crowds, "LONGEST_WAIT", timedelta(seconds=15))
        ask(client, line="1")

        full = ask(client, line="1")

        assert (full.status_code, full["Retry-After"]) == (429, "5")
        assert page(full).select_one("#id_email")["value"] == EMAIL

    def test_speaks_english(self, client, page):
        answer = client.post("/en/masuk/", {"email": EMAIL})

        assert page(answer).html["lang"] == "en"
        assert page(answer).select_one("form[data-challenge]")["action"] == "/en/masuk/"

    def test_asks_nothing_of_redis(self, client, monkeypatch):
        monkeypatch.setattr("participants.tasks.deliver.apply_async", Mock(side_effect=OSError("gone")))

        form = BeautifulSoup(ask(client).content, "html.parser").select_one("form[data-challenge]")
        assert ask(client, proof=self.solved(form)).status_code == 302


@pytest.mark.parametrize(
    ("behind_proxy", "headers", "network"),
    [
        (0, {"REMOTE_ADDR": "203.0.113.7", "HTTP_X_FORWARDED_FOR": "198.51.100.1"}, "203.0.113.7"),
        (1, {"REMOTE_ADDR": "10.0.0.2", "HTTP_X_FORWARDED_FOR": "198.51.100.1, 203.0.113.7"}, "203.0.113.7"),
        (0, {"REMOTE_ADDR": "2001:db8:1:2:3:4:5:6"}, "2001:db8:1:2::/64"),
        (0, {"REMOTE_ADDR": "::ffff:203.0.113.7"}, "203.0.113.7"),
        (0, {"REMOTE_ADDR": ""}, "unknown"),
    ],
)
def test_network_is_what_our_own_proxy_vouches_for(rf, settings, behind_proxy, headers, network):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = behind_proxy

    assert network_of(rf.get("/masuk/", **headers)) == network


def test_help_says_what_to_do_in_order_and_leads_back(client, page):
    ask(client)
    link = page(client.get("/masuk/kode/")).select_one("a[href='/masuk/bantuan/']")

    help_page = page(client.get(link["href"]))
    assert len(help_page.select("main ol li")) == 5
    assert help_page.select_one("main a.button")["href"] == "/masuk/"


def test_code_waits_behind_no_other_mail(client):
    """By order, not by clock: its bell rings in the same request, and its queue holds codes alone."""
    ask(client)

    row = Notification.objects.get()
    assert (row.queue, row.due_at <= row.created_at) == ("codes", True)
    assert set(Notification.objects.filter(queue="codes").values_list("kind", flat=True)) == {"login_code"}


def test_pages_of_the_door_are_kept_by_no_cache(client):
    assert client.get("/masuk/")["Cache-Control"] == "private, no-store"


def test_door_costs_no_query_to_open_and_few_to_pass(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/masuk/")
    with django_assert_num_queries(
        9
    ):  # savepoint, lock and count of the network, account, lock, mails, code, promise, savepoint
        ask(client)
    with django_assert_num_queries(1):
        client.get("/masuk/kode/")
