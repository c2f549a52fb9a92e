"""Rows of the ledger taken for sending: claimed with a lease, marked just before sending, stamped with the outcome.

A process knows its claim by the instant at which the lease ends; whoever lost the lease can neither mark nor stamp.
Leases are machine time by the database's clock. Each statement here is a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Prefetch, prefetch_related_objects

from participants.models import Broadcast, GuardianRequest, Notification, Registration
from participants.operations import samples
from programs.models import ReminderRule, TrainingSession
from programs.models.regions import ZONE_ABBREVIATIONS
from programs.models.reminders import QUIET_FROM, QUIET_UNTIL

BATCH = 100
# Sent at any hour: what answers somebody's own act, and what changes where they must be.
URGENT = [
    "login_code",
    "registered",
    "queued",
    "switched",
    "guardian_asked",
    "guardian_moved",
    "cancelled",
    "session_moved",
    "session_cancelled",
    "recovery_set",
    "recovery_removed",
    "address_changed",
    "consent_withdrawn",
]

# A claim, mark or stamp that is lost with the machine (not with the process) is made again, at the worst with one mail.
QUICKLY = "SET LOCAL synchronous_commit = off; "

CLAIM = """
    WITH due AS (
        SELECT id FROM participants_notification
        WHERE queue = %(queue)s AND (leased_until IS NULL OR leased_until < clock_timestamp()) AND (
            state IN ('due', 'retrying') AND due_at <= %(now)s AND (retry_at IS NULL OR retry_at <= %(now)s)
            OR state = 'sending')
        ORDER BY due_at, id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
    ), lease AS (SELECT clock_timestamp() + %(lease)s * interval '1 second' AS ends)
    UPDATE participants_notification row SET leased_until = lease.ends FROM due, lease WHERE row.id = due.id
    RETURNING row.id, row.leased_until
"""
# Only while the lease is ours, and while what the message says is what was read: else the row is read again.
MARK = """
    UPDATE participants_notification row
    SET state = 'sending', attempts = attempts + 1, leased_until = clock_timestamp() + %(lease)s * interval '1 second'
    WHERE row.id = %(id)s AND row.leased_until = %(leased_until)s
      AND (row.registration_id IS NULL OR EXISTS (
          SELECT FROM participants_registration r JOIN programs_trainingsession s ON s.id = r.session_id
          WHERE r.id = row.registration_id AND (r.place, r.guardian) = (%(place)s, %(guardian)s)
            AND r.offered_until IS NOT DISTINCT FROM %(offered_until)s
            AND (s.status, s.schedule_version, s.place_version)
                = (%(status)s, %(schedule_version)s, %(place_version)s)))
      AND (row.guardian_request_id IS NULL OR EXISTS (
          SELECT FROM participants_guardianrequest g
          WHERE g.id = row.guardian_request_id AND g.registration_id = %(asked_for)s
            AND g.answer = %(answer)s AND g.expires_at = %(expires_at)s))
      AND (row.login_code_id IS NULL OR EXISTS (
          SELECT FROM participants_logincode c
          WHERE c.id = row.login_code_id AND c.used_at IS NULL AND c.wrong_guesses < 3))
    RETURNING row.leased_until, row.attempts
"""
STAMP = """
    UPDATE participants_notification
    SET state = %(state)s, reason = %(reason)s, retry_at = %(retry_at)s, settled_at = %(settled_at)s,
        leased_until = NULL
    WHERE id = %(id)s AND leased_until = %(leased_until)s
"""
GIVE_BACK = """
    UPDATE participants_notification SET leased_until = NULL
    WHERE id = %(id)s AND leased_until = %(leased_until)s AND state IN ('due', 'retrying')
"""
# What is not urgent waits for the morning, unless it would be of no use then or the training is tomorrow at the latest.
POSTPONE = """
    UPDATE participants_notification row
    SET due_at = CASE WHEN row.state = 'due' THEN morning.at ELSE row.due_at END,
        retry_at = CASE WHEN row.state = 'due' THEN row.retry_at ELSE morning.at END
    FROM programs_region region
    CROSS JOIN LATERAL (SELECT %(now)s AT TIME ZONE region.time_zone AS wall) AS here
    CROSS JOIN LATERAL (
        SELECT (here.wall::date + (here.wall::time >= %(quiet_from)s)::int + %(quiet_until)s)
               AT TIME ZONE region.time_zone AS at
    ) AS morning
    WHERE row.region_id = region.id AND row.queue = %(queue)s AND row.state IN ('due', 'retrying')
      AND row.due_at <= %(now)s AND (row.retry_at IS NULL OR row.retry_at <= %(now)s)
      AND (row.leased_until IS NULL OR row.leased_until < clock_timestamp())
      AND (here.wall::time >= %(quiet_from)s OR here.wall::time < %(quiet_until)s)
      AND row.kind <> ALL(%(urgent)s) AND (row.useful_until IS NULL OR row.useful_until > morning.at)
      AND NOT EXISTS (
          SELECT FROM participants_registration r
          JOIN programs_reminderrule rule ON rule.program_id = r.program_id AND rule.is_urgent
          WHERE row.kind = 'reminder' AND r.id = row.registration_id
            AND rule.slug = split_part(row.occurrence, ':', 1))
      AND (row.kind IN ('reminder', 'still_coming') OR NOT EXISTS (
          SELECT FROM participants_registration r JOIN programs_trainingday days ON days.session_id = r.session_id
          WHERE r.id = row.registration_id AND days.date - here.wall::date BETWEEN 0 AND 1))
