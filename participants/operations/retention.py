"""The job that keeps what people were promised about how long their data are kept, rule by rule.

Rows are taken in short batches that pass over whatever somebody else holds, so that the job may run twice, at once with
itself, or be stopped.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from participants.operations.retention_rules import RULES, Moment, Rule

log = logging.getLogger(__name__)

BATCH = 200  # rows held at a time
SECONDS = 180.0  # after so many a run ends; the next goes on


def run(*, now: datetime, machine_now: datetime, seconds: float = SECONDS) -> dict[str, int | None]:
    """Keep every promise that is due. Returns how many rows each rule ended, None for a rule that failed.

    A rule that fails is logged and does not stop the others. After `seconds` the rest is left to the next run.
    """
    moment, until = Moment(now, machine_now), time.monotonic() + seconds
    return {rule.name: _run(rule, moment, until) for rule in RULES}


def planned(*, now: datetime, machine_now: datetime) -> dict[str, int]:
    """How many rows each rule would end now, if it were alone; changes nothing."""
    moment = Moment(now, machine_now)
    return {rule.name: rule.due(moment).count() for rule in RULES}


def _run(rule: Rule, moment: Moment, until: float) -> int | None:
    ended = 0
    try:
        while time.monotonic() < until and (batch := _end_some(rule, moment)):
            ended += batch
    except Exception:  # the other promises must be kept
        log.exception("the retention rule %s failed", rule.name)
        return None
    return ended


@transaction.atomic
def _end_some(rule: Rule, moment: Moment) -> int:
    """Hold a batch, look again with what was committed meanwhile, and end what is still due."""
    model = rule.due(moment).model
    waiting = model._base_manager.filter(pk__in=rule.due(moment).values("pk")).order_by("pk")
    if others := rule.together_with:
        waiting = waiting.select_related(*others).only("pk", *others, *(f"{other}__id" for other in others))
    else:
        waiting = waiting.only("pk")
    held = [row.pk for row in waiting.select_for_update(of=("self", *others), skip_locked=True)[:BATCH]]
    still = [*rule.due(moment).filter(pk__in=held).values_list("pk", flat=True)]
    if still:
        rule.end(model._base_manager.filter(pk__in=still), moment)
    return len(still)


def as_table(counts: Mapping[str, int | None]) -> str:
    """The rules with `counts` beside them, a line each."""
    rows = [("rule", "kept", "since", "then", "rows")]
    for rule in RULES:
        count = counts[rule.name]
        rows.append((rule.name, rule.term, rule.since, rule.outcome, "failed" if count is None else str(count)))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4].rjust(6)])
        for row in rows
    )
