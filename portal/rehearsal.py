"""Living through an edition in minutes: programme time is moved from one due instant to the next.

At each stop a whole tick runs before time goes on, so a jump of two weeks sends what two weeks would have sent, in
order. A jump back repeats nothing: what was promised stays promised. Never in production (`portal.settings` refuses).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from participants.models import Notification
from participants.operations import retention, ticks
from participants.queries import next_instant
from portal import clock
from portal.models import Rehearsal

BETWEEN_TICKS = timedelta(seconds=30)
ONE_AT_A_TIME = 2025_12_02  # the advisory lock that keeps two walkers off one clock


class NoRehearsal(Exception):
    """The clock is real here and cannot be moved."""


class Stop(NamedTuple):
    """A programme instant that was reached, how many messages went out there, and how many could not yet."""

    at: datetime
    sent: int
    waiting: int


def start() -> None:
    """Begin at the instant the settings name, unless a rehearsal is under way already."""
    if settings.REHEARSAL:
        begin = datetime.fromisoformat(settings.REHEARSE_FROM)
        Rehearsal.objects.get_or_create(defaults={"lead": begin - clock.database_machine_now()})


def move_to(target: datetime) -> Iterator[Stop]:
    """Move programme time to `target`, stop by stop; yields each. Raises NoRehearsal where the clock is real.

    Stops are half a minute apart at least, as ticks are. Two walkers go one after the other.
    """
    if not settings.REHEARSAL:
        raise NoRehearsal
    start()
    with _alone():
        if clock.database_now() >= target:
            yield _go(target)
            return
        while (now := clock.database_now()) < target:
            due = next_instant(after=now, until=target) or target
            yield _go(min(max(due, now + BETWEEN_TICKS), target))
        # One night stands for all that were passed: what each would have let go, the last lets go.
        retention.run(now=clock.database_now(), machine_now=clock.database_machine_now())


def _go(to: datetime) -> Stop:
    """Set the clock and let a whole tick finish: plan, and send until nothing that is due can be sent any more."""
    Rehearsal.objects.update(lead=to - clock.database_machine_now() + timedelta(milliseconds=1))
    sent_before = _count("sent")
    while not ticks.tick(now=clock.database_now(), machine_now=clock.database_machine_now()):
        time.sleep(0.05)  # the beat's own tick is under way, perhaps by the clock of before
    waiting = ticks.deliver_everything(now=clock.database_now(), machine_now=clock.database_machine_now())
    return Stop(to, _count("sent") - sent_before, waiting)


def _count(state: str) -> int:
    return Notification.objects.filter(state=state).count()


@contextmanager
def _alone() -> Iterator[None]:
    """Wait until no other process moves the clock."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET lock_timeout = 0; SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_unlock(%s); RESET lock_timeout; RESET statement_timeout", [ONE_AT_A_TIME]
            )
