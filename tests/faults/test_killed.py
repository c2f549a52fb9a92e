"""Workers and beats are killed while they remind a thousand people, and the broker forgets everything."""

import random
from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from participants.models import Notification
from participants.operations import notifications, reminders
from portal.celery import app
from tests.faults.fleet import a_moment, flush_broker, wait_for
from tests.faults.people import EVE, ask_for_code, confirm_many, rehearse_from

SENDING_PROCESSES = 2  # in each worker


def kill_worker_when(ships, mails, reached):
    """SIGKILL the worker in mid-work, once `reached` mails have arrived."""
    wait_for(lambda: len(mails.mails) >= reached, why=ships.logs)
    a_moment()
    ships.kill("worker")


def unsent():
    return Notification.objects.exclude(state="sent").count()


def test_a_thousand_people_are_reminded_once(fleet, mails):
    confirm_many(1000)
    rehearse_from(EVE)
    ships = fleet()
    ships.beat("beat")
    ships.beat("second beat")

    kills, reached = 4, 0
    for number in range(kills):
        ships.worker()
        reached += random.randint(60, 170)
        kill_worker_when(ships, mails, reached)
        ships.kill("beat")
        flush_broker()
        ships.beat("beat")
        reached = max(reached, len(mails.mails))
        assert unsent() > 0, f"over before kill {number}"
    ships.worker()
    wait_for(lambda: Notification.objects.count() == 1000 and not unsent(), why=ships.logs)

    counts, ids = mails.counts(), mails.ids()
    assert set(counts) == {f"p{n}@example.com" for n in range(1000)}
    assert sum(counts.values()) - 1000 <= kills * SENDING_PROCESSES
    assert max(counts.values()) <= 1 + kills
    assert len(ids) == 1000  # whoever got it twice got the same message twice


def test_control_without_retaking_people_are_forgotten(fleet, mails):
    confirm_many(300)
    rehearse_from(EVE)
    ships = fleet("tests.faults.careless", UNGUARDED="retaking")
    ships.beat()
    ships.worker()
    kill_worker_when(ships, mails, 20)

    ships.worker("another")
    left = Notification.objects.exclude(state="sent")
    forgotten = left.filter(leased_until__lt=Now() - timedelta(seconds=5))  # five ticks long nobody took them
    wait_for(lambda: left.count() == forgotten.count() > 0, why=ships.logs)

    assert 20 <= len(mails.mails) < 300


def test_a_broker_forgets_nothing_of_the_tests_beside_these():
    theirs = f"{settings.REDIS_URL.partition('?')[0]}?virtual_host=15"
    with app.connection_for_read() as mine, app.connection_for_read(theirs) as beside:
        mine.default_channel.client.set("kept", 1)
        beside.default_channel.client.set("kept", 1)

        flush_broker()

        assert (mine.default_channel.client.get("kept"), beside.default_channel.client.getdel("kept")) == (None, b"1")


def test_control_without_a_tick_whoever_was_announced_to_a_broker_that_forgot_waits(fleet, mails):
    confirm_many(50)
    rehearse_from(EVE)
    reminders.plan(now=EVE)
    notifications.BELLS[Notification.Queue.BULK]()
    flush_broker()
    ships = fleet()  # nobody ticks

    ships.worker()
    ask_for_code("code@example.com")
    # The worker is there and does what it hears of.
    wait_for(lambda: notifications.BELLS[Notification.Queue.CODES]() or mails.to("code@example.com"), why=ships.logs)
    assert Notification.objects.filter(kind="reminder", state="due").count() == 50

    ships.beat()
    wait_for(lambda: not unsent(), why=ships.logs)
    assert set(mails.counts().values()) == {1}


def test_control_stamping_only_whole_batches_repeats_many(fleet, mails):
    confirm_many(300)
    rehearse_from(EVE)
    ships = fleet("tests.faults.careless", UNGUARDED="stamping")
    ships.beat()
    ships.worker()
    kill_worker_when(ships, mails, 150)

    ships.worker("another")
    wait_for(lambda: len(mails.counts()) == 300 and not unsent(), why=ships.logs)

    assert sum(mails.counts().values()) - 300 > SENDING_PROCESSES
