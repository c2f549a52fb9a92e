"""Cohorts in numbers: today, the days to come, and what waits for staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import (
    Count,
    Exists,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce

from participants.models import (
    AccessibilityRequest,
    Appeal,
    Attendance,
    Registration,
)
from participants.queries.attendance import THERE, local_date
from portal.accounts.models import User
from programs.models import TrainingDay, TrainingSession
from programs.models.sessions import TrainingSessionQuerySet

SEATED = Q(registrations__place="seat")


CONFIRMED = SEATED & Q(registrations__guardian__in=["not_needed", "given"])


def with_cohort_counts(sessions: TrainingSessionQuerySet) -> TrainingSessionQuerySet:
    """Each session with `registered`, `confirmed`, `awaiting` (a guardian) and `queued` counts."""
    return sessions.annotate(
        registered=Count("registrations", filter=~Q(registrations__place="released")),
        confirmed=Count("registrations", filter=CONFIRMED),
        awaiting=Count("registrations", filter=SEATED & Q(registrations__guardian="asked")),
        queued=Count("registrations", filter=Q(registrations__place="queued")),
    )


def sessions_today(user: User | AnonymousUser, *, now: datetime) -> QuerySet[TrainingDay]:
    """The training days of today's local date in regions that `user` may see, each with the numbers of its cohort.

    `registered`, `confirmed` and `queued` count the session's registrations, `present` who was there on the day.
    """
    today = local_date(now, F("session__region__time_zone"))
    days = TrainingDay.objects.visible_to(user).filter(date=today, session__status="published")
    cohort = Registration.objects.filter(session=OuterRef("session"))
    still_in = Registration.objects.confirmed().filter(pk=OuterRef("registration"))  # as in the grid and in the export
    there = Attendance.objects.filter(Exists(still_in), day=OuterRef("pk"), mark__in=THERE)
    return (
        days.select_related("session__region", "session__venue")
        .annotate(
            registered=_number(cohort.live(), by="session"),
            confirmed=_number(cohort.confirmed(), by="session"),
            queued=_number(cohort.queued(), by="session"),
            present=_number(there, by="day"),
        )
        .order_by("session__region__name")
    )


def sessions_coming(user: User | AnonymousUser, *, now: datetime) -> TrainingSessionQuerySet:
    """Sessions not yet over in regions that `user` may see, with cohort counts."""
    sessions = with_cohort_counts(TrainingSession.objects.visible_to(user).exclude(status="cancelled"))
    today = local_date(now, F("session__region__time_zone"))
    ahead = TrainingDay.objects.filter(session=OuterRef("pk"), date__gte=today)
    return sessions.filter(Exists(ahead)).with_places().order_by("region__name")


@dataclass(frozen=True)
class OpenAsks:
    """What waits for staff: how many questions and since when the oldest; and how many people no mail reaches."""

    appeals: int
    oldest_appeal: datetime | None
    needs: int
    oldest_need: datetime | None
    unreachable: int


def open_asks(user: User | AnonymousUser) -> OpenAsks:
    """Appeals and accessibility requests that wait in the regions that `user` may see."""
    waiting = {"number": Count("pk"), "oldest": Min("asked_at")}
    appeals = Appeal.objects.visible_to(user).open().aggregate(**waiting)
    needs = AccessibilityRequest.objects.visible_to(user).open().aggregate(**waiting)
    unreachable = Registration.objects.visible_to(user).unreachable().count()
    return OpenAsks(appeals["number"], appeals["oldest"], needs["number"], needs["oldest"], unreachable)


def _number(rows: QuerySet[Any], *, by: str) -> Coalesce:
    """How many `rows` belong to the outer row, as a column; nothing is joined, so numbers do not multiply."""
    counted = rows.order_by().values(by).annotate(number=Count("*")).values("number")
    return Coalesce(Subquery(counted), 0)
