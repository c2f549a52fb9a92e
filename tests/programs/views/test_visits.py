"""Visits are counted where pages are given out, cached or not, and tell of nobody."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, InterfaceError

from programs.models import Visits
from programs.operations import visits
from programs.views.visits import count
from tests.factories import make_session

pytestmark = pytest.mark.django_db
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36"


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(count, "_added_at", float("-inf"))
    count._opened.clear()


def told() -> dict[tuple[str, str | None], int]:
    count.add()
    return {(row.page, row.session and row.session.slug): row.number for row in Visits.objects.all()}


def test_every_reader_of_a_page_counts_from_the_cache_too(client):
    session = make_session()
    for path in ("/", "/", "/en/", session.get_absolute_url()):
        assert client.get(path, headers={"User-Agent": PHONE}).status_code == 200

    assert told() == {("home", None): 3, ("session", session.slug): 1}


def test_answer_that_nothing_changed_counts(client):
    page = client.get("/", headers={"User-Agent": PHONE})
    again = client.get("/", headers={"User-Agent": PHONE, "If-None-Match": page["ETag"]})

    assert again.status_code == 304
    assert told() == {("home", None): 2}


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"User-Agent": "WhatsApp/2.23.20 A"},
        {"User-Agent": "curl/8.5.0"},
        {"User-Agent": ""},
        {"User-Agent": PHONE, "Sec-Purpose": "prefetch"},
    ],
)
def test_no_program_that_says_so_counts(client, headers):
    client.get("/", headers=headers)

    assert told() == {}


def test_neither_head_nor_a_page_that_is_not_there_counts(client):
    client.head("/", headers={"User-Agent": PHONE})
    client.get("/sesi/tidak-ada/", headers={"User-Agent": PHONE})

    assert told() == {}


def test_visit_leaves_no_cookie(client):
    assert not client.get("/", headers={"User-Agent": PHONE}).cookies


@pytest.mark.parametrize("error", [DatabaseError, InterfaceError])  # the second: the connection had been closed
def test_database_that_is_away_costs_no_page_and_no_visit(client, monkeypatch, error):
    def fail(opened):
        raise error

    with monkeypatch.context() as away:
        away.setattr(visits, "add", fail)
        assert client.get("/", headers={"User-Agent": PHONE}).status_code == 200

    assert told() == {("home", None): 1}
