"""Reads that join people with what is offered: cohorts, queues, the day's numbers, the ledger's health."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
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

from participants.models import Attendance, GuardianRequest, Heartbeat, Mark, Notification, Registration
from portal.accounts.models import User
from programs.models import Program, ReminderRule, TrainingDay, TrainingSession
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
        "participant", "session__program", "session__region", "session__venue"
    )
    if now is not None:
        rows = with_attendance(rows, now=now)
    newest_first = rows.prefetch_related("session__days").order_by("-pk")
    return sorted(newest_first, key=lambda row: not row.is_live)


def live_rank(registration: Registration) -> int:
    """The place in the queue as it is now: 1 is next. Numbers are never reused, so ranks are counted."""
    ahead = Registration.objects.queued().filter(
        session=registration.session_id, queue_number__lt=registration.queue_number
    )
    return ahead.count() + 1


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
            registrations__guardian="asked", registrations__place__in=["seat", "queued"]
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
