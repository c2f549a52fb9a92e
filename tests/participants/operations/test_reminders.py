"""Which reminders fall due: by wall time where the session is, once, and never a burst."""

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from participants.models import Notification
from participants.operations import registrations, reminders, sessions
from participants.queries.reminders import OCCURRENCES
from programs.models import ReminderRule
from programs.models.regions import ZONE_ABBREVIATIONS
from tests.factories import (
    MINOR_BORN,
    WIB,
    make_coordinator,
    make_participant,
    make_program,
    make_region,
    make_registration,
    make_rule,
    make_session,
)
from tests.participants.operations.sending import NOW, deliver, edition, planned, register, tick_and_deliver

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
        cursor.execute(f"SELECT session_id, occurrence, due_at, useful_until FROM ({OCCURRENCES}) AS o")
        by_sql = set(cursor.fetchall())

    by_python = set()
    for session in sessions:
        days = list(session.days.order_by("number"))
        for rule in program.reminder_rules.all():
            anchors = {"last_day": days[-1:], "each_day": days}.get(rule.anchor, days[:1])
            for day in anchors:
                zone = ZoneInfo(session.region.time_zone)
                opens = program.registration_opens.astimezone(zone).date()
                anchor = opens if rule.anchor == "registration_opens" else day.date
                due, useful = rule.due(anchor, zone), rule.useful_until(anchor, zone)
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


@pytest.mark.django_db
class TestReminders:
    @pytest.mark.parametrize(("zone", "hour"), [("Asia/Jakarta", 11), ("Asia/Makassar", 10), ("Asia/Jayapura", 9)])
    def test_fall_due_at_the_sessions_own_hour(self, zone, hour):
        registration = register(edition(time_zone=zone))
        instant = datetime(2025, 12, 15, hour, tzinfo=UTC)

        reminders.plan(now=instant - timedelta(seconds=1))
        assert "eve:1" not in planned(registration)
        reminders.plan(now=instant)
        assert "eve:1" in planned(registration)

    def test_are_promised_once_however_often_it_is_planned(self):
        registration = register(edition())
        now = datetime(2025, 12, 9, 10, tzinfo=WIB)

        assert [reminders.plan(now=now), reminders.plan(now=now)] == [1, 0]
        assert planned(registration) == ["week-before:1"]

    def test_of_a_whole_edition(self, mails):
        registration = register(edition())
        now = NOW
        while now < datetime(2025, 12, 19, tzinfo=WIB):
            tick_and_deliver(now)
            now += timedelta(hours=1)

        assert planned(registration) == ["week-before:1", "eve:1", "morning:1", "morning:2", "morning:3"]
        assert len(mails.mails) == 7  # the confirmation, five reminders, and whether they still come
        assert set(Notification.objects.values_list("state", flat=True)) == {"sent"}

    def test_late_registrants_get_what_is_still_useful_and_no_burst(self):
        session = edition()
        late = register(session, now=datetime(2025, 12, 12, 9, tzinfo=WIB))
        reminders.plan(now=datetime(2025, 12, 12, 9, 5, tzinfo=WIB))
        assert planned(late) == []

        reminders.plan(now=datetime(2025, 12, 15, 18, tzinfo=WIB))
        assert planned(late) == ["eve:1"]

    def test_less_than_two_hours_before_gets_the_confirmation_only(self):
        session = edition()
        session.program.closes_days_before = 0
        session.program.save()
        late = register(session, now=datetime(2025, 12, 15, 16, 1, tzinfo=WIB))
        early = register(session, email="b@example.com", now=datetime(2025, 12, 15, 16, 0, tzinfo=WIB))

        reminders.plan(now=datetime(2025, 12, 15, 18, tzinfo=WIB))

        assert (planned(late), planned(early)) == ([], ["eve:1"])

    def test_go_only_to_the_confirmed(self):
        session = edition()
        minor = register(session, participant=make_participant(birth_date=MINOR_BORN), guardian_email="ibu@example.com")
        gone = register(session)
        registrations.cancel(registration=gone, now=NOW)

        reminders.plan(now=datetime(2025, 12, 9, 10, tzinfo=WIB))

        assert planned(minor) == planned(gone) == []

    def test_not_due_in_quiet_hours_unless_urgent(self):
        session = edition()
        make_rule(
            session.program, slug="late-night", offset_days=-3, at="22:30", useful_offset_days=-2, useful_at="12:00"
        )
        registration = register(session)

        reminders.plan(now=datetime(2025, 12, 14, 6, 59, tzinfo=WIB))
        assert "late-night:1" not in planned(registration)
        reminders.plan(now=datetime(2025, 12, 14, 7, tzinfo=WIB))
        assert "late-night:1" in planned(registration)

    def test_after_a_move_only_what_lies_ahead_is_promised_anew(self, mails):
        session = edition()
        registration = register(session)
        tick_and_deliver(datetime(2025, 12, 9, 10, tzinfo=WIB))
        moved_at = datetime(2025, 12, 11, 12, tzinfo=WIB)
        days = [
            sessions.Day(datetime(2025, 12, 17 + n, tzinfo=WIB).date(), row.starts_at, row.ends_at)
            for n, row in enumerate(session.days.all())
        ]
        sessions.reschedule(session=session, days=days, venue=session.venue, now=moved_at, by=make_coordinator())

        reminders.plan(now=moved_at)
        assert planned(registration) == ["week-before:1"]
        reminders.plan(now=datetime(2025, 12, 16, 18, tzinfo=WIB))
        assert planned(registration) == ["week-before:1", "eve:1"]

    def test_one_claimed_before_the_move_is_not_sent_after_it(self, mails):
        session = edition()
        register(session)
        deliver()
        reminders.plan(now=datetime(2025, 12, 9, 10, tzinfo=WIB))
        days = [
            sessions.Day(datetime(2025, 12, 17 + n, tzinfo=WIB).date(), row.starts_at, row.ends_at)
            for n, row in enumerate(session.days.all())
        ]
        now = datetime(2025, 12, 9, 10, 1, tzinfo=WIB)
        sessions.reschedule(session=session, days=days, venue=session.venue, now=now, by=make_coordinator())

        deliver(now, queue="bulk")

        row = Notification.objects.get(kind="reminder")
        assert (row.state, row.reason) == ("cancelled", "the session was moved")
