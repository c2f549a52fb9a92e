"""WhatsApp by Meta's Cloud API: approved templates with their variables filled in.

The answer names the message; how it fared comes later, to `views/whatsapp.py`, with the public id that went along. So
one whose answer was lost is not sent again: it is unknown until that word comes.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation

from participants.messages.channels.base import Away, Channel, Later, NotSent, Refused, Unsettled, Way
from participants.messages.channels.https import Answer, Https
from participants.messages.channels.templates import TEMPLATES
from participants.messages.channels.whatsapp_codes import NOT_REACHED, TAKES_NOTHING, TRY_AGAIN
from participants.models import Notification

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SPACES = re.compile(r" {2,}")
LONGEST = 200  # letters of one variable; a whole body may have 1024


class WhatsApp(Channel):
    way = Way.WHATSAPP

    def __init__(self) -> None:
        self._api: Https | None = None

    def write(self, notification: Notification, *, now: datetime) -> dict[str, Any]:
        registration, consent = notification.registration, notification.whatsapp
        assert registration is not None and consent is not None  # noqa: S101, PT018 -- ladders.ways
        template, language = TEMPLATES[Notification.Kind(notification.kind)], registration.participant.language
        with translation.override(language):
            values = template.filled(notification)
        texts = [{"type": "text", "text": cleaned(value)} for value in values]
        return {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": consent.number.removeprefix("+"),
            "type": "template",
            "template": {
                "name": template.name,
                "language": {"code": language},
                "components": [{"type": "body", "parameters": texts}],
            },
            "biz_opaque_callback_data": str(notification.public_id),
        }

    def begin(self, letter: dict[str, Any]) -> None:
        self._api = self._api or Https(settings.WHATSAPP_TOKEN)

    def send(self, letter: dict[str, Any]) -> None:
        assert self._api is not None  # noqa: S101 -- begin() comes first
        at = f"{settings.WHATSAPP_ORIGIN}/{settings.WHATSAPP_API_VERSION}/{settings.WHATSAPP_PHONE_NUMBER_ID}/messages"
        self._answer = self._api.post(at, letter)
        if self._answer.status != 200:
            raise verdict(self._answer)

    def answer(self) -> str:
        try:
            return str(self._answer.body["messages"][0]["id"])[:200]
        except (KeyError, IndexError, TypeError) as error:
            raise Unsettled("WhatsApp 200 without a message") from error

    def close(self) -> None:
        if self._api:
            self._api.close()
        self._api = None


def cleaned(value: str) -> str:
    """A template's variable as Meta takes it: one line, no tab, no run of spaces, not empty."""
    text = _SPACES.sub(" ", _BREAKS.sub(" ", value)).strip()
    return text[:LONGEST] or "—"


def verdict(answer: Answer) -> NotSent:
    """What an answer other than 200 means for the message. Meta's words are left out: they may repeat the number."""
    error = answer.body.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    reason = f"WhatsApp {code if isinstance(code, int) else answer.status}"
    if code in TAKES_NOTHING or answer.status in (401, 403, 429) or answer.status < 400:
        return Away(reason)
    if code in TRY_AGAIN or answer.status >= 500:
        return Later(reason)
    return Refused(reason, is_dead=code in NOT_REACHED)
