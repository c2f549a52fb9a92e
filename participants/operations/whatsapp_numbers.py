"""Numbers that WhatsApp does not reach: nothing is sent there by it until something shows that it would arrive.

Remembered with the consent to write there, so a new number or a consent that is given anew begins afresh.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from participants.messages.channels.base import Way
from participants.models import Consent, Notification, Participant


def lose(*, number: str, at: datetime) -> None:
    """Remember that WhatsApp said at `at` that it does not reach `number` (E.164), for whoever had agreed by then and
    of whom nothing newer says that it would."""
    arrived = Notification.objects.filter(registration__participant=OuterRef("participant"), arrived_at__gt=at)
    reached = Consent.objects.for_whatsapp(number).given_by(at).filter(unreached_at=None)
    reached = reached.filter(~Exists(arrived.filter(channel=Way.WHATSAPP)))
    _write(reached.filter(Q(reachable_from=None) | Q(reachable_from__lt=at)), unreached_at=at)


def find(*, number: str, at: datetime) -> None:
    """Forget it: a message reached `number`, or came from there, at `at`, and nothing newer says otherwise."""
    lost = Consent.objects.for_whatsapp(number).filter(unreached_at__lte=at)
    _write(lost, unreached_at=None, reachable_from=at)


def try_again(*, participant: Participant, now: datetime) -> None:
    """Forget it because the person asks to be written to at their number once more."""
    _write(participant.consents.unreached(), unreached_at=None, reachable_from=now)


def _write(consents: QuerySet[Consent], **known: datetime | None) -> None:
    """One statement, rows by ascending key: whoever holds a message or a person is not waited for."""
    rows = consents.order_by("pk").select_for_update(no_key=True).values("pk")
    with transaction.atomic():
        Consent.objects.filter(pk__in=rows).update(**known)
