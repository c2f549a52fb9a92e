"""A worker that is there and does nothing: seen by how long the oldest message waits, since every process lives."""

import os
import signal
from dataclasses import replace
from datetime import timedelta

import psutil

from participants import queries
from participants.models import Heartbeat, Notification
from participants.operations import alarms, notifications
from participants.queries import ledger
from portal import clock
from tests.faults.fleet import wait_for
from tests.faults.people import EVE, ask_for_code, rehearse_from
from tests.staff import make_staff

STAFF = "pengelola@example.go.id"


def look(minutes):
    """Whether a watcher sees anything wrong so many minutes later, while the scheduler ticks on."""
    machine_now = clock.database_machine_now() + timedelta(minutes=minutes)
    for name in (Heartbeat.TICK, Heartbeat.WHOLE_TICK):
        Heartbeat.objects.update_or_create(name=name, defaults={"at": machine_now})
    return alarms.look(now=EVE + timedelta(minutes=minutes), machine_now=machine_now)


def subjects(mails):
    return [mail["Subject"] for mail in mails.to(STAFF)]


def test_staff_are_told_once_and_once_that_it_is_over(fleet, mails, monkeypatch):
    make_staff("editor", email=STAFF)
    rehearse_from(EVE)
    ships = fleet()
    ships.worker()
    ask_for_code("first@example.com")
    sent = Notification.objects.filter(state="sent")
    wait_for(lambda: notifications.BELLS["codes"]() or sent.exists(), why=ships.logs)
    worker = psutil.Process(ships.processes["worker"].pid)
    everyone = [worker, *worker.children()]

    os.killpg(worker.pid, signal.SIGSTOP)
    wait_for(lambda: {process.status() for process in everyone} == {psutil.STATUS_STOPPED})
    ask_for_code("second@example.com")

    waiting = Notification.objects.filter(login_code__email="second@example.com", state="due")
    assert [look(minutes) for minutes in (0, 4)] == [False, False]
    with monkeypatch.context() as blind:  # control: whoever looks at the scheduler alone sees nothing
        blind.setattr(queries, "ledger_health", lambda **at: replace(ledger.ledger_health(**at), oldest_due_age=None))
        assert not look(6)
    assert [look(minutes) for minutes in (6, 7)] == [True, True]
    assert waiting.exists()
    assert subjects(mails) == ["Pesan tidak keluar"]

    os.killpg(worker.pid, signal.SIGCONT)
    wait_for(lambda: mails.to("second@example.com") and not waiting.exists(), why=ships.logs)

    assert [look(minutes) for minutes in (9, 10)] == [False, False]
    assert subjects(mails) == ["Pesan tidak keluar", "Pesan keluar lagi"]
