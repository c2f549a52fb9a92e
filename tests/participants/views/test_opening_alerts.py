"""Being told when a region opens: asked for by one press, and withdrawn by another."""

from datetime import timedelta

import pytest
from django.test import Client

from participants.models import OpeningAlert
from participants.operations import switched_off
from tests.factories import OPENS, make_session, make_user

pytestmark = pytest.mark.django_db


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

    def test_tells_whose_record_went_into_another_at_that_moment(self, page, region, monkeypatch):
        client, reader = Client(), make_user()
        client.force_login(reader)

        def went(is_on):
            raise switched_off.AccountSwitchedOff

        monkeypatch.setattr(switched_off, "check", went)

        shown = page(client.post(f"/kabari/{region.code}/"))

        assert "sudah dimatikan" in shown.h1.text
        assert "/sesi/" not in str(shown.select_one("main"))
        assert not OpeningAlert.objects.exists()

        OpeningAlert.objects.create(account=reader, region=region, asked_at=OPENS)
        said = page(client.post(f"/kabari/{region.code}/batal/", follow=True))
        assert "sudah dimatikan" in said.select_one(".notice-bad").text
        assert OpeningAlert.objects.exists()

    def test_leads_to_the_session_that_is_open(self, page, region, monkeypatch):
        monkeypatch.setattr("portal.clock.now", lambda: OPENS)
        client = Client()
        client.force_login(make_user())

        shown = page(client.post(f"/kabari/{region.code}/"))

        assert "sedang dibuka" in shown.h1.text
        assert shown.select_one("main a.button")["href"].startswith("/sesi/")
