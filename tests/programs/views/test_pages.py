"""The public pages, read as a visitor reads them, in both languages and in every state of a session."""

from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import caches

from programs.models import TrainingSession, Venue
from programs.operations import editions
from tests.factories import OPENS, WIB, make_program, make_region, make_session
from tests.programs.views.reading import moment, read, text

__all__ = ["moment"]

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("path", "language"), [("/", "id"), ("/en/", "en"), ("/sesi/", "id"), ("/en/sesi/", "en")])
def test_page_speaks_one_language_and_has_one_heading(client, path, language):
    make_session()

    page = read(client, path)

    assert page.html["lang"] == language
    assert len(page.find_all("h1")) == 1
    assert page.find_all(style=True) == page.find_all("style") == []
    assert all(script["src"] and not script.get_text() for script in page.find_all("script"))


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

    days = [text(day) for day in read(client, f"/sesi/{session.slug}/").select(".timeline > li")]

    assert [day.startswith(f"Hari {number} ·") and hours in day for number, day in enumerate(days, start=1)] == [
        True
    ] * 3
    assert "Selasa, 16 Desember 2025" in days[0]
    assert "Kamis, 18 Desember 2025" in days[2]


@pytest.mark.parametrize(
    ("language", "in_english", "shown", "written_in"),
    [
        ("", ["hiking"], "mendaki · berenang", "id"),
        ("/en", ["hiking"], "hiking", "en"),
        ("/en", [], "mendaki · berenang", "id"),
    ],
)
def test_topics_are_in_the_language_that_is_read_or_say_in_which_they_are(
    client, language, in_english, shown, written_in
):
    session = make_session()
    session.program.modules.create(
        pillar="basic_skills",
        day=1,
        title_id="Dasar",
        title_en="Basics",
        topics=["mendaki", "berenang"],
        topics_en=in_english,
    )

    topics = read(client, f"{language}/sesi/{session.slug}/").select_one(".agenda [lang]")

    assert (topics.text, topics["lang"]) == (shown, written_in)


def test_session_in_english(client):
    page = text(read(client, f"/en/sesi/{make_session().slug}/"))

    assert "Tuesday, 16 December 2025" in page
    assert "09:00–16:00 WIB" in page


@pytest.mark.parametrize(
    ("when", "options", "badge", "can_register", "can_ask"),
    [
        (OPENS - timedelta(seconds=1), {}, "Segera dibuka", False, True),
        (OPENS, {}, "Pendaftaran dibuka", True, False),
        (OPENS, {"capacity": 0}, "Penuh, ada daftar tunggu", True, False),
        (OPENS, {"status": "cancelled"}, "Dibatalkan", False, True),
        (datetime(2025, 12, 15, 18, tzinfo=WIB), {}, "Pendaftaran ditutup", False, True),
        (datetime(2025, 12, 18, 16, tzinfo=WIB), {}, "Sudah selesai", False, True),
    ],
)
def test_session_says_what_can_be_done_now(client, moment, when, options, badge, can_register, can_ask):
    moment[0] = when
    session = make_session(**options)

    page = read(client, f"/sesi/{session.slug}/")

    assert page.select_one("aside .badge").get_text() == badge
    assert bool(page.select(f'a[href="/daftar/{session.slug}/"]')) is can_register
    assert bool(page.select(f'a[href="/kabari/{session.region.code}/"]')) is can_ask


@pytest.mark.parametrize(
    ("when", "options", "heading"),
    [
        (OPENS, {"status": "cancelled"}, "Sesi ini dibatalkan"),
        (datetime(2025, 12, 18, 16, tzinfo=WIB), {}, "Sesi ini sudah selesai"),
        (OPENS, {"schedule_version": 2}, "Jadwal sesi ini dipindah"),
        (OPENS, {}, None),
    ],
)
def test_session_tells_first_what_changed(client, moment, when, options, heading):
    moment[0] = when
    session = make_session(region=make_region(is_confirmed=True), **options)

    found = read(client, f"/sesi/{session.slug}/").select_one(".first-word .notice h2")

    assert (text(found) if found else None) == heading


def test_session_marks_the_days_that_are_over_and_the_one_going_on(client, moment):
    moment[0] = datetime(2025, 12, 17, 9, tzinfo=WIB)
    session = make_session()

    days = read(client, f"/sesi/{session.slug}/").select(".timeline > li")

    assert [day.get("class", []) for day in days] == [["done"], ["now"], []]


