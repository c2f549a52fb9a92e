"""People cancel, cannot come, and a session is moved while their reminders are claimed: none of those goes out."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from participants.models import Notification, Registration
from participants.operations import absences, claims, deliveries, recoveries, registrations, reminders, sessions
from portal.accounts.models import User
from programs.models import ReminderRule, TrainingSession
from tests.factories import make_coordinator
from tests.faults.fleet import wait_for
from tests.faults.people import EVE, confirm_many

NOW = EVE + timedelta(seconds=10)
REMINDED = Notification.objects.filter(kind="reminder")


def claimed_and_stuck(mails):
    """A worker that holds reminders of two sessions and waits for the mail server's answer to the first."""
    mails.holds["p0@example.com"] = threading.Event()

    def work():
        deliveries.deliver(queue="bulk", now=EVE, machine_now=EVE, seconds=120)
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    wait_for(lambda: REMINDED.filter(state="sending").exists())
    assert REMINDED.exclude(leased_until=None).count() == REMINDED.count()
    return worker


def change_everything():
    """Ten people of the first session cancel, ten cannot come on its first day, and the second session moves by one."""
    staying, moving = TrainingSession.objects.with_places().order_by("pk")
    people = Registration.objects.filter(session=staying).order_by("pk")
    for registration in people[10:20]:
        registrations.cancel(registration=registration, now=NOW)
    for registration in people[20:30]:
        registration.session = staying
        absences.say(registration=registration, days=[staying.first_day], text="", now=NOW)
    days = [
        sessions.Day(row.date + timedelta(days=1), row.starts_at, row.ends_at) for row in moving.days.order_by("number")
    ]
    sessions.reschedule(session=moving, days=days, venue=moving.venue, now=NOW, by=make_coordinator())


def two_sessions():
    confirm_many(40)
    confirm_many(20, first=40)
    assert reminders.plan(now=EVE) == 60


@pytest.mark.django_db(transaction=True)
def test_nothing_untrue_goes_out(mails):
    two_sessions()
    worker = claimed_and_stuck(mails)

    change_everything()
    mails.holds["p0@example.com"].set()
    worker.join()

    untouched = {f"p{n}@example.com" for n in range(40)} - {f"p{n}@example.com" for n in range(10, 30)}
    assert mails.counts() == dict.fromkeys(untouched, 1)
    reasons = sorted(REMINDED.exclude(state="sent").values_list("state", "reason"))
    untrue = {"cannot come on that day": 10, "no longer comes": 10, "the session was moved": 20}
    assert reasons == [("cancelled", reason) for reason, times in untrue.items() for _time in range(times)]


@pytest.fixture
def unguarded(monkeypatch):
    """Senders that do not look at the facts again."""
    guarded, _facts = claims.MARK.split("AND (row.registration_id IS NULL")
    monkeypatch.setattr(claims, "MARK", guarded + "RETURNING row.leased_until, row.attempts")


@pytest.mark.django_db(transaction=True)
def test_control_without_looking_again_they_go_out(mails, unguarded):
    two_sessions()
    worker = claimed_and_stuck(mails)

    change_everything()
    mails.holds["p0@example.com"].set()
    worker.join()

    assert len(mails.counts()) == 60


def six_are_claimed_and(change, mails):
    confirm_many(6)
    assert reminders.plan(now=EVE) == 6
    worker = claimed_and_stuck(mails)
    change()
    mails.holds["p0@example.com"].set()
    worker.join()
    return sorted(mails.counts())


def an_address_is_replaced():
    with transaction.atomic():
        person = User.objects.select_for_update().get(email="p4@example.com")
        recoveries.replace(
            person, "new@example.com", registration=None, reason="her wish", by=make_coordinator(), now=NOW
        )


def the_rule_is_turned_off():
    ReminderRule.objects.update(is_on=False)


def the_rule_names_another_day():
    ReminderRule.objects.update(anchor="last_day")


@pytest.mark.django_db(transaction=True)
def test_who_has_another_address_is_written_to_there(mails):
    reached = six_are_claimed_and(an_address_is_replaced, mails)

    assert reached == ["new@example.com", *(f"p{n}@example.com" for n in (0, 1, 2, 3, 5))]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("change", "why"),
    [
        (the_rule_is_turned_off, "the rule was turned off"),
        (the_rule_names_another_day, "its rule names another day"),
    ],
)
def test_a_rule_that_is_turned_off_or_names_another_day_reminds_nobody_more(mails, change, why):
    assert six_are_claimed_and(change, mails) == ["p0@example.com"]
    assert {*REMINDED.exclude(state="sent").values_list("reason", flat=True)} == {why}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", [an_address_is_replaced, the_rule_names_another_day])
def test_control_without_looking_again_all_are_written_to_as_was_read(mails, unguarded, change):
    assert six_are_claimed_and(change, mails) == [f"p{n}@example.com" for n in range(6)]


def three_hundred_wait_and_the_session_moves(people=300):
    """By a day, a quarter of an hour after their reminders fell due; nothing is claimed yet."""
    session = confirm_many(people)
    assert reminders.plan(now=EVE) == people
    days = [
        sessions.Day(row.date + timedelta(days=1), row.starts_at, row.ends_at)
        for row in session.days.order_by("number")
    ]
    now = EVE + timedelta(minutes=15)
    sessions.reschedule(session=session, days=days, venue=session.venue, now=now, by=make_coordinator())
    return now


def deliver(queue, now):
    return deliveries.deliver(queue=queue, now=now, machine_now=now, seconds=120)


@pytest.mark.django_db
def test_who_waits_while_the_session_moves_hears_of_the_move_and_is_reminded_on_the_new_eve(mails):
    now = three_hundred_wait_and_the_session_moves()

    assert deliver("bulk", now) == 0
    assert deliver("transactional", now) == 300
    new_eve = EVE + timedelta(days=1)
    assert reminders.plan(now=new_eve) == 300
    assert deliver("bulk", new_eve) == 300

    assert set(mails.counts().values()) == {2}
    reasons = REMINDED.filter(state="cancelled").values_list("reason", flat=True)
    assert list(reasons) == ["the session was moved"] * 300
    assert REMINDED.filter(state="sent", version=2).count() == 300


@pytest.mark.django_db
def test_control_where_nothing_becomes_untrue_they_hear_the_old_eve(mails, monkeypatch):
    now = three_hundred_wait_and_the_session_moves(people=20)
    monkeypatch.setattr(deliveries, "untrue", lambda row, machine_now: "")

    assert deliver("bulk", now) == 20
