"""A form that was begun: kept for another day and another device, and no longer than it is of use."""

import pytest
from django.test import Client

from participants.models import Draft
from tests.factories import MINOR_BORN, make_session, make_user
from tests.participants.views.registering import ADULT, MINOR, begin, parts, path, send

pytestmark = pytest.mark.django_db


class TestDraft:
    def test_is_gone_on_with_on_another_device(self, reader, user, session, page):
        answer = begin(reader, session, ADULT, full_name="  Siti  ", phone="0812")
        elsewhere = Client()
        elsewhere.force_login(user)

        form = page(elsewhere.get(path(session)))

        assert answer["Location"] == path(session)
        assert "2 Desember 2025, 09.00 WIB" in form.select_one("[data-begun]").text
        assert form.select_one("#id_full_name")["value"] == "Siti"
        assert form.select_one("#id_phone")["value"] == "0812"
        assert form.select_one("#id_occupation option[selected]")["value"] == "university"
        assert form.select_one("#id_birth_date")["value"] == ADULT["birth_date"]
        assert parts(form) == {"adult"}
        assert not any(box.has_attr("checked") for box in form.select("[type=checkbox]"))

    @pytest.mark.parametrize("born", [MINOR_BORN.isoformat(), "", "4 Maret 2004"])
    def test_keeps_of_whom_is_not_known_to_be_of_age_only_what_may_be_kept(self, reader, session, born):
        begin(reader, session, ADULT | MINOR, birth_date=born, phone="0812-3456-7890", gender="male")

        typed = Draft.objects.get().typed
        assert set(typed) <= {"full_name", "birth_date", "region", "guardian_email"}
        assert typed["guardian_email"] == MINOR["guardian_email"]

    def test_is_kept_of_what_was_refused(self, reader, session, page):
        answer = send(reader, session, ADULT, phone="0812")

        form = page(reader.get(path(session)))
        assert answer.status_code == 422
        assert form.select_one("[data-begun]")
        assert [form.select_one(f"#id_{name}")["value"] for name in ("full_name", "phone")] == [
            ADULT["full_name"],
            "0812",
        ]

    def test_of_what_was_refused_holds_no_more_of_a_minor_than_any(self, reader, session):
        send(reader, session, MINOR | {"phone": "0812-3456-7890"}, guardian_email="ibu")

        assert set(Draft.objects.get().typed) == {"full_name", "birth_date", "region", "guardian_email"}

    def test_keeps_no_consent(self, reader, session):
        begin(reader, session, ADULT, consent_statistics="on")

        assert not [name for name in Draft.objects.get().typed if name.startswith("consent")]

    def test_is_one_for_each_account_and_session(self, reader, session, page):
        for name in ["Satu", "Dua"]:
            begin(reader, session, ADULT, full_name=name)
        stranger = Client()
        stranger.force_login(make_user())

        assert Draft.objects.get().typed["full_name"] == "Dua"
        assert page(stranger.get(path(session))).select_one("[data-begun]") is None

    def test_tells_the_script_only_that_it_is_kept(self, reader, session):
        assert begin(reader, session, ADULT, quiet="1").status_code == 204
        assert Draft.objects.count() == 1

    def test_goes_with_the_registration_and_does_not_come_back(self, reader, session):
        begin(reader, session, ADULT)
        begin(reader, make_session(program=session.program), ADULT)

        send(reader, session, ADULT)
        begin(reader, session, ADULT, quiet="1")  # sent before, arrived later

        assert not Draft.objects.exists()

    def test_goes_on_request(self, reader, session, page):
        begin(reader, session, ADULT)

        asked = begin(reader, session, {}, discard="1")
        assert "Hapus isianmu?" in page(asked).h1.text
        assert Draft.objects.exists()
        assert begin(reader, session, {}, discard="yes")["Location"] == path(session)
        assert "Isianmu sudah dihapus." in page(reader.get(path(session))).main.text
        assert not Draft.objects.exists()
        assert page(reader.get(path(session))).select_one("#id_phone").get("value") is None

    def test_is_not_begun_when_nobody_can_register(self, reader, session, monkeypatch):
        monkeypatch.setattr("portal.clock.now", lambda: session.closes)

        begin(reader, session, ADULT)

        assert not Draft.objects.exists()

    def test_of_one_child_never_stands_in_anothers_form(self, reader, session, page):
        begin(reader, session, MINOR, birth_date="", guardian_email="canary@example.com")
        other = Client()
        other.force_login(make_user())

        assert "canary" not in reader.get(path(session)).content.decode()
        assert "canary" not in other.get(path(session)).content.decode()

    def test_survives_a_login_that_has_ended(self, client, session, page):
        body = {**ADULT, "region": session.region_id}
        answer = client.post(f"{path(session)}draf/", body, headers={"origin": "http://testserver"})

        form = page(answer).select_one("main form")
        kept = {control["name"]: control["value"] for control in form.select("input[type=hidden]")}
        client.force_login(make_user())
        client.post(form["action"], kept)
        assert Draft.objects.get().typed["phone"] == ADULT["phone"]

    @pytest.mark.parametrize("rubbish", ["\ud800", "\u202e", "x" * 10_000])
    def test_survives_rubbish(self, reader, session, rubbish):
        rubbish = rubbish.encode("utf-8", "surrogatepass").decode("utf-8", "replace")

        assert begin(reader, session, dict.fromkeys(ADULT, rubbish)).status_code == 302
        assert reader.get(path(session)).status_code == 200
        assert max(map(len, Draft.objects.get().typed.values())) <= 500