@pytest.mark.parametrize(("options", "named"), [({"capacity": 0}, True), ({"status": "cancelled"}, True), ({}, False)])
def test_session_without_a_seat_names_the_nearest_ones_that_have_some(client, options, named):
    program = make_program()
    here = make_session(program=program, region=make_region(latitude=-8.67, longitude=115.21), **options)
    places = [(None, None), (3.6, 98.67), (-8.58, 116.12), (-7.26, 112.75)]
    others = [make_session(program=program, region=make_region(latitude=n, longitude=e)) for n, e in places]
    make_session(program=program, region=make_region(latitude=-8.6, longitude=115.3), status="cancelled")

    links = [link["href"] for link in read(client, f"/sesi/{here.slug}/").select(".offers .button")]

    assert links == ([f"/daftar/{others[number].slug}/" for number in (2, 3, 1)] if named else [])


def test_session_opens_a_map_only_where_the_venue_is_sure(client):
    session = make_session()
    Venue.objects.filter(pk=session.venue_id).update(name="Aula & Taman", address="Jl. Ganesha 10", city="Bandung")
    link = 'a[href^="https://www.google.com/maps/"]'

    assert read(client, f"/sesi/{session.slug}/").select(link) == []
    Venue.objects.update(is_confirmed=True)
    caches["pages"].clear()
    (found,) = read(client, f"/sesi/{session.slug}/").select(link)
    assert found["rel"] == ["noopener", "noreferrer"]
    assert found["href"].endswith("?api=1&query=Aula+%26+Taman%2C+Jl.+Ganesha+10%2C+Bandung%2C+Indonesia")


def test_session_can_be_passed_on_without_a_script(client):
    session = make_session(region=make_region(city="Mu'ara"))

    page = read(client, f"/en/sesi/{session.slug}/")
    words = parse_qs(urlsplit(page.select_one('a[href^="https://wa.me/"]')["href"]).query)["text"][0]

    assert words.endswith(f" in Mu'ara, 16–18 December 2025: http://testserver/en/sesi/{session.slug}/")
    assert page.select_one("button[data-share]").has_attr("hidden")


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


def test_a_place_that_comes_later_is_not_called_unsure_as_well(client):
    session = make_session()
    session.region.is_confirmed = True
    session.region.save()
    session.venue.name = "Tempat menyusul"
    session.venue.save()

    listed, told = (text(read(client, path)) for path in ("/sesi/", f"/sesi/{session.slug}/"))
    assert "Tempat menyusul" not in listed  # which says where it is once that is known
    assert "Tempat menyusul" in told
    assert "belum dipastikan" not in listed + told


def test_home_lists_the_regions_by_name_each_with_its_city_below(client):
    program = make_program()
    for name, city in (("Papua", "Jayapura"), ("Bali", "Denpasar"), ("Jakarta", "Jakarta")):
        make_session(program=program, region=make_region(name=name, city=city))

    told = [" ".join(row.text.split()) for row in read(client, "/").select(".places a")]

    assert [words.partition(" Des")[0] for words in told] == [
        *("Bali, Denpasar · 16–18", "Jakarta, 16–18", "Papua, Jayapura · 16–18"),
    ]


def test_pages_show_what_staff_typed_literally(client):
    region = make_region(city="<b>{{7*7}}</b>")
    session = make_session(region=region, venue=Venue.objects.create(region=region, name="<script>x", city="K"))

    response = client.get(f"/sesi/{session.slug}/")

    assert b"<script>x" not in response.content
    assert b"&lt;b&gt;{{7*7}}&lt;/b&gt;" in response.content


@pytest.mark.parametrize(
    ("when", "options", "words"),
    [
        (OPENS - timedelta(seconds=1), {}, "Pendaftaran dibuka Senin, 1 Desember 2025, 10.00 WIB."),
        (OPENS, {}, "Daftar"),
        (OPENS, {"capacity": 0}, "Semua kursi terisi; daftar tunggu masih dibuka."),
        (datetime(2025, 12, 15, 18, tzinfo=WIB), {}, "Pendaftaran edisi ini sudah ditutup."),
    ],
)
def test_home_leads_in_as_far_as_the_edition_is_open(client, moment, when, options, words):
    moment[0] = when
    make_session(**options)

    hero = read(client, "/").select_one(".hero")

    assert words in text(hero)
    assert (text(hero.select_one(".button-sun")) == "Daftar") is (OPENS <= when < datetime(2025, 12, 15, tzinfo=WIB))


