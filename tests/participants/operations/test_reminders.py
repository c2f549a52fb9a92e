"""Which reminders fall due: by wall time where the session is, once, and never a burst."""

from datetime import UTC, datetime, time, timedelta

import pytest

from participants import queries
from participants.models import Notification
from participants.operations import registrations, reminders, sessions, venues
from programs.models import ReminderRule, Venue
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
from tests.participants.operations.sending import (
    NOW,
    deliver,
    edition,
    planned,
    register,
    rows,
    text,
    tick_and_deliver,
)

MORNING = {"slug": "morning", "anchor": "each_day", "offset_days": 0, "at": time(6), "useful_at": time(10)}


@pytest.mark.django_db
def test_a_rule_that_is_off_says_nothing_and_goes_on_when_it_is_on_again(mails):
    session = make_session()
    rule = make_rule(session.program, is_on=False)
    registration = make_registration(session)
    eve = datetime(2025, 12, 15, 18, tzinfo=WIB)

    assert (reminders.plan(now=eve), queries.timeline([session.pk])) == (0, [])
    assert queries.reminders_ahead(registration, [rule], now=NOW) == []

    ReminderRule.objects.update(is_on=True)
    assert reminders.plan(now=eve) == 1
    ReminderRule.objects.update(is_on=False)  # what waits to be sent is not sent either
    deliver(eve, "bulk")
    row = Notification.objects.get()
    assert (row.state, row.reason, mails.mails) == ("cancelled", "the rule was turned off", [])


@pytest.mark.django_db
def test_what_waits_is_not_sent_when_its_rule_is_deleted(mails):
    session = make_session()
    rule = make_rule(session.program)
    make_registration(session)
    eve = datetime(2025, 12, 15, 18, tzinfo=WIB)
    reminders.plan(now=eve)

    rule.delete()
    deliver(eve, "bulk")

    row = Notification.objects.get()
    assert (row.state, row.reason, mails.mails) == ("cancelled", "the rule was turned off", [])


@pytest.mark.django_db
@pytest.mark.parametrize(("channels", "sent"), [(["mail"], 1), (["sms", "mail"], 1), (["whatsapp", "sms"], 0)])
def test_goes_by_the_channels_of_its_rule_alone(channels, sent, mails):
    session = make_session()
    make_rule(session.program, channels=channels)
    make_registration(session)
    eve = datetime(2025, 12, 15, 18, tzinfo=WIB)
    reminders.plan(now=eve)

    assert deliver(eve, "bulk") == len(mails.mails) == sent
    assert Notification.objects.get().state == ("sent" if sent else "cancelled")


@pytest.mark.django_db
def test_after_a_silence_only_the_newest_useful_one_goes_out():
    session = make_session()
    make_rule(session.program, slug="three-days", offset_days=-3, at=time(12))
    make_rule(session.program)
    make_registration(session)

    reminders.plan(now=datetime(2025, 12, 15, 19, tzinfo=WIB))

    assert rows() == [("three-days:1", "cancelled"), ("eve:1", "due")]


@pytest.mark.django_db
@pytest.mark.parametrize("for_some", [{"is_optional": True}, {"channels": ["whatsapp"]}])
def test_after_a_silence_what_only_some_get_stands_in_for_nothing_that_everybody_does(for_some):
    session = make_session()
    make_rule(session.program, slug="three-days", offset_days=-3, at=time(12))
    make_rule(session.program, slug="two-days", offset_days=-2, at=time(12), **for_some)
    make_rule(session.program, **for_some)
    make_registration(session)

    reminders.plan(now=datetime(2025, 12, 15, 19, tzinfo=WIB))

    assert sorted(rows()) == [("eve:1", "due"), ("three-days:1", "due"), ("two-days:1", "cancelled")]


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
def test_planning_takes_two_queries_and_one_while_nothing_falls_due(people, django_assert_num_queries):
    session = make_session()
    make_rule(session.program)
    for _ in range(people):
        make_registration(session)

    with django_assert_num_queries(1):
        assert reminders.plan(now=datetime(2025, 12, 15, 17, 59, tzinfo=WIB)) == 0
    with django_assert_num_queries(2):
        assert reminders.plan(now=datetime(2025, 12, 15, 18, tzinfo=WIB)) == people


@pytest.mark.django_db
def test_planning_goes_from_some_sessions_to_the_next(monkeypatch):
    monkeypatch.setattr(reminders, "SESSIONS_AT_ONCE", 2)
    program = make_program()
    make_rule(program)
    people = {make_registration(make_session(program=program, region=make_region())).pk for _ in range(5)}

    assert reminders.plan(now=datetime(2025, 12, 15, 18, tzinfo=WIB)) == 5
    assert reminders.plan(now=datetime(2025, 12, 15, 18, tzinfo=WIB)) == 0

    assert set(Notification.objects.values_list("registration", flat=True)) == people


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
            now += timedelta(hours=3)

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

    @pytest.mark.parametrize("reschedules", [False, True])
    def test_none_goes_out_twice_when_the_place_is_corrected_and_that_is_told_once(self, mails, reschedules):
        """Staff correct the venue's name, or give the session another one, after the first reminder."""
        session = edition()
        Venue.objects.filter(pk=session.venue_id).update(is_confirmed=True)
        session.venue.refresh_from_db()
        registration, staff = register(session), make_coordinator(session.region)
        region = {"region": session.region, "city": session.venue.city}
        another = Venue.objects.create(name="Aula Sasana", is_confirmed=True, **region)
        days = [sessions.Day(day.date, day.starts_at, day.ends_at) for day in session.days.all()]
        corrected = datetime(2025, 12, 9, 11, tzinfo=WIB)  # an hour after the first reminder
        mornings = [datetime(2025, 12, day, 6, tzinfo=WIB) for day in (16, 17, 18)]
        for now in (NOW, corrected - timedelta(hours=1)):
            tick_and_deliver(now)

        for _press in range(2):
            if reschedules:
                session.refresh_from_db()
                sessions.reschedule(session=session, days=days, venue=another, now=corrected, by=staff)
            else:
                session.venue.name = "Gedung Sasana"
                venues.change(venue=session.venue, now=corrected, by=staff)
        eve = datetime(2025, 12, 15, 18, tzinfo=WIB)
        for now in (corrected, corrected + timedelta(hours=1), session.asks_who_comes, eve, *mornings):
            tick_and_deliver(now)
            tick_and_deliver(now + timedelta(seconds=30))

        assert planned(registration) == ["week-before:1", "eve:1", "morning:1", "morning:2", "morning:3"]
        assert registration.notifications.filter(kind="session_moved").count() == 1
        assert set(Notification.objects.values_list("state", flat=True)) == {"sent"}
        assert len(mails.mails) == 8  # the confirmation, five reminders, whether they still come, and the place
        assert sum("Sasana" in text(mail) for mail in mails.mails) >= 3
