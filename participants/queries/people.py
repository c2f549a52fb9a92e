"""Whom staff may read by name."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef

from participants.models import Registration
from participants.models.participants import ParticipantQuerySet
from participants.models.registrations import UNANSWERED
from participants.models.searches import is_there


def nameable(people: Any) -> ParticipantQuerySet:
    """Without those for whom a guardian has not agreed, those who have withdrawn, and records that went into others."""
    registrations = Registration.objects.all()
    agreed = registrations.filter(participant=OuterRef("participant")).exclude(guardian__in=UNANSWERED)
    unanswered = registrations.filter(participant=OuterRef("pk"), guardian__in=UNANSWERED)
    hidden = unanswered.alias(is_agreed=is_there(agreed)).filter(is_agreed=False)
    return people.filter(~Exists(hidden), merged_into=None).not_withdrawn()
