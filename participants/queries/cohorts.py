"""Cohorts in numbers: today, the days to come, and what waits for staff."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import (
    CharField,
    Count,
    Exists,
    F,
    Func,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, Concat

from participants.models import (
    AccessibilityRequest,
    Appeal,
    Approval,
    Attendance,
    Consent,
    DoubtfulScan,
    GuardianRequest,
    Registration,
)
from participants.models.appeals import ABSENCE, AppealQuerySet
from participants.models.searches import is_there
from participants.queries.attendance import THERE, local_date
from participants.queries.reach import out_of_reach, unreachable
from portal.accounts.models import User
from programs.models import TrainingDay, TrainingSession
from programs.models.sessions import TrainingSessionQuerySet

A_DAY = timedelta(days=1)
SEATED = Q(registrations__place="seat")


CONFIRMED = SEATED & Q(registrations__guardian__in=["not_needed", "given"])


def with_cohort_counts(sessions: TrainingSessionQuerySet) -> TrainingSessionQuerySet:
    """Each session with `registered`, `confirmed`, `awaiting` (a guardian), `queued` and `offered` counts.

    Counted for the sessions that are read, not for those beyond a page's end.
    """
    cohort = Registration.objects.filter(session=OuterRef("pk"))
    return sessions.annotate(
        registered=_number(cohort.live(), by="session"),
        confirmed=_number(cohort.confirmed(), by="session"),
        awaiting=_number(cohort.filter(place="seat", guardian="asked"), by="session"),
        queued=_number(cohort.queued(), by="session"),
        offered=_number(cohort.filter(place="offered"), by="session"),
    )


def for_a_list(registrations: QuerySet[Registration]) -> QuerySet[Registration]:
    """Each registration with its person and what a list tells beside the name, in one query.

    `has_withdrawn`, `has_open_need`, `is_unreachable` (no channel reaches them).
    """
    open_needs = AccessibilityRequest.objects.open().filter(registration=OuterRef("pk"))
    lost = out_of_reach(Registration.objects.filter(pk=OuterRef("pk")))
    withdrawn = Consent.objects.taken_back().filter(participant=OuterRef("participant"))
    return registrations.select_related("participant").annotate(
        has_withdrawn=Exists(withdrawn), has_open_need=Exists(open_needs), is_unreachable=Exists(lost)
    )


def sessions_today(user: User | AnonymousUser, *, now: datetime) -> QuerySet[TrainingDay]:
    """The training days of today's local date in regions that `user` may see, each with the numbers of its cohort.

    `registered`, `confirmed` and `queued` count the session's registrations, `present` who was there on the day.
    """
    today = local_date(now, F("session__region__time_zone"))
    near = (now.date() - A_DAY, now.date() + A_DAY)  # in no zone another date: so few rows are looked at closely
    days = TrainingDay.objects.visible_to(user).filter(date__range=near, date=today, session__status="published")
    days = days.filter(session__program__is_published=True)
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
    """Sessions not yet over of published editions, in regions that `user` may see, with cohort counts."""
    offered = TrainingSession.objects.visible_to(user).filter(program__is_published=True)
    sessions = with_cohort_counts(offered.exclude(status="cancelled"))
    today = local_date(now, F("session__region__time_zone"))
    ahead = TrainingDay.objects.filter(date__gte=now.date() - A_DAY).filter(date__gte=today).values("session")
    return sessions.filter(pk__in=ahead).with_places()


def days_unrecorded(user: User | AnonymousUser, *, now: datetime, days: int) -> QuerySet[TrainingDay]:
    """Training days of the last `days` days before today's local date of which nobody recorded anything.

    Those in regions that `user` may see and whose session has confirmed people, the latest first.
    """
    today = local_date(now, F("session__region__time_zone"))
    over = TrainingDay.objects.visible_to(user).filter(session__status="published", date__lt=today)
    over = over.filter(date__gte=now.date() - A_DAY - timedelta(days=days))
    recent = over.filter(date__gte=local_date(now - timedelta(days=days), F("session__region__time_zone")))
    expected = Registration.objects.confirmed().filter(session=OuterRef("session"))
    there = Attendance.objects.filter(registration=OuterRef("pk"), day=OuterRef(OuterRef("pk")))
    somebody = Registration.objects.filter(session=OuterRef("session")).alias(is_recorded=is_there(there))
    return (
        recent.alias(is_recorded=is_there(somebody.filter(is_recorded=True)))
        .filter(Exists(expected), is_recorded=False)
        .select_related("session__region")
        .order_by("-date", "session__region__name")
    )


def _apart(one: datetime | None, other: datetime | None) -> float | None:
    return (other - one).total_seconds() if one and other else None


@dataclass(frozen=True)
class OpenAsks:
    """What waits for staff: how many questions and since when the oldest; and how many people no channel reaches. Of
    appeals those against a decision apart from what people said of days on which they cannot come.

    Ages and times left are in seconds: the rows are of regions with clocks of their own.
    """

    appeals: int
    oldest_appeal: float | None
    absences: int
    oldest_absence: float | None
    needs: int
    oldest_need: float | None
    unreachable: int
    guardians: int
    soonest_guardian: float | None
    approvals: int
    soonest_approval: float | None
    doubts: int
    doubts_at: int | None


def still_waiting(appeals: AppealQuerySet, *, now: datetime) -> AppealQuerySet:
    """Those of `appeals` that wait for an answer at `now`: the open ones, but what was said of a day only while the
    person is expected then: until its local date is over or something is recorded of them on it."""
    recorded = Attendance.objects.filter(registration=OuterRef(OuterRef("registration")), day=OuterRef("pk"))
    today = local_date(now, F("session__region__time_zone"))
    day = Func("date", Value("YYYY-MM-DD"), function="to_char", output_field=CharField())
    code = Concat(Value(ABSENCE), day, output_field=CharField())
    days = TrainingDay.objects.filter(session=OuterRef("session"), date__gte=today).alias(code=code)
    ahead = days.filter(~Exists(recorded), code=OuterRef("code"))
    expected = Exists(ahead) & ~Q(registration__place=Registration.Place.RELEASED)
    return appeals.open().filter(~Q(code__startswith=ABSENCE) | expected)


def open_asks(user: User | AnonymousUser, *, now: datetime) -> OpenAsks:
    """What waits where `user` may look: appeals, needs, guardians without an answer, people whom nothing reaches.

    And what others asked a second person for, and scans at a door that nobody has judged: how many, and
    at which session the first of them stand.
    """
    waiting = {"number": Count("pk"), "oldest": Min("asked_at")}
    said_absent = Q(code__startswith=ABSENCE)
    appeals = still_waiting(Appeal.objects.visible_to(user).readable(), now=now).aggregate(
        number=Count("pk", filter=~said_absent),
        oldest=Min("asked_at", filter=~said_absent),
        absences=Count("pk", filter=said_absent),
        oldest_absence=Min("asked_at", filter=said_absent),
    )
    needs = AccessibilityRequest.objects.visible_to(user).open().aggregate(**waiting)
    lost = unreachable(Registration.objects.visible_to(user), now=now).count()
    asked = GuardianRequest.objects.visible_to(user).filter(answer="", registration__guardian="asked")
    guardians = asked.exclude(registration__place="released").aggregate(number=Count("pk"), soonest=Min("expires_at"))
    seconds = Approval.objects.visible_to(user).open(now).exclude(asked_by=user.pk)
    others = seconds.aggregate(number=Count("pk"), soonest=Min("expires_at"))
    doubts = DoubtfulScan.objects.visible_to(user).open().aggregate(number=Count("pk"), at=Min("session"))
    return OpenAsks(
        appeals["number"],
        _apart(appeals["oldest"], now),
        appeals["absences"],
        _apart(appeals["oldest_absence"], now),
        needs["number"],
        _apart(needs["oldest"], now),
        lost,
        guardians["number"],
        _apart(now, guardians["soonest"]),
        others["number"],
        _apart(now, others["soonest"]),
        doubts["number"],
        doubts["at"],
    )


@dataclass(frozen=True)
class Event:
    """Something that happens at a session soon: `opens`, `closes`, or `day` with the day's number."""

    at: datetime
    session: TrainingSession
    what: str
    number: int = 0


def agenda(sessions: Iterable[TrainingSession], *, now: datetime, days: int) -> list[Event]:
    """What happens at `sessions`, whose days are at hand, within so many days of `now`, in its order; asks nothing."""
    found = []
    for session in sessions:
        found += [Event(session.program.registration_opens, session, "opens"), Event(session.closes, session, "closes")]
        for day in session.days.all():
            begins = datetime.combine(day.date, day.starts_at, tzinfo=session.region.zone)
            found.append(Event(begins, session, "day", day.number))
    soon = [event for event in found if now <= event.at < now + timedelta(days=days)]
    return sorted(soon, key=lambda event: (event.at, event.session.region.name))


def _number(rows: QuerySet[Any], *, by: str) -> Coalesce:
    """How many `rows` belong to the outer row, as a column; nothing is joined, so numbers do not multiply."""
    counted = rows.order_by().values(by).annotate(number=Count("*")).values("number")
    return Coalesce(Subquery(counted), 0)
