"""Rows of the ledger taken for sending: claimed with a lease, marked just before sending, stamped with the outcome.

A process knows its claim by the instant at which the lease ends; whoever lost the lease can neither mark nor stamp.
Leases are machine time by the database's clock. Each statement here is a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import DatabaseError

from participants.models import Notification
from participants.operations import statements
from programs.models import Channel, ReminderRule
from programs.models.regions import ZONE_ABBREVIATIONS
from programs.models.reminders import QUIET_FROM, QUIET_UNTIL, awake

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
    "ticket_replaced",
    "consent_withdrawn",
    "staff_invited",
    "sample",
]
KINDS = Notification.Kind.values
CALM = [kind for kind in KINDS if kind not in URGENT]

# Of kinds that this code knows: during an upgrade those of newer code wait for its own processes.
CLAIM = """
    WITH due AS (
        SELECT id FROM participants_notification
        WHERE queue = %(queue)s AND settled_at IS NULL AND due_at <= %(now)s AND kind = ANY(%(kinds)s)
          AND (leased_until IS NULL OR leased_until < clock_timestamp())
          AND (state IN ('due', 'retrying') AND (retry_at IS NULL OR retry_at <= %(now)s) OR state = 'sending')
        ORDER BY due_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED
    ), lease AS (SELECT clock_timestamp() + %(lease)s * interval '1 second' AS ends)
    UPDATE participants_notification row SET leased_until = lease.ends FROM due, lease WHERE row.id = due.id
    RETURNING row.id, row.leased_until
"""
# Only while the lease is ours, and while what the message says is what was read: else the row is read again.
MARK = """
    UPDATE participants_notification row
    SET state = 'sending', channel = %(way)s, attempts = attempts + 1,
        leased_until = clock_timestamp() + %(lease)s * interval '1 second'
    WHERE row.id = %(id)s AND row.leased_until = %(leased_until)s
      AND (row.registration_id IS NULL OR EXISTS (
          SELECT FROM participants_registration r JOIN programs_trainingsession s ON s.id = r.session_id
          WHERE r.id = row.registration_id
            AND (r.participant_id, r.place, r.guardian) = (%(participant)s, %(place)s, %(guardian)s)
            AND (r.offered_until, r.coming_answered_at)
                IS NOT DISTINCT FROM (%(offered_until)s::timestamptz, %(coming_answered_at)s::timestamptz)
            AND (s.status, s.schedule_version, s.place_version)
                = (%(status)s, %(schedule_version)s, %(place_version)s)))
      AND (%(account)s::bigint IS NULL OR EXISTS (
          SELECT FROM accounts_user account
          WHERE account.id = %(account)s AND (account.email, account.is_active) = (%(email)s, %(is_active)s)))
      AND (%(rule)s::bigint IS NULL OR EXISTS (
          SELECT FROM programs_reminderrule rule
          WHERE rule.id = %(rule)s AND (rule.is_on, rule.anchor) = (true, %(anchor)s)))
      AND (%(broadcast)s::bigint IS NULL OR EXISTS (
          SELECT FROM participants_broadcast broadcast
          WHERE broadcast.id = %(broadcast)s AND broadcast.stopped_at IS NULL))
      AND (row.guardian_request_id IS NULL OR EXISTS (
          SELECT FROM participants_guardianrequest g
          WHERE g.id = row.guardian_request_id AND g.registration_id = %(asked_for)s
            AND g.answer = %(answer)s AND g.expires_at = %(expires_at)s))
      AND (row.login_code_id IS NULL OR EXISTS (
          SELECT FROM participants_logincode c
          WHERE c.id = row.login_code_id AND c.used_at IS NULL AND c.wrong_guesses < 3))
      AND (%(consent)s::bigint IS NULL OR EXISTS (
          SELECT FROM participants_consent c
          WHERE c.id = %(consent)s AND c.withdrawn_at IS NULL AND c.unreached_at IS NULL))
      AND (%(absence)s::text IS NULL OR NOT EXISTS (
          SELECT FROM participants_appeal a WHERE a.registration_id = row.registration_id AND a.code = %(absence)s))
    RETURNING row.leased_until, row.attempts
