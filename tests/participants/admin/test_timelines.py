"""Many messages are told day by day; nothing is lost between the days, and each session's own page has all of its."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from participants.operations import reminders
from programs.models import TrainingSession
from tests.factories import WIB, make_broadcast, make_region, make_registration, make_rule, make_session
from tests.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db
PAGE = "/staf/programs/trainingsession/pesan/"


@pytest.fixture
def client() -> Client:
    return sign_in(Client(), make_staff("ministry"))


@pytest.fixture
def jayapura(monkeypatch: pytest.MonkeyPatch) -> TrainingSession:
    """One of two sessions whose people are told more than one page holds: asked three days before, reminded on the eve,
    and in Jayapura written to by staff at 23.30 of Jakarta's 12 December, which is the 13th there."""
    session = make_session(region=make_region(city="Jayapura", time_zone="Asia/Jayapura"), first_day=date(2100, 12, 16))
    make_session(program=session.program, first_day=date(2100, 12, 17))
    make_rule(session.program)
    make_broadcast(session, starts_at=datetime(2100, 12, 12, 23, 30, tzinfo=WIB))
    monkeypatch.setattr("portal.clock.now", lambda: datetime(2100, 12, 14, 12, tzinfo=WIB))
    monkeypatch.setattr("participants.admin.timelines.FITS", 4)
    return session


def opened(client: Client, query: str = "", page: str = PAGE) -> BeautifulSoup:
    return BeautifulSoup(client.get(page + query).content, "html.parser")


def told(page: BeautifulSoup) -> list[str]:
    return [cell.text for cell in page.select(".timeline tbody th")]


def test_of_many_messages_each_day_of_the_session_has_its_page_and_none_is_lost(
    client: Client, jayapura: TrainingSession
) -> None:
    offered = [option["value"] for option in opened(client).select("#hari option")]

    assert {day: told(opened(client, f"?hari={day}")) for day in offered} == {
        "2100-12-13": ["01.30 WIT", "16.00 WIT"],
        "2100-12-14": ["16.00 WIB"],
        "2100-12-15": ["18.00 WIT"],
        "2100-12-16": ["18.00 WIB"],
    }


@pytest.mark.parametrize("asked", ["", "?hari=2100-12-14", "?hari=2101-01-01", "?hari=besok"])
def test_the_day_of_now_or_the_next_is_shown_when_none_or_no_such_is_asked_for(
    asked: str, client: Client, jayapura: TrainingSession
) -> None:
    page = opened(client, asked)
    assert page.select_one("#content h2").text == "Selasa, 14 Desember 2100"
    assert page.select_one("#hari option[selected]")["value"] == "2100-12-14"
    assert [link["href"] for link in page.select("nav.actions-row a")] == ["?hari=2100-12-13", "?hari=2100-12-15"]


def test_whoever_looks_at_an_edition_stays_there_from_day_to_day(client: Client, jayapura: TrainingSession) -> None:
    edition = str(jayapura.program_id)
    page = opened(client, f"?edisi={edition}")
    assert page.select_one("form.board-choice [name=edisi]")["value"] == edition
    assert [link["href"] for link in page.select("nav.actions-row a")] == [
        f"?edisi={edition}&hari=2100-12-13",
        f"?edisi={edition}&hari=2100-12-15",
    ]
    assert not opened(client).select("form.board-choice [name=edisi]")


def test_from_a_message_one_comes_to_all_that_its_session_is_told(client: Client, jayapura: TrainingSession) -> None:
    (link,) = opened(client, "?hari=2100-12-15").select(".timeline td a[href$='/pesan/']")
    page = opened(client, page=link["href"])
    assert len(told(page)) == 3
    assert not page.select("#hari")


def test_every_hour_is_written_as_its_language_writes_hours(client: Client, jayapura: TrainingSession) -> None:
    day = "?hari=2100-12-15"
    assert opened(client, day).select_one(".timeline .utc").text == "15 Des, 09.00"
    assert opened(client, day, f"/en{PAGE}").select_one(".timeline .utc").text == "15 Dec, 09:00"


def test_few_messages_stand_on_one_page(
    client: Client, jayapura: TrainingSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("participants.admin.timelines.FITS", 5)
    page = opened(client)
    assert (len(told(page)), page.select("#hari")) == (5, [])


@pytest.mark.parametrize(("hour", "shown"), [(15, 1), (17, 0)])
def test_a_session_stands_there_until_its_last_day_has_ended(
    hour: int, shown: int, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = make_session(first_day=date(2100, 12, 16))
    monkeypatch.setattr("portal.clock.now", lambda: datetime(2100, 12, 18, hour, tzinfo=WIB))
    assert session.ends == datetime(2100, 12, 18, 16, tzinfo=WIB)
    assert len(told(opened(client))) == shown


def test_sessions_that_are_over_are_not_even_read(
    client: Client, jayapura: TrainingSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    remember = TrainingSession.from_db.__func__  # type: ignore[attr-defined]
    monkeypatch.setattr(
        TrainingSession, "from_db", classmethod(lambda cls, *row: read.append(1) or remember(cls, *row))
    )
    make_session(program=jayapura.program, first_day=date(2100, 11, 16))
    read.clear()
    opened(client)
    assert len(read) == 2


def test_what_was_sent_keeps_its_hour_when_the_rule_is_changed_afterwards(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = make_session(first_day=date(2100, 12, 16))
    rule = make_rule(session.program)
    make_registration(session)
    sent_at = datetime(2100, 12, 15, 18, 1, tzinfo=WIB)
    reminders.plan(now=sent_at)
    monkeypatch.setattr("portal.clock.now", lambda: sent_at)

    rule.at = time(17, 30)
    rule.save()

    assert told(opened(client))[-1] == "Rabu, 15 Desember 2100, 18.00 WIB"
    make_session(program=session.program, first_day=date(2100, 12, 16))
    assert "Rabu, 15 Desember 2100, 17.30 WIB" in told(opened(client))
