"""PostgreSQL itself stops and starts in the midst of sending: nobody is left out, and nobody is written to twice."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import connection
from django.db.models.functions import Now

from participants.models import Notification
from participants.operations import deliveries, reminders, statements
from tests.faults.fleet import wait_for
from tests.faults.people import EVE, confirm_many, rehearse_from

HELD = "p10@example.com"


def unsent():
    return Notification.objects.exclude(state="sent")


def in_hand():
    return Notification.objects.filter(state="sending", registration__participant__user__email=HELD)


def test_everybody_is_reminded_once(server, fleet, mails):
    confirm_many(200)
    rehearse_from(EVE)
    mails.holds[HELD] = threading.Event()
    ships = fleet(DATABASE_URL=server.url, EMAIL_TIMEOUT="8")
    ships.beat()
    ships.worker()
    wait_for(lambda: in_hand().exists(), why=ships.logs)

    with server.away():
        mails.holds[HELD].set()
        wait_for(lambda: mails.to(HELD), why=ships.logs)  # its sender has nowhere to write that down
        time.sleep(1.5)  # a tick and bells find nobody
    assert unsent().count() > 0, "over before the restart"
    wait_for(lambda: Notification.objects.count() == 200 and not unsent().exists(), why=ships.logs)

    assert mails.counts() == {f"p{number}@example.com": 1 for number in range(200)}


def deliver():
    try:
        return deliveries.deliver(queue="bulk", now=EVE, machine_now=EVE, seconds=60)
    finally:
        connection.close()


def restart_while_one_is_in_hand(server, mails):
    """What the sender of twenty comes to that has the eleventh in hand when the server stops."""
    confirm_many(20)
    reminders.plan(now=EVE)
    mails.holds[HELD] = threading.Event()
    with ThreadPoolExecutor(max_workers=1) as beside:  # the server dies with the thread that started it
        sender = beside.submit(deliver)
        wait_for(lambda: in_hand().exists() or sender.done())
        with server.away():
            mails.holds[HELD].set()
            wait_for(lambda: mails.to(HELD))
        return sender.exception(timeout=120) or sender.result()


def test_one_sender_goes_on_where_it_was(server, mails):
    assert restart_while_one_is_in_hand(server, mails) == 20
    assert set(mails.counts().values()) == {1}
    assert not unsent().exists()


def test_control_where_no_sender_waits_for_the_server_somebody_is_reminded_twice(server, mails, monkeypatch):
    monkeypatch.setattr(statements, "insist", lambda execute, sql, values, *, seconds: execute(sql, values))
    assert isinstance(restart_while_one_is_in_hand(server, mails), Exception)
    Notification.objects.exclude(leased_until=None).update(leased_until=Now() - timedelta(seconds=1))

    deliver()

    assert not unsent().exists()
    assert mails.counts()[HELD] == 2
