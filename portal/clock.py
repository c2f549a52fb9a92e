"""The one clock. Entry points read it and pass the instant down; the domain never does.

Programme time (opening, closing, holds, reminders, retention) can be rehearsed: a stored offset is added to real time,
so that an edition can be lived through in minutes. Machine time (leases, login codes, limits) is always real.
What is sent, freed or expired is judged by `database_now`, so that one host with a wrong clock does nothing early.
"""

import time
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.utils import timezone

FRESH = 0.25  # seconds for which pages remember how far a rehearsal's clock is ahead
HOME = ZoneInfo("Asia/Jakarta")  # the ministry's own civil time


def machine_now() -> datetime:
    """Real time of this host, UTC. For leases, login codes and limits."""
    return timezone.now()  # noqa: TID251 -- this is the clock


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
