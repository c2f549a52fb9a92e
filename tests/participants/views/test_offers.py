"""An offered seat: taken or let go, by the link or on one's own page, and until when."""

from datetime import datetime, timedelta

import pytest

from participants import tokens
from participants.messages.mails import mail
from participants.models import Notification
from participants.operations import message_facts, offers, registrations
from tests.factories import as_reader, make_program, make_region, make_session
from tests.participants.views.registered import NOW, is_private, place_of, register

pytestmark = pytest.mark.django_db


class TestAcceptOffer:
    def test_takes_the_seat(self, page):
        session = make_session(program=make_program(offer_hours=6), capacity=1)
        seated, waiting = register(session), register(session)
        registrations.cancel(registration=seated, now=NOW)
        client = as_reader(waiting)
        assert page(client.get("/saya/")).h1.text == "Ada kursi untukmu"

        client.post("/saya/kursi/")

        assert page(client.get("/saya/")).h1.text == "Kursimu pasti"

    def test_says_when_it_is_too_late(self, page, monkeypatch):
        session = make_session(program=make_program(offer_hours=6), capacity=1)
        seated, waiting = register(session), register(session)
        registrations.cancel(registration=seated, now=NOW)
        monkeypatch.setattr("portal.clock.now", lambda: NOW + timedelta(hours=6))
        client = as_reader(waiting)

        client.post("/saya/kursi/")

        assert "sudah tidak berlaku" in page(client.get("/saya/")).select_one(".notice-bad").text


def offered():
    session = make_session(program=make_program(offer_hours=6), capacity=1)
    seated, waiting = register(session), register(session)
    registrations.cancel(registration=seated, now=NOW)
    waiting.refresh_from_db()
    return waiting


class TestOfferLink:
    def path(self, registration):
        return f"/tawaran/{tokens.offer_token(registration.public_id)}/"

    def test_reading_changes_nothing_and_names_nobody(self, client, page):
        registration = offered()

        answers = [client.get(self.path(registration)) for _ in range(3)]

        assert all(is_private(answer) for answer in answers)
        assert page(answers[0]).h1.text == "Ada kursi untukmu"
        assert "Canary" not in answers[0].content.decode()
        assert place_of(registration) == ("offered", "")

    @pytest.mark.parametrize(
        ("answer", "place", "title"),
        [
            ("yes", ("seat", ""), "Kursi ini milikmu"),
            ("no", ("released", "offer_declined"), "Kursinya sudah kamu lepas"),
        ],
    )
    def test_one_press_takes_or_releases_the_seat(self, client, page, answer, place, title):
        registration = offered()

        for _ in range(2):
            response = client.post(self.path(registration), {"answer": answer})
            assert response["Location"] == self.path(registration)
            assert is_private(response)

        assert place_of(registration) == place
        assert page(client.get(self.path(registration))).h1.text == title

    def test_says_when_it_is_too_late(self, client, page, monkeypatch):
        registration = offered()
        monkeypatch.setattr("portal.clock.now", lambda: NOW + timedelta(hours=6))

        client.post(self.path(registration), {"answer": "yes"})

        assert page(client.get(self.path(registration))).h1.text == "Tawaran ini tidak berlaku lagi"
        assert place_of(registration) == ("offered", "")
        offers.expire_due(now=NOW + timedelta(hours=6))
        ended = page(client.get(self.path(registration)))
        assert "Kode bantuan: offer_expired" in ended.select_one(".hero").text
        appeal = f"/keberatan/?sesi={registration.session.slug}&kode=offer_expired"
        assert ended.select_one(f"main a[href='{appeal}']")

    def test_nothing_pressed_changes_nothing(self, client):
        registration = offered()

        assert client.post(self.path(registration)).status_code == 422
        assert place_of(registration) == ("offered", "")

    def test_link_for_another_purpose_opens_nothing(self, client):
        registration = offered()
        for token in (tokens.coming_token(registration.public_id), tokens.guardian_token(registration.public_id), "x"):
            response = client.post(f"/tawaran/{token}/", {"answer": "yes"})
            assert response.status_code == 404
            assert is_private(response)
        assert place_of(registration) == ("offered", "")

    def test_my_page_lets_go_of_it(self, page):
        registration = offered()
        client = as_reader(registration)
        assert page(client.get("/saya/")).select_one('form[action="/saya/kursi/lepas/"]')

        client.post("/saya/kursi/lepas/")

        assert "melepas kursi" in page(client.get("/saya/")).main.text


class TestOfferTimes:
    """One instant, said alike by the database, one's own page, the page behind the link and the mail."""

    @pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"])
    @pytest.mark.parametrize(
        ("hours", "freed", "until", "words"),
        [  # the first day is 16 December, 09:00; all times are local
            (24, (3, 10, 0), (4, 10, 0), "Kamis, 4 Desember 2025, 10.00"),
            (24, (13, 10, 0), (13, 13, 0), "Sabtu, 13 Desember 2025, 13.00"),  # three hours
            (24, (15, 10, 0), (15, 10, 30), "Senin, 15 Desember 2025, 10.30"),  # half an hour
            (6, (3, 16, 0), (4, 7, 0), "Kamis, 4 Desember 2025, 07.00"),  # would end at 22:00
            (24, (14, 4, 5), (14, 10, 0), "Minggu, 14 Desember 2025, 10.00"),  # three hours from seven on
        ],
    )
    def test_are_the_same_wherever_they_are_said(self, client, page, monkeypatch, zone, hours, freed, until, words):
        session = make_session(region=make_region(time_zone=zone), program=make_program(offer_hours=hours), capacity=1)
        freed, until = (datetime(2025, 12, *moment, tzinfo=session.region.zone) for moment in (freed, until))
        seated, waiting = register(session), register(session)
        registrations.cancel(registration=seated, now=freed)
        waiting.refresh_from_db()
        monkeypatch.setattr("portal.clock.now", lambda: freed)
        said = f"{words} {session.region.zone_abbreviation}"

        assert waiting.offered_until == until
        assert said in page(as_reader(waiting).get("/saya/")).main.text
        assert said in page(client.get(f"/tawaran/{tokens.offer_token(waiting.public_id)}/")).main.text
        (row,) = message_facts.read(Notification.objects.filter(kind="promoted").values_list("pk", flat=True))
        assert said in mail(row, now=freed).body
        assert offers.expire_due(now=until - timedelta(seconds=1)) == 0
        assert offers.expire_due(now=until) == 1
