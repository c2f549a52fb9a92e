"""Mail by a provider that django-anymail knows. Loaded only where one is set: it brings requests along."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from typing import Any

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from anymail.webhooks.base import AnymailCoreWebhookView
from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from participants.messages.channels.base import Away, Later, NotSent, Refused, Unsettled
from participants.messages.channels.https import RequestException, failure
from participants.messages.channels.mail import Mail
from participants.messages.mails import Letter
from participants.models import Notification

NAMED = "notification"  # under which the provider keeps a message's public id, and sends it back with what it reports
OVERLOADED = {429, 502, 503, 504}


class MailProvider(Mail):
    def write(self, notification: Notification, *, now: datetime) -> Letter:
        """The mail, with no link rewritten and no picture added by which a provider sees who reads."""
        letter: Any = super().write(notification, now=now)
        letter.metadata = {NAMED: str(notification.public_id)}
        letter.track_opens = letter.track_clicks = False
        return letter

    def send(self, letter: EmailMessage) -> None:
        try:
            self._server.send_messages([letter])
        except (AnymailError, RequestException) as error:
            raise verdict(error) from error
        self._name = getattr(letter, "anymail_status").message_id  # noqa: B009 -- anymail puts it there

    def answer(self) -> str:
        return self._name if isinstance(self._name, str) else ""


def verdict(error: Exception) -> NotSent:
    """What went wrong means for the message. A provider's own words repeat the address, so none is kept."""
    if isinstance(error, AnymailRecipientsRefused):
        return Refused("the provider refuses the address", is_dead=True)
    if isinstance(error, RequestException) and error.response is None:
        return failure(error.__cause__ if isinstance(error.__cause__, RequestException) else error)
    if not isinstance(error, AnymailAPIError) or error.status_code is None:
        return Refused(type(error).__name__)
    reason, code = f"{error.status_code} {error.esp_name}", error.status_code
    if code in (401, 403) or code in OVERLOADED:
        return Away(reason)
    if code < 300:  # taken, and said in a way that anymail cannot read
        return Unsettled(reason)
    return Refused(reason) if 400 <= code < 500 and code != 408 else Later(reason)


def tracking_view() -> type[AnymailCoreWebhookView]:
    """How django-anymail reads what the provider reports."""
    module = import_module(f"anymail.webhooks.{settings.MAIL_PROVIDER}")
    names = [name for name in vars(module) if name.endswith(("TrackingWebhookView", "CombinedWebhookView"))]
    return getattr(module, names[0])


def check() -> None:
    """Raises ImproperlyConfigured, naming what is missing, when the provider's keys are not complete."""
    get_connection()
    tracking_view()()
