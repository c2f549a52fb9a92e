"""Registering people from a file, in steps: read, map, check everything, write what is clean, take it all back.

Nothing is written before everything was looked at; the work itself is `import_work`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from participants.models import Approval, Deed, RegistrationImport
from participants.operations import approvals, deeds, import_undos, notifications, row_locks, walk_ins
from participants.operations.refusals import Refused
from portal.accounts.models import User
from programs.models import TrainingSession

State = RegistrationImport.State
KEPT = timedelta(days=1)  # the rows of a file that is not written


class ImportMovedOn(Refused):
    code = "import_moved_on"
    sentence = _("Impor ini sudah berjalan lebih jauh, atau isinya sudah dihapus setelah sehari.")
    remedy = _("Muat ulang halamannya, atau unggah berkasnya lagi.")


class RowsWithErrors(Refused):
    code = "rows_with_errors"
    sentence = _("Masih ada baris yang keliru, jadi belum ada yang ditulis.")
    remedy = _("Betulkan berkasnya dan unggah lagi, atau pilih bahwa baris yang keliru dilewati.")


class UndoWaits(Refused):
    code = "import_undo_waits"
    sentence = _("Pembatalan impor ini sudah diminta dan menunggu orang kedua.")
    remedy = _("Minta rekan yang berhak memutuskannya di halaman persetujuan.")


def stage(
    *,
    session: TrainingSession,
    columns: list[str],
    rows: list[list[str]],
    numbers: list[int],
    by: User,
    now: datetime,
) -> RegistrationImport:
    """Keep a file that was read until its columns are named, with what `by` called such columns before.

    `numbers` are those of the rows in the file, as its reader sees them beside the rows.
    """
    earlier = RegistrationImport.objects.filter(by=by).exclude(mapping={}).order_by("-pk")[:20]
    known: dict[str, str] = {}
    for batch in earlier:
        for name, number in batch.mapping.items():
            known.setdefault(batch.columns[number].casefold(), name)
    mapping: dict[str, int] = {}
    for number, column in enumerate(columns):
        if field := known.get(column.casefold()):
            mapping.setdefault(field, number)
    return RegistrationImport.objects.create(
        session=session,
        by=by,
        at=now,
        columns=columns,
        rows=rows,
        numbers=numbers,
        row_count=len(rows),
        mapping=mapping,
    )


@transaction.atomic
def name_columns(
    *, batch: RegistrationImport, mapping: Mapping[str, int], by: User, now: datetime
) -> RegistrationImport:
    """Say which field stands in which column, and have every row checked in the name of `by`. Raises ImportMovedOn."""
    batch = _staged(batch, State.MAPPING, State.CHECKED)
    batch.mapping, batch.found, batch.choices = dict(mapping), {}, {}
    return _queue(batch, State.CHECKING, by, now)


@transaction.atomic
def choose(*, batch: RegistrationImport, choices: Mapping[str, int | None]) -> RegistrationImport:
    """Keep whom rows mean until they are written: by row's place a participant's key, or None for somebody new.

    Of rows that are not named nothing changes; who was not offered is nobody. Raises ImportMovedOn.
    """
    batch = _staged(batch, State.CHECKED)
    kept = batch.choices | choices
    offered = {place: {other["pk"] for other in row["alike"]} for place, row in batch.found.items()}
    batch.choices = {place: pk for place, pk in kept.items() if pk in offered.get(place, ())}
    batch.save(update_fields=["choices"])
    return batch


def write(
    *, batch: RegistrationImport, choices: Mapping[str, int | None], is_partial: bool, by: User, now: datetime
) -> RegistrationImport:
    """Have the clean rows written in the name of `by`; with `is_partial` although others are not.

    `choices` are kept as by `choose`, even where it is refused. Raises ImportMovedOn, NotRunning (of `walk_ins`),
    RowsWithErrors.
    """
    choose(batch=batch, choices=choices)
    with transaction.atomic():
        batch = _staged(batch, State.CHECKED)
        walk_ins.check_running(batch.session, now=now)
        if not is_partial and any(row["errors"] for row in batch.found.values()):
            raise RowsWithErrors
        return _queue(batch, State.WRITING, by, now)


@transaction.atomic
def undo(*, batch: RegistrationImport, by: User, now: datetime) -> Approval | int:
    """Have what came of the file and still stands cancelled by a worker; of many only once a second person agrees.

    Everybody is told, and their seats go to the queue. Returns how many it is about, or what waits for a yes; where
    that is a no, it can be asked again. Raises ImportMovedOn where nothing of it stands, UndoWaits where it was asked.
    """
    approvals.take_turns(by)
    row_locks.lock_session(batch.session)
    batch = _locked(batch, State.DONE, State.FAILED, State.UNDONE)
    if batch.undo and batch.undo.is_open(now):
        raise UndoWaits
    rows = import_undos.standing(batch)
    if not rows:
        raise ImportMovedOn
    reason = str(import_undos.REASON)
    batch.undo = approvals.ask_of_many(session=batch.session, people=rows, reason=reason, by=by, now=now)
    batch.save(update_fields=["undo"])
    if batch.undo:
        return batch.undo
    import_undos.begin(batch=batch, asked_by=by, by=by, now=now)
    return len(rows)


def ring_if_waiting(*, machine_now: datetime) -> None:
    """For the tick: what waits is worked on even if no bell was heard."""
    for pk in RegistrationImport.objects.waiting().order_by("pk").values_list("pk", flat=True):
        notifications.ring_for_import(pk, rung_at=machine_now)


def old(*, now: datetime) -> QuerySet[RegistrationImport]:
    """Files that nobody wrote within a day."""
    return RegistrationImport.objects.filter(at__lte=now - KEPT).exclude(rows=[])


def _queue(batch: RegistrationImport, state: State, by: User, now: datetime) -> RegistrationImport:
    deeds.note(Deed.What.CHANGED, about=batch, by=by, now=now, changed={"state": (batch.state, state)})
    batch.state, batch.asked_by, batch.rows_done, batch.attempts = state, by, 0, 0
    batch.save(update_fields=["state", "asked_by", "rows_done", "attempts", "mapping", "found", "choices"])
    notifications.ring_for_import(batch.pk)
    return batch


def _staged(batch: RegistrationImport, *states: State) -> RegistrationImport:
    """`_locked`, with what stood in the file."""
    batch = _locked(batch, *states)
    if not batch.rows:
        raise ImportMovedOn
    return batch


def _locked(batch: RegistrationImport, *states: State) -> RegistrationImport:
    rows = RegistrationImport.objects.select_related("session__program", "session__region", "undo")
    batch = rows.select_for_update(of=("self",), no_key=True).get(pk=batch.pk)
    if batch.state not in states:
        raise ImportMovedOn
    return batch
