"""Giving one's place back: asked before it is done, and what becomes of the seat."""

import pytest

from tests.factories import as_reader, make_session
from tests.participants.views.registered import register, session

__all__ = ["session"]

pytestmark = pytest.mark.django_db


class TestCancel:
    def test_asks_before_it_acts(self, session, page):
        registration = register(session)
        client = as_reader(registration)

        form = page(client.get("/saya/batal/"))

        assert form.select_one("form [name=pendaftaran]")["value"] == str(registration.public_id)
        registration.refresh_from_db()
        assert registration.place == "seat"

    def test_gives_the_seat_back_and_may_be_pressed_twice(self, session, page):
        registration = register(session)
        client = as_reader(registration)
        name = {"pendaftaran": str(registration.public_id)}

        answers = [client.post("/saya/batal/", name) for _ in range(2)]

        assert [answer["Location"] for answer in answers] == ["/saya/"] * 2
        assert "Kamu membatalkan" in page(client.get("/saya/")).main.text
        session.refresh_from_db()
        assert session.seats_taken == 0

    def test_asks_nothing_once_it_is_cancelled(self, session, page):
        registration = register(session)
        client = as_reader(registration)
        name = {"pendaftaran": str(registration.public_id)}
        client.post("/saya/batal/", name)

        answer = client.get("/saya/batal/", name)

        assert answer["Location"] == "/saya/"
        assert "Pendaftaran ini sudah dibatalkan." in page(client.get("/saya/")).main.text

    def test_says_what_becomes_of_the_seat(self, page, monkeypatch):
        session = make_session(capacity=1)
        registration = register(session)
        client = as_reader(registration)

        def told():
            return page(client.get("/saya/batal/")).main.text

        assert "untuk orang lain" in told()
        register(session)
        assert "yang terdepan di daftar tunggu" in told()
        monkeypatch.setattr("portal.clock.now", lambda: session.closes)
        assert "kursi ini tidak bisa kamu ambil lagi" in told()
        assert "mungkin sudah habis" not in told()


class TestQueue:
    def test_leaving_it_has_words_of_its_own(self, page):
        session = make_session(capacity=1)
        register(session)
        queued = register(session)
        client = as_reader(queued)
        assert "Keluar dari daftar tunggu" in page(client.get("/saya/")).select_one("a.danger").text
        assert page(client.get("/saya/batal/")).h1.text == "Keluar dari daftar tunggu?"

        client.post("/saya/batal/")

        assert "Kamu keluar dari daftar tunggu" in page(client.get("/saya/")).main.text
