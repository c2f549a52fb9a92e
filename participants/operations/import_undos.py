"""Taking an import back: decided in a press, done by a worker, some people at a time.

Each piece is a transaction of its own that also remembers how far it is, so a worker that dies loses no more than that,
and the next goes on behind it. The session's row is taken first, then the file's.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from participants.models import Approval, Attendance, Deed, Mark, Registration, RegistrationImport
from participants.operations import deeds, notifications, registrations, row_locks
from portal.accounts.models import User

log = logging.getLogger(__name__)
State, Kept = RegistrationImport.State, RegistrationImport.Kept
STAFFS = Registration.Release.CANCELLED_BY_STAFF
PIECE = 50  # people whose session waits meanwhile
REASON = _("Impor dibatalkan")
CAME = (Mark.PRESENT, Mark.LATE, Mark.LEFT_EARLY)


def standing(batch: RegistrationImport) -> list[Registration]:
    """Whom taking `batch` back is about: who came of it and is still registered."""
    return list(Registration.objects.live().filter(pk__in=batch.made, session=batch.session_id).order_by("pk"))


def waiting_for(approval: Approval) -> RegistrationImport | None:
    """The file whose undo waits for `approval`, with its row taken, if it is one."""
    batches = RegistrationImport.objects.filter(undo=approval).select_related("session", "undo")
    return batches.select_for_update(of=("self",), no_key=True).first()


def begin(*, batch: RegistrationImport, asked_by: User, by: User, now: datetime) -> bool:
    """Have a worker take `batch`, whose row is held, back in the name of `by`. Returns whether anyone is left of it.

    Where nobody is, it is taken back already, so that its file can be brought anew.
    """
    is_anyone_left = bool(standing(batch))
    state = State.UNDOING if is_anyone_left else State.UNDONE
    deeds.note(Deed.What.CHANGED, about=batch, by=by, now=now, changed={"state": (batch.state, state)})
    batch.state, batch.asked_by, batch.rows_done, batch.attempts, batch.kept = state, asked_by, 0, 0, {}
    batch.save(update_fields=["state", "asked_by", "rows_done", "attempts", "kept"])
    if is_anyone_left:
        notifications.ring_for_import(batch.pk)
    return is_anyone_left


def owed_by(actor: User) -> int:
    """How many people a worker has yet to cancel in the name of `actor`, who needed nobody's yes."""
    alone = RegistrationImport.objects.filter(state=State.UNDOING, asked_by=actor).select_related("undo")
    keys = [key for batch in alone if not batch.is_agreed for key in batch.made]
    return Registration.objects.live().filter(pk__in=keys).count() if keys else 0


def work(*, batch: RegistrationImport, is_last: bool, now: datetime) -> None:
    """Take back whoever is left of `batch`; what it raises is tried again, from the piece at which it stopped.

    At the last attempt somebody with whom the database cannot now is left out like anybody with whom it breaks.
    """
    while _take_back_some(batch, is_last, now):
        pass


@transaction.atomic
def give_up(*, batch: RegistrationImport, now: datetime) -> None:
    """End the taking back of `batch` where it is: who is left stays, is named, and can be taken back once more."""
    batch = _taken(batch)
    if batch.state != State.UNDOING:
        return
    rest = batch.to_take_back[batch.rows_done :]
    stay = Registration.objects.live().filter(pk__in=rest, session=batch.session_id).values_list("pk", flat=True)
    came = _who_came(rest)
    batch.kept |= {str(pk): Kept.ATTENDED if pk in came else Kept.BROKEN for pk in stay}
    _end(batch, now)


@transaction.atomic
def _take_back_some(batch: RegistrationImport, is_last: bool, now: datetime) -> bool:
    """One piece, whole or not at all. Returns whether there is another."""
    session = row_locks.lock_session(batch.session)
    batch = _taken(batch)
    if batch.state != State.UNDOING:
        return False
    keys, by = batch.to_take_back, batch.taken_back_by
    piece = keys[batch.rows_done : batch.rows_done + PIECE]
    came = _who_came(piece)
    with translation.override(by.language):
        why = batch.undo.reason if batch.undo and batch.is_agreed else str(REASON)
    freed = False
    for row in row_locks.lock_live(session, piece):
        if row.pk in came:
            batch.kept[str(row.pk)] = Kept.ATTENDED
            continue
        try:
            with transaction.atomic():
                freed |= registrations.end(row, reason=STAFFS, by=by, why=why, now=now)
        except (InterfaceError, SoftTimeLimitExceeded):
            raise
        except Exception as error:  # those behind it do not wait
            if isinstance(error, OperationalError) and not is_last:
                raise
            log.exception("registration %s was not taken back with import %s", row.pk, batch.pk)
            batch.kept[str(row.pk)] = Kept.BROKEN
    if freed:
        registrations.promote(session.pk, now=now)
    batch.rows_done += len(piece)
    if batch.rows_done >= len(keys):
        _end(batch, now)
        return False
    batch.save(update_fields=["rows_done", "kept"])
    return True


def _taken(batch: RegistrationImport) -> RegistrationImport:
    """`batch` as it is now, with its row held."""
    rows = RegistrationImport.objects.select_related("session", "by", "asked_by", "undo__decided_by")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=batch.pk)


def _end(batch: RegistrationImport, now: datetime) -> None:
    batch.state = State.UNDONE
    batch.save(update_fields=["rows_done", "kept", "state"])
    deeds.note(Deed.What.UNIMPORTED, about=batch, by=batch.taken_back_by, now=now)


def _who_came(keys: Collection[int]) -> set[int]:
    """Those of `keys` who have been at their session on any day."""
    return set(Attendance.objects.filter(registration__in=keys, mark__in=CAME).values_list("registration", flat=True))
