"""Which reminders fall due now, from rules, sessions and registrations as they are this minute.

Nothing is scheduled ahead: moving a session or changing a rule needs no other act. A promise is keyed by rule, day and
the version of the session's schedule, so planning may run any number of times and anywhere.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import QuerySet

from participants import queries
from participants.models import Attendance, Mark, Notification, Registration
from participants.queries.reminders import (
    ALIKE,
    FALLEN_DUE,
    IN_TIME,
    MAY_GO_AFTER_ALL,
    NEWEST_DUE,
    OCCURRENCES,
    SINCE,
    WANTING,
    moment,
)
from programs.models import ReminderRule, TrainingSession

Audience = ReminderRule.Audience

SESSIONS_AT_ONCE = 50  # so that no statement runs into its time limit, and what is promised first is sent meanwhile
WORTH_A_CONNECTION = 4  # as many times that a second connection is made, which works beside the first

OVERDUE = f"""
    SELECT DISTINCT session_id FROM ({OCCURRENCES}) AS occurrences WHERE {FALLEN_DUE} ORDER BY session_id
"""  # noqa: S608 -- joined from constants
# Whether a rule stands as it is since before an occurrence lost its use: what it did not say then nobody missed.
STOOD_THEN = """
    NOT EXISTS (
        SELECT FROM participants_deed WHERE "table" = 'programs.reminderrule' AND "row" = rule_id::text
          AND at >= useful_until)
"""
PROMISE = f"""
    WITH due AS MATERIALIZED (
        SELECT *, {NEWEST_DUE}
        FROM ({OCCURRENCES}) AS occurrences
        WHERE {FALLEN_DUE} AND session_id = ANY(%(sessions)s) AND (useful_until > %(now)s OR {STOOD_THEN}) {ALIKE}
    ), wanting AS MATERIALIZED (
        {WANTING}
    ), seed AS MATERIALIZED (
        SELECT lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') AS moment,
               gen_random_uuid()::text AS secret
    )
    INSERT INTO participants_notification AS promised
        (public_id, kind, registration_id, region_id, occurrence, version, queue, due_at, useful_until,
         state, reason, settled_at, attempts, created_at)
    SELECT (seed.moment || '7' || left(drawn.letters, 3) || '8' || substr(drawn.letters, 4, 15))::uuid,
           'reminder', registration_id, region_id, occurrence, schedule_version, 'bulk', due_at,
           useful_until, outcome.state, outcome.reason, CASE WHEN outcome.state <> 'due' THEN %(now)s END, 0, %(now)s
    FROM wanting AS due
    CROSS JOIN seed
    CROSS JOIN LATERAL (
        -- Ids in the order of time (version 7 of RFC 9562), so that the pages of their index are written one after
        -- another; asking the system for chance once a statement, not once a row, saves a tenth of the whole.
        SELECT encode(sha256(convert_to(seed.secret || occurrence || registration_id, 'UTF8')), 'hex') AS letters
        OFFSET 0
    ) AS drawn
    {SINCE}
    CROSS JOIN LATERAL (
        SELECT CASE WHEN NOT is_useful THEN 'missed' WHEN is_stood_in_for THEN 'cancelled' ELSE 'due' END,
               CASE WHEN NOT is_useful THEN 'nothing ticked in time'
                    WHEN is_stood_in_for THEN 'a newer reminder says more' ELSE '' END
    ) AS outcome (state, reason)
    WHERE {IN_TIME}
    ORDER BY due.registration_id  -- who registered first is reminded first
    ON CONFLICT ON CONSTRAINT notification_of_subject DO UPDATE
    SET state = 'due', reason = '', settled_at = NULL, due_at = excluded.due_at, useful_until = excluded.useful_until
    WHERE excluded.state = 'due' AND {MAY_GO_AFTER_ALL}
