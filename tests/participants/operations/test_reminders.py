"""Which reminders fall due: by wall time where the session is, once, and never a burst."""

import random
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from participants.models import Notification
from participants.operations import reminders
from programs.models import ReminderRule
from programs.models.regions import ZONE_ABBREVIATIONS
from tests.factories import WIB, make_program, make_region, make_registration, make_rule, make_session

MORNING = {"slug": "morning", "anchor": "each_day", "offset_days": 0, "at": time(6), "useful_at": time(10)}


def rows():
    return list(Notification.objects.order_by("due_at").values_list("occurrence", "state"))


@pytest.mark.django_db
def test_sql_and_python_name_the_same_instants():
    dice = random.Random(20251201)
    program = make_program()
    sessions = [
        make_session(program=program, region=make_region(time_zone=zone), first_day=date(2025, 12, 16))
        for zone in ZONE_ABBREVIATIONS
    ]
    for number in range(60):
        make_rule(
            program,
            slug=f"rule-{number}",
            anchor=dice.choice(ReminderRule.Anchor.values),
            offset_days=dice.randint(-8, 1),
            at=time(dice.randrange(24), dice.choice([0, 30, 59])),
            useful_offset_days=dice.randint(-2, 2),
            useful_at=time(dice.randrange(24), 15),
            is_urgent=dice.random() < 0.3,
        )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT session_id, occurrence, due_at, useful_until FROM ({reminders.OCCURRENCES}) AS o")
        by_sql = set(cursor.fetchall())

    by_python = set()
    for session in sessions:
        days = list(session.days.order_by("number"))
        for rule in program.reminder_rules.all():
            anchors = {"first_day": days[:1], "last_day": days[-1:], "each_day": days}[rule.anchor]
            for day in anchors:
                zone = ZoneInfo(session.region.time_zone)
                due, useful = rule.due(day.date, zone), rule.useful_until(day.date, zone)
                by_python.add((session.pk, f"{rule.slug}:{day.number}", due, useful))
    assert by_sql == by_python


@pytest.mark.django_db
def test_after_a_silence_only_the_newest_useful_one_goes_out():
    session = make_session()
    make_rule(session.program, slug="three-days", offset_days=-3, at=time(12))
    make_rule(session.program)
    make_registration(session)

    reminders.plan(now=datetime(2025, 12, 15, 19, tzinfo=WIB))

    assert rows() == [("three-days:1", "cancelled"), ("eve:1", "due")]


@pytest.mark.django_db
def test_two_that_fall_due_together_both_go_out():
    session = make_session()
    make_rule(session.program, slug="also")
    make_rule(session.program)
    make_registration(session)

    reminders.plan(now=datetime(2025, 12, 15, 19, tzinfo=WIB))

    assert sorted(rows()) == [("also:1", "due"), ("eve:1", "due")]


@pytest.mark.django_db
def test_what_nothing_ticked_for_in_time_is_missed_and_seen():
    session = make_session()
    make_rule(session.program)
    make_rule(session.program, **MORNING)
    make_registration(session)

    reminders.plan(now=datetime(2025, 12, 16, 9, tzinfo=WIB))

    assert rows() == [("eve:1", "missed"), ("morning:1", "due")]
    missed = Notification.objects.get(state="missed")
    assert (missed.reason, missed.settled_at) == ("nothing ticked in time", datetime(2025, 12, 16, 9, tzinfo=WIB))


@pytest.mark.django_db
def test_who_registered_after_it_was_due_missed_nothing():
    session = make_session()
    make_rule(session.program)
    make_registration(session, registered_at=datetime(2025, 12, 15, 19, tzinfo=WIB))

    for hours in (0, 8, 30):
        reminders.plan(now=datetime(2025, 12, 15, 20, tzinfo=WIB) + timedelta(hours=hours))

    assert rows() == []


@pytest.mark.django_db
@pytest.mark.parametrize("people", [1, 3])
def test_planning_takes_one_query(people, django_assert_num_queries):
    session = make_session()
    make_rule(session.program)
    for _ in range(people):
        make_registration(session)

    with django_assert_num_queries(1):
        assert reminders.plan(now=datetime(2025, 12, 15, 18, tzinfo=WIB)) == people


@pytest.mark.django_db
def test_a_night_reminder_that_morning_would_make_useless_goes_at_night():
    session = make_session()
    make_rule(session.program, at=time(21, 30))  # useful until 05:30
    make_registration(session)

    reminders.plan(now=datetime(2025, 12, 15, 21, 30, tzinfo=WIB))

    assert rows() == [("eve:1", "due")]
