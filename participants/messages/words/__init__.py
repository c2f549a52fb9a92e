"""What each message says, in the reader's language, from the facts as they are now.

A message is a subject, paragraphs and at most one button. Mails to an address that nobody has shown to be theirs (login
codes, guardians) hold no word that somebody typed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.utils import translation

from participants.messages.words import accounts, broadcasts, guardians, registrations, reminders
from participants.messages.words.parts import Words
from participants.models import Notification

Kind = Notification.Kind


def words(notification: Notification, *, now: datetime) -> Words:
    """The words of `notification` at programme time `now`; its subject and what that points to are at hand."""
    if notification.kind == Kind.REMINDER:
        return reminders.reminder(notification, now)
    writer = (
        _GUARDIANS[Kind(notification.kind)] if notification.guardian_request_id else _WRITERS[Kind(notification.kind)]
    )
    return writer(notification)


def in_every_language(notification: Notification, *, now: datetime) -> list[tuple[str, str, Words]]:
    """The words of a message, sent or not, as they read at programme time `now`: code and name of each language."""
    texts = []
    for language, name in settings.LANGUAGES:
        with translation.override(language):
            texts.append((language, name, words(notification, now=now)))
    return texts


_WRITERS: dict[Kind, Callable[[Notification], Words]] = {
    Kind.LOGIN_CODE: accounts.login_code,
    Kind.REGISTERED: registrations.registered,
    Kind.QUEUED: registrations.queued,
    Kind.PROMOTED: registrations.promoted,
    Kind.GUARDIAN_GIVEN: registrations.guardian_given,
    Kind.GUARDIAN_REFUSED: registrations.guardian_refused,
    Kind.GUARDIAN_EXPIRED: registrations.guardian_expired,
    Kind.GUARDIAN_MISDIRECTED: registrations.guardian_misdirected,
    Kind.CANCELLED: registrations.cancelled,
    Kind.SESSION_MOVED: registrations.session_moved,
    Kind.SESSION_CANCELLED: registrations.session_cancelled,
    Kind.APPEAL_ANSWERED: accounts.appeal_answered,
    Kind.ABSENCE_ANSWERED: accounts.absence_answered,
    Kind.NEED_ANSWERED: registrations.need_answered,
    Kind.SWITCHED: registrations.switched,
    Kind.TICKET_REPLACED: registrations.ticket_replaced,
    Kind.STILL_COMING: registrations.still_coming,
    Kind.REGION_OPEN: accounts.region_open,
    Kind.MERGED: accounts.merged,
    Kind.RECOVERY_SET: accounts.recovery_set,
    Kind.RECOVERY_REMOVED: accounts.recovery_removed,
    Kind.ADDRESS_CHANGED: accounts.address_changed,
    Kind.CONSENT_WITHDRAWN: registrations.consent_withdrawn,
    Kind.BROADCAST: broadcasts.broadcast,
    Kind.SAMPLE: reminders.sample,
    Kind.STAFF_INVITED: accounts.staff_invited,
    Kind.PASSWORD_LINK: accounts.password_link,
    Kind.STAFF_CHANGED: accounts.staff_changed,
    Kind.STAFF_ADDRESS: accounts.staff_address,
    Kind.EXPORT_READY: accounts.export_ready,
    Kind.EXPORTS_UNUSUAL: accounts.exports_unusual,
}
_GUARDIANS: dict[Kind, Callable[[Notification], Words]] = {
    Kind.GUARDIAN_ASKED: guardians.asked,
    Kind.GUARDIAN_EXPIRED: guardians.expired,
    Kind.GUARDIAN_MOVED: guardians.moved,
    Kind.SESSION_MOVED: guardians.session_moved,
    Kind.SESSION_CANCELLED: guardians.session_cancelled,
    Kind.CANCELLED: guardians.cancelled,
    Kind.CONSENT_WITHDRAWN: guardians.withdrawn,
}
