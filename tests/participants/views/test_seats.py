"""Moving one's place: switching, an offer, "are you still coming?", and being told when a region opens."""

import uuid
from datetime import datetime, timedelta

import pytest
from django.test import Client

from participants import tokens
from participants.messages.mails import mail
from participants.models import Notification, OpeningAlert, Registration
from participants.operations import claims, offers, registrations, switches
from tests.factories import (
    DURING_REGISTRATION,
    OPENS,
    WIB,
    as_reader,
    make_participant,
    make_program,
    make_region,
    make_registration,
    make_session,
    make_user,
)

pytestmark = pytest.mark.django_db
NOW = DURING_REGISTRATION
DUE = datetime(2025, 12, 13, 16, tzinfo=WIB)


def register(session):
    person = make_participant(region=session.region, full_name="Canary Satu")
    return registrations.register(participant=person, session=session, form_key=uuid.uuid4(), now=NOW)


def offered():
    session = make_session(program=make_program(offer_hours=6), capacity=1)
    seated, waiting = register(session), register(session)
    registrations.cancel(registration=seated, now=NOW)
    waiting.refresh_from_db()
    return waiting


def place_of(registration):
    registration.refresh_from_db()
    return registration.place, registration.release_reason


def is_private(response):
    names = ["Referrer-Policy", "X-Robots-Tag", "Cache-Control"]
    return [response[name] for name in names] == ["strict-origin", "noindex, nofollow", "private, no-store"]


class TestSwitch:
    def sessions(self):
        program = make_program()
        return [make_session(program=program, capacity=capacity) for capacity in (1, 1, 1)]

    def test_lists_only_sessions_with_a_seat(self, page):
        here, free, full = self.sessions()
        registration = register(here)
        make_registration(full)

        shown = page(as_reader(registration).get("/saya/pindah/"))

        links = [link["href"] for link in shown.select(".card a")]
        assert links == [f"/saya/pindah/?ke={free.slug}&pendaftaran={registration.public_id}"]
        assert "09.00–16.00 WIB" in shown.main.text

    def test_asks_then_goes_and_says_so(self, page):
        here, free, _other = self.sessions()
        registration = register(here)
        client = as_reader(registration)
        question = page(client.get(f"/saya/pindah/?ke={free.slug}"))
        sent = {field["name"]: field["value"] for field in question.select("main form input")}
        assert registration.place == "seat"

        answers = [client.post("/saya/pindah/", sent) for _ in range(2)]

        assert [answer["Location"] for answer in answers] == ["/saya/", "/saya/"]
        assert Registration.objects.live().get().session == free
        assert f"pindah ke {free.region.city}" in page(client.get("/saya/")).select_one(".notice-good").text

    def test_says_that_the_seat_is_gone_and_that_nothing_changed(self, page):
        here, free, _other = self.sessions()
        registration = register(here)
        make_registration(free)

        answer = as_reader(registration).post("/saya/pindah/", {"ke": free.slug})

        assert answer.status_code == 422
        assert "Tempatmu yang sekarang tetap milikmu" in page(answer).select_one(".notice-bad").text
        assert place_of(registration) == ("seat", "")

    @pytest.mark.parametrize(
        ("code", "about", "status"), [("full", 1, 422), ("already_begun", 0, 422), ("too_many_switches", 0, 429)]
    )
    def test_a_refusal_has_its_code_and_leads_to_an_appeal_that_stands(self, page, monkeypatch, code, about, status):
        here, there, _other = sessions = self.sessions()
        registration = register(here)
        if code == "full":
            make_registration(there)
        elif code == "already_begun":
            monkeypatch.setattr("portal.clock.now", lambda: here.starts)
        else:
            left = {"place": "released", "released_at": NOW - timedelta(hours=1), "release_reason": "switched"}
            for _ in range(switches.SWITCHES_A_DAY):
                make_registration(there, participant=registration.participant, **left)
        client = as_reader(registration)

        answer = client.post("/saya/pindah/", {"ke": there.slug})

        assert (answer.status_code, answer.get("Retry-After")) == (status, str(23 * 3600) if status == 429 else None)
        notice = page(answer).select_one("#galat")
        assert "Kode alasan: " in notice.text
        (link,) = [link["href"] for link in notice.select("a")]
        assert link == f"/keberatan/?sesi={sessions[about].slug}&kode={code}"
        assert page(client.get(link)).select_one("textarea")

    @pytest.mark.parametrize(("ke", "status"), [("", 422), ("tidak-ada", 404), ("²", 422)])
    def test_refuses_what_is_no_session_of_the_edition(self, ke, status):
        registration = register(make_session())

        assert as_reader(registration).post("/saya/pindah/", {"ke": ke}).status_code == status

    def test_leads_home_who_has_nothing_to_move(self):
        registration = register(make_session())
        registrations.cancel(registration=registration, now=NOW)

        answer = as_reader(registration).get(f"/saya/pindah/?pendaftaran={registration.public_id}")

        assert answer["Location"] == "/saya/"


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
        assert "Kode alasan: offer_expired" in ended.select_one(".hero").text
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
        (row,) = claims.read(Notification.objects.filter(kind="promoted").values_list("pk", flat=True))
        assert said in mail(row, now=freed).body
        assert offers.expire_due(now=until - timedelta(seconds=1)) == 0
        assert offers.expire_due(now=until) == 1


