"""A notification as a mail: text and HTML, one recipient, the same Message-ID on every try."""

from __future__ import annotations

from datetime import datetime
from email.utils import formatdate, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import get_template
from django.utils import translation

from participants import tokens
from participants.documents.calendars import calendar_of
from participants.messages import words
from participants.messages.inert import header
from participants.messages.words.parts import address as address_of
from participants.models import AddressChange, Notification, Registration

Kind = Notification.Kind
# What puts days into somebody's calendar, moves them there, or takes them out again.
FIX_DAYS = {Kind.REGISTERED, Kind.PROMOTED, Kind.GUARDIAN_GIVEN, Kind.SWITCHED, Kind.SESSION_MOVED}
HAD_A_SEAT = {Registration.Release.CANCELLED_BY_SELF, Registration.Release.CANCELLED_BY_STAFF}


def mail(notification: Notification, *, now: datetime) -> EmailMultiAlternatives:
    """The mail that says what `notification` says at programme time `now`, in its reader's language."""
    address, language = recipient(notification)
    with translation.override(language):
        said = words.words(notification, now=now)
        context = {
            "words": said,
            "language": language,
            "code": tokens.grouped(tokens.message_code(notification.pk, notification.public_id)),
            "asked_at": address_of("message_proof"),
        }
        text = get_template("participants/messages/mail.txt").render(context)
        html = get_template("participants/messages/mail.html").render(context)
    return_domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    message = EmailMultiAlternatives(
        subject=header(said.subject),
        body=text,
        to=[address],
        headers={
            "Message-ID": f"<{notification.public_id}@{return_domain}>",
            "Date": formatdate(),
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(html, "text/html")
    if (registration := notification.registration) and _is_about_days(Kind(notification.kind), registration):
        with translation.override(language):
            days = calendar_of(registration, now=now)
        method = "PUBLISH" if registration.is_live else "CANCEL"
        message.attach("pelatihan.ics", days.decode(), f"text/calendar; method={method}")
    return message


def _is_about_days(kind: Kind, registration: Registration) -> bool:
    """Whether a calendar should change with the message: of somebody in the queue no calendar knows yet."""
    if kind in FIX_DAYS:
        return registration.place == Registration.Place.SEAT
    return kind == Kind.SESSION_CANCELLED or (kind == Kind.CANCELLED and registration.release_reason in HAD_A_SEAT)


def recipient(notification: Notification) -> tuple[str, str]:
    """The one address a notification goes to, and the language it is written in."""
    if notification.login_code:
        return notification.login_code.email, notification.login_code.language
    if notification.guardian_request:
        request = notification.guardian_request
        return request.email, request.registration.participant.language
    if notification.kind == Kind.ADDRESS_CHANGED:  # to the address that the account no longer has
        change = AddressChange.objects.select_related("account").get(public_id=notification.occurrence)
        return change.old_email, change.account.language
    if account := notification.account:
        return account.email, account.language
    assert notification.registration is not None  # noqa: S101 -- held by a database constraint
    participant = notification.registration.participant
    return participant.user.email, participant.language
