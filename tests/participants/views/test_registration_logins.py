"""The form without a login, with one that has ended, and on a phone that two children share."""

import uuid

import pytest
from django.test import Client

from participants.models import Participant, Registration
from tests.factories import make_session, make_user
from tests.participants.views.registering import ADULT, begin, path, send

pytestmark = pytest.mark.django_db


class TestLogin:
    def test_asks_a_stranger_for_an_address_in_this_very_place(self, client, session, page):
        answer = client.get(path(session))

        assert answer.status_code == 200
        assert page(answer).select_one("input[name=next]")["value"] == path(session)

    def test_keeps_what_was_typed_when_the_login_has_ended(self, client, session, page):
        body = {**ADULT, "region": session.region_id, "form_key": str(uuid.uuid4()), "checked": "1"}

        answer = client.post(path(session), body, headers={"origin": "http://testserver"})

        form = page(answer).select_one("main form")
        kept = {control["name"]: control["value"] for control in form.select("input[type=hidden]")}
        assert answer.status_code == 403
        assert kept.items() >= {name: str(value) for name, value in body.items()}.items()
        client.force_login(make_user())
        assert client.post(form["action"], kept)["Location"] == "/saya/"

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
    def test_shows_nothing_to_confirm_that_another_site_sent(self, client, session, page, origin):
        answer = client.post(path(session), ADULT, headers={"origin": origin})

        assert answer.status_code == 403
        assert not page(answer).select("form")

    def test_keeps_what_was_typed_when_the_forms_token_is_old(self, user, session, page):
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(user)
        body = {
            **ADULT,
            "region": session.region_id,
            "form_key": str(uuid.uuid4()),
            "checked": "1",
            "csrfmiddlewaretoken": "a" * 64,
        }

        answer = browser.post(path(session), body, headers={"origin": "http://testserver"})
        form = page(answer).select_one("main form")
        kept = {control["name"]: control["value"] for control in form.select("input[type=hidden]")}
        again = browser.post(form["action"], kept, headers={"origin": "http://testserver"})

        assert answer.status_code == 403
        assert kept["phone"] == ADULT["phone"]
        assert again["Location"] == "/saya/"
        assert Registration.objects.count() == 1


class TestSharedPhone:
    """Two children of one family, one browser."""

    PAGES = ["/saya/", "/saya/data/", "/saya/alamat/", "/saya/persetujuan/", "/keberatan/", "/saya/tiket/", "/masuk/"]
    PAGES += ["/saya/kalender.ics", "/saya/pindah/", "/saya/batal/", "/masuk/kode/", "/"]

    def test_shows_nothing_of_the_first_child_after_the_logout(self, session, page):
        first, second = make_user(email="kanari@example.com"), make_user()
        browser = Client()
        browser.force_login(first)
        send(browser, session, ADULT, full_name="Kanari", phone="081377713777", accessibility_needs="kanari")
        begin(browser, make_session(program=session.program), ADULT, full_name="Kanari")
        before = {path: browser.get(path) for path in self.PAGES}
        assert "Kanari" in before["/saya/tiket/"].content.decode()
        assert {answer["Cache-Control"] for path, answer in before.items() if path != "/"} == {"private, no-store"}
        browser.post("/keluar/")

        browser.force_login(second)
        shown = {name: browser.get(name) for name in [*self.PAGES, path(session)]}

        for name, answer in shown.items():
            assert not {"kanari", "81377713777", "3777-1377"} & set(answer.content.decode().lower().split('"')), name
            assert b"anari" not in answer.content, name
        assert page(shown[path(session)]).select_one("#id_full_name").get("value") is None
        send(browser, session, ADULT, full_name="Adik")
        assert sorted(Participant.objects.values_list("user", "full_name")) == sorted(
            [(first.pk, "Kanari"), (second.pk, "Adik")]
        )

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_is_out_at_once_when_the_account_is_switched_off(self, reader, user, session, method):
        send(reader, session, ADULT)
        type(user).objects.update(is_active=False)

        assert getattr(reader, method)("/saya/batal/")["Location"].startswith("/masuk/")
        assert Registration.objects.get().place == "seat"
