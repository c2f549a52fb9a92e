"""The page on which people check in, and the wall that shows them the code."""

import re
from datetime import datetime

import pytest

from participants.models import AttendanceFact, DoorRule, DoubtfulScan
from participants.operations import attendance, scans, self_checkins
from portal import roles
from tests.factories import WIB, as_reader, log_in_staff, make_coordinator, make_registration, make_session

pytestmark = pytest.mark.django_db
MORNING = datetime(2025, 12, 16, 8, 30, tzinfo=WIB)
PAGE = "/saya/hadir/"


@pytest.fixture(autouse=True)
def _moment(monkeypatch):
    monkeypatch.setattr("portal.clock.now", lambda: MORNING)
    monkeypatch.setattr("portal.clock.machine_now", lambda: MORNING)


@pytest.fixture
def session():
    session = make_session()
    DoorRule.objects.create(session=session, is_self_open=True)
    return session


def wall(session):
    return f"/staf/programs/trainingsession/{session.pk}/dinding/"


def test_the_wall_shows_the_code_that_the_page_takes(client, session):
    log_in_staff(client, make_coordinator(session.region), roles.COORDINATOR)
    code = re.search(r'class="wall-code">(\d{3} \d{3})<', client.get(wall(session)).text)[1]
    reader = as_reader(make_registration(session))

    assert 'value="123456"' in reader.get(PAGE, {"kode": "123456"}).text
    answer = reader.post(PAGE, {"code": code}, follow=True)

    assert "Kamu tercatat hadir" in answer.text
    assert AttendanceFact.objects.get().source == "self"
    assert "Kamu tercatat hadir" in reader.get(PAGE).text


def test_who_checks_in_against_staff_is_told_and_the_door_lists_it(client, session, page):
    by = log_in_staff(client, make_coordinator(session.region), roles.COORDINATOR)
    registration, day = make_registration(session), session.days.get(number=1)
    new = attendance.NewMark(registration.pk, day.pk, "absent")
    attendance.record(session=session, marks=[new], by=by, now=MORNING)
    reader = as_reader(registration)
    assert 'name="code"' in reader.get(PAGE).text

    answer = reader.post(PAGE, {"code": self_checkins.code_on_the_wall(session, MORNING)}, follow=True)

    assert "Petugas mencatatmu tidak hadir; koordinator memutuskan." in answer.text
    assert "Kode bantuan: self_checkin_overruled" in answer.text
    assert 'name="code"' not in answer.text
    row = page(client.get(f"/staf/programs/trainingsession/{session.pk}/pintu/")).main.select_one("table.cards tbody")
    assert "Berbeda dengan catatan petugas: Tidak hadir" in row.text
    assert "absen mandiri" in row.text

    scans.settle(doubt=DoubtfulScan.objects.get(), is_counted=False, by=by, now=MORNING)
    assert "dan absenmu dari ponsel tidak dihitung." in reader.get(PAGE).text


def test_the_wall_offers_two_ways_with_or_between_them(client, session, page):
    log_in_staff(client, make_coordinator(session.region), roles.COORDINATOR)

    shown = page(client.get(wall(session))).main

    scan, between, write = shown.find_all(recursive=False)
    assert [scan.h2.text, between.text, write.h2.text] == ["Pindai", "atau", "Ketik"]
    assert scan.select_one(".wall-qr svg")
    assert write.select_one(".wall-code")


@pytest.mark.parametrize("code", ["", "000", "x" * 5000, "\u0661\u0662\u0663\u0664\u0665\u0666", "12345\u0000"])
def test_what_is_no_code_is_refused_in_words(session, code):
    answer = as_reader(make_registration(session)).post(PAGE, {"code": code})

    assert answer.status_code in (200, 400)
    assert not AttendanceFact.objects.exists()


@pytest.mark.parametrize("why", ["off", "closed"])
def test_without_self_check_in_there_is_no_field_and_the_way_to_the_ticket(session, why, monkeypatch):
    registration = make_registration(session)
    if why == "off":
        DoorRule.objects.filter(session=session).update(is_self_open=False)
    else:
        monkeypatch.setattr("portal.clock.now", lambda: MORNING.replace(hour=20))
    reader = as_reader(registration)

    for answer in (reader.get(PAGE), reader.post(PAGE, {"code": "123456"})):
        assert "Absen mandiri belum dibuka." in answer.text
        assert "Tunjukkan tiketmu di pintu." in answer.text
        assert 'name="code"' not in answer.text
        assert f"/saya/tiket/?pendaftaran={registration.public_id}" in answer.text


def test_guessing_ends_in_a_wait(session):
    reader = as_reader(make_registration(session))
    wrong = f"{(int(self_checkins.code_on_the_wall(session, MORNING)) + 1) % 10**6:06}"

    answers = [reader.post(PAGE, {"code": wrong}) for _ in range(12)]

    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 2
    assert answers[-1].headers["Retry-After"] == "600"


@pytest.mark.parametrize("is_allowed", [True, False])
def test_the_wall_says_why_it_shows_no_code(client, session, is_allowed, monkeypatch):
    DoorRule.objects.filter(session=session).update(is_self_open=is_allowed)
    monkeypatch.setattr("portal.clock.now", lambda: MORNING.replace(hour=20))
    log_in_staff(client, make_coordinator(session.region), roles.COORDINATOR)

    page = client.get(wall(session)).text

    assert "wall-code" not in page
    assert ("Pintu sedang tutup" in page) is is_allowed


def test_the_wall_is_for_whoever_may_record_there(client, session):
    log_in_staff(client, make_coordinator(make_session().region), roles.COORDINATOR)
    assert client.get(wall(session)).status_code == 404
    log_in_staff(client, make_coordinator(), roles.MINISTRY)
    assert client.get(wall(session)).status_code == 404
