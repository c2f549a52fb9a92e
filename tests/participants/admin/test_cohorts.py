"""The tabs of a session: who is in it, who waits, when and where, and what staff did; found by name, phone or code."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from participants.documents import tickets
from participants.models import Deed
from participants.operations import deeds
from programs.models import TrainingSession
from tests.factories import (
    DURING_REGISTRATION,
    MINOR_BORN,
    make_participant,
    make_registration,
    make_session,
)
from tests.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db
TABS = ["change", "antrean", "hadir", "pesan", "agenda", "history"]


@pytest.fixture
def session():
    return make_session(first_day=date(2100, 12, 14), capacity=300)


@pytest.fixture
def client(session):
    return sign_in(Client(), make_staff("coordinator", session.region))


def page(client, session, tab="change", **query):
    answer = client.get(f"/staf/programs/trainingsession/{session.pk}/{tab}/", query)
    assert answer.status_code == 200
    return BeautifulSoup(answer.content, "html.parser")


def names(soup):
    return [link.text for link in soup.select(".cohort tbody a")]


def seat(session, name, **fields):
    person = {key: fields.pop(key) for key in ("phone", "birth_date") if key in fields}
    return make_registration(
        session, participant=make_participant(full_name=name, region=session.region, **person), **fields
    )


def test_each_tab_leads_to_all_others_and_says_how_many_are_behind_them(client, session):
    seat(session, "Siti")
    seat(session, "Budi", place="queued", queue_number=1)
    for tab in TABS:
        soup = page(client, session, tab)
        links = soup.select(".tabs a")
        assert [" ".join(link.text.split()) for link in links] == [
            *("Peserta 1", "Daftar tunggu 1", "Kehadiran", "Pintu", "Kertas", "Pesan", "Agenda", "Riwayat")
        ]
        assert [link["href"].rstrip("/").rpartition("/")[2] for link in links if link.get("aria-current")] == [tab]
        assert [number.text for number in soup.select(".numbers dd")] == ["1", "0", "1", "1 / 300"]


@pytest.mark.parametrize(
    "typed", ["siti", "NUR'AINI", "aini siti", "0812-9999", "+62 812 9999 0000", "62812999", "code", "code lower"]
)
def test_somebody_is_found_by_name_number_or_code(typed, client, session):
    row = seat(session, "Siti Nur'aini", phone="+6281299990000")
    seat(session, "Budi", phone="+6285511112222")
    code = {"code": tickets.short_code(row), "code lower": tickets.short_code(row).lower().replace("-", " ")}

    assert names(page(client, session, q=code.get(typed, typed))) == ["Siti Nur'aini"]


@pytest.mark.parametrize("typed", ["kanari", "08137", "%", "_", "'; --", "BCDF-GHJK", "x" * 90])
def test_nobody_is_found_by_what_means_nobody_or_may_not_be_shown(typed, client, session):
    seat(session, "Siti")
    seat(session, "Kanari Kecil", birth_date=MINOR_BORN, phone="+6281377713777", guardian="asked")

    soup = page(client, session, q=typed)

    assert names(soup) == []
    assert "Tidak ada yang cocok" in soup.text


def test_minor_before_the_yes_is_a_masked_name_in_every_tab(client, session):
    child = seat(session, "Kanari Kecil", birth_date=MINOR_BORN, phone="+6281377713777", guardian="asked")
    seat(session, "Kanari Muda", birth_date=MINOR_BORN, guardian="asked", place="queued", queue_number=1)
    by = make_staff("coordinator", session.region)
    deeds.note(Deed.What.CORRECTED, about=child, by=by, now=DURING_REGISTRATION, changed={"full_name": None})

    assert names(page(client, session)) == ["K*** K***"]
    for tab in TABS:
        assert "Kanari" not in page(client, session, tab).text
        assert "7713" not in page(client, session, tab).text
    assert "K*** K***" in page(client, session, "history").text


def test_states_are_counted_and_filter(client, session):
    seat(session, "Ani")
    seat(session, "Budi", birth_date=MINOR_BORN, guardian="asked")
    seat(session, "Citra", place="offered", offered_until=DURING_REGISTRATION)
    chips = [" ".join(chip.text.split()) for chip in page(client, session).select(".chips a")]

    assert chips == ["Semua 3", "Pasti 1", "Menunggu wali 1", "Ditawari kursi 1"]
    shown = {state: names(page(client, session, keadaan=state)) for state in ("pasti", "wali", "tawaran", "lain")}
    assert shown == {"pasti": ["Ani"], "wali": ["B***"], "tawaran": ["Citra"], "lain": ["Ani", "B***", "Citra"]}


def test_queue_stands_in_the_order_in_which_seats_come(client, session):
    for number, name in ((3, "Citra"), (1, "Ani"), (2, "Budi")):
        seat(session, name, place="queued", queue_number=number)

    soup = page(client, session, "antrean")

    ranks = [cell.text for cell in soup.select(".cohort tbody th")]
    assert list(zip(ranks, names(soup), strict=True)) == [("1", "Ani"), ("2", "Budi"), ("3", "Citra")]


def test_history_tells_of_the_session_and_of_its_people_latest_first(client, session):
    row, editor = seat(session, "Siti"), make_staff("editor", name="Pengelola")
    deeds.note(Deed.What.RESIZED, about=session, by=editor, now=DURING_REGISTRATION, changed={"capacity": (300, 310)})
    deeds.note(Deed.What.CANCELLED, about=row, by=editor, now=DURING_REGISTRATION)
    other = seat(make_session(program=session.program), "Budi")
    deeds.note(Deed.What.CANCELLED, about=other, by=editor, now=DURING_REGISTRATION)

    rows = page(client, session, "history").select(".deeds tbody tr")

    told = [[cell.text for cell in row.select("td")][:3] for row in rows]
    assert told == [
        ["Pengelola", "Siti", "Dibatalkan"],
        ["Pengelola", "Sesi pelatihan", "Kapasitas diubahkapasitas: 300 → 310"],
    ]


@pytest.mark.parametrize("tab", TABS)
def test_tabs_ask_as_much_for_three_people_as_for_one(tab, client, session):
    counts = []
    for number in range(3):
        row = seat(session, f"Orang {number}")
        seat(session, f"Antre {number}", place="queued", queue_number=number + 1)
        deeds.note(Deed.What.CANCELLED, about=row, by=make_staff("editor"), now=DURING_REGISTRATION)
        page(client, session, tab)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            page(client, session, tab)
        counts.append(len(asked))
    assert len(set(counts)) == 1, counts


def test_agenda_says_local_times_and_offers_changes_to_who_may_make_them(client, session):
    text = page(client, session, "agenda").text
    assert "Ubah kapasitas" not in text
    assert f"09.00–16.00 {session.region.zone_abbreviation}" in text
    editor = sign_in(Client(), make_staff("editor"))
    assert "Ubah kapasitas" in page(editor, session, "agenda").text


@pytest.mark.parametrize("tab", TABS)
def test_tabs_of_another_region_do_not_exist(tab, session):
    elsewhere = sign_in(Client(), make_staff("coordinator", make_session().region))
    assert elsewhere.get(f"/staf/programs/trainingsession/{session.pk}/{tab}/").status_code == 404
    assert TrainingSession.objects.filter(pk=session.pk).exists()
