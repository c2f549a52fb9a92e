"""What staff change in the rules of an edition, and what follows for people who are in it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from participants.operations import registrations, sessions
from portal.accounts.models import User
from programs.models import Program, TrainingSession


@transaction.atomic
def change(*, program: Program, now: datetime, by: User) -> Program:
    """Save an edition as it stands in `program`. Open questions to guardians follow its hours and closing time."""
    program.save()
    for session in TrainingSession.objects.filter(program=program).order_by("pk"):
        sessions.follow_closing_time(registrations.lock_session(session))
    return program