"""
STAMP = """
    UPDATE participants_notification
    SET state = %(state)s, reason = %(reason)s, retry_at = %(retry_at)s, settled_at = %(settled_at)s,
        sent_as = %(sent_as)s, leased_until = NULL
    WHERE id = %(id)s AND leased_until = %(leased_until)s
"""
HAND_ON = """
    UPDATE participants_notification
    SET state = 'due', channel = %(way)s, attempts = 0, reason = %(reason)s, retry_at = NULL, sent_as = ''
    WHERE id = %(id)s AND leased_until = %(leased_until)s
"""
GIVE_BACK = """
    UPDATE participants_notification SET leased_until = NULL
    WHERE id = %(id)s AND leased_until = %(leased_until)s AND state IN ('due', 'retrying')
"""
# What is not urgent waits for the end of the quiet hours, those of its rule or the house's, unless it would be of no
# use then or the training is tomorrow at the latest.
POSTPONE = """
    WITH later AS (
        SELECT row.id, morning.at
        FROM participants_notification row
        JOIN programs_region region ON region.id = row.region_id
        LEFT JOIN participants_registration r ON row.kind = 'reminder' AND r.id = row.registration_id
        LEFT JOIN programs_reminderrule rule
            ON rule.program_id = r.program_id AND rule.slug = split_part(row.occurrence, ':', 1)
        CROSS JOIN LATERAL (
            SELECT %(now)s AT TIME ZONE region.time_zone AS wall,
                   coalesce(rule.quiet_from, %(quiet_from)s) AS quiet_from,
                   coalesce(rule.quiet_until, %(quiet_until)s) AS quiet_until
        ) AS here
        CROSS JOIN LATERAL (
            SELECT here.quiet_until < here.quiet_from AS over_midnight, here.wall::time >= here.quiet_from AS is_late,
                   here.wall::time < here.quiet_until AS is_early
        ) AS asleep
        CROSS JOIN LATERAL (
            SELECT (here.wall::date + (over_midnight AND is_late)::int + here.quiet_until)
                   AT TIME ZONE region.time_zone AS at
        ) AS morning
        WHERE row.queue = %(queue)s AND row.settled_at IS NULL AND row.state IN ('due', 'retrying')
          AND row.due_at <= %(now)s AND (row.retry_at IS NULL OR row.retry_at <= %(now)s)
          AND (row.leased_until IS NULL OR row.leased_until < clock_timestamp())
          AND row.kind = ANY(%(calm)s) AND rule.is_urgent IS NOT TRUE
          AND CASE WHEN over_midnight THEN is_late OR is_early ELSE is_late AND is_early END
          AND (row.useful_until IS NULL OR row.useful_until > morning.at)
          AND (row.kind IN ('reminder', 'still_coming') OR NOT EXISTS (
              SELECT FROM participants_registration r
              JOIN programs_trainingday days ON days.session_id = r.session_id
              WHERE r.id = row.registration_id AND days.date - here.wall::date BETWEEN 0 AND 1))
        FOR NO KEY UPDATE OF row SKIP LOCKED  -- whoever holds one postpones or claims it: no two wait for each other
    )
    UPDATE participants_notification row
    SET due_at = CASE WHEN row.state = 'due' THEN later.at ELSE row.due_at END,
        retry_at = CASE WHEN row.state = 'due' THEN row.retry_at ELSE later.at END
    FROM later WHERE row.id = later.id
