"""A worker keeps its database connection from task to task, and finds out when the database has closed it."""

from contextlib import contextmanager

import pytest
from django.db import connection

from participants import tasks
from participants.models import Notification, Participant
from participants.operations import deliveries, reminders
from tests.faults.fleet import wait_for
from tests.faults.people import EVE, confirm_many, rehearse_from
from tests.sinks import sink

OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def connected():
    """When each of the other processes of the database began, by its number."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pid, backend_start {OTHERS}")
        return dict(cursor.fetchall())


def deliver_to(first):
    """Let the worker send two reminders, and then find nothing to send a few times."""
    confirm_many(2, first=first)
    reminders.plan(now=EVE)
    for _ in range(6):
        tasks.deliver.delay("bulk")
    wait_for(lambda: not Notification.objects.exclude(state="sent").exists())


def test_a_worker_keeps_its_connection_and_makes_it_anew_when_the_database_ended_it(fleet, settings):
    rehearse_from(EVE)
    with sink(settings):
        ships = fleet()
        ships.worker()
        deliver_to(0)
        first = connected()
        deliver_to(2)
        assert connected().items() >= first.items() != set()

        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_terminate_backend(pid, 5000) {OTHERS}")
        deliver_to(4)
        assert connected().keys().isdisjoint(first)


@pytest.mark.django_db(transaction=True)
def test_a_migration_under_way_costs_a_sender_that_keeps_its_plans_no_message(settings):
    """PostgreSQL refuses a plan of a column whose type has changed since: the plan's fault, and no row's."""
    confirm_many(1)
    confirm_many(7, first=1)
    reminders.plan(now=EVE)
    rows = Notification.objects.order_by("pk")
    waiting = list(rows.values_list("pk", flat=True))[1:]
    with sink(settings) as mails:
        Notification.objects.filter(pk__in=waiting).update(state="cancelled", settled_at=EVE)
        assert deliveries.deliver(queue="bulk", now=EVE, machine_now=EVE) == 1
        Notification.objects.filter(pk__in=waiting).update(state="due", settled_at=None)
        other = connection.copy()
        try:
            with widened(other):
                connection.close_if_unusable_or_obsolete()  # as before each task
                assert deliveries.deliver(queue="bulk", now=EVE, machine_now=EVE) == 7
        finally:
            other.close()
            connection.close()
    assert set(mails.counts().values()) == {1}
    assert {row.state for row in rows} == {"sent"}


@contextmanager
def widened(other):
    """A migration by another connection makes room for longer names; it is taken back."""
    longest = Participant._meta.get_field("full_name").max_length
    alter = "ALTER TABLE participants_participant ALTER full_name TYPE varchar({})"
    with other.cursor() as cursor:
        cursor.execute(alter.format(longest + 1))
        try:
            yield
        finally:
            cursor.execute(alter.format(longest))
