"""A notification as a mail: text and HTML, one recipient, the same Message-ID on every try."""

from __future__ import annotations

from datetime import datetime
from email.utils import formatdate, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import get_template
from django.utils import translation

from participants import tokens
from participants.messages import words
from participants.messages.inert import header
from participants.messages.words.parts import address as address_of
from participants.models import AddressChange, Notification


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
    return message


def recipient(notification: Notification) -> tuple[str, str]:
    """The one address a notification goes to, and the language it is written in."""
    if notification.login_code:
        return notification.login_code.email, notification.login_code.language
    if notification.guardian_request:
        request = notification.guardian_request
        return request.email, request.registration.participant.language
    if notification.kind == Notification.Kind.ADDRESS_CHANGED:  # to the address that the account no longer has
        change = AddressChange.objects.select_related("account").get(public_id=notification.occurrence)
        return change.old_email, change.account.language
    if account := notification.account:
        return account.email, account.language
    assert notification.registration is not None  # noqa: S101 -- held by a database constraint
    participant = notification.registration.participant
    return participant.user.email, participant.language
