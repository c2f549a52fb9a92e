"""Consents of two records that turn out to be one person's: which of them stands.

A word, yes or no, is about one purpose and by one giver; of WhatsApp it is about one number.

1. The latest word counts, on whichever of the two records it was said; of WhatsApp that about the number that is kept.
2. Where both records hold a yes that counts, the kept record's own stands, and the other stays where it is, as proof.
3. Where only the record that goes holds one, it goes over. What was taken back goes over too, with its person.
4. A yes that does not count ends where the kept record holds it (which is no word of the person's: the next merge does
   not take it for one), and stays with the record that goes as it is.
5. Undone, each record has again what it had; but for what was taken back meanwhile, which was taken back of both; of
   WhatsApp only what is about the number for which it was taken back.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from participants.models import Consent, Merge, Participant

Giver, Purpose = Consent.Giver, Consent.Purpose


def move(*, kept: Participant, gone: Participant, now: datetime) -> dict[str, Any]:
    """Let consents follow their person into `kept`, whose number is the chosen one already; what `give_back` needs."""
    own, theirs = list(kept.consents.order_by("pk")), list(gone.consents.order_by("pk"))
    taken_back = _taken_back([*own, *theirs])
    counting = {row.pk for row in [*own, *theirs] if _counts(row, kept.phone, taken_back)}
    settled = {(row.purpose, row.giver) for row in own if row.pk in counting}
    ended = [row.pk for row in own if row.withdrawn_at is None and row.pk not in counting]
    moved = [
        row.pk for row in theirs if row.withdrawn_at or (row.pk in counting and (row.purpose, row.giver) not in settled)
    ]
    Consent.objects.filter(pk__in=ended).update(withdrawn_at=now, withdrawn_by=Giver.SELF)
    Consent.objects.filter(pk__in=moved).update(participant=kept)
    return {"consents": moved, "ended": ended}


def give_back(*, merge: Merge, kept: Participant, gone: Participant, now: datetime) -> None:
    """Let each record have again what `move` took; `kept` has its own number again."""
    both = Consent.objects.filter(participant__in=[kept, gone])
    ended = both.filter(pk__in=merge.moved["ended"], withdrawn_at=merge.at)
    since = kept.consents.filter(withdrawn_at__gte=merge.at).exclude(pk__in=merge.moved["ended"])
    for no in since.order_by("withdrawn_at", "pk"):
        same = both.filter(Q(withdrawn_at=None) | Q(pk__in=merge.moved["ended"], withdrawn_at=merge.at))
        same = same.filter(purpose=no.purpose, giver=no.giver, number=no.number, given_at__lt=no.withdrawn_at)
        same.update(withdrawn_at=no.withdrawn_at, withdrawn_by=no.withdrawn_by)
    Consent.objects.filter(pk__in=merge.moved["consents"]).update(participant=gone)
    # What was given since, for the number of the one record that there was: the person has another one again.
    anew = kept.consents.standing().filter(purpose=Purpose.WHATSAPP, given_at__gte=merge.at)
    anew.exclude(number=kept.phone).update(withdrawn_at=now, withdrawn_by=Giver.SELF)
    standing = {(row.purpose, row.giver) for row in kept.consents.standing()}
    own = ended.filter(number__in=["", kept.phone])  # the number may have been changed since
    again = [row.pk for row in own if (row.purpose, row.giver) not in standing]  # else it was given anew
    Consent.objects.filter(pk__in=again).update(withdrawn_at=None, withdrawn_by="")


@transaction.atomic
def stop(*, number: str, said_at: datetime | None, now: datetime) -> None:
    """Take back for good what was agreed to for `number` and would stand again if two records were parted; with
    `said_at` nothing that was given since.

    Rows are taken by ascending key, so that two who hear the same word at once do not wait for each other.
    """
    rows = Consent.objects.given_by(said_at).filter(purpose=Purpose.WHATSAPP, number=number)
    open_ones = Merge.objects.standing().exclude(undo_until=None)
    of_gone = Q(withdrawn_at=None, participant__merged_into__isnull=False)
    again = _by_key(rows.filter(of_gone | Q(withdrawn_at__in=open_ones.values("at"))))
    Consent.objects.filter(pk__in=again).update(withdrawn_at=now, withdrawn_by=Giver.SELF)


def _by_key(rows: QuerySet[Consent]) -> QuerySet[Consent, int]:
    """The keys of `rows`, each locked, in ascending order, as the statement reads it."""
    return rows.order_by("pk").select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True)


def _counts(row: Consent, number: str, taken_back: dict[tuple[str, str, str], datetime]) -> bool:
    """Whether the yes of `row` is the latest word, and of WhatsApp about `number`."""
    if row.withdrawn_at or (row.purpose == Purpose.WHATSAPP and row.number != number):
        return False
    last = taken_back.get(_about(row))
    return last is None or last <= row.given_at


def _taken_back(rows: Collection[Consent]) -> dict[tuple[str, str, str], datetime]:
    """When each word was taken back last, by a person: what an earlier merge has ended is none."""
    noes = [row for row in rows if row.withdrawn_at]
    merges = Merge.objects.standing().filter(at__in={row.withdrawn_at for row in noes})
    by_merges = set(merges.values_list("at", flat=True))
    found: dict[tuple[str, str, str], datetime] = {}
    for row in noes:
        if row.withdrawn_at and row.withdrawn_at not in by_merges:
            found[_about(row)] = max(row.withdrawn_at, found.get(_about(row), row.withdrawn_at))
    return found


def _about(row: Consent) -> tuple[str, str, str]:
    return row.purpose, row.giver, row.number
