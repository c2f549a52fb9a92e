"""Addresses to which no mail goes any more, because there is no such address, or its owner called our mail spam."""

from __future__ import annotations

from datetime import datetime

from participants.models import GuardianRequest, Notification
from portal.accounts.models import User

TO_THE_OLD_ADDRESS = (Notification.Kind.ADDRESS_CHANGED, Notification.Kind.STAFF_ADDRESS)


def hold(notification: Notification) -> None:
    """Take the row that `stop` writes, in the caller's transaction: before the message's own row, as everybody does."""
    if notification.guardian_request_id:
        GuardianRequest.objects.select_for_update(no_key=True).get(pk=notification.guardian_request_id)
    elif account := _account(notification):
        User.objects.select_for_update(no_key=True).get(pk=account.pk)


def stop(notification: Notification, *, now: datetime) -> None:
    """Write no more mail to the address that `notification` went to, from programme time `now` on."""
    if notification.guardian_request_id:
        GuardianRequest.objects.filter(pk=notification.guardian_request_id, bounced_at=None).update(bounced_at=now)
    elif account := _account(notification):
        User.objects.filter(pk=account.pk, bounced_at=None).update(bounced_at=now)


def is_refused(notification: Notification) -> bool:
    """Whether the address that `notification` would go to is known to refuse, or to be somebody else's."""
    if is_somebody_elses(notification):
        return True
    if request := notification.guardian_request:
        return request.bounced_at is not None
    account = _account(notification)
    return account is not None and account.bounced_at is not None


def is_somebody_elses(notification: Notification) -> bool:
    """Whether who reads the guardian's address said that it is not theirs."""
    request = notification.guardian_request
    return request is not None and request.misdirected_at is not None


def _account(notification: Notification) -> User | None:
    """Whose own address a message goes to; nobody's where it goes to the one that an account had before. A code goes
    where somebody asks for it just now, and is always tried.
    """
    if notification.login_code_id or notification.kind in TO_THE_OLD_ADDRESS:
        return None
    return notification.account or (notification.registration.participant.user if notification.registration else None)
