"""Sending what is due: claim, check again, send, stamp. Any process may die at any instant.

    due/retrying --claim (lease)--> checked --mark--> sending --stamp--> sent | retrying | failed
                                       '-------------------------------> cancelled | missed

A row is marked `sending` before anything is said to the mail server. One left so by a killed process is taken up again
when its lease has run out, with the same Message-ID: at most one repeat for each killed sending process. No transaction
is open while the mail server talks.
"""

from __future__ import annotations

import logging
import random
import smtplib
from datetime import datetime, timedelta

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction

from participants.messages.mails import mail
from participants.models import GuardianRequest, Notification, Registration
from programs.models import TrainingSession

log = logging.getLogger(__name__)

State, Kind = Notification.State, Notification.Kind
BATCH = 100
LEASE_SECONDS = 120  # longer than the mail server's time-outs
GIVE_UP_AFTER = timedelta(hours=24)
LADDER = [timedelta(seconds=seconds) for seconds in (30, 60, 120, 300, 900, 1800, 3600, 7200, 14400)]
CODE_LADDER = [timedelta(seconds=seconds) for seconds in (5, 10, 15, 30, 60)]

CLAIM = """
    UPDATE participants_notification SET leased_until = clock_timestamp() + %(lease)s * interval '1 second'
    WHERE id IN (
        SELECT id FROM participants_notification
        WHERE queue = %(queue)s AND (leased_until IS NULL OR leased_until < clock_timestamp()) AND (
            state IN ('due', 'retrying') AND due_at <= %(now)s AND (retry_at IS NULL OR retry_at <= %(now)s)
            OR state = 'sending')
        ORDER BY due_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
    RETURNING id, leased_until
"""
MARK = """
    UPDATE participants_notification
    SET state = 'sending', attempts = attempts + 1, leased_until = clock_timestamp() + %(lease)s * interval '1 second'
    WHERE id = %(id)s AND leased_until = %(leased_until)s
"""
STAMP = """
    UPDATE participants_notification
    SET state = %(state)s, reason = %(reason)s, retry_at = %(retry_at)s, settled_at = %(settled_at)s,
        leased_until = NULL
    WHERE id = %(id)s
"""


class MailServerAway(Exception):
    """The mail server cannot be reached: nothing was sent, and the rest of the batch need not try."""


def deliver(*, queue: str, now: datetime, machine_now: datetime, seconds: float = 200) -> int:
    """Send what is due in `queue` at programme time `now`, batch by batch. Returns how many were sent.

    Safe to run in any number of processes at once. Stops after about `seconds`, or when the mail server is away.
    """
    sent, ends = 0, machine_now + timedelta(seconds=seconds)
    server = get_connection()
    claimed: dict[int, datetime] = {}
    try:
        while claimed := _claim(queue, now):
            full = len(claimed) == BATCH
            for pk in list(claimed):
                sent += _settle(_read(pk), claimed[pk], server, now, machine_now)
                del claimed[pk]
            if not full or machine_now >= ends:
                break
    except MailServerAway as error:
        log.warning("the mail server is away: %s", error)
        # Give back what was claimed and not begun, so that the next tick can try.
        Notification.objects.filter(pk__in=claimed, state__in=[State.DUE, State.RETRYING]).update(leased_until=None)
    finally:
        _close(server)
    return sent


