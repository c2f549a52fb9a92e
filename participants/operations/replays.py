"""The ledger of erasures, written out and replayed: a restored backup forgets again whom it brought back."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from django.db import transaction

from participants.models import Consent, Erasure, Participant
from participants.operations import erasures, withdrawals


def lines() -> Iterable[str]:
    """Every erasure, a line each: public id, cause, programme instant."""
    for row in Erasure.objects.iterator():
        yield f"{row.person} {row.cause} {row.at.isoformat()}"


def replay(ledger: Iterable[str], *, now: datetime) -> int:
    """Erase again whoever is named in `ledger` (lines as `lines` gives them). Returns how many had come back.

    For a database restored from an earlier copy, before it opens. Who has consented anew since is left alone. Raises
    ValueError for a line that is none, before anything is changed. Safe to run twice.
    """
    read = [_read(line) for line in ledger if line.strip()]
    return sum(_replay(row, now) for row in read)


def _read(line: str) -> Erasure:
    person, cause, instant = line.split()
    return Erasure(person=uuid.UUID(person), cause=Erasure.Cause(cause), at=datetime.fromisoformat(instant))


@transaction.atomic
def _replay(row: Erasure, now: datetime) -> bool:
    participant = Participant.objects.select_related("user").filter(public_id=row.person).first()
    if participant is None:
        return False
    training = participant.consents.standing().filter(purpose=Consent.Purpose.TRAINING)
    if training.filter(given_at__gt=row.at).exists():
        return False
    if row.cause == Erasure.Cause.RETENTION:
        if erasures.standing().filter(pk=participant.pk).exists():
            erasures.erase([participant.pk], now=now)
            return True
        return False
    if participant.is_erased:
        return False
    with suppress(withdrawals.NothingToWithdraw):
        withdrawals.withdraw(participant=participant, purpose=Consent.Purpose.TRAINING, now=now)
    participant.refresh_from_db()
    if not participant.is_erased:
        erasures.empty_profile(participant, now=now)
    return True
