"""One's own page: how things stand, in plain words, and what can be done about it; never anybody else's."""

import uuid
from datetime import time, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from participants.models import GuardianRequest, Registration
from participants.operations import guardian_requests, guardians, registrations, sessions
from tests.factories import (
    DURING_REGISTRATION,
    MINOR_BORN,
    as_reader,
    make_coordinator,
    make_participant,
    make_program,
    make_region,
    make_registration,
    make_rule,
    make_session,
)

pytestmark = pytest.mark.django_db
NOW = DURING_REGISTRATION


@pytest.fixture
def session(db):
    """In Jayapura, three days from 16 December 2025, 09:00 to 16:00 WIT."""
    return make_session(region=make_region(time_zone="Asia/Jayapura"))


def person(session, **fields):
    return make_participant(region=session.region, full_name="Canary Satu", **fields)


def register(session, participant=None, **options):
    return registrations.register(
        participant=participant or person(session), session=session, form_key=uuid.uuid4(), now=NOW, **options
    )


def minor(session):
    return register(
        session,
        person(session, birth_date=MINOR_BORN, phone="", occupation=""),
        guardian_email="ibu@example.com",
    )


def answer(registration, agrees):
    guardians.answer(
        request=registration.guardian_requests.get(answer=""),
        agrees=agrees,
        signer_name="Ibu Wati",
        signer_relation="ibu",
        language="id",
        now=NOW,
    )


class TestMyPage:
    def test_says_that_nothing_is_registered_and_where_to_go(self, reader, page):
        shown = page(reader.get("/saya/"))

        assert "belum mendaftar" in shown.main.text
        assert shown.select_one("main a[href='/sesi/']")

    def test_shows_a_seat_with_days_place_and_reminders_in_local_time(self, session, page):
        make_rule(session.program)
        make_rule(session.program, slug="morning", anchor="each_day", offset_days=0, at=time(6), is_urgent=True)

        shown = page(as_reader(register(session)).get("/saya/"))

        text = " ".join(shown.main.text.split())
        assert shown.h1.text == "Kursimu pasti"
        assert "09.00–16.00 WIT" in text
        assert session.venue.name in text
        assert "Senin, 15 Desember 2025, 18.00 WIT" in text
        assert text.count("06.00 WIT") == 3
        assert "Pendaftaran diterima" in text

    def test_leads_to_ticket_and_calendar_and_invites_friends_without_naming_who_does(self, session, page):
        registration = register(session)

        links = [link["href"] for link in page(as_reader(registration).get("/saya/")).select("main a")]

        about = f"?pendaftaran={registration.public_id}"
        assert {f"/saya/tiket/{about}", f"/saya/kalender.ics{about}"} <= set(links)
        (invitation,) = [link for link in links if link.startswith("https://wa.me/")]
        words = parse_qs(urlsplit(invitation).query)["text"][0]
        assert words.endswith(f" http://testserver{session.get_absolute_url()}")
        assert session.region.city in words
        assert "Canary" not in words

    def test_promises_no_reminder_that_is_past_or_too_soon_after_registering(self, session, page, monkeypatch):
        make_rule(session.program, offset_days=-14, at=time(12))
        registration = register(session)  # 2 December, 11:00 WIT

        assert "12.00 WIT" not in page(as_reader(registration).get("/saya/")).main.text

    def test_shows_the_place_in_the_queue_as_it_is_now(self, page):
        session = make_session(capacity=1)
        seated, first, second = (register(session) for _ in range(3))
        assert page(as_reader(second).get("/saya/")).h1.text == "Kamu nomor 2 di daftar tunggu"

        registrations.cancel(registration=seated, now=NOW)

        assert page(as_reader(second).get("/saya/")).h1.text == "Kamu nomor 1 di daftar tunggu"
        assert page(as_reader(first).get("/saya/")).h1.text == "Kursimu pasti"

    def test_waits_for_the_guardian_and_says_until_when(self, session, page):
        shown = page(as_reader(minor(session)).get("/saya/"))

        text = " ".join(shown.main.text.split())
        assert shown.h1.text == "Kursimu ditahan, menunggu orang tua atau wali"
        assert "ibu@example.com" in text
        assert "Jumat, 5 Desember 2025, 11.00 WIT" in text
        assert "Permintaan persetujuan wali" in text

    def test_asks_a_minor_for_the_rest_after_the_yes(self, session, page):
        registration = minor(session)
        assert "Lengkapi" not in page(as_reader(registration).get("/saya/")).main.text

        answer(registration, agrees=True)

        shown = page(as_reader(registration).get("/saya/"))
        assert shown.h1.text == "Kursimu pasti"
        assert shown.select_one("a[href='/saya/data/'].button")
        assert "Ibu Wati" in shown.main.text

    def test_says_why_a_place_was_released_and_what_to_do(self, session, page):
        registration = minor(session)
        answer(registration, agrees=False)

        shown = page(as_reader(registration).get("/saya/"))

        assert "tidak berlaku lagi" in shown.h1.text
        assert "tidak menyetujui" in shown.main.text
        assert shown.select_one("main a[href='/sesi/']")

    @pytest.mark.parametrize("reason", [reason for reason in Registration.Release.values if reason])
    def test_has_words_for_every_way_a_registration_ends(self, session, page, reason):
        registration = make_registration(session, place="released", release_reason=reason, released_at=NOW)

        shown = page(as_reader(registration).get("/saya/"))

        assert len(shown.select_one("header p:nth-of-type(2)").text) > 20

    def test_lists_earlier_registrations_below_the_live_one(self, session, page):
        first = register(session)
        registrations.cancel(registration=first, now=NOW)
        register(session, first.participant)

        shown = page(as_reader(first).get("/saya/"))

        assert [heading.text for heading in shown.select("h1")] == ["Kursimu pasti"]
        assert "Kamu membatalkan" in shown.main.text

    def test_says_when_it_is_over(self, session, page, monkeypatch):
        registration = register(session)
        monkeypatch.setattr("portal.clock.now", lambda: session.ends)

        assert "sudah selesai" in page(as_reader(registration).get("/saya/")).h1.text

    def test_speaks_english(self, session):
        assert as_reader(register(session)).get("/en/saya/").status_code == 200

    def test_is_kept_by_no_cache(self, session):
        assert as_reader(register(session)).get("/saya/")["Cache-Control"] == "private, no-store"

    @pytest.mark.parametrize("others", [1, 3])
    def test_queries_do_not_grow(self, session, others, django_assert_num_queries):
        registration = register(session)
        for _ in range(others):
            make_registration(
                make_session(),
                participant=registration.participant,
                place="released",
                release_reason="cancelled_by_self",
                released_at=NOW,
            )
        client = as_reader(registration)

        with django_assert_num_queries(8):  # login 2, registrations, messages, asks; sessions, days and rules at first
            client.get("/saya/")
        with django_assert_num_queries(5):
            client.get("/saya/")

    def test_a_move_is_on_the_next_page(self, session):
        client = as_reader(register(session))
        assert "16 Desember" in client.get("/saya/").text
        days = [sessions.Day(day.date + timedelta(days=7), day.starts_at, day.ends_at) for day in session.days.all()]
        sessions.reschedule(session=session, days=days, venue=session.venue, now=NOW, by=make_coordinator())
        assert "23 Desember" in client.get("/saya/").text