"""


@contextmanager
def without_waiting_for_the_disk() -> Iterator[None]:
    """For as long as the block lasts, commits are not waited for until they are on disk.

    A claim, mark or stamp that is lost with the machine (not with the process) is made again, at the worst with one
    mail. What is written in a block is lost from its end backwards, never with a gap.
    """
    statements.run("SET synchronous_commit = off", {})
    try:
        yield
    finally:
        with suppress(DatabaseError):  # a connection that broke ends its settings
            statements.run("RESET synchronous_commit", {})


def lease_seconds() -> int:
    """How long one message may take at the very most: every word of a server may come at the last moment."""
    return 6 * (settings.EMAIL_TIMEOUT or 20)


def claim(queue: str, now: datetime) -> dict[int, datetime]:
    """Take up to a hundred due rows of kinds that this code knows, oldest first; each with the end of its lease."""
    if _may_be_quiet(queue, now):
        statements.run(
            POSTPONE,
            {"queue": queue, "now": now, "calm": CALM, "quiet_from": QUIET_FROM, "quiet_until": QUIET_UNTIL},
        )
    wanted = {"queue": queue, "now": now, "kinds": KINDS, "lease": lease_seconds(), "batch": BATCH}
    rows = statements.run_planned(CLAIM, wanted)
    return dict(sorted(rows))


def mark(notification: Notification, way: Channel) -> bool:
    """Say that the row is about to go `way`. False when the lease is lost or a fact has changed since it was read."""
    registration, request = notification.registration, notification.guardian_request
    session = registration.session if registration else None
    account = notification.account or (registration.participant.user if registration else None)
    facts = {
        "id": notification.pk,
        "leased_until": notification.leased_until,
        "lease": lease_seconds(),
        "account": account.pk if account else None,
        "email": account.email if account else None,
        "is_active": account.is_active if account else None,
        "participant": registration.participant_id if registration else None,
        "place": registration.place if registration else None,
        "guardian": registration.guardian if registration else None,
        "offered_until": registration.offered_until if registration else None,
        "coming_answered_at": registration.coming_answered_at if registration else None,
        "status": session.status if session else None,
        "schedule_version": session.schedule_version if session else None,
        "place_version": session.place_version if session else None,
        "asked_for": request.registration_id if request else None,
        "answer": request.answer if request else None,
        "expires_at": request.expires_at if request else None,
        "way": way,
        "rule": notification.rule.pk if notification.rule else None,
        "anchor": notification.rule.anchor if notification.rule else None,
        "broadcast": notification.broadcast.pk if notification.broadcast else None,
        "absence": notification.absence or None,
        "consent": notification.whatsapp.pk if notification.whatsapp and way == Channel.WHATSAPP else None,
    }
    marked = statements.run_planned(MARK, facts)
    if marked:
        ((notification.leased_until, notification.attempts),) = marked
    return bool(marked)


def stamp(
    notification: Notification,
    *,
    state: Notification.State,
    reason: str = "",
    sent_as: str = "",
    retry_at: datetime | None = None,
    settled_at: datetime | None = None,
) -> None:
    """Write what became of the row and end the lease; nothing when another process has taken the row over.

    A database that restarts is waited for as long as a lease lasts: what was sent is not sent once more.
    """
    values: dict[str, Any] = {"state": state, "reason": reason[:120], "retry_at": retry_at, "settled_at": settled_at}
    values |= {"sent_as": sent_as, "id": notification.pk, "leased_until": notification.leased_until}
    statements.insist(statements.run_planned, STAMP, values, seconds=lease_seconds())


def pass_on(notification: Notification, way: Channel, *, reason: str) -> None:
    """Let the row go `way` after the channel before it has failed for `reason`; whoever holds the row keeps it."""
    values: dict[str, Any] = {"way": way, "reason": reason[:120]}
    values |= {"id": notification.pk, "leased_until": notification.leased_until}
    statements.insist(statements.run, HAND_ON, values, seconds=lease_seconds())


def put_off(notification: Notification, *, until: datetime) -> None:
    """Let go of a row that was not begun, until `until` (programme time); nothing when its lease is lost.

    One that was never tried is as late as it is, meanwhile; a row that is `retrying` is not late until then.
    """
    stamp(notification, state=notification.state, reason=notification.reason, retry_at=until)  # type: ignore[arg-type]


def give_back(claimed: dict[int, datetime]) -> None:
    """Let go of rows that were claimed and not begun, so that anybody may take them at once: also after a restart."""
    for pk, leased_until in claimed.items():
        statements.insist(
            statements.run, GIVE_BACK, {"id": pk, "leased_until": leased_until}, seconds=min(10, lease_seconds())
        )


def _may_be_quiet(queue: str, now: datetime) -> bool:
    """Whether anything of `queue` may have to wait at `now`; rules have hours of their own."""
    hours = {(QUIET_FROM, QUIET_UNTIL)}
    if queue == Notification.Queue.BULK:
        hours.update(ReminderRule.objects.values_list("quiet_from", "quiet_until").distinct().order_by())
    walls = [now.astimezone(ZoneInfo(zone)) for zone in ZONE_ABBREVIATIONS]
    return any(awake(wall, quiet_from=start, quiet_until=end) != wall for wall in walls for start, end in hours)
