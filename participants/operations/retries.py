"""When a message that was not taken is tried again: what the answer means decides how soon and how often."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from participants.models import Notification


def _ladder(*seconds: int) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=each) for each in seconds)


# A code is of use for minutes: whatever the answer, it is tried again within seconds.
CODES = _ladder(5, 10, 15, 30, 60)
# A line that broke says nothing of the message: the next try may be the one.
CONNECTION = _ladder(10, 30, 60, 120, 300, 900, 1800, 3600, 7200, 14400)
# "Not now" (greylisting, a busy server) passes within minutes.
QUICK = _ladder(30, 60, 120, 300, 900, 1800, 3600, 7200, 14400)
# "Too many" and a full mailbox do not, and asking soon again makes the first one worse.
SLOW = _ladder(900, 1800, 3600, 7200, 14400)

TOO_MANY = re.compile(r"^421\b|\b4\.2\.1\b|\b4\.7\.(28|[3-9]\d|\d{3})\b|\brate\b|\btoo many\b", re.IGNORECASE)
_FULL = re.compile(r"^452\b|\b4\.2\.2\b")


def ladder_for(reason: str, queue: str) -> Sequence[timedelta]:
    """The waits after the first try, the second and so on; `reason` is what the mail server answered, or how the
    connection failed."""
    if queue == Notification.Queue.CODES:
        return CODES
    if not re.match(r"\d{3}\b", reason):
        return CONNECTION
    return SLOW if TOO_MANY.search(reason) or _FULL.search(reason) else QUICK


def next_try(*, reason: str, queue: str, attempts: int, now: datetime, last: datetime) -> datetime | None:
    """When to try again after `attempts`, spread by chance so that many do not come back at once; None when that is
    not before `last`, so that it is time to give up."""
    ladder = ladder_for(reason, queue)
    wait = ladder[min(attempts, len(ladder)) - 1] * random.uniform(0.8, 1.2)  # noqa: S311 -- no secret
    return now + wait if now + wait < last else None
