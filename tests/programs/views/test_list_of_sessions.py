"""The list of sessions, read as a visitor reads it: by zone, region and day, and what holds where none is open."""

from datetime import date, datetime, timedelta

import pytest

from programs.models import Program
from tests.factories import OPENS, WIB, make_program, make_region, make_registration, make_session
from tests.programs.views.reading import moment, read, text

__all__ = ["moment"]

pytestmark = pytest.mark.django_db


def test_sessions_show_the_seats_left(client):
    session = make_session(capacity=3)
    make_registration(session)

    assert "Sisa 2 dari 3 kursi" in text(read(client, "/sesi/"))


ASK = "Mau ikut yang berikutnya? Buka sesi di wilayahmu di bawah ini, lalu minta kami kabari begitu dibuka lagi."


@pytest.mark.parametrize(
    ("when", "options", "heading", "words"),
    [
        (
            OPENS - timedelta(seconds=1),
            {},
            "Segera dibuka",
            "Pendaftaran dibuka Senin, 1 Desember 2025, 10.00 WIB. Buka sesi di wilayahmu di bawah ini, "
            "lalu minta kami kabari begitu dibuka.",
        ),
        (OPENS, {}, "Pilih sesimu", "Jam di tiap sesi adalah waktu setempat"),
        (OPENS, {"capacity": 0}, "Pilih sesimu", "Semua kursi terisi; daftar tunggu masih dibuka."),
        (
            datetime(2025, 12, 15, 18, tzinfo=WIB),
            {},
            "Sedang tidak ada pendaftaran",
            f"Pendaftaran edisi ini sudah ditutup. {ASK}",
        ),
        (datetime(2025, 12, 21, tzinfo=WIB), {}, "Sedang tidak ada pendaftaran", f"Edisi ini sudah selesai. {ASK}"),
        (OPENS, {"status": "cancelled"}, "Sedang tidak ada pendaftaran", f"Semua sesi edisi ini dibatalkan. {ASK}"),
    ],
)
def test_sessions_say_what_holds_and_what_one_can_do(client, moment, when, options, heading, words):
    moment[0] = when
    session = make_session(**options)

    hero = read(client, "/sesi/").select_one(".hero")

    assert text(hero).startswith(f"{heading} {words}")
    if "kabari" in words:
        assert read(client, f"/sesi/{session.slug}/").select_one(f'a[href="/kabari/{session.region.code}/"]')


def test_sessions_that_open_next_say_when_beside_an_edition_that_is_closed(client, moment):
    moment[0] = datetime(2025, 12, 15, 18, tzinfo=WIB)
    make_session()
    make_session(
        program=make_program(
            starts_on=date(2026, 1, 12),
            ends_on=date(2026, 1, 16),
            registration_opens=datetime(2026, 1, 2, 9, tzinfo=WIB),
        )
    )

    assert "Pendaftaran dibuka Jumat, 2 Januari 2026, 09.00 WIB." in text(read(client, "/sesi/").select_one(".hero"))


def test_sessions_without_an_edition_say_so(client):
    shown = text(read(client, "/sesi/").main)

    assert shown.startswith("Sedang tidak ada pendaftaran Belum ada edisi yang dibuka")


def test_sessions_of_every_edition_that_is_not_over_are_listed(client):
    december, january = make_session(), make_session(first_day=date(2026, 1, 12))
    Program.objects.filter(pk=january.program_id).update(starts_on=date(2026, 1, 12), ends_on=date(2026, 1, 16))

    page = read(client, "/sesi/")

    listed = [
        (text(heading), len(heading.find_next("ul", class_="sessions").select("li > a"))) for heading in page("h2")
    ]
    assert listed == [(december.program.name, 1), (january.program.name, 1)]


def test_sessions_are_listed_from_west_to_east_then_by_region_then_by_day(client):
    papua = make_region(name="Papua", city="Jayapura", time_zone="Asia/Jayapura")
    banten = make_region(name="Banten", city="Serang")
    pontianak = make_region(name="Kalimantan Barat", city="Pontianak", time_zone="Asia/Pontianak")
    later = make_session(region=banten, first_day=date(2025, 12, 20), slug="a")
    made = [(papua, 16, "b"), (pontianak, 16, "c"), (banten, 17, "d"), (papua, 19, "e"), (papua, 12, "f")]
    for region, day, slug in made:
        make_session(program=later.program, region=region, first_day=date(2025, 12, day), slug=slug)

    page = read(client, "/sesi/")

    assert [(text(zone.h3), [row["id"] for row in zone.select("li[id]")]) for zone in page.select(".zone")] == [
        ("Waktu Indonesia Barat (WIB)", ["d", "a", "c"]),
        ("Waktu Indonesia Timur (WIT)", ["f", "b", "e"]),
    ]
    (folded,) = page.select(".zone details")
    assert text(folded.summary) == "Papua · Jayapura, 3 sesi"
    assert [text(link) for link in page.select(".jumps a")] == ["WIB (3)", "WIT (3)"]
    assert all(page.select_one(link["href"]) for link in page.select(".jumps a"))


def test_a_line_of_the_list_says_what_can_be_done_and_what_is_not_certain(client):
    sure, unsure, program = make_region(is_confirmed=True), make_region(is_confirmed=False), make_program()
    tells = {
        words: make_session(program=program, **options)
        for words, options in {
            "Pendaftaran dibuka, Sisa 2 dari 2 kursi": {"region": sure, "capacity": 2},
            "Penuh, ada daftar tunggu · Jadwal dipindah": {"region": sure, "capacity": 0, "schedule_version": 2},
            "Dibatalkan": {"region": unsure, "status": "cancelled"},
            "Pendaftaran dibuka, Sisa 9 dari 9 kursi · Wilayah belum dipastikan": {"region": unsure, "capacity": 9},
        }.items()
    }

    page = read(client, "/sesi/")

    told = {text(row.select_one("[class*=says-]").parent): row["id"] for row in page.select(".sessions li")}
    assert told == {words: session.slug for words, session in tells.items()}


def test_the_list_of_sessions_names_the_region_and_the_city(client):
    session = make_session(region=make_region(name="Papua", city="Jayapura"))
    make_session(program=session.program, region=make_region(name="Jakarta", city="Jakarta"))

    told = text(read(client, "/sesi/"))

    assert "Papua · Jayapura" in told
    assert "Jakarta · Jakarta" not in told