class TestComing:
    @pytest.fixture(autouse=True)
    def three_days_before(self, monkeypatch):
        monkeypatch.setattr("portal.clock.now", lambda: DUE)

    @pytest.fixture
    def registration(self):
        return register(make_session())

    def path(self, registration):
        return f"/datang/{tokens.coming_token(registration.public_id)}/"

    def test_reading_changes_nothing(self, client, page, registration):
        answer = client.get(self.path(registration))

        assert page(answer).h1.text == "Kamu tetap datang?"
        assert is_private(answer)
        assert "Canary" not in answer.content.decode()
        registration.refresh_from_db()
        assert registration.coming_answered_at is None

    def test_yes_keeps_the_seat_and_leaves_a_way_out(self, client, page, registration):
        client.post(self.path(registration), {"answer": "yes"})

        shown = page(client.get(self.path(registration)))
        assert shown.h1.text == "Terima kasih, sampai jumpa!"
        assert [button["value"] for button in shown.select("main button")] == ["no"]
        assert place_of(registration) == ("seat", "")

    def test_no_frees_it(self, client, page, registration):
        client.post(self.path(registration), {"answer": "no"})

        assert page(client.get(self.path(registration))).h1.text == "Kursinya sudah dilepas"
        assert place_of(registration) == ("released", "cancelled_by_self")

    def test_my_page_asks_until_it_is_answered(self, page, registration):
        client = as_reader(registration)
        assert page(client.get("/saya/")).select_one("#datang")

        client.post("/saya/datang/", {"answer": "yes"})

        shown = page(client.get("/saya/"))
        assert shown.select_one("#datang") is None
        assert "Kursimu tetap milikmu" in shown.select_one(".notice-good").text

    def test_unknown_link_is_not_found(self, client):
        assert client.get("/datang/x/").status_code == 404


class TestOpeningAlert:
    @pytest.fixture
    def region(self, monkeypatch):
        monkeypatch.setattr("portal.clock.now", lambda: OPENS - timedelta(days=1))
        return make_session().region

    def test_asks_a_stranger_in_first(self, client, region):
        assert client.get(f"/kabari/{region.code}/")["Location"] == f"/masuk/?next=/kabari/{region.code}/"

    def test_one_press_asks_and_another_withdraws(self, page, region):
        client = Client()
        client.force_login(make_user())
        assert page(client.get(f"/kabari/{region.code}/")).select_one("main form")
        assert not OpeningAlert.objects.exists()

        assert client.post(f"/kabari/{region.code}/")["Location"] == "/saya/"
        assert region.city in page(client.get("/saya/")).select_one("#kabar").text
        client.post(f"/kabari/{region.code}/batal/")

        assert page(client.get("/saya/")).select_one("#kabar") is None

    def test_leads_to_the_session_that_is_open(self, page, region, monkeypatch):
        monkeypatch.setattr("portal.clock.now", lambda: OPENS)
        client = Client()
        client.force_login(make_user())

        shown = page(client.post(f"/kabari/{region.code}/"))

        assert "sedang dibuka" in shown.h1.text
        assert shown.select_one("main a.button")["href"].startswith("/sesi/")


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


@pytest.mark.parametrize("door", ["wali", "tawaran", "datang"])
def test_a_guessed_link_costs_no_query_and_tells_nothing(client, django_assert_num_queries, door):
    made = tokens.offer_token(uuid.uuid4())
    guessed = [made, made[:-1] + ("A" if made[-1] != "A" else "B"), "A" * 43, "x"]

    with django_assert_num_queries(1 if door == "tawaran" else 0):  # ours, for nobody
        answers = [client.get(f"/{door}/{token}/") for token in guessed]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert len({answer.content for answer in answers}) == 1
