"""What makes a message untrue: whatever changed since it was promised stops it, with a reason in the ledger."""

from __future__ import annotations

from datetime import datetime

from participants.messages.channels import ladders
from participants.messages.channels.base import Way
from participants.models import AccessibilityRequest, Deed, GuardianRequest, Invitation, Notification, Registration
from participants.operations import bounces
from participants.operations.reminders import still_meant
from programs.models import TrainingSession

Kind = Notification.Kind


def ways_left(notification: Notification) -> list[Way]:
    """By which ways it may still reach its reader, first to last: none by mail to an address that refuses mail."""
    ways = ladders.ways(notification)
    return [way for way in ways if way != Way.MAIL] if bounces.is_refused(notification) else ways


def unreachable(notification: Notification) -> str:
    """Why no way is left to the reader of `notification`, for which `ways_left` has none."""
    if bounces.is_somebody_elses(notification):
        return "the letter went astray"
    return "the address refuses mail" if bounces.is_refused(notification) else "no channel of its rule reaches"


def untrue(notification: Notification, machine_now: datetime) -> str:
    """Why the message must not go out any more, or nothing when what it says is still true."""
    if code := notification.login_code:
        return "" if code.is_usable(machine_now) else "the code was used or is dead"
    if notification.is_unwanted:
        return "unsubscribed"
    if request := notification.guardian_request:
        return _untrue_to_guardian(notification, request)
    if account := notification.account:
        if not account.is_active and not _tells_of_the_end(notification):
            return "the account is off"
        if notification.kind == Kind.SAMPLE:
            return "" if notification.sample else "no longer meant"
        if notification.kind in (Kind.STAFF_INVITED, Kind.PASSWORD_LINK):
            waits = Invitation.objects.filter(
                account=account, public_id=notification.occurrence, accepted_at=None, withdrawn_at=None
            )
            return "" if waits.exists() else "the invitation was withdrawn"
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
            if notification.rule is None or not notification.rule.is_on:
                return "the rule was turned off"
            if not notification.rule.names(int(notification.training_day), [day.number for day in session.days.all()]):
                return "its rule names another day"
            if not _is_published(session) or not still_meant(notification, registration):
                return "no longer meant" if registration.is_live else "no longer comes"
            if notification.is_missed:
                return "cannot come on that day"
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
        case Kind.TICKET_REPLACED:
            stands = registration.is_confirmed and notification.occurrence == str(registration.ticket_id)
            return "" if stands else "replaced again, or no longer comes"
        case Kind.QUEUED:
            return "" if registration.place == Registration.Place.QUEUED else "no longer in the queue"
        case Kind.PROMOTED:
            return (
                ""
                if registration.place in (Registration.Place.SEAT, Registration.Place.OFFERED)
                else "no seat any more"
            )
        case Kind.GUARDIAN_MISDIRECTED:
            asked = registration.guardian_requests.filter(public_id=notification.occurrence, answer="")
            return "" if registration.is_live and asked.exists() else "asked elsewhere, or released"
        case Kind.NEED_ANSWERED:
            request = AccessibilityRequest.objects.filter(registration=registration, answered_at__isnull=False).first()
            still = request is not None and request.answer_key == notification.occurrence
            return "" if registration.is_live and still else "the need has changed, or released"
        case Kind.SESSION_MOVED:
            current = notification.occurrence == session.whereabouts
            return "" if registration.is_live and current else "moved again, or released"
        case _:
            return "" if not registration.is_live else "lives after all"


def _tells_of_the_end(notification: Notification) -> bool:
    """Whether whose account is off is told so all the same."""
    if notification.kind == Kind.STAFF_CHANGED:
        deed = Deed.objects.filter(pk=int(notification.occurrence), row=str(notification.account_id))
        return deed.exists()
    return notification.kind in (Kind.MERGED, Kind.STAFF_ADDRESS)


def _untrue_broadcast(notification: Notification, registration: Registration) -> str:
    if notification.broadcast is None or notification.broadcast.stopped_at is not None:
        return "staff stopped it"
    return "" if notification.broadcast.is_for(registration) else "no longer meant"


def _is_published(session: TrainingSession | None) -> bool:
    return session is not None and session.status == TrainingSession.Status.PUBLISHED


def _untrue_after_withdrawal(notification: Notification, registration: Registration) -> str:
    """Once a consent was withdrawn, nothing is said about the registration but that."""
    withdrawn = registration.release_reason == Registration.Release.CONSENT_WITHDRAWN
    return "the consent was withdrawn" if withdrawn and notification.kind != Kind.CONSENT_WITHDRAWN else ""


def _untrue_to_guardian(notification: Notification, request: GuardianRequest) -> str:
    if reason := _untrue_after_withdrawal(notification, request.registration):
        return reason
    if notification.kind in (Kind.CONSENT_WITHDRAWN, Kind.CANCELLED, Kind.SESSION_CANCELLED):
        if request.registration.is_live:
            return "lives after all"
        asked = request.notifications.filter(kind=Kind.GUARDIAN_ASKED, attempts__gt=0)
        return "" if request.answer == GuardianRequest.Answer.GIVEN or asked.exists() else "never asked"
    if notification.kind == Kind.SESSION_MOVED:
        concerns = request.registration.is_live and request.answer in ("", GuardianRequest.Answer.GIVEN)
        current = notification.occurrence == request.registration.session.whereabouts
        return "" if concerns and current else "moved again, or released"
    if notification.kind == Kind.GUARDIAN_ASKED:
        if not request.registration.is_live:
            return "the registration was released"
        return "" if request.answer == GuardianRequest.Answer.OPEN else "answered or replaced"
    if notification.kind == Kind.GUARDIAN_MOVED:
        stands = request.registration.is_live and notification.occurrence == str(request.registration_id)
        return "" if stands else "moved again, or released"
    return "" if request.answer == GuardianRequest.Answer.EXPIRED else "answered after all"
