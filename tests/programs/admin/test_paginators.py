"""Long lists: counted as far as that is quick, then reckoned; sorted by indexes; filters one can look over."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from participants.models import Deed, Participant, Registration
from portal import clock
from programs.admin import paginators, scoping
from programs.admin.paginators import ListPaginator
from programs.models import Region
from tests.factories import make_program, make_region, make_registration, make_session
from tests.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db
REGISTRATIONS = "/staf/participants/registration/"
DEEDS = "/staf/participants/deed/"


@pytest.fixture
def client() -> Client:
    return sign_in(Client(), make_staff("ministry"))


def soup(client: Client, address: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(address).content, "html.parser")


def said(client: Client, address: str = REGISTRATIONS) -> str:
    return " ".join(soup(client, address).select_one(".paginator").text.split())


def registered(number: int) -> list[int]:
    session = make_session()
    return [make_registration(session).pk for _one in range(number)]


def analyzed() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE participants_registration")


def test_a_list_is_counted_exactly_as_long_as_that_is_quick(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    registered(3)
    monkeypatch.setattr(paginators, "COUNTED", 3)
    analyzed()

    assert said(client) == "3 pendaftaran"


def test_a_longer_list_says_about_how_many_and_where_it_ends(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    registered(4)
    monkeypatch.setattr(paginators, "COUNTED", 3)
    analyzed()

    assert said(client).startswith("sekitar 4 pendaftaran · halamannya berakhir lebih dulu")


def test_an_estimate_below_what_was_counted_is_not_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    registered(2)
    analyzed()
    registered(4)
    monkeypatch.setattr(paginators, "COUNTED", 5)
    monkeypatch.setattr(ListPaginator, "_estimated", 2)

    assert said(client).startswith("lebih dari 5 pendaftaran · halamannya berakhir lebih dulu")


@pytest.fixture
def here() -> Region:
    """A region with every fourth of 3,000 deeds, when the table was looked at as autovacuum does."""
    staff, here, elsewhere = make_staff("editor"), make_region(), make_region()
    Deed.objects.bulk_create(
        Deed(
            by=staff,
            at=clock.now(),
            what=Deed.What.NOTED if number % 3 else Deed.What.CONFIRMED,
            table="participants.registration",
            row=str(number),
            region=elsewhere if number % 4 else here,
        )
        for number in range(3_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE participants_deed")
    return here


@pytest.mark.parametrize(
    ("filtered", "true"), [("", 3_000), ("?what__exact=noted", 2_000), ("?region__id__exact={here}", 750)]
)
def test_estimates_are_within_a_tenth_of_the_truth(
    filtered: str, true: int, client: Client, here: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paginators, "COUNTED", 100)
    number = re.search(r"sekitar ([\d.]+)", said(client, DEEDS + filtered.format(here=here.pk)))
    assert number is not None
    assert int(number[1].replace(".", "")) == pytest.approx(true, rel=0.1)


def test_of_a_region_that_is_not_like_the_others_nothing_is_reckoned_for_its_coordinator(
    here: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paginators, "COUNTED", 100)
    assert "lebih dari 100 " in said(sign_in(Client(), make_staff("coordinator", here)), DEEDS)


@pytest.mark.parametrize("is_searched", [False, True])
def test_pages_of_a_longer_list_hold_its_rows_in_order_and_end_where_it_is_no_more_counted(
    is_searched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = registered(7)
    monkeypatch.setattr(paginators, "FOUND" if is_searched else "COUNTED", 4)
    pages = ListPaginator(Registration.objects.order_by("-pk"), 2, is_searched=is_searched)

    assert pages.is_about
    assert pages.num_pages == 2
    assert [[row.pk for row in page.object_list] for page in pages] == [keys[:-3:-1], keys[-3:-5:-1]]


@pytest.mark.parametrize(("number", "shown"), [(7, 7), (42, 42), (20_001, 20_000), (1_012_345, 1_000_000)])
def test_an_estimate_is_told_by_two_digits(number: int, shown: int) -> None:
    pages = ListPaginator(Participant.objects.order_by("pk"), 50)
    vars(pages)["count"] = vars(pages)["_estimated"] = number

    assert pages.rounded == shown


def test_a_list_that_grows_is_sorted_only_by_what_an_index_holds(client: Client) -> None:
    first, second, third = registered(3)
    heads = {head.text.strip(): bool(head.select("a")) for head in soup(client, REGISTRATIONS).select("thead th")}
    assert {name for name, is_sorted in heads.items() if is_sorted} == {"Mendaftar"}

    for order, expected in (("", [third, second, first]), ("?o=5", [first, second, third]), ("?o=1", None)):
        links = [link["href"] for link in soup(client, REGISTRATIONS + order).select("#result_list tbody th a")]
        assert [int(link.split("/")[4]) for link in links] == (expected or [third, second, first])


def test_a_filter_offers_the_sessions_nearest_to_today_and_the_one_that_is_chosen(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoping, "MOST_SESSIONS", 2)
    program, region, today = make_program(), make_region(city="Kota"), clock.now().date()
    past, next_week, far = (
        make_session(program=program, region=region, first_day=today + timedelta(days=days)) for days in (-3, 7, 400)
    )

    def offered(address: str) -> set[str]:
        links = {link["href"] for link in soup(client, address).select("#list-filter a")}
        return set(re.findall(r"session__id__exact=(\d+)", " ".join(links)))

    assert offered(REGISTRATIONS) == {str(past.pk), str(next_week.pk)}
    assert offered(f"{REGISTRATIONS}?session__id__exact={far.pk}") == {str(past.pk), str(next_week.pk), str(far.pk)}


def test_a_longer_search_says_that_there_are_more_and_reckons_nothing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(4)
    monkeypatch.setattr(paginators, "FOUND", 3)
    analyzed()

    with CaptureQueriesContext(connection) as asked:
        page = soup(client, f"{REGISTRATIONS}?q=siti")
    assert page.select_one("#toolbar .quiet").text.startswith("lebih dari 3 pendaftaran")
    assert not [query for query in asked if "EXPLAIN" in query["sql"]]
    monkeypatch.setattr(paginators, "FOUND", 4)
    assert soup(client, f"{REGISTRATIONS}?q=siti").select_one("#toolbar .quiet").text.startswith("4 pendaftaran")
    monkeypatch.setattr(paginators, "FOUND", 3)
    coordinator = sign_in(Client(), make_staff("coordinator", *Region.objects.all()))
    assert said(coordinator, f"{REGISTRATIONS}?q=siti").startswith("4 pendaftaran")
