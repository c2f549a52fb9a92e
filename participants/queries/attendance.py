"""What holds of each person on each day, and how far a certificate is, for pages that show people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    CharField,
    DateField,
    F,
    Func,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, JSONObject

from participants.models import (
    Attendance,
    Mark,
    Registration,
)
from programs.models import Program, TrainingDay, TrainingSession

THERE = (Mark.PRESENT, Mark.LATE, Mark.LEFT_EARLY)


@dataclass(frozen=True)
class DayMark:
    """What holds of one registration on one day. `mark` is empty while nothing was said and the day is not over."""

    day_id: int
    number: int
    date: str
    mark: str
    recorded_at: str | None
    recorded_by: str | None
    gate: str = ""

    @property
    def label(self) -> str:
        """The mark in words."""
        return str(Mark(self.mark).label) if self.mark else ""

    @property
    def is_unrecorded(self) -> bool:
        """Whether it says absent only because nobody has said anything of a day that is over."""
        return self.mark == Mark.ABSENT and self.recorded_at is None


def with_attendance(registrations: QuerySet[Registration], *, now: datetime) -> QuerySet[Registration]:
    """Each registration with `day_marks`: its session's days in order and what holds of each at `now`.

    Who was not recorded is absent once the local day is over (`participants_silence`), as in `person_days`.
    """
    here = Attendance.objects.filter(registration=OuterRef(OuterRef("pk")), day=OuterRef("pk"))
    at = Coalesce("happened_at", "recorded_at")  # of a scan that was sent later: when the person came
    said = JSONObject(mark="mark", at=at, by="recorded_by__name", gate="gate")
    silence = Func(
        "date", "session__region__time_zone", Value(now), function="participants_silence", output_field=CharField()
    )
    days = TrainingDay.objects.filter(session=OuterRef("session")).order_by("number")
    day_marks = days.values(
        json=JSONObject(
            day_id="pk",
            number="number",
            date="date",
            silence=silence,
            said=Subquery(here.values(json=said)),  # one look at the facts of a day, not one for each of its columns
        )
    )
    return registrations.annotate(day_marks=ArraySubquery(day_marks))


def day_marks(registration: Registration) -> list[DayMark]:
    """The marks that `with_attendance` put on the row."""
    return [_day_mark(**row) for row in registration.day_marks]  # type: ignore[attr-defined]


def marks_so_far(registration: Registration, *, now: datetime) -> list[DayMark]:
    """The same of one registration whose session and days are at hand; no query before its first day has come."""
    session = registration.session
    if now.astimezone(session.region.zone).date() < session.first_day:  # nobody can be recorded yet
        return [DayMark(day.pk, day.number, day.date.isoformat(), "", None, None) for day in session.days.all()]
    return day_marks(with_attendance(Registration.objects.filter(pk=registration.pk), now=now).get())


def _day_mark(day_id: int, number: int, date: str, silence: str, said: dict[str, Any] | None) -> DayMark:
    if said is None:
        return DayMark(day_id, number, date, silence, None, None)
    return DayMark(day_id, number, date, said["mark"], said["at"], said["by"], said["gate"])


def days_present(marks: list[DayMark]) -> int:
    """On how many days somebody was there, late and leaving early included."""
    return sum(mark.mark in THERE for mark in marks)


def has_begun(session: TrainingSession, marks: list[DayMark], *, now: datetime) -> bool:
    """Whether the training has begun for somebody with these marks: its first day has, or they were seen there."""
    return now >= session.starts or days_present(marks) > 0


def days_ahead(registration: Registration, marks: list[DayMark], *, now: datetime) -> list[TrainingDay]:
    """The days to which whoever has a certain seat, and these marks, is still expected: those that have not begun and
    of which nothing is recorded. The session with its days and region is at hand."""
    if not registration.is_confirmed:
        return []
    recorded = {mark.day_id for mark in marks if mark.mark}
    return [day for day in registration.session.days.all() if now < day.starts() and day.pk not in recorded]


def may_be_mended(marks: list[DayMark]) -> bool:
    """Whether of some day it is said, or taken for granted, that somebody was not there."""
    return any(mark.mark and mark.mark not in THERE for mark in marks)


@dataclass(frozen=True)
class Progress:
    """How far somebody is on the way to a certificate.

    Days present and days needed, and of which days nothing is said: those ahead, and those that nobody recorded.
    """

    present: int
    needed: int
    days: int
    ahead: int
    unrecorded: int

    @property
    def state(self) -> str:
        """`met`, `possible`, `unrecorded` (it hangs on days that nobody has recorded) or `missed`."""
        if self.present >= self.needed:
            return "met"
        if self.present + self.ahead + self.unrecorded < self.needed:
            return "missed"
        return "unrecorded" if self.unrecorded else "possible"


def progress(marks: list[DayMark], program: Program) -> Progress:
    """How the rule for a certificate stands with these marks."""
    ahead = sum(not mark.mark for mark in marks)
    unrecorded = sum(mark.is_unrecorded for mark in marks)
    return Progress(days_present(marks), program.certificate_min_days, len(marks), ahead, unrecorded)


def local_date(now: datetime, time_zone: F) -> Func:
    """The calendar date at `now` where `time_zone` is kept."""
    return Func(Func(time_zone, Value(now), function="timezone"), function="date", output_field=DateField())
