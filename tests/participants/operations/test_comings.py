"""Are you still coming? Who is asked, when, and what each answer does."""

from datetime import date, datetime, timedelta
from itertools import product

import pytest

from participants import queries
from participants.models import Notification, Registration
from participants.operations import beginnings, comings, message_facts, notifications, registrations, sessions, truths
from participants.operations.sessions import Day
from tests.factories import WIB, make_coordinator, make_region, make_registration, make_session
from tests.participants.operations.sending import deliver

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


@pytest.mark.parametrize(
    ("kind", "before", "number"),
    [
        ("promoted", timedelta(hours=-3), 0),
        ("promoted", timedelta(days=1), 0),
        ("promoted", timedelta(days=2), 1),
        ("guardian_given", timedelta(hours=1), 0),
        ("session_moved", timedelta(hours=1), 1),
    ],
)
def test_plan_asks_nobody_whose_seat_is_certain_since_just_now(kind, before, number):
    """Told of it `before` the question falls due, or after."""
    registration = make_registration(make_session(), registered_at=DUE - timedelta(days=9))
    notifications.promise(Notification.Kind(kind), subject=registration, now=DUE - before)

    assert comings.plan(now=DUE + timedelta(hours=3)) == number


def test_plan_asks_nobody_whose_session_is_off():
    make_registration(make_session(status="cancelled"))
    make_registration(make_session())
    assert comings.plan(now=DUE) == 1


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=6, hours=23)])
def test_what_nothing_ticked_for_in_time_is_written_down_as_missed(late, mails):
    registration, evening = make_registration(make_session()), datetime(2025, 12, 15, 18, tzinfo=WIB)
    make_registration(registration.session, coming_answered_at=DUE)

    assert [comings.plan(now=evening + late), comings.plan(now=evening + late)] == [1, 0]

    row = Notification.objects.get(kind="still_coming")
    assert (row.registration, row.state, row.reason) == (registration, "missed", "nothing ticked in time")
    assert (row.settled_at, row.due_at) == (evening + late, DUE)
    assert deliver(evening + late, "bulk") == 0
    assert mails.mails == []


def test_what_was_missed_more_than_a_week_ago_is_not_looked_for():
    make_registration(make_session())

    assert comings.plan(now=datetime(2025, 12, 22, 18, tzinfo=WIB)) == 0


def test_moved_session_asks_anew_and_forgets_the_answers():
    session = make_session()
    registration = make_registration(session)
    comings.plan(now=DUE)
    comings.answer(registration=registration, comes=True, now=DUE)
    moved = [Day(day.date + timedelta(days=7), day.starts_at, day.ends_at) for day in session.days.all()]

    sessions.reschedule(session=session, days=moved, venue=session.venue, now=DUE, by=make_coordinator())

    registration.refresh_from_db()
    assert registration.coming_answered_at is None
    (row,) = message_facts.read(Notification.objects.filter(kind="still_coming").values_list("pk", flat=True))
    assert truths.untrue(row, DUE) == "the session was moved"
    assert comings.plan(now=DUE + timedelta(days=7)) == 1


def test_answer_yes_keeps_the_seat_and_says_when():
    registration = make_registration(make_session())

    for hours in (0, 5):
        comings.answer(registration=registration, comes=True, now=DUE + timedelta(hours=hours))

    registration.refresh_from_db()
    assert (registration.place, registration.coming_answered_at) == ("seat", DUE)
    assert not queries.is_asked(registration, [])


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


TOLD = {
    "promoted long before": ("promoted", timedelta(days=2)),
    "promoted just before": ("promoted", timedelta(hours=3)),
    "guardian_given just before": ("guardian_given", timedelta(hours=3)),
    "session_moved": ("session_moved", timedelta(hours=3)),
    "nothing": None,
}


def stands():
    """Each way to stand: place, guardian, answer, how long registered, and what was told since."""
    places = [{"place": "seat"}, {"place": "offered", "offered_until": DUE}, {"place": "queued", "queue_number": 1}]
    guardians = [Registration.Guardian.NOT_NEEDED, Registration.Guardian.ASKED, Registration.Guardian.GIVEN]
    since = [timedelta(days=9), timedelta(days=2), timedelta(days=2, seconds=-1)]
    for place, guardian, answered, ago, told in product(places, guardians, [None, DUE], since, TOLD.values()):
        yield place | {"guardian": guardian, "coming_answered_at": answered, "registered_at": DUE - ago}, told


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Jayapura"])
def test_whoever_is_told_that_the_question_comes_is_asked_it_and_nobody_else(zone):
    session = make_session(region=make_region(time_zone=zone), capacity=500)
    due = DUE.replace(tzinfo=session.region.zone)
    people = []
    for number, (fields, told) in enumerate(stands(), start=1):
        fields |= {"registered_at": fields["registered_at"].replace(tzinfo=session.region.zone)}
        if fields["place"] == "queued":
            fields |= {"queue_number": number}
        people.append(make_registration(session, **fields))
        if told:
            notifications.promise(Notification.Kind(told[0]), subject=people[-1], now=due - told[1])
    before = due - timedelta(seconds=1)
    ahead = {row.pk: queries.question_ahead(row, queries.messages_about(row), now=before) for row in people}

    comings.plan(now=due)

    assert {pk for pk, questions in ahead.items() if questions} == {registration for registration, *_ in asked()}
    assert {told.due for questions in ahead.values() for told in questions} == {due}
    assert 0 < len(asked()) < len(people) / 4
    assert not any(queries.question_ahead(row, queries.messages_about(row), now=due) for row in people)
