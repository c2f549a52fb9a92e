"""The public pages, read as a visitor reads them, in both languages and in every state of a session."""

from datetime import datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.cache import caches

from programs.models import Program, TrainingSession, Venue
from tests.factories import DURING_REGISTRATION, OPENS, WIB, make_program, make_region, make_registration, make_session

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def moment(monkeypatch):
    """The pages' clock: during registration, until a test says otherwise."""
    caches["pages"].clear()
    now = [DURING_REGISTRATION]
    monkeypatch.setattr("portal.clock.now", lambda: now[0])
    return now


def read(client, path, status=200):
    response = client.get(path)
    assert response.status_code == status
    return BeautifulSoup(response.content, "html.parser")


def text(page):
    return " ".join(page.get_text(" ").split())


@pytest.mark.parametrize(("path", "language"), [("/", "id"), ("/en/", "en"), ("/sesi/", "id"), ("/en/sesi/", "en")])
def test_page_speaks_one_language_and_has_one_heading(client, path, language):
    make_session()

    page = read(client, path)

    assert page.html["lang"] == language
    assert len(page.find_all("h1")) == 1
    assert page.find_all(style=True) == page.find_all("style") == page.find_all("script") == []


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("Asia/Jakarta", "09.00–16.00 WIB"),
        ("Asia/Makassar", "09.00–16.00 WITA"),
        ("Asia/Jayapura", "09.00–16.00 WIT"),
    ],
)
def test_session_names_its_days_and_its_own_time(client, zone, hours):
    session = make_session(region=make_region(time_zone=zone, city="Jayapura"))

    page = text(read(client, f"/sesi/{session.slug}/"))

    assert "Selasa, 16 Desember 2025" in page
    assert "Kamis, 18 Desember 2025" in page
    assert page.count(hours) == 3


def test_session_in_english(client):
    page = text(read(client, f"/en/sesi/{make_session().slug}/"))

    assert "Tuesday, 16 December 2025" in page
    assert "09:00–16:00 WIB" in page


@pytest.mark.parametrize(
    ("when", "options", "badge", "can_register"),
    [
        (OPENS - timedelta(seconds=1), {}, "Segera dibuka", False),
        (OPENS, {}, "Pendaftaran dibuka", True),
        (OPENS, {"capacity": 0}, "Penuh, ada daftar tunggu", True),
        (OPENS, {"status": "cancelled"}, "Dibatalkan", False),
        (datetime(2025, 12, 15, 18, tzinfo=WIB), {}, "Pendaftaran ditutup", False),
        (datetime(2025, 12, 18, 16, tzinfo=WIB), {}, "Sudah selesai", False),
    ],
)
def test_session_says_what_can_be_done_now(client, moment, when, options, badge, can_register):
    moment[0] = when
    session = make_session(**options)

    page = read(client, f"/sesi/{session.slug}/")

    assert page.select_one("aside .badge").get_text() == badge
    assert bool(page.select(f'a[href="/daftar/{session.slug}/"]')) is can_register


def test_sessions_show_the_seats_left(client):
    session = make_session(capacity=3)
    make_registration(session)

    assert "Sisa 2 dari 3 kursi" in text(read(client, "/sesi/"))


def test_pages_mark_what_is_not_confirmed(client):
    session = make_session()

    for path in ("/sesi/", f"/sesi/{session.slug}/"):
        assert "belum dipastikan" in text(read(client, path))
    session.region.is_confirmed = session.venue.is_confirmed = True
    session.region.save()
    session.venue.save()
    caches["pages"].clear()
    for path in ("/sesi/", f"/sesi/{session.slug}/"):
        assert "belum dipastikan" not in text(read(client, path))


def test_pages_show_what_staff_typed_literally(client):
    region = make_region(city="<b>{{7*7}}</b>")
    session = make_session(region=region, venue=Venue.objects.create(region=region, name="<script>x", city="K"))

    response = client.get(f"/sesi/{session.slug}/")

    assert b"<script>x" not in response.content
    assert b"&lt;b&gt;{{7*7}}&lt;/b&gt;" in response.content


def test_home_without_an_edition_says_so(client):
    assert "Belum ada edisi" in text(read(client, "/"))


def test_drafts_and_unpublished_editions_are_not_there(client):
    draft, hidden = make_session(status="draft"), make_session(program=make_program(is_published=False))

    for session in (draft, hidden):
        read(client, f"/sesi/{session.slug}/", status=404)
    assert text(read(client, "/sesi/")).count("Kota") == 0


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(("path", "queries"), [("/", 5), ("/sesi/", 3)])
def test_lists_cost_the_same_for_one_and_three(client, django_assert_num_queries, path, queries, number):
    program = make_program()
    for _ in range(number):
        make_session(program=program)
    TrainingSession.objects.first()

    with django_assert_num_queries(queries):
        read(client, path)


class TestCache:
    def test_a_second_reader_costs_no_query_and_gets_no_cookie(self, client, django_assert_num_queries):
        make_session()
        first = client.get("/sesi/")

        with django_assert_num_queries(0):
            second = client.get("/sesi/?utm=x")

        assert second.content == first.content
        assert second.cookies == {}
        assert second.headers["Cache-Control"] == "public, max-age=10"
        assert second.headers["Vary"] == "Accept-Encoding"

    def test_each_language_and_page_has_its_own(self, client):
        make_session()

        assert len({client.get(path).content for path in ("/", "/en/", "/sesi/", "/en/sesi/")}) == 4

    def test_what_has_not_changed_is_not_sent_again(self, client):
        tag = client.get("/").headers["ETag"]

        response = client.get("/", headers={"if-none-match": tag})

        assert (response.status_code, response.content) == (304, b"")

    def test_a_phone_gets_it_compressed(self, client):
        for _ in range(3):
            make_session(program=make_program() if not TrainingSession.objects.exists() else Program.objects.get())
        response = client.get("/", headers={"accept-encoding": "gzip, br"})

        assert response.headers["Content-Encoding"] == "gzip"
        assert len(response.content) < len(client.get("/").content) / 2

    def test_only_reading_is_allowed(self, client):
        assert client.post("/").status_code == 405
        assert client.head("/").content == b""

    def test_what_is_missing_is_not_kept(self, client):
        for _ in range(2):
            read(client, "/sesi/tidak-ada/", status=404)
        assert len(caches["pages"]._cache) == 0
