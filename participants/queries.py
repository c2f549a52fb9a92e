"""Reads that join people with what is offered: cohorts, queues, the day's numbers, the ledger's health."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    CharField,
    Count,
    DateField,
    Exists,
    F,
    Func,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, JSONObject

from participants.models import (
    AccessibilityRequest,
    Appeal,
    Attendance,
    GuardianRequest,
    Heartbeat,
    Mark,
    Notification,
    OpeningAlert,
    Registration,
)
from portal.accounts.models import User
from programs.models import Program, Region, ReminderRule, TrainingDay, TrainingSession
from programs.models.sessions import TrainingSessionQuerySet

SEATED = Q(registrations__place="seat")
CONFIRMED = SEATED & Q(registrations__guardian__in=["not_needed", "given"])


TOO_LATE_TO_REMIND = timedelta(hours=2)  # who registers later than this before a reminder gets the confirmation only
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
    today = _local_date(now, F("session__region__time_zone"))
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


def _local_date(now: datetime, time_zone: F) -> Func:
    """The calendar date at `now` where `time_zone` is kept."""
    return Func(Func(time_zone, Value(now), function="timezone"), function="date", output_field=DateField())


@dataclass(frozen=True)
class LedgerHealth:
    """What staff need to know of the messages. Ages are in seconds; None where there is nothing to measure."""

    waiting: int
    failed: int
    oldest_due_age: float | None
    last_tick_age: float | None


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
    today = _local_date(now, F("session__region__time_zone"))
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
    today = _local_date(now, F("session__region__time_zone"))
    ahead = TrainingDay.objects.filter(session=OuterRef("pk"), date__gte=today)
    return sessions.filter(Exists(ahead)).with_places().order_by("region__name")


def ledger_health(
    *, now: datetime, programme_now: datetime, seen_by: User | AnonymousUser | None = None
) -> LedgerHealth:
    """The state of all messages, or of those that `seen_by` may see, at machine time `now` and programme time."""
    messages = Notification.objects.all() if seen_by is None else Notification.objects.visible_to(seen_by)
    counts = messages.aggregate(
        waiting=Count("pk", filter=Q(state__in=["due", "retrying", "sending"])),
        failed=Count("pk", filter=Q(state__in=["failed", "unknown"])),
        # One that is to be tried again later is not late until then.
        oldest=Min(Coalesce("retry_at", "due_at"), filter=Q(pk__in=messages.due(programme_now).values("pk"))),
    )
    tick = Heartbeat.objects.filter(name="tick").values_list("at", flat=True).first()
    return LedgerHealth(
        waiting=counts["waiting"],
        failed=counts["failed"],
        oldest_due_age=_age(counts["oldest"], programme_now),
        last_tick_age=_age(tick, now),
    )


@dataclass(frozen=True)
class OpenAsks:
    """What waits for an answer of staff: how many, and since when the oldest."""

    appeals: int
    oldest_appeal: datetime | None
    needs: int
    oldest_need: datetime | None


def open_asks(user: User | AnonymousUser) -> OpenAsks:
    """Appeals and accessibility requests that wait in the regions that `user` may see."""
    waiting = {"number": Count("pk"), "oldest": Min("asked_at")}
    appeals = Appeal.objects.visible_to(user).open().aggregate(**waiting)
    needs = AccessibilityRequest.objects.visible_to(user).open().aggregate(**waiting)
    return OpenAsks(appeals["number"], appeals["oldest"], needs["number"], needs["oldest"])


def _number(rows: QuerySet[Any], *, by: str) -> Coalesce:
    """How many `rows` belong to the outer row, as a column; nothing is joined, so numbers do not multiply."""
    counted = rows.order_by().values(by).annotate(number=Count("*")).values("number")
    return Coalesce(Subquery(counted), 0)


def _age(instant: datetime | None, now: datetime) -> float | None:
    return (now - instant).total_seconds() if instant else None


def registrations_of(user: User, *, now: datetime | None = None) -> list[Registration]:
    """All registrations of one person with their session at hand, live ones first, then the latest. Two queries.

    With `now` each also has its `day_marks` as they are then.
    """
    rows: QuerySet[Registration] = Registration.objects.filter(participant__user=user).select_related(
        "participant", "session__program", "session__region", "session__venue", "accessibility_request__owner"
    )
    if now is not None:
        rows = with_attendance(rows, now=now)
    newest_first = rows.prefetch_related("session__days").order_by("-pk")
    return sorted(newest_first, key=lambda row: not row.is_live)


def appeals_of(user: User) -> list[Appeal]:
    """All appeals of one person with their session at hand, open ones first, then the latest."""
    rows = Appeal.objects.filter(user=user).select_related("session__region").prefetch_related("session__days")
    return sorted(rows.order_by("-pk"), key=lambda row: not row.is_open)


def live_rank(registration: Registration) -> int:
    """The place in the queue as it is now: 1 is next. Numbers are never reused, so ranks are counted."""
    ahead = Registration.objects.queued().filter(
        session=registration.session_id, queue_number__lt=registration.queue_number
    )
    return ahead.count() + 1


class Likelihood(StrEnum):
    """How likely somebody in a queue is to get a seat before registration closes."""

    LIKELY = "likely"
    POSSIBLE = "possible"
    SMALL = "small"


@dataclass(frozen=True)
class Chance:
    """An honest estimate and the numbers it comes from."""

    likelihood: Likelihood
    rank: int
    freed: int  # seats that this session's queue was given so far ...
    days: int  # ... in so many days
    days_left: int  # until registration closes


LEAST_DAYS, LEAST_FREED, DAYS_OF_SILENCE = 2, 3, 7


def chance(registration: Registration, *, rank: int, now: datetime) -> Chance | None:
    """What somebody who queues at `rank` may hope for at `now`; None while too little has happened to say anything."""
    session = registration.session
    began = Registration.objects.filter(session=session, queue_number__isnull=False).aggregate(at=Min("registered_at"))
    promoted = Notification.objects.filter(kind=Notification.Kind.PROMOTED, registration__session=session)
    watched, left = now - (began["at"] or now), session.closes - now
    return estimate(rank=rank, freed=promoted.count(), watched=watched, left=left)


def estimate(*, rank: int, freed: int, watched: timedelta, left: timedelta) -> Chance | None:
    """Whether `rank` seats will be freed in the time `left` at the pace of the time `watched`, as chance would have it.

    Seats freed in a while are taken to be Poisson distributed. None before two days and three seats, or seven days.
    """
    days, days_left = watched / timedelta(days=1), left / timedelta(days=1)
    if days < LEAST_DAYS or days_left <= 0 or (freed < LEAST_FREED and days < DAYS_OF_SILENCE):
        return None
    probability = _at_least(rank, expected=freed / days * days_left)
    if probability >= 0.7:
        likelihood = Likelihood.LIKELY
    else:
        likelihood = Likelihood.POSSIBLE if probability >= 0.25 else Likelihood.SMALL
    return Chance(likelihood, rank, freed, days=int(days), days_left=math.ceil(days_left))


def _at_least(number: int, *, expected: float) -> float:
    """How probable `number` events or more are where `expected` are to be expected."""
    fewer, term = 0.0, math.exp(-expected)
    for count in range(number):
        fewer += term
        term *= expected / (count + 1)
    return 1 - fewer


def sessions_to_switch_to(registration: Registration, *, now: datetime) -> list[TrainingSession]:
    """The other open sessions of the edition that have a seat left, soonest first."""
    program: Program = registration.session.program
    rows = TrainingSession.objects.published().with_places().filter(program=program).exclude(pk=registration.session_id)
    free = [session for session in rows if session.is_open(now) and session.seats_left]
    return sorted(free, key=lambda session: (session.first_day, session.region.city))


def regions_waited_for(user: User) -> list[Region]:
    """Regions of whose opening the account wants to be told and was not told yet."""
    alerts = OpeningAlert.objects.waiting().filter(account=user).select_related("region")
    return [alert.region for alert in alerts.order_by("region__name")]


def messages_about(registration: Registration) -> list[Notification]:
    """Every message about the registration, to the person and to the guardian, oldest first."""
    about = Q(registration=registration) | Q(guardian_request__registration=registration)
    return list(Notification.objects.filter(about).order_by("pk"))


def reminders_ahead(registration: Registration, *, now: datetime) -> list[datetime]:
    """When a confirmed person will still be reminded: instants in the session's zone, in order."""
    session = registration.session
    earliest = max(now, registration.registered_at + TOO_LATE_TO_REMIND)
    rules = ReminderRule.objects.filter(program=session.program_id)
    return sorted(due for rule in rules for due in _due_times(rule, session) if due >= earliest)


