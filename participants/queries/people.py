"""Whom staff may read by name."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from participants.models import Participant, Registration
from participants.models.registrations import UNANSWERED


def nameable(people: QuerySet[Participant]) -> QuerySet[Participant]:
    """Without those for whom a guardian has not agreed, those who have withdrawn, and records that went into others."""
    unanswered = Registration.objects.filter(participant=OuterRef("pk"), guardian__in=UNANSWERED)
    agreed = Registration.objects.filter(participant=OuterRef("pk")).exclude(guardian__in=UNANSWERED)
    seen = people.filter(merged_into=None).exclude(Exists(unanswered), ~Exists(agreed))
    return seen.exclude(pk__in=Participant.objects.withdrawn().values("pk"))
