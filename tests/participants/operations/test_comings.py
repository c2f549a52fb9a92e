"""Are you still coming? Who is asked, when, and what each answer does."""

from datetime import date, datetime, timedelta

import pytest

from participants.models import Notification, Registration
from participants.operations import beginnings, claims, comings, registrations, sessions, truths
from participants.operations.sessions import Day
from tests.factories import WIB, make_coordinator, make_region, make_registration, make_session

pytestmark = pytest.mark.django_db
DUE = datetime(2025, 12, 13, 16, tzinfo=WIB)


def asked():
    rows = Notification.objects.filter(kind="still_coming").order_by("pk")
    return list(rows.values_list("registration", "due_at", "useful_until"))


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"])
def test_plan_asks_once_three_days_before_at_four_where_the_session_is(zone):
    session = make_session(region=make_region(time_zone=zone))
    registration, zone = make_registration(session), session.region.zone
    due = datetime(2025, 12, 13, 16, tzinfo=zone)

    assert comings.plan(now=due - timedelta(seconds=1)) == 0
    assert [comings.plan(now=due), comings.plan(now=due + timedelta(hours=1))] == [1, 0]

    assert asked() == [(registration.pk, due, datetime(2025, 12, 15, 18, tzinfo=zone))]
    assert session.asks_who_comes == due


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({}, 1),
        ({"registered_at": DUE - timedelta(days=2)}, 1),
        ({"registered_at": DUE - timedelta(days=2) + timedelta(seconds=1)}, 0),
        ({"place": "queued", "queue_number": 1}, 0),
        ({"guardian": "asked"}, 0),
        ({"coming_answered_at": DUE}, 0),
    ],
)
def test_plan_asks_only_who_is_confirmed_and_not_new(fields, number):
    make_registration(make_session(), **fields)

    assert comings.plan(now=DUE) == number


def test_plan_asks_nobody_when_the_evening_before_has_come_or_the_session_is_off():
    make_registration(make_session())
    assert comings.plan(now=datetime(2025, 12, 15, 18, tzinfo=WIB)) == 0
    make_registration(make_session(status="cancelled"))
    assert comings.plan(now=DUE) == 1


def test_moved_session_asks_anew_and_forgets_the_answers():
    session = make_session()
    registration = make_registration(session)
    comings.plan(now=DUE)
    comings.answer(registration=registration, comes=True, now=DUE)
    moved = [Day(day.date + timedelta(days=7), day.starts_at, day.ends_at) for day in session.days.all()]

    sessions.reschedule(session=session, days=moved, venue=session.venue, now=DUE, by=make_coordinator())

    registration.refresh_from_db()
    assert registration.coming_answered_at is None
    (row,) = claims.read(Notification.objects.filter(kind="still_coming").values_list("pk", flat=True))
    assert truths.untrue(row, DUE) == "the session was moved"
    assert comings.plan(now=DUE + timedelta(days=7)) == 1


def test_answer_yes_keeps_the_seat_and_says_when():
    registration = make_registration(make_session())

    for hours in (0, 5):
        comings.answer(registration=registration, comes=True, now=DUE + timedelta(hours=hours))

    registration.refresh_from_db()
    assert (registration.place, registration.coming_answered_at) == ("seat", DUE)
    assert not registration.is_asked_whether_coming(DUE)


def test_answer_no_gives_the_seat_to_the_next():
    session = make_session(capacity=1)
    registration = make_registration(session)
    waiting = make_registration(session, place="queued", queue_number=1)

    comings.answer(registration=registration, comes=False, now=DUE)

    registration.refresh_from_db()
    waiting.refresh_from_db()
    assert (registration.release_reason, waiting.place) == ("cancelled_by_self", "seat")
    with pytest.raises(registrations.NotLive):
        comings.answer(registration=registration, comes=True, now=DUE)


@pytest.mark.parametrize(
    ("now", "refusal"),
    [
        (DUE - timedelta(seconds=1), comings.NotAsked),
        (datetime(2025, 12, 16, 9, tzinfo=WIB), beginnings.AlreadyBegun),
    ],
)
def test_answer_is_refused_outside_its_time(now, refusal):
    registration = make_registration(make_session(first_day=date(2025, 12, 16)))

    with pytest.raises(refusal):
        comings.answer(registration=registration, comes=False, now=now)
    assert Registration.objects.get().place == "seat"
