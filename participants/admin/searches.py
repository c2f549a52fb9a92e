"""Whom staff mean by what they type: a ticket's code, a telephone number or its beginning or end, words of a name."""

from __future__ import annotations

from typing import Any

from participants.documents import tickets
from participants.fields import e164_part
from participants.models import Participant
from participants.models.participants import ParticipantQuerySet
from participants.models.registrations import UNANSWERED, RegistrationQuerySet


def people(rows: Any, typed: str) -> ParticipantQuerySet:
    """Those of `rows` with such a number, or with words in their name that begin like those that were typed."""
    number = e164_part(typed)
    return rows.with_number(number) if number else rows.called(typed)


def found(rows: Any, typed: str) -> RegistrationQuerySet:
    """Those of `rows` that `typed` means. Nobody is found by a name or a number that may not be shown."""
    if code := tickets.read_short_code(typed):
        return rows.with_ticket(tickets.code_number(code))
    return rows.filter(participant__in=people(Participant.objects.all(), typed)).exclude(guardian__in=UNANSWERED)
