"""A notification as a mail: text and HTML, one recipient, the same Message-ID on every try."""

from __future__ import annotations

from datetime import datetime
from email.utils import formatdate, parseaddr
from functools import lru_cache, partial

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import get_template
from django.utils import translation

from participants import tokens
from participants.documents.calendars import calendar_of
from participants.messages import mime, words
from participants.messages.inert import NO_CONTROLS, header
from participants.messages.stencils import CODE, Stencils, Written
from participants.messages.words.parts import address as address_of
from participants.models import AccountRequest, AddressChange, Notification, Registration

Kind = Notification.Kind
ONE_CLICK = "One-Click"  # what a mail program sends when its reader presses "unsubscribe"
REHEARSED = "X-Rehearsed"  # when the mail would be sent, by the clock of the rehearsal; in no mail to a real person
# What puts days into somebody's calendar, moves them there, or takes them out again.
FIX_DAYS = {Kind.REGISTERED, Kind.PROMOTED, Kind.GUARDIAN_GIVEN, Kind.SWITCHED, Kind.SESSION_MOVED}
HAD_A_SEAT = {Registration.Release.CANCELLED_BY_SELF, Registration.Release.CANCELLED_BY_STAFF}


class Letter(EmailMultiAlternatives):
    """A mail as Django knows it, for whatever carries it, and as bytes for SMTP."""

    html: str
    files: tuple[mime.File, ...] = ()
    wire: bytes = b""  # what SMTP says after DATA, once it was made ready

    def as_bytes(self) -> bytes:
        """The mail from its first header to its end. Raises mime.Unwritable."""
        return mime.message(
            sender=self.from_email,
            to=self.to[0],
            subject=str(self.subject),
            headers=self.extra_headers,
            text=str(self.body),
            html=self.html,
            files=self.files,
        )


def mail(notification: Notification, *, now: datetime, stencils: Stencils | None = None) -> Letter:
    """The mail that says what `notification` says at programme time `now`, in its reader's language.

    With `stencils`, what says the same to many is written once and filled in for each.
    """
    address, language = recipient(notification)
    code = tokens.grouped(tokens.message_code(notification.pk, notification.public_id))
    with translation.override(language):
        off = _turned_off_at(notification)
    stencil = None
    if stencils and not off:  # what may be turned off has an address of its own in each mail
        stencil = stencils.find(notification, language, now, partial(_written, language, CODE, now))
    if stencil and notification.registration:
        said = stencil.fill(notification.registration.participant.full_name, code)
    else:
        said = _written(language, code, now, notification, off)
    message = Letter(
        subject=header(said.subject),
        body=said.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[address],
        headers={
            "Message-ID": f"<{notification.public_id}@{_return_domain(settings.DEFAULT_FROM_EMAIL)}>",
            "Date": formatdate(),
            "Auto-Submitted": "auto-generated",
            **_unsubscribing(off),
            **({REHEARSED: now.isoformat(timespec="seconds")} if settings.REHEARSAL else {}),
        },
    )
    message.html = said.html
    message.attach_alternative(said.html, "text/html")
    if (registration := notification.registration) and _is_about_days(Kind(notification.kind), registration):
        with translation.override(language):
            days = calendar_of(registration, now=now)
        method = "PUBLISH" if registration.is_live else "CANCEL"
        message.files = (mime.File("pelatihan.ics", f"text/calendar; method={method}", days.decode()),)
        for file in message.files:
            message.attach(file.name, file.text, file.media_type)
    return message


def _turned_off_at(notification: Notification) -> str:
    """The address, in the language being written, at which the reader turns such messages off; "" for what must be
    known."""
    return address_of("opt_out", tokens.unsubscribe_token(notification.public_id)) if notification.is_optional else ""


def _unsubscribing(address: str) -> dict[str, str]:
    """The headers by which a mail program offers one press to unsubscribe (RFC 8058)."""
    if not address:
        return {}
    return {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": f"List-Unsubscribe={ONE_CLICK}"}


def _written(language: str, code: str, now: datetime, notification: Notification, off: str = "") -> Written:
    """The words of one message in both its parts."""
    with translation.override(language):
        said = words.words(notification, now=now)
        context = {
            "words": said,
            "language": language,
            "code": code,
            "asked_at": address_of("message_proof"),
            "turned_off_at": off,
        }
        text = get_template("participants/messages/mail.txt").render(context)
        html = get_template("participants/messages/mail.html").render(context)
    return Written(said.subject, text.translate(NO_CONTROLS), html.translate(NO_CONTROLS))


@lru_cache(maxsize=8)
def _return_domain(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"


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
    if notification.kind == Kind.STAFF_ADDRESS:  # likewise
        moved = AccountRequest.objects.select_related("account").get(public_id=notification.occurrence)
        return moved.old_email, moved.account.language
    if account := notification.account:
        return account.email, account.language
    assert notification.registration is not None  # noqa: S101 -- held by a database constraint
    participant = notification.registration.participant
    return participant.user.email, participant.language
