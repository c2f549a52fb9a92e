"""Notes of staff about somebody's registration."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from participants.models import Deed, Note, Registration
from participants.operations import deeds
from portal.accounts.models import User


@transaction.atomic
def write_all(*, registrations: Collection[Registration], text: str, by: User, now: datetime) -> None:
    """Keep `text` beside each of the registrations, under the name of `by`."""
    Note.objects.bulk_create(
        (Note(registration=row, text=text, written_by=by, written_at=now) for row in registrations), batch_size=1000
    )
    deeds.note_all(Deed.What.NOTED, about=registrations, by=by, now=now)


@transaction.atomic
def write(*, registration: Registration, text: str, by: User, now: datetime) -> Note:
    """Keep `text` beside the registration, under the name of `by`."""
    note = Note.objects.create(registration=registration, text=text, written_by=by, written_at=now)
    deeds.note(Deed.What.NOTED, about=registration, by=by, now=now)
    return note