@pytest.mark.parametrize("path", ["/saya/wali/", "/saya/kursi/"])
def test_a_press_repeated_by_the_address_bar_leads_to_ones_own_page(reader, path):
    assert reader.get(path)["Location"] == "/saya/"


class TestStrangers:
    PATHS = ["/saya/", "/saya/batal/", "/saya/data/", "/saya/kalender.ics"]

    @pytest.mark.parametrize("path", PATHS)
    def test_must_log_in(self, client, path):
        assert client.get(path)["Location"] == f"/masuk/?next={path}"

    def test_see_and_touch_nothing_of_somebody_else(self, reader, session):
        registration = register(session)
        name = {"pendaftaran": str(registration.public_id)}

        answers = [reader.get(path, name) for path in self.PATHS]
        answers += [reader.post(path, name) for path in ["/saya/batal/", "/saya/kursi/"]]
        answers += [reader.post("/saya/wali/", name | {"guardian_email": "lain@example.com"})]

        assert [answer.status_code for answer in answers] == [200, 404, 302, 404, 404, 404, 404]
        assert not any(b"Canary" in answer.content for answer in answers)
        registration.refresh_from_db()
        assert registration.place == "seat"

    @pytest.mark.parametrize("name", ["1", "x", "' or 1", "9" * 30, "0b0e7b3c-5a5f-4c57-9f0a-6d4c0a1f2e3d"])
    def test_guess_no_names(self, reader, name):
        assert reader.get("/saya/batal/", {"pendaftaran": name}).status_code == 404
        assert reader.post("/saya/batal/", {"pendaftaran": name}).status_code == 404


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


