"""What staff say of a place where sessions are held, and so what everybody registered there must know."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from participants.operations import row_locks, sessions
from portal.accounts.models import User
from programs.models import TrainingSession, Venue

READ_BY_PEOPLE = ("name", "city", "address", "is_confirmed")


@transaction.atomic
def change(*, venue: Venue, now: datetime, by: User) -> Venue:
    """Save a venue's facts as they stand in `venue`; where people read another place by it, tell everybody once.

    Who is told: live registrations of sessions there that are neither cancelled nor over.
    """
    there = TrainingSession.objects.filter(venue=venue.pk).exclude(status=TrainingSession.Status.CANCELLED)
    held = row_locks.lock_each(there)
    old = Venue.objects.select_for_update(no_key=True).get(pk=venue.pk)
    venue.save()
    if any(getattr(old, name) != getattr(venue, name) for name in READ_BY_PEOPLE):
        for session in held:
            if now < session.ends:
                sessions.tell_new_place(session, now=now)
    return venue