def _claim(queue: str, now: datetime) -> dict[int, datetime]:
    """Take up to a hundred due rows; each with the end of its lease, by which this process knows its claim again."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"queue": queue, "now": now, "lease": LEASE_SECONDS, "batch": BATCH})
        return dict(sorted(cursor.fetchall()))


def _read(pk: int) -> Notification:
    """The row with all its facts, as they are just before it is sent."""
    rows = Notification.objects.select_related(
        "login_code",
        "registration__participant__user",
        "registration__session__program",
        "registration__session__region",
        "registration__session__venue",
        "guardian_request__registration__participant",
        "guardian_request__registration__session__program",
        "guardian_request__registration__session__region",
        "guardian_request__registration__session__venue",
    )
    days = ("registration__session__days", "guardian_request__registration__session__days")
    return rows.prefetch_related(*days).get(pk=pk)


def _settle(
    notification: Notification,
    leased_until: datetime,
    server: BaseEmailBackend,
    now: datetime,
    machine_now: datetime,
) -> int:
    """Bring one claimed row to its outcome; whatever goes wrong with it stays with it. Returns 1 when it was sent."""
    if notification.useful_until and now >= notification.useful_until:
        return _stamp(notification, State.MISSED, "too late to be useful", now)
    if reason := untrue(notification, machine_now):
        return _stamp(notification, State.CANCELLED, reason, now)
    try:
        message = mail(notification)
    except Exception as error:  # one row that cannot be written must not stop those behind it
        log.exception("notification %s cannot be written", notification.pk)
        return _stamp(notification, State.FAILED, f"cannot be written: {type(error).__name__}", now)
    try:
        server.open()
    except (OSError, smtplib.SMTPException) as error:
        raise MailServerAway(f"{type(error).__name__}: {error}") from error
    with connection.cursor() as cursor:
        cursor.execute(MARK, {"id": notification.pk, "leased_until": leased_until, "lease": LEASE_SECONDS})
        if cursor.rowcount == 0:
            return 0  # this process was too slow, and another has taken the row over
    notification.attempts += 1
    try:
        server.send_messages([message])
    except (OSError, smtplib.SMTPException) as error:
        _close(server)
        state, reason = _verdict(error)
        return _stamp(notification, state, reason, now)
    return _stamp(notification, State.SENT, "", now)


def untrue(notification: Notification, machine_now: datetime) -> str:
    """Why the message must not go out any more, or nothing when what it says is still true."""
    if code := notification.login_code:
        return "" if code.is_usable(machine_now) else "the code was used or is dead"
    if request := notification.guardian_request:
        return _untrue_to_guardian(notification, request)
    registration = notification.registration
    assert registration is not None  # noqa: S101 -- held by a database constraint
    session = registration.session
    match Kind(notification.kind):
        case Kind.REMINDER:
            if not registration.is_confirmed or session.status != TrainingSession.Status.PUBLISHED:
                return "no longer comes"
            return "" if notification.version == session.schedule_version else "the session was moved"
        case Kind.REGISTERED | Kind.GUARDIAN_GIVEN:
            return "" if registration.is_live else "the registration was released"
        case Kind.QUEUED:
            return "" if registration.place == Registration.Place.QUEUED else "no longer in the queue"
        case Kind.PROMOTED:
            return (
                ""
                if registration.place in (Registration.Place.SEAT, Registration.Place.OFFERED)
                else "no seat any more"
            )
        case Kind.SESSION_MOVED:
            current = notification.occurrence == f"{session.schedule_version}@{session.venue_id}"
            return "" if registration.is_live and current else "moved again, or released"
        case _:
            return "" if not registration.is_live else "lives after all"


def _untrue_to_guardian(notification: Notification, request: GuardianRequest) -> str:
    if notification.kind == Kind.GUARDIAN_ASKED:
        return "" if request.answer == GuardianRequest.Answer.OPEN else "answered or replaced"
    return "" if request.answer == GuardianRequest.Answer.EXPIRED else "answered after all"


def _verdict(error: Exception) -> tuple[Notification.State, str]:
    """What the mail server's answer means for the row: 5xx is final, everything else is worth another try."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, text = error.smtp_code, error.smtp_error
    else:
        return State.RETRYING, type(error).__name__
    words = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    return (State.FAILED if 500 <= code < 600 else State.RETRYING), f"{code} {words}"[:120]


def _stamp(notification: Notification, state: Notification.State, reason: str, now: datetime) -> int:
    retry_at = None
    if state == State.RETRYING:
        retry_at = _next_try(notification, now)
        if retry_at is None:
            state, reason = State.FAILED, f"gave up: {reason}"[:120]
    settled_at = None if state == State.RETRYING else now
    values = {"id": notification.pk, "state": state, "reason": reason, "retry_at": retry_at, "settled_at": settled_at}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")  # a stamp lost with the machine repeats one mail
        cursor.execute(STAMP, values)
    return int(state == State.SENT)


def _next_try(notification: Notification, now: datetime) -> datetime | None:
    """When to try again, spread by chance so that many do not come back at once; None when it is time to give up."""
    ladder = CODE_LADDER if notification.queue == Notification.Queue.CODES else LADDER
    wait = ladder[min(notification.attempts, len(ladder)) - 1] * random.uniform(0.8, 1.2)  # noqa: S311 -- no secret
    last = notification.useful_until or notification.due_at + GIVE_UP_AFTER
    return now + wait if now + wait < last else None


def _close(server: BaseEmailBackend) -> None:
    try:
        server.close()
    except (OSError, smtplib.SMTPException):
        log.debug("the mail server hung up first")
