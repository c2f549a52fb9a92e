"""Attendance exports: asked for, by somebody or by schedule, and perhaps agreed to by a second person."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from participants.exports import attendance
from participants.exports.columns import PERSONAL
from participants.models import AttendanceExport, Deed, ExportSchedule, Registration
from participants.operations import deeds, locks, notifications, second_persons, unusual_exports
from participants.operations.refusals import Refused
from participants.queries import person_days
from participants.queries.exports import personal_files
from participants.queries.person_days import Filter, Selection
from portal.accounts.models import User

State = AttendanceExport.State
SMALL = 2_000  # people whose file is given out at once
MANY = 1_000  # people from whom on personal columns need a second person's yes
KEPT = timedelta(hours=24)


class NotYours(Refused):
    """Only who asked fetches a file, and only while they may export what is in it."""

    code = "export_not_yours"
    sentence = _("Berkas ini hanya untuk yang memintanya, selama haknya masih ada.")
    remedy = _("Minta berkasmu sendiri di halaman unduh.")


class SamePerson(Refused):
    code = "export_same_person"
    sentence = _("Yang meminta tidak bisa menyetujui permintaannya sendiri.")
    remedy = _("Minta rekan yang juga boleh mengunduh kolom ini.")


class NotAsked(Refused):
    code = "export_not_asked"
    sentence = _("Permintaan ini sudah diputuskan.")
    remedy = _("Lihat keadaannya di halaman berkas.")


@dataclass(frozen=True)
class Wanted:
    """What somebody asks for: the filter, how it is written, which personal columns and why; and all of it in words.

    Who filters by gender or age learns it of everybody in the file, so that column is among the personal ones.
    """

    filter: Filter
    layout: attendance.Layout
    format: str
    delimiter: str
    personal: frozenset[str]
    reason: str
    described: dict[str, str]
    language: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "personal", self.personal | self.filter.tells)


def ask(*, wanted: Wanted, by: User, now: datetime, schedule: ExportSchedule | None = None) -> AttendanceExport:
    """Note what `by` asks for: queued, or waiting for a second person if it is personal columns of over `MANY` people.

    Those of the files that `by` got without one in the last day count as well: many small files are one large one.

    Raises NotYours for a column that is not of their role.
    """
    if not may_have(by, wanted.personal):
        raise NotYours
    people, rows = how_many(wanted=wanted, seen_by=by, now=now)
    export = _note(wanted, by, now, schedule=schedule, people=people, row_count=rows)
    if export.state == State.QUEUED and (people > SMALL or schedule):
        notifications.ring_for_exports()
    return export


@transaction.atomic
def _note(
    wanted: Wanted, by: User, now: datetime, *, schedule: ExportSchedule | None, people: int, row_count: int
) -> AttendanceExport:
    export = AttendanceExport.objects.create(
        by=by,
        at=now,
        schedule=schedule,
        state=State.ASKED if wanted.personal and _is_too_much(people, by, now) else State.QUEUED,
        layout=wanted.layout,
        format=wanted.format,
        delimiter=wanted.delimiter,
        language=wanted.language,
        asked=wanted.filter.as_json(),
        filter=wanted.described,
        filter_order=list(wanted.described),
        personal=sorted(wanted.personal),
        columns=[],
        reason=wanted.reason,
        people=people,
        row_count=row_count,
    )
    if wanted.personal and export.state == State.QUEUED:
        unusual_exports.look(export, now=now)
    return export


def how_many(*, wanted: Wanted, seen_by: User, now: datetime) -> tuple[int, int]:
    """Of how many people, in how many rows, the file would tell."""
    people, days = person_days.count(Selection(Registration.objects.visible_to(seen_by), now, wanted.filter))
    return people, days if wanted.layout == "days" else people


def plan(*, now: datetime) -> int:
    """Ask for the scheduled files that have fallen due, once for each reader who may have them. Returns how many.

    What is due is marked in the same transaction, so a second tick asks for nothing.
    """
    asked = 0
    for schedule in ExportSchedule.objects.filter(is_active=True):
        with transaction.atomic():
            schedule = ExportSchedule.objects.select_for_update(no_key=True, of=("self",)).get(pk=schedule.pk)
            slot = schedule.slot(now)
            if schedule.last_slot and schedule.last_slot >= slot:
                continue
            schedule.last_slot = slot
            schedule.save(update_fields=["last_slot"])
            for reader in schedule.readers.order_by("pk"):
                with suppress(NotYours), translation.override(reader.language):
                    ask(wanted=_scheduled(schedule, reader), by=reader, now=now, schedule=schedule)
                    asked += 1
    return asked


def _scheduled(schedule: ExportSchedule, reader: User) -> Wanted:
    described = {_("Jadwal"): schedule.name, _("Edisi"): schedule.program or "—", _("Wilayah"): schedule.region or "—"}
    return Wanted(
        filter=Filter(program=schedule.program_id, region=schedule.region_id),
        layout=schedule.layout,  # type: ignore[arg-type]
        format=schedule.format,
        delimiter=";",
        personal=frozenset(),
        reason="",
        described={str(name): str(value) for name, value in described.items()},
        language=reader.language,
    )


def readers() -> QuerySet[User]:
    """Staff to whom a file can be scheduled: who may export, and sees every region."""
    export = Q(groups__permissions__codename="export_attendance")
    return User.objects.filter(export, is_active=True, is_staff=True).distinct().order_by("name")


def may_have(user: User, personal: Collection[str]) -> bool:
    """Whether `user` may export at all, and these personal columns."""
    asked = {"participants.export_attendance", *(PERSONAL[column] for column in personal)}
    return user.is_active and user.has_perms(asked)


@transaction.atomic
def judge(*, export: AttendanceExport, agrees: bool, by: User, now: datetime) -> AttendanceExport:
    """The second person's answer.

    Raises SamePerson, NotYours, NotAsked, NotIndependent or TooNew, and then changes nothing.
    """
    export = AttendanceExport.objects.select_for_update(no_key=True, of=("self",)).get(pk=export.pk)
    if export.by_id == by.pk:
        raise SamePerson
    if not may_have(by, export.personal):
        raise NotYours
    if export.state != State.ASKED or export.at + KEPT <= now:
        raise NotAsked
    second_persons.check(asker=export.by, decider=by, now=now)
    export.state, export.judged_by, export.judged_at = State.QUEUED if agrees else State.DECLINED, by, now
    export.save(update_fields=["state", "judged_by", "judged_at"])
    deeds.note(Deed.What.APPROVED if agrees else Deed.What.DECLINED, about=export, by=by, now=now)
    if agrees:
        locks.hold(_files_of(export.by_id))
        unusual_exports.look(export, now=now)
        notifications.ring_for_exports()
    return export


def _is_too_much(people: int, by: User, now: datetime) -> bool:
    """Whether it takes a second person; until the transaction ends, `by` asks for nothing personal elsewhere."""
    locks.hold(_files_of(by.pk))
    return people + _named_lately(by, now) > MANY


def _named_lately(by: User, now: datetime) -> int:
    """Of how many people `by` got personal columns in the last day, file by file, without a second person's yes."""
    alone = personal_files(by.pk, now=now).filter(judged_by=None)
    return alone.aggregate(people=Sum("people"))["people"] or 0


def _files_of(by: int) -> str:
    """The lock of whoever notes a file with personal columns that the account `by` gets."""
    return f"exports:{by}"
