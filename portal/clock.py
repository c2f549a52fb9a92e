"""The one clock. Entry points read it and pass the instant down; the domain never does.

Programme time (opening, closing, holds, reminders, retention) can be rehearsed: a stored offset is added to real time,
so that an edition can be lived through in minutes. Machine time (leases, login codes, limits) is always real.
What is sent, freed or expired is judged by `database_now`, so that one host with a wrong clock does nothing early; and
what a host writes down for others to judge is put right by the database's clock, which each connection asks for.
"""

import time
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.utils import timezone

APART = timedelta(seconds=2)  # a host's clock that is no further from the database's is right
FRESH = 0.25  # seconds for which pages remember how far a rehearsal's clock is ahead
HOME = ZoneInfo("Asia/Jakarta")  # the ministry's own civil time


class _Host:
    lead = timedelta()  # of the database's clock over this host's, as any connection of this process last heard


def host_now() -> datetime:
    """What this host's own clock says, UTC: only to be held against the database's."""
    return timezone.now()  # noqa: TID251 -- this is the clock


def machine_now() -> datetime:
    """Real time, UTC: this host's, put right where it was found wrong. For leases, login codes and limits."""
    return host_now() + _Host.lead


def now() -> datetime:
    """Programme time by this host's clock, UTC. For pages and for rules a person meets.

    In a rehearsal a page may be a quarter of a second behind a clock that was just moved.
    """
    return machine_now() + (_recent_offset(time.monotonic() // FRESH) if settings.REHEARSAL else timedelta())


def database_now() -> datetime:
    """Programme time by the database's clock, UTC. For what is sent, freed or expired."""
    return database_machine_now() + offset()


def database_machine_now() -> datetime:
    """Real time by the database's clock, UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def compare() -> tuple[datetime, timedelta]:
    """Real time by the database's clock, UTC, and by how much this host's has to be put right."""
    before, machine_now = host_now(), database_machine_now()
    return machine_now, hear(machine_now, before=before, after=host_now())


def hear(machine_now: datetime, *, before: datetime, after: datetime) -> timedelta:
    """By how much this host's clock, read `before` and `after` the database said `machine_now`, has to be put right.

    Nothing where it is right within two seconds. A database that takes long to answer makes no clock wrong, and none
    right that was found wrong. From now on this process goes by it.
    """
    least, most = machine_now - after, machine_now - before
    if not least - APART <= _Host.lead <= most + APART:
        _Host.lead = (least + most) / 2
    if least >= -APART and most <= APART:
        _Host.lead = timedelta()
    return _Host.lead


def offset() -> timedelta:
    """How far programme time is ahead of (or behind) real time; nothing outside a rehearsal."""
    if not settings.REHEARSAL:
        return timedelta()
    with connection.cursor() as cursor:
        cursor.execute("SELECT lead FROM portal_rehearsal")
        row = cursor.fetchone()
    return row[0] if row else datetime.fromisoformat(settings.REHEARSE_FROM) - machine_now()


@lru_cache(maxsize=1)
def _recent_offset(_moment: float) -> timedelta:
    return offset()
