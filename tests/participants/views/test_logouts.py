"""The way out: it ends the session on the server and clears the browser."""

from datetime import UTC, datetime

import pytest
from django.contrib.sessions.models import Session

from tests.participants.views.entering import ask, machine_time, type_code

__all__ = ["machine_time"]

pytestmark = pytest.mark.django_db


class TestLogout:
    def test_ends_the_session_on_the_server_and_clears_the_browser(self, client):
        ask(client)
        type_code(client)
        key = client.session.session_key

        answer = client.post("/keluar/")

        assert answer["Location"] == "/masuk/?keluar"
        assert "Kamu sudah keluar." in client.get(answer["Location"]).text
        assert answer["Clear-Site-Data"] == '"cache", "storage"'
        assert not Session.objects.filter(session_key=key).exists()
        client.cookies["session"] = key
        assert client.get("/saya/")["Location"] == "/masuk/?next=/saya/"

    def test_leaves_no_address_to_whoever_opens_the_browser_next(self, client):
        ask(client)
        type_code(client)
        client.post("/keluar/")

        assert client.get("/masuk/kode/")["Location"] == "/masuk/"

    def test_comes_by_itself_after_thirty_days(self, client, page):
        ask(client)
        entered = type_code(client)
        assert entered.cookies["session"]["max-age"] == 30 * 24 * 3600
        assert client.get("/saya/").status_code == 200

        Session.objects.update(expire_date=datetime(2025, 1, 1, tzinfo=UTC))

        assert client.get("/saya/")["Location"] == "/masuk/?next=/saya/"

    def test_needs_a_press(self, reader):
        assert reader.get("/keluar/").status_code == 405
        assert reader.get("/saya/").status_code == 200
