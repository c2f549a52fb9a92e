"""Workers end as they are meant to: replaced after some tasks, or told to stop. What is in hand is finished first."""

import signal
import subprocess
import threading

import psutil
import pytest

from participants.models import Notification
from participants.operations import deliveries, notifications, reminders
from tests.faults.fleet import wait_for
from tests.faults.people import EVE, confirm_many, rehearse_from

HELD = "p10@example.com"
EVERYBODY = {f"p{number}@example.com": 1 for number in range(60)}
IN_HAND = Notification.objects.filter(registration__participant__user__email=HELD)
REPLACED_EACH_TIME = ["--max-tasks-per-child", "1"]


@pytest.fixture
def sixty(fleet, mails):
    """A fleet to send sixty reminders, for which its first worker is called once, and nobody ticks."""
    confirm_many(60)
    rehearse_from(EVE)
    reminders.plan(now=EVE)
    notifications.BELLS[Notification.Queue.BULK]()

    def make(unguarded="nothing", seconds="0.5"):
        return fleet("tests.faults.careless", UNGUARDED=unguarded, RUN_SECONDS=seconds, EMAIL_TIMEOUT="20")

    return make


def unsent():
    return Notification.objects.exclude(state="sent")


class Children:
    """The processes that a worker has had."""

    def __init__(self, ships):
        self.parent, self.seen = psutil.Process(ships.processes["worker"].pid), set()

    def look(self):
        self.seen.update(child.pid for child in self.parent.children())
        return len(self.seen)


def test_processes_that_are_replaced_after_each_task_send_all_once(sixty, mails):
    for address in EVERYBODY:  # so that no run sends all of them
        mails.delays[address] = 0.04
    ships = sixty(seconds="1.5")
    ships.worker("worker", *REPLACED_EACH_TIME)
    children = Children(ships)

    wait_for(lambda: children.look() > 2 and not unsent().exists(), why=ships.logs)  # two there are at one time

    assert mails.counts() == EVERYBODY
    assert set(Notification.objects.values_list("state", "attempts")) == {("sent", 1)}


def test_control_a_process_that_is_replaced_in_the_midst_of_its_task_leaves_what_it_has_in_hand(sixty, mails):
    ships = sixty(unguarded="finishing")
    ships.worker("worker", *REPLACED_EACH_TIME)
    children = Children(ships)

    wait_for(lambda: children.look() > 2 and mails.mails, why=ships.logs)

    assert Notification.objects.get(state="sending").registration.participant.user.email == mails.mails[0]["To"]


def worker_told_to_stop_in_the_midst(ships, mails):
    """When it has sent ten and has the next one in its hands."""
    mails.holds[HELD] = threading.Event()
    ships.worker()
    wait_for(lambda: IN_HAND.filter(state="sending").exists(), why=ships.logs)
    return ships.tell("worker", signal.SIGTERM)


def test_a_worker_told_to_stop_finishes_what_it_has_in_hand_and_leaves_the_rest_to_others(sixty, mails):
    worker = worker_told_to_stop_in_the_midst(sixty(seconds="0.1"), mails)
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(1)  # it waits for the answer

    mails.holds[HELD].set()

    assert worker.wait(60) == 0
    assert IN_HAND.get().state == "sent"
    assert set(unsent().values_list("state", "leased_until")) == {("due", None)}
    deliveries.deliver(queue="bulk", now=EVE, machine_now=EVE, seconds=60)
    assert mails.counts() == EVERYBODY


def test_control_a_worker_that_is_given_no_time_leaves_what_it_has_in_hand(sixty, mails):
    ships = sixty()
    worker_told_to_stop_in_the_midst(ships, mails)

    ships.kill("worker")
    mails.holds[HELD].set()

    assert IN_HAND.get().state == "sending"
    assert unsent().exclude(leased_until=None).count() == 50