def _due_times(rule: ReminderRule, session: TrainingSession) -> list[datetime]:
    dates = sorted(day.date for day in session.days.all())
    anchors = {
        ReminderRule.Anchor.FIRST_DAY: dates[:1],
        ReminderRule.Anchor.LAST_DAY: dates[-1:],
        ReminderRule.Anchor.EACH_DAY: dates,
    }[ReminderRule.Anchor(rule.anchor)]
    zone = session.region.zone
    return [rule.due(day, zone) for day in anchors]


def next_instant(*, after: datetime, until: datetime) -> datetime | None:
    """The first instant in (after, until] at which time alone makes something due: a message, a deadline, a closing."""
    due = Notification.objects.filter(state__in=["due", "retrying"])
    offers = Registration.objects.filter(place=Registration.Place.OFFERED)
    requests = GuardianRequest.objects.filter(answer=GuardianRequest.Answer.OPEN)
    closings = [
        session.closes
        for session in TrainingSession.objects.with_places().filter(
            Q(registrations__guardian="asked", registrations__place="seat") | Q(registrations__place="queued")
        )
    ]
    instants = [
        *due.filter(due_at__gt=after, due_at__lte=until).order_by("due_at").values_list("due_at", flat=True)[:1],
        *due.filter(retry_at__gt=after, retry_at__lte=until)
        .order_by("retry_at")
        .values_list("retry_at", flat=True)[:1],
        *offers.filter(offered_until__gt=after, offered_until__lte=until).values_list("offered_until", flat=True),
        *requests.filter(expires_at__gt=after, expires_at__lte=until).values_list("expires_at", flat=True),
        *(closing for closing in closings if after < closing <= until),
        *_reminders_due(after, until),
        *(asked for asked in _questions_due() if after < asked <= until),
        *(opens for opens in _openings_waited_for() if after < opens <= until),
    ]
    return min(instants, default=None)


def _reminders_due(after: datetime, until: datetime) -> list[datetime]:
    """When reminders fall due in (after, until], for whatever sessions are published."""
    sessions = TrainingSession.objects.filter(status=TrainingSession.Status.PUBLISHED).with_places()
    rules: dict[int, list[ReminderRule]] = {}
    for rule in ReminderRule.objects.all():
        rules.setdefault(rule.program_id, []).append(rule)
    due = [
        moment
        for session in sessions
        for rule in rules.get(session.program_id, [])
        for moment in _due_times(rule, session)
    ]
    return [moment for moment in due if after < moment <= until]


def _questions_due() -> list[datetime]:
    """When confirmed people are asked whether they are still coming, in whatever sessions are published."""
    sessions = TrainingSession.objects.filter(status=TrainingSession.Status.PUBLISHED).with_places()
    return [session.asks_who_comes for session in sessions]


def _openings_waited_for() -> list[datetime]:
    """When registration opens in regions that somebody waits for."""
    regions = OpeningAlert.objects.waiting().values("region")
    sessions = TrainingSession.objects.published().filter(region__in=regions, status=TrainingSession.Status.PUBLISHED)
    return list(sessions.values_list("program__registration_opens", flat=True))
