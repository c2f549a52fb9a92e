"""The ministry's page as its readers get it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext

from participants.operations import tallies
from tests.factories import DURING_REGISTRATION, make_program, make_registration, make_session
from tests.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db
PATH = "/staf/programs/trainingsession/ringkasan/"


@pytest.fixture
def places():
    """Two sessions of one edition, with two and with nine people; counted."""
    program = make_program()
    small, large = make_session(program=program), make_session(program=program)
    for session, number in ((small, 2), (large, 9)):
        for _number in range(number):
            make_registration(session)
    tallies.count(program=program, now=DURING_REGISTRATION, machine_now=datetime(2026, 1, 1, tzinfo=UTC))
    return small, large


def read(client, user, path=PATH):
    response = sign_in(client, user).get(path)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def table(page) -> dict[str, list[str]]:
    rows = page.select(".wide-table")[0].select("tbody tr")
    return {row.th.get_text(strip=True): [cell.get_text(strip=True) for cell in row.select("td")] for row in rows}


def test_coordinator_reads_own_region_whole(client, places):
    small, large = places
    page = read(client, make_staff("coordinator", small.region))

    assert table(page) == {f"{small.region.name} · {small.region.city}": ["2", "0", "2", "0", "0", "0", "0"]}
    assert large.region.name not in page.get_text()
    assert page.select(".masked") == []


def test_ministry_reads_few_people_masked(client, places):
    page = read(client, make_staff("ministry"))

    assert {cells[0] for cells in table(page).values()} == {"✱"}
    assert "11" in page.select_one(".funnel").get_text()
    assert page.select("[style]") == page.select("style") == []


def test_rows_lead_to_the_numbers_of_their_own_place(client, places):
    small, large = places
    ministry = make_staff("ministry")
    rows = read(client, ministry).select(".wide-table")[0].select("tbody th a")
    assert {row["href"] for row in rows} == {
        f"?edisi={place.program_id}&wilayah={place.region_id}" for place in (small, large)
    }
    within = read(client, ministry, PATH + rows[0]["href"])
    (row,) = within.select(".wide-table")[0].select("tbody th a")
    place = next(place for place in places if f"wilayah={place.region_id}" in rows[0]["href"])
    assert row["href"] == f"?edisi={place.program_id}&sesi={place.pk}"
    assert read(client, ministry, PATH + row["href"]).select_one("option[selected]")
    assert within.select(".wide-table")[1].select("th a") == []


@pytest.mark.parametrize(
    "asked", ["wilayah={region}", "sesi={session}", "edisi=999999", "wilayah=x", "sesi=%C2%B2", "sesi=" + "9" * 5000]
)
def test_what_is_not_to_be_seen_is_not_found(client, places, asked):
    small, large = places
    sign_in(client, make_staff("coordinator", small.region))
    asked = asked.format(region=large.region_id, session=large.pk)

    assert client.get(f"{PATH}?{asked}").status_code == 404


def test_page_of_a_session_names_it_and_its_groups_to_its_own_coordinator(client, places):
    small, _large = places
    page = read(client, make_staff("coordinator", small.region), f"{PATH}?sesi={small.pk}")

    assert len(page.select(".wide-table")) == 4
    assert small.region.city in page.select_one(".board-about").get_text()


def test_manager_of_accounts_has_no_such_page(client, places):
    assert sign_in(client, make_staff("accounts")).get(PATH).status_code == 404


def test_page_before_the_first_count_says_so(client):
    session = make_session()
    page = read(client, make_staff("coordinator", session.region))

    assert "Belum dihitung" in page.get_text()


def test_page_asks_as_often_for_many_sessions_as_for_one(client):
    sign_in(client, make_staff("ministry"))
    program, asked = make_program(), []
    for number in (1, 1, 4):  # the first fills what a process remembers
        for _number in range(number):
            make_registration(make_session(program=program))
        tallies.count(program=program, now=DURING_REGISTRATION, machine_now=datetime(2026, 1, 1, tzinfo=UTC))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(PATH).status_code == 200
        asked.append(len(queries))

    assert asked[1] == asked[2] <= 18
