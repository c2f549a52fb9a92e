"""Asked whether one still comes, by a link and on one's own page, and what the answer does."""

from datetime import datetime, timedelta

import pytest

from participants import tokens
from participants.operations import attendance
from tests.factories import WIB, as_reader, make_coordinator, make_session
from tests.participants.views.registered import is_private, place_of, register

pytestmark = pytest.mark.django_db
DUE = datetime(2025, 12, 13, 16, tzinfo=WIB)


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
        assert "tidak bisa diminta kembali" in page(client.get("/saya/")).select_one("#datang").text

        client.post("/saya/datang/", {"answer": "yes"})

        shown = page(client.get("/saya/"))
        assert shown.select_one("#datang") is None
        assert "Kursimu tetap milikmu" in shown.select_one(".notice-good").text

    def test_unknown_link_is_not_found(self, client):
        assert client.get("/datang/x/").status_code == 404

    def test_no_is_asked_once_more_when_registration_is_closed(self, client, page, registration, monkeypatch):
        monkeypatch.setattr("portal.clock.now", lambda: registration.session.closes)

        asked = page(client.post(self.path(registration), {"answer": "no"}))

        assert "kursi ini tidak bisa kamu ambil lagi" in asked.main.text
        assert place_of(registration) == ("seat", "")
        client.post(self.path(registration), {field["name"]: field["value"] for field in asked.select("form [value]")})
        assert place_of(registration) == ("released", "cancelled_by_self")
        told = page(client.get(self.path(registration))).main.text
        assert "Pendaftaran sesi ini sudah ditutup." in told
        assert "kamu boleh mendaftar lagi" not in told

    def test_no_on_my_page_leads_to_the_page_that_asks_when_registration_is_closed(
        self, page, registration, monkeypatch
    ):
        monkeypatch.setattr("portal.clock.now", lambda: registration.session.closes)
        client = as_reader(registration)

        answer = client.post("/saya/datang/", {"answer": "no"})

        assert answer["Location"] == f"/saya/batal/?pendaftaran={registration.public_id}"
        assert "kursi ini tidak bisa kamu ambil lagi" in page(client.get(answer["Location"])).main.text
        assert place_of(registration) == ("seat", "")
        client.post("/saya/batal/", {"pendaftaran": registration.public_id})
        told = page(client.get("/saya/")).select_one(".outcome").text
        assert "sudah ditutup" in told
        assert "boleh mendaftar lagi" not in told

    def test_nothing_of_the_seat_can_be_changed_once_the_training_has_begun(
        self, client, page, registration, monkeypatch
    ):
        monkeypatch.setattr("portal.clock.now", lambda: registration.session.starts)
        reader = as_reader(registration)

        links = [link["href"] for link in page(reader.get("/saya/")).select("main a")]
        answers = [
            reader.get("/saya/batal/"),
            reader.post("/saya/batal/", {"pendaftaran": registration.public_id}),
            reader.post("/saya/datang/", {"answer": "yes"}),
        ]

        assert not [link for link in links if link.startswith(("/saya/batal/", "/saya/pindah/"))]
        assert {answer.status_code for answer in answers[:2]} == {409}
        assert all("koordinator wilayahmu" in page(answer).select_one("#galat").text for answer in answers[:2])
        assert page(reader.get("/saya/pindah/")).select_one("#galat")
        asked = page(client.post(self.path(registration), {"answer": "no", "sure": "yes"}, follow=True))
        assert asked.h1.text == "Pelatihanmu sudah dimulai"
        assert place_of(registration) == ("seat", "")

    def test_my_page_does_not_ask_who_is_there_already(self, page, registration, monkeypatch):
        at = registration.session.starts - timedelta(minutes=30)
        monkeypatch.setattr("portal.clock.now", lambda: at)
        client = as_reader(registration)
        assert page(client.get("/saya/")).select_one("#datang")

        day = registration.session.days.get(number=1)
        mark = attendance.NewMark(registration.pk, day.pk, "present")
        attendance.record(session=registration.session, marks=[mark], by=make_coordinator(), now=at)

        assert page(client.get("/saya/")).select_one("#datang") is None
