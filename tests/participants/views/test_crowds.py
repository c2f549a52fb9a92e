"""The door in a crowd: work, or a place in line where no script runs."""

import json
from datetime import timedelta
from unittest.mock import Mock

import altcha
import pytest
from bs4 import BeautifulSoup

from participants.models import LoginCode, Notification
from participants.operations import crowds
from tests.participants.views.entering import EMAIL, ask, machine_time

__all__ = ["machine_time"]

pytestmark = pytest.mark.django_db


class TestCrowd:
    @pytest.fixture(autouse=True)
    def crowd(self, settings, monkeypatch):
        """Nobody more is free, and puzzles cost nothing."""
        settings.CROWD_ASKS = 0
        monkeypatch.setattr(crowds, "ROUNDS", 1)
        monkeypatch.setattr(crowds, "TRIES", (1, 3))

    def solved(self, form):
        challenge = altcha.Challenge.from_dict(json.loads(form["data-challenge"]))
        return altcha.Payload(challenge, altcha.solve_challenge(challenge)).to_base64()

    def test_asks_for_work_and_keeps_what_was_typed(self, client, page):
        answer = ask(client, next="/daftar/papua-1/")

        form = page(answer).select_one("form[data-challenge]")
        kept = {field["name"]: field.get("value") for field in form.select("input[type=hidden]")}
        assert (answer.status_code, answer["Retry-After"]) == (429, "600")
        assert page(answer).html["lang"] == "id"
        assert (kept["email"], kept["next"]) == (EMAIL, "/daftar/papua-1/")
        assert not LoginCode.objects.exists()
        again = ask(client, next="/daftar/papua-1/", proof=self.solved(form))
        assert again["Location"] == "/masuk/kode/?next=%2Fdaftar%2Fpapua-1%2F"
        assert Notification.objects.count() == 1

    def test_offers_a_turn_where_no_script_runs(self, client, page, machine_time):
        waiting = ask(client, line="1")

        form = page(waiting).select_one("form.form")
        sent = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
        assert (waiting.status_code, waiting["Retry-After"]) == (429, "15")
        assert "15 detik lagi" in page(waiting).text
        machine_time["now"] += timedelta(seconds=5)
        early = client.post("/masuk/", sent)
        assert (early.status_code, early["Retry-After"]) == (429, "10")
        assert page(early).select_one("input[name=ticket]")["value"] == sent["ticket"]
        machine_time["now"] += timedelta(seconds=10)
        assert client.post("/masuk/", sent).status_code == 302
        assert Notification.objects.count() == 1

    def test_says_when_the_line_is_full(self, client, page, monkeypatch):
        monkeypatch.setattr(crowds, "LONGEST_WAIT", timedelta(seconds=15))
        ask(client, line="1")

        full = ask(client, line="1")

        assert (full.status_code, full["Retry-After"]) == (429, "5")
        assert page(full).select_one("#id_email")["value"] == EMAIL

    def test_speaks_english(self, client, page):
        answer = client.post("/en/masuk/", {"email": EMAIL})

        assert page(answer).html["lang"] == "en"
        assert page(answer).select_one("form[data-challenge]")["action"] == "/en/masuk/"

    def test_asks_nothing_of_redis(self, client, monkeypatch):
        monkeypatch.setattr("participants.tasks.deliver.apply_async", Mock(side_effect=OSError("gone")))

        form = BeautifulSoup(ask(client).content, "html.parser").select_one("form[data-challenge]")
        assert ask(client, proof=self.solved(form)).status_code == 302
