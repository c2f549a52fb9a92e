"""The workplace's first page: what it says in words of today, of the messages and of the scheduler."""

from datetime import datetime, timedelta

import pytest
from bs4 import BeautifulSoup

from participants.models import Heartbeat, Notification
from participants.operations import attendance, login_codes, notifications
from portal import clock
from programs.templatetags.session_time import dates
from tests.factories import WIB, make_coordinator, make_registration, make_session
from tests.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 12, 16, 10, tzinfo=WIB)


@pytest.fixture
def tiles(client, monkeypatch):
    """The tiles of the first page as a coordinator of `region` reads them."""
    monkeypatch.setattr("portal.clock.now", lambda: NOW)

    def read(region):
        sign_in(client, make_staff("coordinator", region))
        shown = BeautifulSoup(client.get("/staf/").content, "html.parser")
        return [(" ".join(tile.text.split()), "bad" in tile["class"]) for tile in shown.select(".tile")]

    return read


def test_says_todays_sessions_with_their_numbers(tiles):
    session = make_session(capacity=2)
    first, _second = make_registration(session), make_registration(session)
    make_registration(session, place="queued", queue_number=1)
    mark = attendance.NewMark(first.pk, session.days.get(number=1).pk, "present")
    attendance.record(session=session, marks=[mark], by=make_coordinator(), now=NOW)
    make_session()  # today as well, in another region

    today = [text for text, _bad in tiles(session.region) if "Catat kehadiran" in text]

    numbers = "Hadir1Pasti2Terdaftar3Antre1"
    assert today == [f"{session.region.city}Hari 1 · 09.00–16.00 WIB {numbers} Catat kehadiran"]


@pytest.mark.parametrize(
    ("age", "words", "bad"),
    [
        (None, "Belum jalan", True),
        (timedelta(seconds=30), "NormalPengiriman jalan normal (30 detik lalu)", False),
        (timedelta(minutes=4), "Pesan tidak keluarpengiriman terakhir jalan 4 menit lalu", True),
    ],
)
def test_says_when_the_scheduler_ticked_last(tiles, monkeypatch, age, words, bad):
    machine = clock.machine_now()
    monkeypatch.setattr("portal.clock.machine_now", lambda: machine)
    if age:
        Heartbeat.objects.create(name="tick", at=machine - age)

    tick = tiles(make_session().region)[-3]

    assert (tick[0].startswith(words), tick[1]) == (True, bad)


def test_says_what_waits_how_late_it_is_and_what_failed(tiles):
    registration = make_registration(make_session())
    notifications.promise(Notification.Kind.REGISTERED, subject=registration, now=NOW - timedelta(minutes=6))
    notifications.promise(Notification.Kind.CANCELLED, subject=registration, now=NOW)
    Notification.objects.filter(kind="cancelled").update(state="failed", reason="550")

    waiting, failed = tiles(registration.region)[-2:]

    assert waiting == ("1pesan menunggu dikirimyang tertua terlambat 6 menit", True)
    assert failed == ("1pesan gagal", True)


def test_says_what_is_tried_again_and_leads_to_what_may_have_been_sent(client, tiles):
    registration = make_registration(make_session())
    for kind, state in (("registered", "retrying"), ("switched", "unknown")):
        notifications.promise(Notification.Kind(kind), subject=registration, now=NOW)
        Notification.objects.filter(kind=kind).update(state=state, reason="451")

    waiting, failed, unknown = tiles(registration.region)[-3:]

    assert waiting[0].startswith("1pesan menunggu dikirim, 1 di antaranya dicoba lagi")
    assert failed == ("0pesan gagal", False)
    assert unknown == ("1pesan yang mungkin terkirim", True)
    listed = client.get("/staf/participants/notification/", {"state__exact": "unknown"})
    assert [row.kind for row in listed.context["cl"].result_list] == ["switched"]


