"""Reminders of many sessions at once: planned on two connections, with ids in the order of time."""

import time
import uuid
from functools import partial

import pytest
from django.db import OperationalError, connection, transaction

from participants.models import Notification, Registration
from participants.operations import reminders
from portal import clock
from tests.factories import make_program, make_rule, make_session
from tests.faults.people import EVE, confirm
from tests.races import at_once

EACH, MANY = 3, 6


@pytest.fixture
def sessions(transactional_db, monkeypatch):
    """Six sessions of three people, which are planned one by one."""
    monkeypatch.setattr(reminders, "SESSIONS_AT_ONCE", 1)
    program = make_program()
    make_rule(program)
    sessions = [make_session(program=program) for _number in range(MANY)]
    for number, session in enumerate(sessions):
        confirm(session, EACH, first=number * EACH)
    return sessions


def connections():
    """How many there are to this database; one that was closed has a while to be gone, as the server ends it itself."""
    for _try in range(100):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            (number,) = cursor.fetchone()
        if number == 1:
            break
        time.sleep(0.05)
    return number


def plan_while_the_first_is_held(sessions):
    """What planning gives while somebody holds a person of the first session for longer than is waited."""
    with transaction.atomic():
        Registration.objects.select_for_update().filter(session=sessions[0]).first()
        (result,) = at_once([partial(reminders.plan, now=EVE)])
    return result


def test_many_sessions_are_planned_once_and_the_second_connection_ends(sessions):
    before = connections()

    assert reminders.plan(now=EVE) == Notification.objects.count() == MANY * EACH

    assert reminders.plan(now=EVE) == 0
    assert connections() == before


def test_what_one_session_waits_for_holds_up_no_other(sessions):
    assert isinstance(plan_while_the_first_is_held(sessions), OperationalError)

    promised = Notification.objects.values_list("registration__session", flat=True)
    assert {*promised} == {session.pk for session in sessions[1:]}
    assert reminders.plan(now=EVE) == EACH


def test_control_on_one_connection_all_wait_for_the_first(sessions, monkeypatch):
    monkeypatch.setattr(reminders, "WORTH_A_CONNECTION", MANY + 1)

    assert isinstance(plan_while_the_first_is_held(sessions), OperationalError)

    assert not Notification.objects.exists()


def test_people_whom_only_this_transaction_knows_are_planned_in_it(sessions):
    with transaction.atomic():
        for number, session in enumerate(sessions):
            confirm(session, 1, first=MANY * EACH + number)

        assert reminders.plan(now=EVE) == MANY * (EACH + 1)


def test_ids_follow_the_time_at_which_they_were_made(sessions):
    begun = clock.database_machine_now()
    reminders.plan(now=EVE)
    halfway = clock.database_machine_now()
    Notification.objects.update(occurrence="said:1")
    earlier = [*Notification.objects.values_list("public_id", flat=True)]

    reminders.plan(now=EVE)

    later = [*Notification.objects.exclude(public_id__in=earlier).values_list("public_id", flat=True)]
    assert len({*earlier, *later}) == 2 * MANY * EACH
    assert max(earlier) < min(later)
    assert {(one.version, one.variant) for one in earlier} == {(7, uuid.RFC_4122)}
    assert all(begun.timestamp() - 1 <= (one.int >> 80) / 1000 <= halfway.timestamp() + 1 for one in earlier)
