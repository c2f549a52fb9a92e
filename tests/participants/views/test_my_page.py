"""One's own page: how things stand, in plain words, and what can be done about it; never anybody else's."""

from datetime import time, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from participants.models import Registration
from participants.operations import (
    accessibility,
    attendance,
    guardians,
    registrations,
    reminders,
    sessions,
)
from programs.models import TrainingSession, Venue
from tests.factories import (
    as_reader,
    make_coordinator,
    make_program,
    make_region,
    make_registration,
    make_rule,
    make_session,
)
from tests.participants.views.registered import NOW, minor, register, session

__all__ = ["session"]

pytestmark = pytest.mark.django_db


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

    @pytest.mark.parametrize(
        ("version", "said"), [(1, ["Pengingat: Malam sebelum hari 1"]), (2, ["Pengingat hari ke-1"])]
    )
    def test_names_what_was_sent_by_its_moment_while_the_days_stand(self, session, page, version, said):
        make_rule(session.program)
        client = as_reader(register(session))
        reminders.plan(now=session.starts - timedelta(hours=15))
        TrainingSession.objects.filter(pk=session.pk).update(schedule_version=version)

        told = [" ".join(line.text.split()) for line in page(client.get("/saya/")).select(".ledger li > b")]

        assert told == ["Pendaftaran diterima", *said]

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
        assert "Permintaan persetujuan · dikirim ke walimu" in text

    def test_asks_a_minor_for_the_rest_after_the_yes(self, session, page):
        registration = minor(session)
        assert "Lengkapi" not in page(as_reader(registration).get("/saya/")).main.text

        answer(registration, agrees=True)

        shown = page(as_reader(registration).get("/saya/"))
        assert shown.h1.text == "Kursimu pasti"
        assert shown.select_one("a[href='/saya/data/#id_phone'].button")
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

    def test_calls_nobody_absent_on_a_day_that_nobody_recorded(self, session, page, monkeypatch):
        registration = register(session)
        client = as_reader(registration)
        first = session.days.get(number=1)
        monkeypatch.setattr("portal.clock.now", lambda: first.starts() + timedelta(days=1))

        shown = page(client.get("/saya/"))

        text = " ".join(shown.main.text.split())
        assert "Belum dicatat" in text
        assert "Tidak hadir" not in text
        assert "Hari 1 belum dicatat koordinator." in text
        (link,) = shown.select("main a[href*='kode=attendance']")
        asked = page(client.get(link["href"]))
        assert [row.text for row in asked.select("dl.pairs dt")] == ["Hari 1", "Hari 2", "Hari 3"]
        sent = {"sesi": session.slug, "kode": "attendance", "text": "Aku hadir."}
        assert client.post("/keberatan/", sent)["Location"] == "/saya/"
        assert not page(client.get("/saya/")).select("main a[href*='kode=attendance']")

    @pytest.mark.parametrize(
        ("marks", "words"),
        [
            ([], "Untuk yang hadir di ketiga hari."),
            (["present"], "Sudah hadir 1 dari 3 hari; masih bisa. Syaratnya: hadir di ketiga hari."),
            (
                ["present", "absent"],
                "Kamu tercatat hadir 1 dari 3 hari, jadi syarat sertifikat tidak terpenuhi: hadir di ketiga hari.",
            ),
        ],
    )
    def test_says_how_far_the_certificate_is(self, session, page, monkeypatch, marks, words):
        registration = register(session)
        for day, mark in zip(session.days.order_by("number"), marks, strict=False):
            said = attendance.NewMark(registration.pk, day.pk, mark)
            attendance.record(session=session, marks=[said], by=make_coordinator(session.region), now=day.starts())
            monkeypatch.setattr("portal.clock.now", day.starts)

        shown = page(as_reader(registration).get("/saya/"))

        assert words in " ".join(shown.select_one(".timeline").text.split())

    def test_offers_no_word_about_the_record_before_a_day_is_over(self, session, page, monkeypatch):
        registration = register(session)
        monkeypatch.setattr("portal.clock.now", lambda: session.starts)

        assert not page(as_reader(registration).get("/saya/")).select("main a[href*='kode=attendance']")

    def test_says_whom_to_ask_on_a_day_without_a_sure_venue(self, session, page, monkeypatch, settings):
        settings.CONTACT_EMAIL = "halo@example.com"
        session.venue.is_confirmed = False
        session.venue.save()
        make_coordinator(session.region, name="Rina Wati")
        make_coordinator(make_region(), name="Orang Lain")
        client = as_reader(register(session))
        assert page(client.get("/saya/")).select_one("#tempat-belum-pasti") is None

        monkeypatch.setattr("portal.clock.now", lambda: session.starts - timedelta(hours=2))

        told = page(client.get("/saya/")).select_one("#tempat-belum-pasti")
        assert "Tempatnya belum pasti" in told.h2.text
        assert told.select_one("a[href='mailto:halo@example.com']")
        assert "Rina Wati" in told.text
        assert "Orang Lain" not in told.text

    def test_names_no_venue_notice_where_the_venue_is_sure(self, session, page, monkeypatch):
        session.venue.is_confirmed = True
        session.venue.save()
        monkeypatch.setattr("portal.clock.now", lambda: session.starts - timedelta(hours=2))

        assert page(as_reader(register(session)).get("/saya/")).select_one("#tempat-belum-pasti") is None

    def test_says_whom_to_write_to_when_a_need_waits_for_days(self, session, page, monkeypatch, settings):
        settings.CONTACT_EMAIL = "halo@example.com"
        registration = register(session)
        accessibility.say(registration=registration, need="kursi roda", now=NOW)
        make_coordinator(session.region, name="Rina Wati")
        client = as_reader(registration)
        assert "Rina Wati" not in page(client.get("/saya/")).select_one("#kebutuhan").text

        monkeypatch.setattr("portal.clock.now", lambda: NOW + timedelta(days=3))

        told = page(client.get("/saya/")).select_one("#kebutuhan .notice-warn")
        assert "Rina Wati" in told.text
        assert told.select_one("a[href='mailto:halo@example.com']")

    @pytest.mark.parametrize(("hours", "told"), [(0, "Kamu mendapat kursi"), (6, "Kursi ditawarkan")])
    def test_calls_an_offer_an_offer_and_a_seat_a_seat(self, page, hours, told):
        session = make_session(program=make_program(offer_hours=hours), capacity=1)
        seated, waiting = register(session), register(session)

        registrations.cancel(registration=seated, now=NOW)

        messages = [row.b.text for row in page(as_reader(waiting).get("/saya/")).select(".ledger li")]
        assert messages == ["Masuk daftar tunggu", told]

    @pytest.mark.parametrize(
        ("hours", "told"), [(0, "Kamu tidak perlu melakukan apa-apa."), (6, "harus diambil sebelum waktunya habis")]
    )
    def test_says_to_whoever_waits_whether_a_seat_will_have_to_be_taken(self, page, hours, told):
        session = make_session(program=make_program(offer_hours=hours), capacity=0)

        top = page(as_reader(register(session)).get("/saya/")).header.find_next("header").text

        assert told in top
        assert ("tidak perlu melakukan" in top) is (hours == 0)

    @pytest.mark.parametrize(("seats", "is_offered"), [(1, True), (0, False)])
    def test_takes_out_of_a_calendar_only_what_can_stand_there(self, page, seats, is_offered):
        registration = register(make_session(capacity=seats))
        registrations.cancel(registration=registration, now=NOW)

        shown = page(as_reader(registration).get("/saya/"))

        assert bool(shown.select_one(".controls a[href*='kalender.ics']")) is is_offered

    def test_names_no_place_to_come_once_it_is_over_without_one(self, session, page, monkeypatch):
        Venue.objects.update(name="Tempat menyusul", is_confirmed=False)
        client = as_reader(register(session))
        assert "Tempat menyusul" in page(client.get("/saya/")).main.text

        monkeypatch.setattr("portal.clock.now", lambda: session.ends)

        assert "Tempat menyusul" not in page(client.get("/saya/")).main.text

    def test_leads_to_ones_addresses(self, reader, page):
        assert page(reader.get("/saya/")).select_one("main a[href='/saya/alamat/']")

    def test_says_quietly_at_the_end_the_code_of_what_was_refused(self, session, page, monkeypatch):
        client = as_reader(register(session))
        monkeypatch.setattr("portal.clock.now", lambda: session.starts)
        client.post("/saya/datang/", {"answer": "yes"})

        told = page(client.get("/saya/")).select_one(".notice-bad p")

        assert told.select_one(".reason").text == "Kode bantuan: already_begun"
        assert told.text.strip().endswith("already_begun")

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