def test_says_of_ones_own_region_what_was_missed_in_seven_days_and_leads_to_it(client, tiles):
    here, elsewhere = make_session(), make_session()
    week = timedelta(days=7)
    for session, settled_at in (
        (here, NOW),
        (here, NOW - week + timedelta(seconds=1)),
        (here, NOW - week),
        (elsewhere, NOW),
    ):
        registration = make_registration(session)
        notifications.promise(Notification.Kind.REMINDER, subject=registration, now=NOW - week)
        rows = Notification.objects.filter(registration=registration)
        rows.update(state="missed", reason="nothing ticked in time", settled_at=settled_at)

    assert tiles(here.region)[-1] == ("2pesan terlewat dalam tujuh hari terakhir", True)
    listed = client.get("/staf/participants/notification/", {"state__exact": "missed"})
    assert {row.region_id for row in listed.context["cl"].result_list} == {here.region_id}
    assert "terlewat" not in tiles(make_session().region)[-1][0]


@pytest.mark.parametrize(("seconds", "bad"), [(4, False), (11, True)])
def test_tells_the_ministry_how_long_login_codes_took(client, monkeypatch, seconds, bad):
    monkeypatch.setattr("portal.clock.now", lambda: NOW)
    asked_at = NOW - timedelta(minutes=30)
    for name in ("siti", "budi", "lama"):
        login_codes.ask(
            email=f"{name}@example.com", browser="b" * 32, language="id", machine_now=asked_at, now=asked_at
        )
    codes = Notification.objects.filter(queue="codes")
    codes.update(state="sent", created_at=asked_at, settled_at=asked_at + timedelta(seconds=seconds))
    codes.filter(login_code__email="lama@example.com").update(settled_at=NOW - timedelta(hours=2))

    def tiles_of(role, *regions):
        sign_in(client, make_staff(role, *regions))
        shown = BeautifulSoup(client.get("/staf/").content, "html.parser")
        tiles = [tile for tile in shown.select(".tile") if "kode masuk" in tile.text]
        return [(" ".join(tile.text.split()), "bad" in tile["class"]) for tile in tiles]

    said = f"{seconds} detikpaling lama bagi 95 dari 100 kode masuk; 2 dikirim sejam terakhir"
    assert tiles_of("ministry") == [(said, bad)]
    assert tiles_of("coordinator", make_session().region) == []
    codes.delete()
    assert tiles_of("ministry") == []


def test_names_days_that_nobody_recorded_while_somebody_was_expected(tiles):
    session = make_session(first_day=NOW.date() - timedelta(days=2))
    row = make_registration(session)
    empty = make_session(first_day=NOW.date() - timedelta(days=2), region=session.region, program=session.program)
    recorded, missed = session.days.get(number=1), session.days.get(number=2)
    mark = attendance.NewMark(row.pk, recorded.pk, "absent")
    attendance.record(session=session, marks=[mark], by=make_coordinator(), now=NOW)

    words = f"1hari pelatihan sudah lewat dan belum dicatat: {session.region.city} hari {missed.number}"
    assert (words, True) in tiles(session.region)
    assert not empty.registrations.exists()


def test_names_sessions_that_begin_soon_without_a_sure_venue(tiles):
    soon = make_session(first_day=NOW.date() + timedelta(days=6))
    make_session(first_day=NOW.date() + timedelta(days=20), region=soon.region, program=soon.program)

    words = f"1sesi mulai dalam tujuh hari dan tempatnya belum pasti: {soon.region.city} {dates(soon, short=True)}"
    assert (words, True) in tiles(soon.region)


def test_coming_sessions_stand_by_day(client, monkeypatch):
    monkeypatch.setattr("portal.clock.now", lambda: NOW)
    later = [make_session(first_day=NOW.date() + timedelta(days=days)) for days in (9, 2, 5)]
    sign_in(client, make_staff("ministry"))

    page = BeautifulSoup(client.get("/staf/").content, "html.parser")

    cities = [later[number].region.city for number in (1, 2, 0)]
    assert [link.text for link in page.select(".wide-table tbody th a")] == cities
