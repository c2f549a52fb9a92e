"""A worker keeps its database connection from task to task, and finds out when the database has closed it."""

from django.db import connection

from participants import tasks
from participants.models import Notification
from participants.operations import reminders
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
