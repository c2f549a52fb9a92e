"""Moving to another session: what is offered, asked, done and refused."""

from datetime import date, timedelta

import pytest

from participants.models import Registration
from participants.operations import registrations, switches
from tests.factories import as_reader, make_program, make_registration, make_session
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

        links = [link["href"] for link in shown.select(".card a")]
        assert links == [f"/saya/pindah/?ke={free.slug}&pendaftaran={registration.public_id}"]
        assert "09.00–16.00 WIB" in shown.main.text

    def test_lists_the_own_region_first_then_by_date_each_with_a_button(self, page):
        program = make_program()
        here = make_session(program=program, first_day=date(2025, 12, 16))
        early = make_session(program=program, first_day=date(2025, 12, 14))
        late = make_session(program=program, first_day=date(2025, 12, 20))
        home = make_session(program=program, first_day=date(2025, 12, 22), region=here.region)

        cards = page(as_reader(register(here)).get("/saya/pindah/")).select(".card")

        assert [card.h2.text.split(",")[0] for card in cards] == [
            f"{row.region.name}\xa0· {row.region.city}" for row in (home, early, late)
        ]
        assert [card.select_one(".button").text for card in cards] == ["Pilih"] * 3

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