def test_home_shows_every_region_of_the_edition_on_the_map_and_in_the_list(client):
    editions.load(Path("programs/editions/2025_12.toml").read_text(encoding="utf-8"))
    paths = {session.get_absolute_url() for session in TrainingSession.objects.all()}

    page = read(client, "/")
    pins, rows = page.select(".map a"), page.select(".places a")

    assert len(pins) == len(rows) == len(paths) == 15
    assert {pin["href"] for pin in pins} == {row["href"] for row in rows} == paths
    assert {pin["aria-label"] for pin in pins} == {
        f"{session.region.city}, Pendaftaran dibuka" for session in TrainingSession.objects.select_related("region")
    }
    assert all("Pendaftaran dibuka" in text(row) for row in rows)


def test_home_lists_a_region_that_has_no_place_on_the_map(client):
    session = make_session()

    page = read(client, "/")

    assert page.select(".map") == []
    assert [row["href"] for row in page.select(".places a")] == [session.get_absolute_url()]


def test_home_gives_each_state_a_shape_of_its_own(client):
    program = make_program()
    for options in ({}, {"capacity": 0}, {"status": "cancelled"}):
        make_session(program=program, **options)

    shapes = {sign["d"] for sign in read(client, "/").select(".places .head")}

    assert len(shapes) == 3


@pytest.mark.parametrize(("needed", "words"), [(3, "hadir di ketiga hari"), (2, "hadir paling sedikit 2 dari 3 hari")])
def test_home_says_what_a_certificate_takes(client, needed, words):
    make_session(program=make_program(certificate_min_days=needed))

    assert f"Sertifikat untuk yang {words}." in text(read(client, "/"))


@pytest.mark.parametrize(("hours", "said"), [(0, "yang terdepan mendapatkannya"), (6, "harus mengambilnya")])
def test_home_says_whether_who_waits_will_have_to_take_a_seat(client, hours, said):
    make_session(program=make_program(offer_hours=hours))

    assert said in text(read(client, "/"))


@pytest.mark.parametrize("name", ["", "AI Open Innovation Challenge"])
def test_home_says_of_a_linked_hackathon_what_is_known_and_promises_nothing(client, name):
    make_session(program=make_program(hackathon_name=name))

    said = text(read(client, "/").select("details.faq")[-1])

    assert said.startswith(f"Apa itu {name}? Hackathon" if name else "Bagaimana mendapat sertifikat?")
    assert ("belum diumumkan" in said) is bool(name)
    assert "akan kami kabari" not in said


def test_home_without_an_edition_says_so(client):
    assert "Belum ada edisi" in text(read(client, "/"))


def test_drafts_and_unpublished_editions_are_not_there(client):
    draft, hidden = make_session(status="draft"), make_session(program=make_program(is_published=False))

    for session in (draft, hidden):
        read(client, f"/sesi/{session.slug}/", status=404)
    assert text(read(client, "/sesi/")).count("Kota") == 0


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(("path", "queries"), [("/", 6), ("/sesi/", 3)])
def test_lists_cost_the_same_for_one_and_three(client, django_assert_num_queries, path, queries, number):
    program = make_program()
    for _ in range(number):
        make_session(program=program)
    TrainingSession.objects.first()

    with django_assert_num_queries(queries):
        read(client, path)


def test_a_cancelled_session_promises_nothing(client, moment):
    session = make_session(status="cancelled")
    moment[0] = session.starts + timedelta(hours=1)

    page = read(client, session.get_absolute_url())

    assert "Sesi ini dibatalkan" in text(page)
    for promise in ("Sedang berlangsung", "Begitu tempatnya pasti", "Yang perlu kamu bawa", "Buka di peta"):
        assert promise not in text(page)
    assert not page.select(".timeline .now, .timeline .done")


def test_a_running_session_says_so(client, moment):
    session = make_session()
    moment[0] = session.starts + timedelta(hours=1)

    assert "Sedang berlangsung" in text(read(client, session.get_absolute_url()))


def test_what_is_not_there_has_the_head_and_the_foot_of_every_page(client):
    here, lost = read(client, "/sesi/"), read(client, "//tidak.example/ada/", status=404)

    for part in ("header.top .brand", "footer.bottom"):
        assert text(lost.select_one(part)) == text(here.select_one(part))
    assert "tidak.example" not in str(lost)