"""  # noqa: S608 -- joined from constants


def plan(*, now: datetime) -> int:
    """Promise every reminder that is due at `now`, still useful, and not promised yet. Returns how many rows it made
    or made due again: those that were not sent for a reason that has passed, and never tried.

    Where time passed without a tick, of several that are overdue and useful only the newest is promised, and the newest
    of those that everybody gets (neither optional nor without mail); the others, and those of no use any more (for a
    week back), are written down as what they are, unless staff changed their rule only afterwards. Nothing stands in
    for another to somebody whom it does not mean, or who misses the day that it speaks of.

    Who became certain of a seat less than two hours before a reminder falls due gets the confirmation only. After a
    session was moved, a reminder is promised anew only if its new due time lies after the move.

    Of many sessions half are planned on a connection of their own. One that fails is raised when the others are done.
    """
    with connection.cursor() as cursor:
        cursor.execute(OVERDUE, {"now": now})
        sessions = [session for (session,) in cursor.fetchall()]
    batches = deque(sessions[first : first + SESSIONS_AT_ONCE] for first in range(0, len(sessions), SESSIONS_AT_ONCE))
    if len(batches) < WORTH_A_CONNECTION or connection.in_atomic_block:  # whose rows no other connection sees
        return _promise(batches, now)
    with ThreadPoolExecutor(max_workers=1) as beside:
        other = beside.submit(_promise_beside, batches, now)
        try:
            promised = _promise(batches, now)
        finally:
            batches.clear()  # whoever stops, by a time limit too, stops both
    return promised + other.result()


def _promise(batches: deque[list[int]], now: datetime) -> int:
    """Promise what is due to the sessions of each batch until none is left. Returns how many rows it made."""
    promised = 0
    with connection.cursor() as cursor, suppress(IndexError):
        while True:
            cursor.execute(PROMISE, moment(now) | {"sessions": batches.popleft()})
            promised += cursor.rowcount
    return promised


def _promise_beside(batches: deque[list[int]], now: datetime) -> int:
    """The same in a thread, which has a connection of its own and ends it."""
    try:
        return _promise(batches, now)
    finally:
        connection.close()


@contextmanager
def _tried_out(rule: ReminderRule) -> Iterator[ReminderRule]:
    """For as long as the block lasts, `rule` is saved as it is in memory; then it is taken back."""
    tried = copy(rule)
    with transaction.atomic():
        tried.save()
        yield tried
        transaction.set_rollback(True)


@dataclass(frozen=True)
class Difference:
    """What a change of a rule would do to the messages that are still ahead: how many are `more`, `fewer`, `moved` to
    another hour, and how many may then go by other channels (`rerouted`)."""

    more: int
    fewer: int
    moved: int
    rerouted: int

    def __bool__(self) -> bool:
        return bool(self.more or self.fewer or self.moved or self.rerouted)


def difference(*, rule: ReminderRule, now: datetime) -> Difference:
    """What saving `rule` as it is in memory would change after `now`. It is tried out and taken back."""
    stored = ReminderRule.objects.filter(pk=rule.pk).values_list("channels", flat=True).first()
    before = queries.ahead(rule.program_id, now=now)
    with _tried_out(rule):
        after = queries.ahead(rule.program_id, now=now)
    both = before.keys() & after.keys()
    moved = sum(before[key] != after[key] for key in both)
    rerouted = (
        0
        if stored in (None, rule.channels)
        else sum(occurrence.rpartition(":")[0] == rule.slug for _registration, occurrence in both)
    )
    return Difference(len(after.keys() - before.keys()), len(before.keys() - after.keys()), moved, rerouted)


def example(*, rule: ReminderRule, sessions: QuerySet[TrainingSession], now: datetime) -> queries.Sample | None:
    """What `rule` as it is in memory, on or off, would say to the first whom it means in `sessions`; None for nobody.

    It is tried out and taken back.
    """
    with _tried_out(rule) as tried:
        found = queries.first_meant(rule_id=tried.pk, sessions=sessions, now=now)
        return queries.sample(rule=tried, session_id=found[0], day=found[1]) if found else None


def unsaved_sample(*, rule: ReminderRule, session_id: int, day: int) -> queries.Sample | None:
    """What `rule` as it is in memory says of `day` to a session; None when it never does. It is taken back."""
    with _tried_out(rule) as tried:
        return queries.sample(rule=tried, session_id=session_id, day=day)


def still_meant(notification: Notification, registration: Registration) -> bool:
    """Whether the reminder is for somebody who stands as `registration` does now, as `MEANT` says it in SQL."""
    rule = notification.rule
    assert rule is not None  # noqa: S101 -- what has none is not asked after
    if registration.guardian == Registration.Guardian.ASKED and not rule.before_consent:
        return False
    match rule.audience:
        case Audience.QUEUED:
            return registration.place == Registration.Place.QUEUED
        case Audience.AWAITING_GUARDIAN:
            holds_a_seat = registration.place in (Registration.Place.SEAT, Registration.Place.OFFERED)
            return holds_a_seat and registration.guardian == Registration.Guardian.ASKED
        case Audience.UNANSWERED:
            return registration.is_confirmed and registration.coming_answered_at is None
        case Audience.ABSENT_YESTERDAY:
            before = int(notification.training_day) - 1
            there = Attendance.objects.filter(registration=registration, day__number=before).exclude(mark=Mark.ABSENT)
            return before > 0 and registration.is_confirmed and not there.exists()
        case _:
            return registration.is_confirmed
