"""Clocks of hosts, held against the database's: what is sent and freed goes by that one, but pages, logs and proofs of
time do not."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from participants.models import Heartbeat

log = logging.getLogger(__name__)

APART = timedelta(seconds=2)
FRESH = timedelta(minutes=15)  # a host whose clock is still wrong was heard of within: some are called seldom
MARK = "clock of "


def compare(*, host: str, before: datetime, machine_now: datetime, after: datetime) -> bool:
    """Whether the clock of `host`, read `before` and `after` the database said `machine_now`, is right within two
    seconds; one that is not is remembered. A database that takes long to answer makes no clock wrong."""
    is_right = before - APART <= machine_now <= after + APART
    if not is_right:
        log.error("the clock of this host is wrong by %.0f s", (after - machine_now).total_seconds())
        name = f"{MARK}{host}"[: Heartbeat._meta.get_field("name").max_length]
        Heartbeat.objects.update_or_create(name=name, defaults={"at": machine_now})
    return is_right


def wrong(*, machine_now: datetime) -> list[str]:
    """The hosts whose clocks were found wrong of late."""
    marks = Heartbeat.objects.filter(name__startswith=MARK, at__gt=machine_now - FRESH).order_by("name")
    return [name.removeprefix(MARK) for name in marks.values_list("name", flat=True)]


def forget_old(*, machine_now: datetime) -> None:
    """Forget hosts whose clocks are right again, or that are gone."""
    Heartbeat.objects.filter(name__startswith=MARK, at__lte=machine_now - FRESH).delete()
