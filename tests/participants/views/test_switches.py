"""Moving to another session: what is offered, asked, done and refused."""

from datetime import date, timedelta

import pytest

from participants.models import Registration
from participants.operations import registrations, switches
from programs.models import TrainingSession
from tests.factories import as_reader, make_participant, make_program, make_region, make_registration, make_session
from tests.participants.views.registered import NOW, place_of, register

pytestmark = pytest.mark.django_db


class TestSwitch:
    def sessions(self):
        program = make_program()
        return [make_session(program=program, capacity=capacity) for capacity in (1, 1, 1)]

    def test_lists_only_sessions_with_a_seat(self, page):
        here, free, full = self.sessions()
        registration = register(here)
        make_registration(full)

        shown = page(as_reader(registration).get("/saya/pindah/"))

        links = [link["href"] for link in shown.select(".sessions a")]
        assert links == [f"/saya/pindah/?pendaftaran={registration.public_id}&ke={free.slug}"]
        assert "Sisa 1 dari 1 kursi" in shown.main.text
        assert "09.00–16.00 WIB" in shown.main.text

    @pytest.mark.parametrize(
        ("minutes", "said"),
        [(-1, "Belum ada sesi lain yang punya kursi"), (0, "Pendaftaran semua sesi lain sudah ditutup")],
    )
    def test_promises_seats_that_come_free_only_until_the_others_close(self, page, monkeypatch, minutes, said):
        here, full = self.sessions()[:2]
        registration = register(here)
        TrainingSession.objects.exclude(pk__in=[here.pk, full.pk]).delete()
        make_registration(full)
        monkeypatch.setattr("portal.clock.now", lambda: full.closes + timedelta(minutes=minutes))

        shown = page(as_reader(registration).get("/saya/pindah/"))

        assert shown.select_one(".notice h2").text == said
        assert "masih punya kursi" not in shown.main.text

    def test_lists_the_own_regions_first_by_date_then_the_others_by_zone_and_region(self, page):
        program = make_program()
        here, living, manado, banten = (
            make_region(name=name, time_zone=zone)
            for name, zone in (
                ("Papua", "Asia/Jayapura"),
                ("Bali", "Asia/Makassar"),
                ("Sulawesi Utara", "Asia/Makassar"),
                ("Banten", "Asia/Jakarta"),
            )
        )
        session = make_session(program=program, region=here, first_day=date(2025, 12, 16))
        for region, day in ((manado, 14), (banten, 20), (living, 18), (here, 22)):
            make_session(program=program, region=region, first_day=date(2025, 12, day))
        registration = register(session, make_participant(region=living))

        shown = page(as_reader(registration).get("/saya/pindah/"))

        told = [line.get_text(" ").split("\xa0")[0].strip() for line in shown.select("h2, h3, .sessions b")]
        assert told == [
            *("Di wilayahmu", "Bali", "Papua", "Di wilayah lain"),
            *("Waktu Indonesia Barat (WIB)", "Banten", "Waktu Indonesia Tengah (WITA)", "Sulawesi Utara"),
        ]

    def test_folds_the_sessions_of_a_region_that_has_many(self, page):
        program, many = make_program(), make_region(name="Bali")
        for day in (14, 16, 18):
            make_session(program=program, region=many, first_day=date(2025, 12, day))

        shown = page(as_reader(register(make_session(program=program))).get("/saya/pindah/"))

        assert len(shown.select("details .sessions a[href^='/saya/pindah/?']")) == 3

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

    @pytest.mark.parametrize("waits", [True, False])
    def test_says_who_gets_the_place_that_is_let_go_of(self, page, waits):
        here, free, _other = self.sessions()
        registration = register(here)
        if waits:
            make_registration(here, place="queued", queue_number=1)

        question = page(as_reader(registration).get(f"/saya/pindah/?ke={free.slug}"))

        assert ("langsung diberikan kepada yang menunggu" in question.main.text) is waits
        assert ("dilepas untuk orang lain" in question.main.text) is not waits

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
        assert "Kode bantuan: " in notice.text
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
