"""Recording attendance: facts are added, never changed; what holds is derived from them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from participants.models import Attendance, AttendanceFact, Mark, Registration
from participants.operations import row_locks
from participants.operations.refusals import Refused
from portal.accounts.models import User
from programs.models import TrainingDay, TrainingSession

UNDO_WITHIN = timedelta(minutes=15)
Kind = AttendanceFact.Kind
BY_STAFF = (Kind.CORRECTION, Kind.UNDO)


class NotInCohort(Refused):
    code = "not_in_cohort"
    sentence = _("Orang ini bukan peserta pasti di sesi ini.")
    remedy = _("Muat ulang daftar hadir; mungkin pendaftarannya baru saja berubah.")


class NotADayOfSession(Refused):
    code = "not_a_day_of_session"
    sentence = _("Hari itu bukan hari sesi ini.")
    remedy = _("Muat ulang daftar hadir.")


class DayInFuture(Refused):
    code = "day_in_future"
    sentence = _("Hari itu belum tiba di wilayah ini.")
    remedy = _("Catat kehadiran pada harinya.")


class MarkChanged(Refused):
    """`cells` are the registrations and days of which something else holds than was seen."""

    code = "mark_changed"
    sentence = _("Sementara itu tandanya diubah.")
    remedy = _("Lihat tanda yang sekarang; tekan sekali lagi untuk tetap menggantinya.")

    def __init__(self, cells: Collection[tuple[int, int]]) -> None:
        super().__init__()
        self.cells = cells


class NothingToUndo(Refused):
    code = "nothing_to_undo"
    sentence = _("Tidak ada lagi yang bisa diurungkan.")
    remedy = _("Muat ulang daftar hadir; ubah tandanya satu per satu bila perlu.")


@dataclass(frozen=True)
class NewMark:
    """What is to be recorded of one registration on one day; an empty `mark` withdraws what was said before.

    `seen` is the mark that whoever records it saw there ("" for none), or None where nobody looked.
    """

    registration_id: int
    day_id: int
    mark: str
    public_id: UUID = field(default_factory=uuid4)
    device_at: datetime | None = None
    seen: str | None = None


@transaction.atomic
def record(
    *,
    session: TrainingSession,
    marks: Sequence[NewMark],
    by: User,
    now: datetime,
    source: AttendanceFact.Source = AttendanceFact.Source.GRID,
    batch: UUID | None = None,
) -> None:
    """Record corrections by staff for one session, all or none; a mark recorded before (same `public_id`) is skipped.

    What has the same `batch` is undone together. Raises NotInCohort, NotADayOfSession, DayInFuture, and MarkChanged
    where something else holds by now than was seen. The same person on the same day twice: the later one counts. The
    session is locked, so that facts are numbered in the order in which they become visible (who asks for what is newer
    than a number misses none), and nobody leaves the cohort between the check and the fact.
    """
    row_locks.hold_session(session)
    if not all(mark.mark in ("", *Mark.values) for mark in marks):
        raise ValueError("unknown mark")
    today = now.astimezone(session.region.zone).date()
    days = {day.pk: day for day in TrainingDay.objects.filter(session=session)}
    wanted = {mark.registration_id for mark in marks}
    cohort = set(Registration.objects.confirmed().filter(session=session, pk__in=wanted).values_list("pk", flat=True))
    for mark in marks:
        if mark.day_id not in days:
            raise NotADayOfSession
        if days[mark.day_id].date > today:
            raise DayInFuture
        if mark.registration_id not in cohort:
            raise NotInCohort
    if changed := _changed(marks):
        raise MarkChanged(changed)
    AttendanceFact.objects.bulk_create(
        [
            AttendanceFact(
                public_id=mark.public_id,
                registration_id=mark.registration_id,
                day_id=mark.day_id,
                session=session,
                kind=AttendanceFact.Kind.CORRECTION,
                source=source,
                mark=mark.mark,
                recorded_by=by,
                device_at=mark.device_at,
                recorded_at=now,
                batch=batch,
            )
            for mark in marks
        ],
        ignore_conflicts=True,
    )


def _changed(marks: Sequence[NewMark]) -> list[tuple[int, int]]:
    """Of which registrations and days neither what was seen holds nor what is wanted; of repeats nothing is asked."""
    seen = {(mark.registration_id, mark.day_id): mark for mark in marks if mark.seen is not None}
    if not seen:
        return []
    ids = [mark.public_id for mark in seen.values()]
    repeats = set(AttendanceFact.objects.filter(public_id__in=ids).values_list("public_id", flat=True))
    rows = Attendance.objects.filter(registration__in={row for row, _day in seen}, day__in={day for _row, day in seen})
    held = {(row, day): mark for row, day, mark in rows.values_list("registration", "day", "mark")}
    return [
        cell
        for cell, mark in seen.items()
        if mark.public_id not in repeats and held.get(cell, "") not in (mark.seen, mark.mark)
    ]


@transaction.atomic
def mark_rest_present(
    *,
    session: TrainingSession,
    day: TrainingDay,
    by: User,
    now: datetime,
    source: AttendanceFact.Source = AttendanceFact.Source.GRID,
    batch: UUID | None = None,
) -> int:
    """Mark everybody of the cohort of whom nothing was said on `day` as present. Returns how many.

    What somebody else is recording at this moment is waited for and kept. Raises NotADayOfSession, DayInFuture.
    """
    row_locks.hold_session(session)
    silent = Registration.objects.confirmed().filter(session=session).exclude(attendance__day=day)
    marks = [NewMark(pk, day.pk, Mark.PRESENT) for pk in silent.values_list("pk", flat=True)]
    record(session=session, marks=marks, by=by, now=now, source=source, batch=batch)
    return len(marks)


def undoable(*, session: TrainingSession, by: User, now: datetime) -> UUID | None:
    """What `by` recorded last in this session, while it can be undone; None once it was, or is too long ago."""
    own = AttendanceFact.objects.filter(session=session, kind__in=BY_STAFF, recorded_by=by)
    last = own.order_by("-pk").only("kind", "batch", "recorded_at").first()
    return last.batch if last and last.kind != Kind.UNDO and now - UNDO_WITHIN < last.recorded_at <= now else None


@transaction.atomic
def undo(*, session: TrainingSession, batch: UUID, by: User, now: datetime) -> int:
    """Take back the marks of `batch`, wherever staff recorded nothing newer. Returns how many.

    What then holds is derived from what is left, scans that came meanwhile included; what is undone stays on record.
    Raises NothingToUndo, also for somebody else's batch, for one undone before, and after a quarter of an hour.
    """
    row_locks.hold_session(session)
    facts = AttendanceFact.objects.filter(session=session, kind__in=BY_STAFF)
    mine = facts.filter(batch=batch, recorded_by=by, recorded_at__gt=now - UNDO_WITHIN)
    of_cells = facts.filter(registration__in=mine.values("registration"), day__in=mine.values("day")).order_by("pk")
    cells: dict[tuple[int, int], list[AttendanceFact]] = {}
    for fact in of_cells:
        cells.setdefault((fact.registration_id, fact.day_id), []).append(fact)
    latest = {cell: left[-1] for cell, history in cells.items() if (left := standing(history))}
    cohort = set(
        Registration.objects.confirmed()
        .filter(session=session, pk__in={row for row, _day in latest})
        .values_list("pk", flat=True)
    )
    taken_back = [
        AttendanceFact(
            registration_id=fact.registration_id,
            day_id=fact.day_id,
            session=session,
            kind=Kind.UNDO,
            source=AttendanceFact.Source.GRID,
            mark="",
            recorded_by=by,
            recorded_at=now,
            batch=batch,
        )
        for fact in latest.values()
        if (fact.batch, fact.recorded_by_id) == (batch, by.pk) and fact.registration_id in cohort
    ]
    if not taken_back:
        raise NothingToUndo
    AttendanceFact.objects.bulk_create(taken_back)
    return len(taken_back)


def standing(history: Sequence[AttendanceFact]) -> list[AttendanceFact]:
    """Of the facts of one person and day, in the server's order, those that were not undone."""
    undone = {fact.batch for fact in history if fact.kind == Kind.UNDO}
    return [
        fact
        for fact in history
        if fact.kind != Kind.UNDO and not (fact.kind == Kind.CORRECTION and fact.batch in undone)
    ]
