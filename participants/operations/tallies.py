"""Counting the people of an edition for the ministry's page."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db import connection, transaction

from participants.models import Tally, TallyCount
from participants.operations import notifications
from participants.queries import tallies
from participants.queries.person_days import planned
from programs.models import Program
from programs.models.programs import WESTERNMOST

OFTEN = timedelta(minutes=2)
SHARE = 20  # a count rests so many times as long as it takes
SELDOM = timedelta(days=1)  # of an edition that is long over
OVER = timedelta(days=14)  # after its last day; corrections come in until then


def count(*, program: Program, now: datetime, machine_now: datetime) -> bool:
    """Count the people of `program` anew, in one moment of the database. False where another is at it."""
    began = time.monotonic()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [2025_12_02, program.pk])
        if not cursor.fetchone()[0]:
            return False
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL jit = off; SET LOCAL work_mem = '64MB'")
        Tally.objects.filter(program=program).delete()
        selection = tallies.selection_of(program, now=now)
        with planned(selection):
            for statement in tallies.counting(program, selection):
                cursor.execute(statement)
        TallyCount.objects.update_or_create(
            program=program, defaults={"counted_at": machine_now, "seconds": time.monotonic() - began}
        )
    return True


def due(*, now: datetime, machine_now: datetime) -> list[Program]:
    """The editions that are to be counted anew, those first that were never counted."""
    counts = {count.program_id: count for count in TallyCount.objects.all()}
    late = []
    for program in Program.objects.order_by("-starts_on"):
        last = counts.get(program.pk)
        is_over = now.astimezone(WESTERNMOST).date() > program.ends_on + OVER
        rest = max(SELDOM if is_over else OFTEN, timedelta(seconds=last.seconds * SHARE)) if last else OFTEN
        if last is None or machine_now - last.counted_at >= rest:
            late.append(program)
    return sorted(late, key=lambda program: program.pk in counts)


def count_due(*, now: datetime, machine_now: datetime) -> int:
    """Count what is to be counted anew. Returns how many editions were."""
    return sum(
        count(program=program, now=now, machine_now=machine_now) for program in due(now=now, machine_now=machine_now)
    )


def ring_if_due(*, now: datetime, machine_now: datetime) -> None:
    """For the tick: whoever builds large files counts too, so that no message waits for it."""
    if due(now=now, machine_now=machine_now):
        notifications.ring_for_counting(rung_at=machine_now)