"""


SUBJECTS = {
    "registration": Registration.objects.select_related("participant__user"),
    "guardian_request": GuardianRequest.objects.select_related("registration__participant"),
}


def lease_seconds() -> int:
    """How long one message may take at the very most: every word of the mail server may come at the last moment."""
    return 6 * (settings.EMAIL_TIMEOUT or 20)


def claim(queue: str, now: datetime) -> dict[int, datetime]:
    """Take up to a hundred due rows, oldest first; each with the end of its lease."""
    if any(_is_quiet(now, zone) for zone in ZONE_ABBREVIATIONS):
        _execute(
            POSTPONE,
            {"queue": queue, "now": now, "urgent": URGENT, "quiet_from": QUIET_FROM, "quiet_until": QUIET_UNTIL},
        )
    rows = _execute(CLAIM, {"queue": queue, "now": now, "lease": lease_seconds(), "batch": BATCH})
    return dict(sorted(rows))


def read(pks: Iterable[int]) -> list[Notification]:
    """The rows with all the facts their messages tell, oldest due first.

    Five queries for any number of rows, one for login codes alone; one more each where guardians are asked, where
    there are reminders, and where staff wrote.
    """
    rows = Notification.objects.filter(pk__in=pks).select_related("login_code", "account")
    notifications = list(rows.order_by("due_at", "pk"))
    for name, related in SUBJECTS.items():
        about = [row for row in notifications if getattr(row, f"{name}_id")]
        prefetch_related_objects(about, Prefetch(name, related.all()))
    registrations = [found for row in notifications if (found := _registration(row))]
    openings = {row: int(row.occurrence) for row in notifications if row.kind == Notification.Kind.REGION_OPEN}
    sessions = (
        TrainingSession.objects.with_places()
        .prefetch_related("program__modules")
        .in_bulk({row.session_id for row in registrations} | {*openings.values()})
    )
    for row, opened in openings.items():
        row.opened_session = sessions.get(opened)
    for registration in registrations:
        registration.session = sessions[registration.session_id]
    _read_rules([row for row in notifications if row.kind == Notification.Kind.REMINDER])
    for row in notifications:
        if row.kind == Notification.Kind.SAMPLE:
            row.sample = samples.read(row)
    _read_broadcasts([row for row in notifications if row.kind == Notification.Kind.BROADCAST])
    return notifications


def _read_rules(reminders: list[Notification]) -> None:
    """Put beside each reminder the rule that it follows, as it is now; one query where there are reminders."""
    if not reminders:
        return
    programs = {row.registration.program_id for row in reminders}  # type: ignore[union-attr]
    rules = {(rule.program_id, rule.slug): rule for rule in ReminderRule.objects.filter(program__in=programs)}
    for row in reminders:
        slug = row.occurrence.rpartition(":")[0]
        row.rule = rules.get((row.registration.program_id, slug))  # type: ignore[union-attr]


def _read_broadcasts(copies: list[Notification]) -> None:
    """Put beside each copy of a broadcast what staff wrote; one query where there are any."""
    if copies:
        written = Broadcast.objects.in_bulk({int(row.occurrence) for row in copies})
        for row in copies:
            row.broadcast = written.get(int(row.occurrence))


def mark(notification: Notification) -> bool:
    """Say that the row is about to be sent. False when the lease is lost or a fact has changed since it was read."""
    registration, request = notification.registration, notification.guardian_request
    session = registration.session if registration else None
    facts = {
        "id": notification.pk,
        "leased_until": notification.leased_until,
        "lease": lease_seconds(),
        "place": registration.place if registration else None,
        "guardian": registration.guardian if registration else None,
        "offered_until": registration.offered_until if registration else None,
        "status": session.status if session else None,
        "schedule_version": session.schedule_version if session else None,
        "place_version": session.place_version if session else None,
        "asked_for": request.registration_id if request else None,
        "answer": request.answer if request else None,
        "expires_at": request.expires_at if request else None,
    }
    marked = _execute(MARK, facts)
    if marked:
        ((notification.leased_until, notification.attempts),) = marked
    return bool(marked)


def stamp(
    notification: Notification,
    *,
    state: Notification.State,
    reason: str = "",
    retry_at: datetime | None = None,
    settled_at: datetime | None = None,
) -> None:
    """Write what became of the row and end the lease; nothing when another process has taken the row over."""
    values = {"state": state, "reason": reason[:120], "retry_at": retry_at, "settled_at": settled_at}
    _execute(STAMP, {"id": notification.pk, "leased_until": notification.leased_until, **values})


def give_back(claimed: dict[int, datetime]) -> None:
    """Let go of rows that were claimed and not begun, so that anybody may take them at once."""
    for pk, leased_until in claimed.items():
        _execute(GIVE_BACK, {"id": pk, "leased_until": leased_until})


def _registration(notification: Notification) -> Registration | None:
    request = notification.guardian_request
    return request.registration if request else notification.registration


def _is_quiet(now: datetime, zone: str) -> bool:
    wall = now.astimezone(ZoneInfo(zone)).time()
    return wall >= QUIET_FROM or wall < QUIET_UNTIL


def _execute(sql: str, values: dict[str, Any]) -> Sequence[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(QUICKLY + sql, values)
        return cursor.fetchall() if cursor.description else []
