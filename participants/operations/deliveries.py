"""Sending what is due: claim, check again, send, stamp. Any process may die at any instant.

    due/retrying --claim (lease)--> checked --mark--> sending --stamp--> sent | retrying | failed
                                       '-------------------------------> cancelled | missed

A row is marked `sending` before anything is said to the mail server, and only if what its message says still holds. One
left so by a killed process is taken up again when its lease has run out, with the same Message-ID: at most one repeat
for each killed sending process. No transaction is open while the mail server talks.
"""

from __future__ import annotations

import logging
import random
import smtplib
import time
from datetime import datetime, timedelta

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from participants.messages.mails import mail
from participants.models import AccessibilityRequest, GuardianRequest, Notification, Registration
from participants.operations import bounces, claims, notifications
from participants.operations.reminders import still_meant
from programs.models import TrainingSession

log = logging.getLogger(__name__)

State, Kind, Queue = Notification.State, Notification.Kind, Notification.Queue
# A run ends after this long and rings again, so that one worker serves its other queues and the tick in between.
SECONDS = {Queue.CODES: 10.0, Queue.TRANSACTIONAL: 10.0, Queue.BULK: 5.0}
GIVE_UP_AFTER = timedelta(hours=24)
LADDER = [timedelta(seconds=seconds) for seconds in (30, 60, 120, 300, 900, 1800, 3600, 7200, 14400)]
CODE_LADDER = [timedelta(seconds=seconds) for seconds in (5, 10, 15, 30, 60)]
OUR_FAULT = {530, 534, 535, 538}  # the mail server does not accept this portal: no row's fault


class MailServerAway(Exception):
    """The mail server cannot be reached or takes nothing from us: the rest of the batch need not try."""


def deliver(*, queue: str, now: datetime, machine_now: datetime, seconds: float | None = None) -> int:
    """Send what is due in `queue` at programme time `now`, batch by batch. Returns how many were sent.

    Safe to run in any number of processes at once. Stops after about `seconds` of real time and rings for the rest, or
    when the mail server is away; what was claimed and not begun is given back.
    """
    sent, begins = 0, time.monotonic()
    ends = begins + (SECONDS[Queue(queue)] if seconds is None else seconds)
    server = get_connection()
    claimed: dict[int, datetime] = {}
    try:
        is_full = True
        while is_full and (claimed := claims.claim(queue, now)):
            is_full = len(claimed) == claims.BATCH  # else nothing was left, and what comes now rings by itself
            for notification in claims.read(claimed):
                if time.monotonic() >= ends:
                    notifications.ring(Queue(queue))
                    return sent
                passed = timedelta(seconds=time.monotonic() - begins)
                sent += _settle(notification, claimed[notification.pk], server, now + passed, machine_now + passed)
                del claimed[notification.pk]
    except MailServerAway as error:
        log.warning("the mail server is away: %s", error)
    finally:
        claims.give_back(claimed)
        _close(server)
    return sent


def _settle(
    notification: Notification,
    leased_until: datetime,
    server: BaseEmailBackend,
    now: datetime,
    machine_now: datetime,
) -> int:
    """Bring one claimed row to its outcome; whatever goes wrong with it stays with it. Returns 1 when it was sent."""
    rows = [notification]
    while rows and rows[0].leased_until == leased_until:
        notification = rows[0]
        if outcome := _not_to_be_sent(notification, now, machine_now):
            state, reason = outcome
            claims.stamp(notification, state=state, reason=reason, settled_at=now)
            return 0
        try:
            message = mail(notification, now=now)
        except Exception as error:  # one row that cannot be written must not stop those behind it
            log.exception("notification %s cannot be written", notification.pk)
            reason = f"cannot be written: {type(error).__name__}"
            claims.stamp(notification, state=State.FAILED, reason=reason, settled_at=now)
            return 0
        try:
            server.open()
        except (OSError, smtplib.SMTPException) as error:
            raise MailServerAway(f"{type(error).__name__}: {error}") from error
        if claims.mark(notification):
            return _send(notification, message, server, now)
        rows = claims.read([notification.pk])
    return 0  # this process was too slow, and another has taken the row over


def _not_to_be_sent(
    notification: Notification, now: datetime, machine_now: datetime
) -> tuple[Notification.State, str] | None:
    """The outcome of a row whose message must not go out, and why. One that was on its way may have gone out."""
    if notification.useful_until and now >= notification.useful_until and not notification.login_code_id:
        state, reason = State.MISSED, "too late to be useful"
    elif reason := untrue(notification, machine_now) or _untrue_address(notification):
        state = State.CANCELLED
    else:
        return None
    return (State.UNKNOWN, f"perhaps sent; {reason}") if notification.state == State.SENDING else (state, reason)


def _send(notification: Notification, message: EmailMessage, server: BaseEmailBackend, now: datetime) -> int:
    """Hand the message over and stamp the answer. Raises MailServerAway, after the stamp, when no more can be sent."""
    try:
        server.send_messages([message])
    except (OSError, smtplib.SMTPException) as error:
        _close(server)
        state, reason = _verdict(error)
        _stamp_failure(notification, state, reason, now)
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            bounces.refuse(notification, reason, now=now)
        if _is_away(error):
            raise MailServerAway(reason) from error
        return 0
    except Exception as error:  # an address that cannot be put on the wire, for example
        log.exception("notification %s cannot be sent", notification.pk)
        _close(server)
        _stamp_failure(notification, State.FAILED, f"cannot be sent: {type(error).__name__}", now)
        return 0
    claims.stamp(notification, state=State.SENT, settled_at=now)
    return 1