class TestGuardianAgain:
    def test_sends_a_new_letter_to_a_corrected_address(self, session, page):
        registration = minor(session)
        client = as_reader(registration)

        answer = client.post("/saya/wali/", {"guardian_email": "Ayah@example.com"})

        assert answer["Location"] == "/saya/"
        requests = GuardianRequest.objects.order_by("pk")
        assert [(row.email, row.answer) for row in requests] == [
            ("ibu@example.com", "replaced"),
            ("Ayah@example.com", ""),
        ]
        assert "sedang dikirim" in page(client.get("/saya/")).select_one(".notice-good").text

    @pytest.mark.parametrize("typed", ["ibu", "", "ibu@localhost"])
    def test_keeps_what_cannot_be_an_address(self, session, page, typed):
        answer = as_reader(minor(session)).post("/saya/wali/", {"guardian_email": typed})

        form = page(answer)
        assert answer.status_code == 422
        assert form.select_one("#id_guardian_email").get("value", "") == typed
        assert form.select_one("#id_guardian_email_error")

    def test_keeps_the_address_when_the_login_has_ended(self, client, session, page):
        registration = minor(session)
        typed = {"guardian_email": "ayah@example.com", "pendaftaran": str(registration.public_id)}

        answer = client.post("/saya/wali/", typed, headers={"origin": "http://testserver"})

        form = page(answer).select_one("main form")
        kept = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
        assert (answer.status_code, kept.items() >= typed.items()) == (403, True)
        client.force_login(registration.participant.user)
        assert client.post(form["action"], kept)["Location"] == "/saya/"
        assert GuardianRequest.objects.filter(answer="").get().email == "ayah@example.com"

    def test_after_five_letters_leads_to_the_coordinator(self, session, page):
        registration = minor(session)
        GuardianRequest.objects.bulk_create(
            GuardianRequest(
                registration=registration,
                email="ibu@example.com",
                asked_at=NOW - timedelta(days=2),
                expires_at=NOW,
                answer="replaced",
                answered_at=NOW,
            )
            for _ in range(guardians.MOST_REQUESTS - 1)
        )
        client = as_reader(registration)

        shown = page(client.post("/saya/wali/", {"guardian_email": "ibu@example.com"}))

        assert "Kode alasan: too_many_guardian_requests" in shown.select_one("#id_guardian_email_error").text
        (link,) = shown.select("#wali a[href^='/keberatan/']")
        assert page(client.get(link["href"])).select_one("textarea")

    def test_answers_429_when_too_many_letters_were_written_and_keeps_the_address(self, session, page):
        client, cousin = as_reader(minor(session)), minor(session)
        for _ in range(guardian_requests.LETTERS_TO_AN_INBOX):
            GuardianRequest.objects.create(
                registration=cousin,
                email="paman@example.com",
                asked_at=NOW - timedelta(hours=1),
                expires_at=NOW,
                answer="replaced",
                answered_at=NOW,
            )

        answer = client.post("/saya/wali/", {"guardian_email": "paman@example.com"})

        assert (answer.status_code, answer["Retry-After"]) == (429, str(23 * 3600))
        assert page(answer).html["lang"] == "id"
        assert page(answer).select_one("#id_guardian_email")["value"] == "paman@example.com"
        assert "coba lagi besok" in page(answer).select_one("#id_guardian_email_error").text

    def test_leads_to_the_coordinator_when_no_further_letter_may_be_written(self, session, page):
        registration = minor(session)
        client = as_reader(registration)
        for _ in range(guardians.MOST_REQUESTS - 1):
            guardians.ask_again(
                registration=registration, email="ibu@example.com", now=NOW - timedelta(days=2)
            )  # another day, so that the letters of a day are not what ends

        shown = page(client.post("/saya/wali/", {"guardian_email": "ibu@example.com"}))

        link = shown.select_one("#wali a[href^='/keberatan/']")["href"]
        assert "Surat kepada wali" in page(client.get(link)).main.text
        assert not page(client.get("/saya/")).select("#wali a[href^='/keberatan/']")

    def test_refuses_ones_own_address(self, session, page):
        registration = minor(session)

        answer = as_reader(registration).post("/saya/wali/", {"guardian_email": registration.participant.user.email})

        assert "sama dengan alamatmu" in page(answer).select_one("#id_guardian_email_error").text
