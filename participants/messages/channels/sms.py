"""SMS by a gateway over HTTPS: the last written word to whoever neither WhatsApp nor mail reaches.

The gateway takes `{"to", "from", "text", "id"}` as JSON under a bearer's token and answers 2xx, with its own name of
the message in `id`. One that speaks otherwise is another channel beside this one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from participants import tokens
from participants.messages import words
from participants.messages.channels.base import Away, Channel, Later, Refused, Way
from participants.messages.channels.https import Https
from participants.messages.inert import header
from participants.models import Notification

LONGEST = 300  # letters: two parts of a message


class Sms(Channel):
    way = Way.SMS

    def __init__(self) -> None:
        self._gateway: Https | None = None

    def write(self, notification: Notification, *, now: datetime) -> dict[str, Any]:
        """The subject, the code by which the message can be asked after, and where to read the rest."""
        registration = notification.registration
        assert registration is not None  # noqa: S101 -- ladders.ways
        person = registration.participant
        with translation.override(person.language):
            said = words.words(notification, now=now)
            code = tokens.grouped(tokens.message_code(notification.pk, notification.public_id))
            proof = _("(kode pesan %(code)s)") % {"code": code}
        rest = " ".join(["", proof, *([said.button[1]] if said.button else [])])
        return {
            "to": person.phone,
            "from": settings.SMS_SENDER,
            "text": header(said.subject)[: LONGEST - len(rest)] + rest,
            "id": str(notification.public_id),
        }

    def begin(self, letter: dict[str, Any]) -> None:
        self._gateway = self._gateway or Https(settings.SMS_TOKEN)

    def send(self, letter: dict[str, Any]) -> None:
        assert self._gateway is not None  # noqa: S101 -- begin() comes first
        self._answer = self._gateway.post(settings.SMS_URL, letter)
        status, reason = self._answer.status, f"SMS {self._answer.status}"
        if 200 <= status < 300:
            return
        if status in (401, 403, 429, 502, 503, 504) or status < 400:
            raise Away(reason)
        raise (Refused if status < 500 and status != 408 else Later)(reason)

    def answer(self) -> str:
        return str(self._answer.body.get("id", ""))[:200]

    def close(self) -> None:
        if self._gateway:
            self._gateway.close()
        self._gateway = None