def _stamp_failure(notification: Notification, state: Notification.State, reason: str, now: datetime) -> None:
    retry_at = _next_try(notification, now) if state == State.RETRYING else None
    if state == State.RETRYING and retry_at is None:
        state, reason = State.FAILED, f"gave up: {reason}"
    claims.stamp(
        notification, state=state, reason=reason, retry_at=retry_at, settled_at=None if retry_at is not None else now
    )


def untrue(notification: Notification, machine_now: datetime) -> str:
    """Why the message must not go out any more, or nothing when what it says is still true."""
    if code := notification.login_code:
        return "" if code.is_usable(machine_now) else "the code was used or is dead"
    if request := notification.guardian_request:
        return _untrue_to_guardian(notification, request)
    if account := notification.account:
        if not account.is_active:
            return "the account is off"
        if notification.kind == Kind.SAMPLE:
            return "" if notification.sample else "no longer meant"
        opened = notification.opened_session
        is_opening = notification.kind == Kind.REGION_OPEN
        return "the session is not offered" if is_opening and not _is_published(opened) else ""
    registration = notification.registration
    assert registration is not None  # noqa: S101 -- held by a database constraint
    if reason := _untrue_after_withdrawal(notification, registration):
        return reason
    session = registration.session
    match Kind(notification.kind):
        case Kind.REMINDER:
            if not _is_published(session) or not still_meant(notification, registration):
                return "no longer meant" if registration.is_live else "no longer comes"
            return "" if notification.version == session.schedule_version else "the session was moved"
        case Kind.BROADCAST:
            return _untrue_broadcast(notification, registration)
        case Kind.STILL_COMING:
            if not registration.is_confirmed or not _is_published(session):
                return "no longer comes"
            if registration.coming_answered_at:
                return "answered already"
            return "" if notification.version == session.schedule_version else "the session was moved"
        case Kind.REGISTERED | Kind.GUARDIAN_GIVEN | Kind.SWITCHED:
            return "" if registration.is_live else "the registration was released"
        case Kind.QUEUED:
            return "" if registration.place == Registration.Place.QUEUED else "no longer in the queue"
        case Kind.PROMOTED:
            return (
                ""
                if registration.place in (Registration.Place.SEAT, Registration.Place.OFFERED)
                else "no seat any more"
            )
        case Kind.NEED_ANSWERED:
            request = AccessibilityRequest.objects.filter(registration=registration, answered_at__isnull=False).first()
            still = request is not None and request.answer_key == notification.occurrence
            return "" if registration.is_live and still else "the need has changed, or released"
        case Kind.SESSION_MOVED:
            current = notification.occurrence == session.whereabouts
            return "" if registration.is_live and current else "moved again, or released"
        case _:
            return "" if not registration.is_live else "lives after all"


def _untrue_broadcast(notification: Notification, registration: Registration) -> str:
    if notification.broadcast is None or notification.broadcast.stopped_at is not None:
        return "staff stopped it"
    return "" if notification.broadcast.is_for(registration) else "no longer meant"


def _is_published(session: TrainingSession | None) -> bool:
    return session is not None and session.status == TrainingSession.Status.PUBLISHED


def _untrue_address(notification: Notification) -> str:
    return "the address refuses mail" if bounces.is_refused(notification) else ""


def _untrue_after_withdrawal(notification: Notification, registration: Registration) -> str:
    """Once a consent was withdrawn, nothing is said about the registration but that."""
    withdrawn = registration.release_reason == Registration.Release.CONSENT_WITHDRAWN
    return "the consent was withdrawn" if withdrawn and notification.kind != Kind.CONSENT_WITHDRAWN else ""


def _untrue_to_guardian(notification: Notification, request: GuardianRequest) -> str:
    if reason := _untrue_after_withdrawal(notification, request.registration):
        return reason
    if notification.kind == Kind.CONSENT_WITHDRAWN:
        return "" if not request.registration.is_live else "lives after all"
    if notification.kind == Kind.GUARDIAN_ASKED:
        if not request.registration.is_live:
            return "the registration was released"
        return "" if request.answer == GuardianRequest.Answer.OPEN else "answered or replaced"
    if notification.kind == Kind.GUARDIAN_MOVED:
        stands = request.registration.is_live and notification.occurrence == str(request.registration_id)
        return "" if stands else "moved again, or released"
    return "" if request.answer == GuardianRequest.Answer.EXPIRED else "answered after all"


def _verdict(error: Exception) -> tuple[Notification.State, str]:
    """What went wrong means for the row: a 5xx about the recipient or the text is final, the rest worth another try."""
    text: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, text = error.smtp_code, error.smtp_error
    else:
        return State.RETRYING, type(error).__name__
    words = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    final = 500 <= code < 600 and not _is_away(error)
    return (State.FAILED if final else State.RETRYING), f"{code} {words}"


def _is_away(error: Exception) -> bool:
    """Whether the next row would fare no better: silence, a login that fails, a sender that is refused."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return any(code in OUR_FAULT for code, _text in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code in OUR_FAULT
    # A server that hangs up may take the next row on a new connection; if not, that connection tells.
    return not isinstance(error, smtplib.SMTPServerDisconnected) or isinstance(error.__context__, TimeoutError)


def _next_try(notification: Notification, now: datetime) -> datetime | None:
    """When to try again, spread by chance so that many do not come back at once; None when it is time to give up."""
    ladder = CODE_LADDER if notification.queue == Queue.CODES else LADDER
    wait = ladder[min(notification.attempts, len(ladder)) - 1] * random.uniform(0.8, 1.2)  # noqa: S311 -- no secret
    last = notification.useful_until or notification.due_at + GIVE_UP_AFTER
    return now + wait if now + wait < last else None


def _close(server: BaseEmailBackend) -> None:
    try:
        server.close()
    except (OSError, smtplib.SMTPException):
        log.debug("the mail server hung up first")
