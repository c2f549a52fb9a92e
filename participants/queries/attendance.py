"""What holds of each person on each day, and how far a certificate is. Grid, export and totals read this."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    CharField,
    DateField,
    F,
    Func,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import JSONObject

from participants.models import (
    Attendance,
    Mark,
    Registration,
)
from programs.models import Program, TrainingDay

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

    @property
    def label(self) -> str:
        """The mark in words."""
        return str(Mark(self.mark).label) if self.mark else ""


def with_attendance(registrations: QuerySet[Registration], *, now: datetime) -> QuerySet[Registration]:
    """Each registration with `day_marks`: its session's days in order and what holds of each at `now`.

    Who was not recorded is absent once the local day is over. Grid, export and totals all read this.
    """
    here = Attendance.objects.filter(registration=OuterRef(OuterRef("pk")), day=OuterRef("pk"))
    today = local_date(now, F("session__region__time_zone"))
    said = JSONObject(mark="mark", at="recorded_at", by="recorded_by__name")
    silence = Case(When(date__lt=today, then=Value(Mark.ABSENT.value)), default=Value(""), output_field=CharField())
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
    return DayMark(day_id, number, date, said["mark"], said["at"], said["by"])


def days_present(marks: list[DayMark]) -> int:
    """On how many days somebody was there, late and leaving early included."""
    return sum(mark.mark in THERE for mark in marks)


@dataclass(frozen=True)
class Progress:
    """How far somebody is on the way to a certificate: days present, days needed, days of which nothing is said yet."""

    present: int
    needed: int
    days: int
    ahead: int

    @property
    def state(self) -> str:
        """`met`, `possible` or `missed`."""
        if self.present >= self.needed:
            return "met"
        return "possible" if self.present + self.ahead >= self.needed else "missed"


def progress(marks: list[DayMark], program: Program) -> Progress:
    """How the rule for a certificate stands with these marks."""
    ahead = sum(not mark.mark for mark in marks)
    return Progress(days_present(marks), program.certificate_min_days, len(marks), ahead)


def local_date(now: datetime, time_zone: F) -> Func:
    """The calendar date at `now` where `time_zone` is kept."""
    return Func(Func(time_zone, Value(now), function="timezone"), function="date", output_field=DateField())
