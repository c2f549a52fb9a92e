"""Clocks of hosts, held against the database's: what is sent, freed and written down goes by that one, but logs,
cookies and what others sign do not."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from participants.models import Heartbeat

log = logging.getLogger(__name__)

FRESH = timedelta(minutes=15)  # a host whose clock is still wrong was heard of within: some are called seldom
MARK = "clock of "


def compare(*, host: str, lead: timedelta, machine_now: datetime) -> None:
    """Remember that the clock of `host` is wrong, if the database's, now at `machine_now`, has any `lead` over it."""
    if lead:
        log.error("the clock of this host is wrong by %.0f s", -lead.total_seconds())
        name = f"{MARK}{host}"[: Heartbeat._meta.get_field("name").max_length]
        Heartbeat.objects.update_or_create(name=name, defaults={"at": machine_now})


def wrong(*, machine_now: datetime) -> list[str]:
    """The hosts whose clocks were found wrong of late."""
    marks = Heartbeat.objects.filter(name__startswith=MARK, at__gt=machine_now - FRESH).order_by("name")
    return [name.removeprefix(MARK) for name in marks.values_list("name", flat=True)]


def forget_old(*, machine_now: datetime) -> None:
    """Forget hosts whose clocks are right again, or that are gone."""
    Heartbeat.objects.filter(name__startswith=MARK, at__lte=machine_now - FRESH).delete()
