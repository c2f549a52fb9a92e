"""The tick: every half minute, everything that time alone makes due."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from participants.models import Heartbeat, Notification
from participants.operations import (
    comings,
    crowds,
    deliveries,
    drafts,
    export_files,
    exports,
    guardians,
    imports,
    login_codes,
    notifications,
    offers,
    opening_alerts,
    registrations,
    reminders,
    tallies,
)

log = logging.getLogger(__name__)

ONE_AT_A_TIME = 2025_12_01  # the advisory lock by which a second tick knows that one is under way


def tick(*, now: datetime, machine_now: datetime) -> bool:
    """Let go what has run out, promise what falls due, and ring for every queue. Returns whether it ran.

    A tick that finds another under way leaves it at that. One part that fails is logged and does not stop the others,
    but such a tick is not a whole one, which staff are told of when there is none for five minutes.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ONE_AT_A_TIME])
        if not cursor.fetchone()[0]:
            return False
    try:
        parts = [
            _part(lambda: guardians.expire_due(now=now)),
            _part(lambda: offers.expire_due(now=now)),
            _part(lambda: registrations.close_due(now=now)),
            _part(lambda: reminders.plan(now=now)),
            _part(lambda: comings.plan(now=now)),
            _part(lambda: opening_alerts.tell_due(now=now)),
            _part(lambda: opening_alerts.forget_old(now=now)),
            _part(lambda: login_codes.purge(machine_now=machine_now)),
            _part(lambda: crowds.purge(machine_now=machine_now)),
            _part(lambda: drafts.purge(now=now)),
            _part(lambda: export_files.forget_old(now=now)),
            _part(lambda: exports.plan(now=now)),
            _part(export_files.ring_if_waiting),
            _part(lambda: imports.ring_if_waiting(machine_now=machine_now)),
            _part(lambda: tallies.ring_if_due(now=now, machine_now=machine_now)),
        ]
        _beat(machine_now, is_whole=all(parts))
        for queue in Notification.Queue:
            notifications.ring(queue)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])
    return True


def was_just_now(*, machine_now: datetime) -> bool:
    """Whether the last tick ended a moment ago, a tenth of the time between two."""
    moment = timedelta(seconds=settings.TICK_SECONDS / 10)
    return Heartbeat.objects.filter(name=Heartbeat.TICK, at__gt=machine_now - moment, at__lt=machine_now).exists()


def deliver_everything(*, now: datetime, machine_now: datetime) -> int:
    """Send, together with whatever workers there are, until nothing due at `now` is left or held by anybody.

    Returns how many stay behind because the mail server is away.
    """
    due, begins = Notification.objects.due(now), time.monotonic()
    while left := due.count():
        sent = 0
        for queue in Notification.Queue:
            passed = timedelta(seconds=time.monotonic() - begins)
            sent += deliveries.deliver(queue=queue, now=now + passed, machine_now=machine_now + passed)
        if sent:
            continue
        if not due.held().exists() and due.count() == left:
            return left
        time.sleep(0.05)  # a worker is still sending
    return 0


def _part(work: Callable[[], object]) -> bool:
    try:
        work()
    except Exception:  # the other parts of a tick must go on
        log.exception("a part of the tick failed")
        return False
    return True


def _beat(machine_now: datetime, *, is_whole: bool) -> None:
    Heartbeat.objects.update_or_create(name=Heartbeat.TICK, defaults={"at": machine_now})
    if is_whole:
        Heartbeat.objects.update_or_create(name=Heartbeat.WHOLE_TICK, defaults={"at": machine_now})
    else:  # from the first tick on, so that one that is never whole grows old as well
        Heartbeat.objects.get_or_create(name=Heartbeat.WHOLE_TICK, defaults={"at": machine_now})
