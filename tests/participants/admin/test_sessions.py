"""What staff do to a whole session goes through the operations: seats, dates, cancellation, and who may."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from participants.models import Deed, Notification, Registration
from participants.operations import notifications
from portal import clock
from programs.models import TrainingSession, Venue
from programs.templatetags.session_time import where_and_when
from tests.factories import (
    MINOR_BORN,
    WIB,
    make_broadcast,
    make_participant,
    make_region,
    make_registration,
    make_rule,
    make_session,
)
from tests.participants.operations.sending import text, tick_and_deliver
from tests.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> TrainingSession:
    """A session far ahead, so that registration has not closed on whatever day the tests run."""
    session = make_session(first_day=date(2100, 12, 14), capacity=2, slug="jayapura")
    session.program.registration_opens = session.program.registration_opens.replace(year=2020)
    session.program.save()
    return session


@pytest.fixture
def client(session: TrainingSession) -> Client:
    return sign_in(Client(), make_staff("editor", name="Pengelola"))


def path(session: TrainingSession, page: str) -> str:
    return f"/staf/programs/trainingsession/{session.pk}/{page}/"


def days(session: TrainingSession) -> list[tuple[date, time, time]]:
    return [(day.date, day.starts_at, day.ends_at) for day in session.days.all()]


def test_more_seats_go_to_the_queue_in_order(client: Client, session: TrainingSession) -> None:
    for _number in range(2):
        make_registration(session)
    queued = [make_registration(session, place="queued", queue_number=number) for number in (1, 2, 3)]
    client.post(path(session, "kapasitas"), {"capacity": "4"})
    session.refresh_from_db()
    assert (session.capacity, session.seats_taken) == (4, 4)
    places = [Registration.objects.get(pk=row.pk).place for row in queued]
    assert places == ["seat", "seat", "queued"]
    assert Notification.objects.filter(kind="promoted").count() == 2


def test_fewer_seats_than_taken_drop_nobody_and_say_so(client: Client, session: TrainingSession) -> None:
    for _number in range(2):
        make_registration(session)
    page = client.post(path(session, "kapasitas"), {"capacity": "1"})
    assert "Sekarang 2 orang; batas baru 1. Tidak ada yang dikeluarkan" in page.content.decode()
    assert TrainingSession.objects.get(pk=session.pk).capacity == 2
    sure = BeautifulSoup(page.content, "html.parser").select_one("[name=sure]")["value"]

    done = client.post(path(session, "kapasitas"), {"capacity": "1", "sure": sure}, follow=True)

    session.refresh_from_db()
    assert (session.capacity, session.seats_taken, session.seats_left) == (1, 2, 0)
    assert "2 orang, batas 1" in done.content.decode()


@pytest.mark.parametrize("capacity", ["-1", "", "x", "100001", "1.5"])
def test_capacity_that_is_none_is_refused(capacity: str, client: Client, session: TrainingSession) -> None:
    page = client.post(path(session, "kapasitas"), {"capacity": capacity})
    assert page.status_code == 200
    assert TrainingSession.objects.get(pk=session.pk).capacity == 2


def schedule(session: TrainingSession, **changes: str) -> dict[str, str]:
    """The form as the page shows it, changed here and there."""
    body = {"venue": str(session.venue_id)}
    for day in session.days.all():
        body |= {f"date_{day.number}": day.date.isoformat()}
        body |= {f"starts_{day.number}": f"{day.starts_at:%H:%M}", f"ends_{day.number}": f"{day.ends_at:%H:%M}"}
    return body | changes


def test_every_tab_brings_itself_into_view_on_a_phone(client: Client, session: TrainingSession) -> None:
    people = BeautifulSoup(client.get(path(session, "change")).content, "html.parser")
    tabs = [tab["href"] for tab in people.select(".tabs a")]
    assert len(tabs) == 8
    for tab in tabs:
        page = BeautifulSoup(client.get(tab).content, "html.parser")
        assert page.select_one(".tabs [aria-current]"), tab
        assert page.select_one("script[src*='js/tabs']"), tab


def test_moving_a_day_tells_everybody_registered(client: Client, session: TrainingSession) -> None:
    make_registration(session)
    response = client.post(path(session, "jadwal"), schedule(session, date_3="2100-12-20", starts_3="10:00"))
    assert response.status_code == 302
    assert days(TrainingSession.objects.get(pk=session.pk))[2] == (date(2100, 12, 20), time(10), time(16))
    assert Notification.objects.filter(kind="session_moved").count() == 1


def test_saving_the_form_as_it_was_shown_tells_nobody(client: Client, session: TrainingSession) -> None:
    make_registration(session)
    before = days(session)
    client.post(path(session, "jadwal"), schedule(session))
    assert days(TrainingSession.objects.get(pk=session.pk)) == before
    assert not Notification.objects.filter(kind="session_moved").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"date_2": "2100-12-14"},
        {"date_1": "2100-12-30"},
        {"ends_1": "08:00"},
        {"starts_1": ""},
        {"date_1": "14-12"},
        {"venue": ""},
    ],
)
def test_days_that_do_not_fit_change_nothing(changes: dict[str, str], client: Client, session: TrainingSession) -> None:
    before = days(session)
    page = client.post(path(session, "jadwal"), schedule(session, **changes))
    assert page.status_code == 200
    assert "errorlist" in page.content.decode()
    assert days(TrainingSession.objects.get(pk=session.pk)) == before


def test_venue_of_another_region_is_no_choice(client: Client, session: TrainingSession) -> None:
    elsewhere = Venue.objects.create(region=make_region(), name="Gedung Jauh", city="Jauh")
    page = client.get(path(session, "jadwal")).content.decode()
    assert "Gedung Jauh" not in page
    assert "-----" not in page  # a session has a place, if only one that is not certain yet
    assert client.post(path(session, "jadwal"), schedule(session, venue=str(elsewhere.pk))).status_code == 200
    assert TrainingSession.objects.get(pk=session.pk).venue_id == session.venue_id


def test_cancelling_wants_the_city_typed_and_tells_how_many_are_told(client: Client, session: TrainingSession) -> None:
    row, city = make_registration(session), session.region.city.upper()
    asked = client.get(path(session, "batal")).content.decode()
    assert "1 orang kehilangan kursi atau antreannya" in asked
    assert "Alasan (dibaca peserta)" in asked
    for word in ("", "ya", session.slug, city.lower()):
        assert client.post(path(session, "batal"), {"word": word}).status_code == 200
    assert TrainingSession.objects.get(pk=session.pk).status == "published"
    done = client.post(path(session, "batal"), {"word": f" {city} ", "why": "Gedung banjir"}, follow=True)
    assert "Sesi dibatalkan. 1 orang dan 0 wali dikabari." in done.content.decode()
    assert TrainingSession.objects.get(pk=session.pk).cancel_reason == "Gedung banjir"
    assert TrainingSession.objects.get(pk=session.pk).status == "cancelled"
    assert Registration.objects.get(pk=row.pk).release_reason == "session_cancelled"
    assert Notification.objects.filter(kind="session_cancelled").count() == 1


def test_what_was_done_to_a_session_is_in_its_history(client: Client, session: TrainingSession) -> None:
    client.post(path(session, "kapasitas"), {"capacity": "3"})
    deed = Deed.objects.get()
    assert (deed.by.name, deed.what, deed.changed) == ("Pengelola", "resized", {"capacity": [2, 3]})
    assert (deed.session, deed.region, deed.network) == (session, session.region, "127.0.0.0/24")
    assert "Pengelola" in client.get(path(session, "history")).content.decode()


def test_once_a_session_has_begun_its_days_are_not_moved_and_its_day_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    session = make_session()
    client = sign_in(Client(), make_staff("editor"))
    shown = {}
    for day in (15, 16, 17, 30):
        monkeypatch.setattr("portal.clock.now", lambda day=day: datetime(2025, 12, day, 10, tzinfo=WIB))
        page = BeautifulSoup(client.get(path(session, "agenda")).content, "html.parser")
        links = [link["href"].rstrip("/").rpartition("/")[2] for link in page.select(".actions-row a")]
        shown[day] = (page.select_one(".session-facts .sign").text, "jadwal" in links, "kabar" in links)

    assert shown[15][1:] == (True, False)
    assert shown[16] == ("Hari 1 berlangsung", False, True)
    assert shown[17] == ("Hari 2 berlangsung", False, True)
    assert shown[30] == ("Selesai", False, False)


@pytest.mark.parametrize("role", ["coordinator", "ministry", "accounts"])
@pytest.mark.parametrize("page", ["kapasitas", "jadwal", "batal"])
def test_session_is_managed_by_editors_alone(role: str, page: str, session: TrainingSession) -> None:
    client = sign_in(Client(), make_staff(role, session.region))
    body = schedule(session, date_3="2100-12-20") | {"capacity": "9", "word": session.region.city.upper()}
    assert client.get(path(session, page)).status_code == 404
    assert client.post(path(session, page), body).status_code == 404
    untouched = TrainingSession.objects.get(pk=session.pk)
    assert (untouched.capacity, untouched.status, days(untouched)[2][0]) == (2, "published", date(2100, 12, 16))


def test_timeline_tells_local_time_and_utc_and_only_of_ones_own_regions():
    here = make_session(region=make_region(city="Jayapura", time_zone="Asia/Jayapura"), first_day=date(2100, 12, 16))
    elsewhere = make_session(program=here.program, first_day=date(2100, 12, 16))
    make_rule(here.program)
    client = sign_in(Client(), make_staff("coordinator", here.region))

    own = BeautifulSoup(client.get(path(here, "pesan")).content, "html.parser")
    every = BeautifulSoup(client.get("/staf/programs/trainingsession/pesan/").content, "html.parser")

    asked, row = own.select(".timeline tbody tr")
    assert asked.select_one(".whole").text == "Tetap datang? · Yang pasti dan belum menjawab tetap datang"
    assert [cell.text for cell in row.select("th, .utc")] == ["Rabu, 15 Desember 2100, 18.00 WIT", "15 Des, 09.00"]
    assert [cell.text for cell in every.select(".timeline .whole")][:1] == ["Jayapura, 16–18 Desember 2100"]
    assert len(every.select(".timeline tbody tr")) == 2
    assert client.get(path(elsewhere, "pesan")).status_code == 404


def test_timeline_of_an_edition_tells_all_of_it_and_nothing_else():
    here, other = make_session(first_day=date(2000, 12, 16)), make_session(first_day=date(2100, 12, 16))
    for session in (here, other):
        make_rule(session.program)
    page = f"/staf/programs/trainingsession/pesan/?edisi={here.program_id}"

    for role, region in (("editor", here.region), ("coordinator", here.region)):
        shown = BeautifulSoup(sign_in(Client(), make_staff(role, region)).get(page).content, "html.parser")
        assert shown.select_one("#content h2").text == here.program.name
        assert {cell.text for cell in shown.select(".timeline tr > .whole:nth-of-type(1)")} == {where_and_when(here)}
    elsewhere = sign_in(Client(), make_staff("coordinator", make_region()))
    assert elsewhere.get(page).status_code == 404
    for edition in ("", "x", "0", "9" * 30, "\u0663"):
        assert elsewhere.get("/staf/programs/trainingsession/pesan/", {"edisi": edition}).status_code == 404


def test_timeline_tells_what_staff_wrote_in_its_place():
    here, elsewhere = make_session(first_day=date(2100, 12, 16)), make_session(first_day=date(2100, 12, 16))
    make_rule(here.program)
    registration = make_registration(here)
    wrote = make_broadcast(here, starts_at=datetime(2100, 12, 15, 17, tzinfo=WIB), people=7, audience="queued")
    make_broadcast(elsewhere)
    notifications.promise_to_many(
        Notification.Kind.BROADCAST,
        [registration],
        due_at=wrote.starts_at,
        useful_until=here.ends,
        occurrence=wrote.occurrence,
        now=wrote.written_at,
    )
    client = sign_in(Client(), make_staff("coordinator", here.region))

    for page in (path(here, "pesan"), "/staf/programs/trainingsession/pesan/"):
        shown = BeautifulSoup(client.get(page).content, "html.parser")
        rows = shown.select(".timeline tbody tr")
        told = [cell.text for cell in rows[1].select("td.whole, [data-label]")][-6:]
        assert told == ["Kabar panitia · Yang di daftar tunggu", "15 Des, 10.00", "7", "0", "1", "0"]
        assert len(rows) == 3
        assert rows[1].select("a")[-1]["href"] == f"/staf/participants/broadcast/{wrote.pk}/change/"


def test_example_shows_a_real_reader_of_ones_own_region_in_both_languages_and_masks_a_child():
    here = make_session(first_day=date(2100, 12, 16))
    words = dict.fromkeys(["body_id", "subject_en", "body_en"], "Hi {nama}") | {"subject_id": "Halo {nama}: {kota}"}
    rule, asks = make_rule(here.program), make_rule(here.program, slug="w", audience="awaiting_guardian", **words)
    person = make_participant(full_name="Siti Nur", region=here.region)
    child = make_participant(full_name="Putri Ayu", region=here.region, birth_date=MINOR_BORN)
    make_registration(here, participant=person)
    client = sign_in(Client(), make_staff("coordinator", here.region))

    shown = client.get(path(here, f"pesan/{rule.pk}")).content.decode()
    nobody = client.get(path(here, f"pesan/{asks.pk}")).content.decode()
    make_registration(here, participant=child, guardian="asked")
    masked = client.get(path(here, f"pesan/{asks.pk}")).content.decode()

    assert "Halo Siti Nur," in shown
    assert "Hello Siti Nur," in shown
    assert "belum ada contohnya" in nobody
    assert f"Halo P*** A***: {here.region.city}" in masked
    assert "Putri" not in masked
    assert client.get(path(here, f"pesan/{rule.pk}"), {"hari": "2"}).status_code == 404
    assert client.get(path(make_session(program=here.program), f"pesan/{rule.pk}")).status_code == 404


def test_example_is_mailed_to_whoever_asks_once_a_minute_and_says_that_it_is_one(mails):
    here = make_session(first_day=date(2100, 12, 16))
    rule = make_rule(here.program)
    person = make_participant(full_name="Siti Nur", region=here.region)
    make_registration(here, participant=person)
    staff = make_staff("coordinator", here.region)
    client = sign_in(Client(), staff)

    for _press in range(2):
        assert client.post(path(here, f"pesan/{rule.pk}")).status_code == 302
    tick_and_deliver(clock.now())

    (mail,) = mails.mails
    assert mail["To"] == staff.email
    assert "[Contoh] Besok mulai" in mail["Subject"]
    assert "Halo Siti Nur," in text(mail)
    assert client.post(path(make_session(program=here.program), f"pesan/{rule.pk}")).status_code == 404


def test_example_that_is_meant_for_nobody_any_more_is_not_mailed(mails):
    here = make_session(first_day=date(2100, 12, 16))
    rule = make_rule(here.program)
    make_registration(here)
    sign_in(client := Client(), make_staff("coordinator", here.region))
    client.post(path(here, f"pesan/{rule.pk}"))
    rule.delete()
    tick_and_deliver(clock.now())

    assert mails.mails == []
    assert Notification.objects.get(kind="sample").reason == "no longer meant"


@pytest.mark.parametrize("day", ["0", "-1", "x", "", "1' or 1", "9" * 30, "\u0661"])
def test_example_of_a_day_that_is_none_is_not_found(day):
    session = make_session(first_day=date(2100, 12, 16))
    rule = make_rule(session.program)

    client = sign_in(Client(), make_staff("editor"))

    assert client.get(path(session, f"pesan/{rule.pk}"), {"hari": day}).status_code == 404
