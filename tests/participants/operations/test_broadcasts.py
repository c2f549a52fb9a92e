"""What staff write reaches everybody it is meant for, once, in five minutes, and nobody once it was stopped."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from participants.models import Broadcast, Notification, Registration
from participants.operations import broadcasts, registrations
from participants.operations.broadcasts import Text
from tests.factories import (
    DURING_REGISTRATION,
    MINOR_BORN,
    make_participant,
    make_region,
    make_registration,
    make_session,
    make_user,
    register,
)
from tests.participants.operations.sending import text, tick_and_deliver
from tests.races import at_once, meeting, wait_for_somebody_who_waits

pytestmark = pytest.mark.django_db
NOW = DURING_REGISTRATION
LATER = NOW + timedelta(minutes=5)
TEXT = Text("Kabar: {kota}", "Bawa payung, {nama}.\n\nSampai jumpa.")
Audience = Broadcast.Audience


def write(session, audience=Audience.CONFIRMED, *, text=TEXT, key=None, now=NOW):
    return broadcasts.write(
        session=session, audience=audience, text=text, form_key=key or uuid.uuid4(), by=make_user(), now=now
    )


def told(mails):
    return sorted(mail["To"] for mail in mails if "payung" in text(mail))


@pytest.fixture
def session():
    return make_session()


@pytest.fixture
def cohort(session):
    """Somebody of every standing, by it, and somebody who left; and a stranger in another session."""
    person = {"region": session.region}
    people = {
        "confirmed": make_registration(session, participant=make_participant(**person)),
        "asked": make_registration(
            session, participant=make_participant(birth_date=MINOR_BORN, **person), guardian="asked"
        ),
        "queued": make_registration(session, participant=make_participant(**person), place="queued", queue_number=1),
        "released": make_registration(
            session,
            participant=make_participant(**person),
            place="released",
            released_at=NOW,
            release_reason="switched",
        ),
    }
    make_registration(make_session(program=session.program))
    return people


@pytest.mark.parametrize("before_the_end", [timedelta(minutes=3), -timedelta(days=2)])
def test_reaches_them_when_the_training_is_over(session, cohort, mails, before_the_end):
    written_at = session.ends - before_the_end
    write(session, now=written_at)

    tick_and_deliver(written_at + timedelta(minutes=5))

    assert told(mails.mails) == [cohort["confirmed"].participant.user.email]


@pytest.mark.parametrize(
    ("audience", "readers"),
    [
        (Audience.CONFIRMED, {"confirmed"}),
        (Audience.AWAITING_GUARDIAN, {"asked"}),
        (Audience.QUEUED, {"queued"}),
        (Audience.ALL, {"confirmed", "asked", "queued"}),
    ],
)
def test_audience_is_who_stands_so_in_sql_and_in_python(session, cohort, audience, readers):
    written = write(session, audience)

    assert set(written.readers()) == {cohort[name] for name in readers}
    assert {name for name, row in cohort.items() if written.is_for(row)} == readers
    assert written.people == len(readers)


def test_nobody_has_it_for_five_minutes_then_everybody_once(session, mails):
    people = [register(session) for _ in range(3)]
    write(session)

    tick_and_deliver(LATER - timedelta(seconds=1))
    assert told(mails.mails) == []
    tick_and_deliver(LATER)
    tick_and_deliver(LATER + timedelta(hours=1))

    assert told(mails.mails) == sorted(person.participant.user.email for person in people)
    (mail,) = [
        mail for mail in mails.mails if mail["To"] == people[0].participant.user.email and "payung" in text(mail)
    ]
    assert mail["Subject"] == f"Kabar: {session.region.city}"
    assert f"Bawa payung, {people[0].participant.full_name}." in text(mail)


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"])
@pytest.mark.parametrize(
    ("hour", "starts"),
    [
        ((10, 20, 54), (10, 20, 59)),
        ((10, 20, 55), (11, 7, 0)),
        ((10, 21, 30), (11, 7, 0)),
        ((10, 23, 57), (11, 7, 0)),
        ((11, 6, 54), (11, 7, 0)),
        ((11, 6, 56), (11, 7, 1)),
        ((14, 21, 30), (15, 7, 0)),
        ((14, 23, 57), (15, 0, 2)),  # tomorrow, by the time that it goes out, the training begins
        ((15, 21, 30), (15, 21, 35)),
        ((16, 21, 30), (16, 21, 35)),
        ((18, 21, 30), (18, 21, 35)),
        ((19, 21, 30), (20, 7, 0)),  # it is over
    ],
)
def test_at_night_it_goes_out_when_it_says_and_can_be_stopped_until_then(mails, zone, hour, starts):
    session = make_session(region=make_region(time_zone=zone), first_day=date(2025, 12, 16))
    now, when = (datetime(2025, 12, *at, tzinfo=ZoneInfo(zone)) for at in (hour, starts))
    person = make_registration(session).participant.user.email
    written = write(session, now=now)

    for moment in (now + timedelta(minutes=1), now + timedelta(minutes=5), when - timedelta(seconds=1)):
        if moment < when:
            tick_and_deliver(moment)
    assert told(mails.mails) == []
    tick_and_deliver(when)

    assert written.starts_at == when
    assert told(mails.mails) == [person]


def test_stopped_within_five_minutes_reaches_nobody(session, mails):
    register(session)
    written = write(session)

    broadcasts.stop(broadcast=written, by=make_user(), now=LATER - timedelta(seconds=1))
    again = broadcasts.stop(broadcast=written, by=make_user(), now=LATER)
    tick_and_deliver(LATER)

    assert told(mails.mails) == []
    assert again.stopped_at == LATER - timedelta(seconds=1)
    row = Notification.objects.get(kind="broadcast")
    assert (row.state, row.reason) == ("cancelled", "staff stopped it")


def test_stopped_while_a_copy_is_in_hand_is_not_sent(session, mails):
    """Control: without looking at the broadcast again, what was claimed before would go out."""
    register(session)
    written = write(session)
    Broadcast.objects.filter(pk=written.pk).update(stopped_at=NOW, stopped_by=make_user())  # the ledger not yet told

    tick_and_deliver(LATER)

    assert told(mails.mails) == []


def test_second_press_is_the_first_again(session):
    register(session)
    key = uuid.uuid4()

    first, second = write(session, key=key), write(session, key=key, now=NOW + timedelta(minutes=1))

    assert first.pk == second.pk
    assert second.starts_at == LATER
    assert Notification.objects.filter(kind="broadcast").count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"text": replace(TEXT, body_id="Bawa payung biru.")},
        {"text": replace(TEXT, subject_en="News", body_en="Bring an umbrella.")},
        {"audience": Audience.ALL},
        {"is_optional": True},
        {"session": None},
    ],
)
def test_something_else_by_the_key_of_what_was_written_is_refused(session, other):
    register(session)
    first = {"session": session, "audience": Audience.CONFIRMED, "text": TEXT, "form_key": uuid.uuid4()}
    written = broadcasts.write(**first, by=make_user(), now=NOW)
    if "session" in other:
        other = {"session": make_session(program=session.program)}
        register(other["session"])

    with pytest.raises(broadcasts.AlreadyWritten):
        broadcasts.write(**first | other, by=make_user(), now=NOW)

    assert Broadcast.objects.get() == written
    assert Notification.objects.filter(kind="broadcast").count() == 1


def test_who_left_meanwhile_is_not_written_to(session, mails):
    registration = register(session)
    write(session)
    registrations.cancel(registration=registration, now=NOW + timedelta(minutes=1))

    tick_and_deliver(LATER)

    assert told(mails.mails) == []
    assert Notification.objects.get(kind="broadcast").reason == "no longer meant"


def test_reader_of_english_reads_english_where_there_is_some(session, mails):
    for language in ("id", "en"):
        register(session, make_participant(region=session.region, language=language))
    write(session, text=Text("Kabar", "Bawa payung.", "News", "Bring an umbrella."))
    write(session, text=Text("Hanya ini", "Bawa payung."))
    tick_and_deliver(LATER)

    subjects = sorted(mail["Subject"] for mail in mails.mails if mail["Subject"] in ("Kabar", "News", "Hanya ini"))
    assert subjects == ["Hanya ini", "Hanya ini", "Kabar", "News"]


def test_placeholder_in_a_name_stays_text(session, mails):
    register(session, make_participant(region=session.region, full_name="{kota} Siti"))
    write(session)
    tick_and_deliver(LATER)

    assert "Bawa payung, {kota} Siti." in next(text(mail) for mail in mails.mails if "payung" in text(mail))


def test_to_nobody_is_refused_and_leaves_nothing(session):
    with pytest.raises(broadcasts.NobodyMeant):
        write(session, Audience.QUEUED)

    assert not Broadcast.objects.exists()
    assert not Registration.objects.exists()


@contextmanager
def presses_apart():
    """The database lets one form be sent several times."""
    alter, key = "ALTER TABLE participants_broadcast", "CONSTRAINT participants_broadcast_form_key_key"
    with connection.cursor() as cursor:
        cursor.execute(f"{alter} DROP {key}")
    try:
        yield
    finally:
        Broadcast.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(f"{alter} ADD {key} UNIQUE (form_key)")


@pytest.mark.django_db(transaction=True)
class TestTwoPressesAtOnce:
    @pytest.fixture
    def press(self, session):
        """One press of two on the same form, by the same member of staff."""
        people = [make_registration(session).participant.user.email for _ in range(3)]
        press = partial(broadcasts.write, session=session, audience=Audience.CONFIRMED, text=TEXT, now=NOW)
        return partial(press, form_key=uuid.uuid4(), by=make_user()), sorted(people)

    def test_are_one(self, press, mails, monkeypatch):
        press, people = press
        promise, waited = broadcasts.notifications.promise_to_many, []

        def promise_once_the_other_press_waits(*arguments, **options):
            waited.append(wait_for_somebody_who_waits())
            promise(*arguments, **options)

        monkeypatch.setattr(broadcasts.notifications, "promise_to_many", promise_once_the_other_press_waits)
        first, second = at_once([press] * 2)
        tick_and_deliver(LATER)

        assert waited == [True]  # both were under way
        assert first == second == Broadcast.objects.get()
        assert told(mails.mails) == people

    def test_control_where_the_form_has_no_key_everybody_is_told_twice(self, press, mails, monkeypatch):
        press, people = press
        monkeypatch.setattr(broadcasts.queries, "copies_of", meeting(broadcasts.queries.copies_of, number=2))
        with presses_apart():
            at_once([press] * 2)
            tick_and_deliver(LATER)

            assert Broadcast.objects.count() == 2
            assert told(mails.mails) == sorted(people * 2)
