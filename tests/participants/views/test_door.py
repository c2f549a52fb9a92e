"""The participants' door as a browser meets it, as far as the address."""

from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from participants.models import LoginCode, Notification
from tests.factories import make_session, make_user
from tests.participants.test_addresses import ACCEPTED, REFUSED
from tests.participants.views.entering import EMAIL, ask, machine_time, type_code

__all__ = ["machine_time"]
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

    def test_stops_after_two_mails_for_one_network_and_says_when_to_come_back(self, client, page, machine_time):
        for _ in range(2):
            assert ask(client).status_code == 302
        machine_time["now"] += timedelta(minutes=4)

        answer = ask(client)

        assert (answer.status_code, answer["Retry-After"]) == (429, "360")
        form = page(answer)
        assert form.html["lang"] == "id"
        assert form.select_one("#id_email")["value"] == EMAIL
        assert "Sudah terlalu banyak kode" in form.text
        assert "Coba lagi " in form.text
        assert form.select_one("main a[href='/masuk/bantuan/']")
        assert Notification.objects.count() == 2

    def test_leads_whoever_was_sent_enough_codes_to_where_the_newest_is_typed(self, client, page, machine_time):
        for _ in range(2):
            ask(client)
        typed_at = "main a[href='/masuk/kode/?next=%2Fdaftar%2Fpapua-1%2F']"

        assert page(ask(client, sesi="papua-1")).select_one(typed_at)
        assert not page(ask(Client(), sesi="papua-1")).select_one(typed_at)
        LoginCode.objects.update(wrong_guesses=3)
        assert not page(ask(client, sesi="papua-1")).select_one(typed_at)

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


def test_help_says_what_to_do_in_order_and_leads_back(client, page):
    ask(client)
    link = page(client.get("/masuk/kode/")).select_one("a[href='/masuk/bantuan/']")

    help_page = page(client.get(link["href"]))
    assert len(help_page.select("main ol li")) == 5
    assert help_page.select_one("main a.button")["href"] == "/masuk/"


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
