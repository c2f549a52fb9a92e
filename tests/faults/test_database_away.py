"""The database restarts in the midst of sending: connections break, none is let in for a while, and it is back."""

import time
from contextlib import closing, contextmanager
from datetime import timedelta

import psycopg2
import pytest
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from participants.models import Notification
from participants.operations import claims, deliveries, reminders
from tests.faults.fleet import wait_for
from tests.faults.people import EVE, confirm_many, rehearse_from
from tests.races import at_once

SENDING_PROCESSES = 2


@contextmanager
def database_away():
    """As a restart looks to whoever is connected: nobody is any more, and nobody is let in until the block ends.

    The server itself goes on: tests beside this one have databases of their own in it.
    """
    name = connection.settings_dict["NAME"]
    connection.close()
    with closing(psycopg2.connect(settings.DATABASE_URL)) as beside:
        beside.autocommit = True
        with beside.cursor() as cursor:
            cursor.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            try:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [name]
                )
                yield
            finally:
                cursor.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def unsent():
    return Notification.objects.exclude(state="sent")


def test_everybody_is_reminded_and_one_a_sender_at_most_twice(fleet, mails):
    confirm_many(200)
    rehearse_from(EVE)
    for number in range(200):
        mails.delays[f"p{number}@example.com"] = 0.01
    ships = fleet()
    ships.beat()
    ships.worker()
    wait_for(lambda: len(mails.mails) >= 40, why=ships.logs)

    with database_away():
        time.sleep(1.5)  # a tick and bells find nobody
    assert unsent().count() > 0, "over before the restart"
    wait_for(lambda: Notification.objects.count() == 200 and not unsent().exists(), why=ships.logs)

    assert set(mails.counts()) == {f"p{number}@example.com" for number in range(200)}
    assert len(mails.mails) - 200 <= SENDING_PROCESSES
    assert len(mails.ids()) == 200


@pytest.mark.django_db(transaction=True)
def test_control_without_retaking_whoever_was_claimed_is_forgotten(mails, monkeypatch):
    confirm_many(20)
    reminders.plan(now=EVE)
    mails.delays["p10@example.com"] = 1

    def deliver():
        return deliveries.deliver(queue="bulk", now=EVE, machine_now=EVE, seconds=60)

    def restart():
        wait_for(lambda: len(mails.mails) == 10)
        with database_away():
            wait_for(lambda: len(mails.mails) == 11)

    connection.close()
    ended, _restarted = at_once([deliver, restart])
    assert isinstance(ended, Exception)
    without = claims.CLAIM.replace("OR leased_until < clock_timestamp()", "").replace("OR state = 'sending'", "")
    monkeypatch.setattr(claims, "CLAIM", without)
    Notification.objects.exclude(leased_until=None).update(leased_until=Now() - timedelta(seconds=1))

    deliver()

    assert unsent().exists()
