"""The messages: how they stand, what was said about somebody, and when something falls due next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import Case, Count, Min, Q, QuerySet, When
from django.db.models.functions import Coalesce

from participants import tokens
from participants.models import (
    Broadcast,
    GuardianRequest,
    Heartbeat,
    Mark,
    Notification,
    OpeningAlert,
    Registration,
)
from participants.queries.attendance import DayMark
from portal.accounts.models import User
from programs.compiled import compiled
from programs.models import ReminderRule, TrainingDay, TrainingSession

_LAST_NUMBER = 2**63 - 1  # of rows, in the database
Audience = ReminderRule.Audience
TOO_LATE_TO_REMIND = timedelta(hours=2)  # who registers later than this before a reminder gets the confirmation only
LATELY = timedelta(days=7)  # what was missed longer ago is no news


CODE_LATENCY = """
    SELECT count(*), percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY extract(epoch FROM took))
    FROM participants_notification CROSS JOIN LATERAL (SELECT settled_at - created_at AS took) AS each
    WHERE queue = 'codes' AND state = 'sent' AND settled_at > %(since)s
"""


@dataclass(frozen=True)
class CodeLatency:
    """How many login codes went out in the last hour, and how long half of them and 95 of 100 took, in seconds."""

    sent: int
    median: float
    p95: float


def code_latency(*, now: datetime) -> CodeLatency | None:
    """From ask to delivery, in the hour before the programme instant `now`; None when no code went out in it."""
    with connection.cursor() as cursor:
        cursor.execute(CODE_LATENCY, {"since": now - timedelta(hours=1)})
        sent, quantiles = cursor.fetchone()
    return CodeLatency(sent, *quantiles) if sent else None


def unsettled() -> dict[tuple[str, str], int]:
    """How many messages there are by queue and state, of those that wait and those that did not arrive."""
    rows = Notification.objects.unsettled().values_list("queue", "state").annotate(Count("pk"))
    return {(queue, state): count for queue, state, count in rows.order_by("queue", "state")}


def missed_lately(*, now: datetime, seen_by: User | AnonymousUser | None = None) -> dict[str, int]:
    """How many messages by queue were too late to be of use in the seven days before the programme instant `now`, of
    all or of those that `seen_by` may see. One query."""
    messages = Notification.objects.all() if seen_by is None else Notification.objects.visible_to(seen_by)
    counts = messages.missed(since=now - LATELY).values_list("queue").annotate(Count("pk"))
    return dict.fromkeys(Notification.Queue.values, 0) | dict(counts.order_by())


@dataclass(frozen=True)
class LedgerHealth:
    """What staff need to know of the messages. Ages are in seconds; None where there is nothing to measure."""

    waiting: int
    retrying: int  # of those that wait
    put_off: int  # of those that wait: for their turn, at a provider that asked for fewer a minute
    failed: int
    unknown: int
    oldest_due_age: float | None
    last_tick_age: float | None
    last_whole_tick_age: float | None


def ledger_health(
    *, now: datetime, programme_now: datetime, seen_by: User | AnonymousUser | None = None
) -> LedgerHealth:
    """The state of all messages, or of those that `seen_by` may see, at machine time `now` and programme time."""
    messages = Notification.objects.all() if seen_by is None else Notification.objects.visible_to(seen_by)
    counts = messages.waiting().aggregate(
        waiting=Count("pk"),
        retrying=Count("pk", filter=Q(state="retrying")),
        put_off=Count("pk", filter=Q(state="due", retry_at__gt=programme_now)),
        # One that is to be tried again later is not late until then; one that waits for its turn is.
        oldest=Min(
            Case(When(state="due", then="due_at"), default=Coalesce("retry_at", "due_at")),
            filter=Q(pk__in=messages.due(programme_now).values("pk")) | Q(state="due", due_at__lte=programme_now),
        ),
    )
    lost = messages.astray().aggregate(
        failed=Count("pk", filter=Q(state="failed")), unknown=Count("pk", filter=Q(state="unknown"))
    )
    beats = dict(Heartbeat.objects.values_list("name", "at"))
    return LedgerHealth(
        waiting=counts["waiting"],
        retrying=counts["retrying"],
        put_off=counts["put_off"],
        failed=lost["failed"],
        unknown=lost["unknown"],
        oldest_due_age=_age(counts["oldest"], programme_now),
        last_tick_age=_age(beats.get(Heartbeat.TICK), now),
        last_whole_tick_age=_age(beats.get(Heartbeat.WHOLE_TICK), now),
    )


def _age(instant: datetime | None, now: datetime) -> float | None:
    return (now - instant).total_seconds() if instant else None


def copies_of(broadcast: Broadcast) -> QuerySet[Notification]:
    """What the ledger holds of a message that staff wrote: a row for each reader."""
    return Notification.objects.filter(
        kind=Notification.Kind.BROADCAST,
        registration__session=broadcast.session_id,
        occurrence=broadcast.occurrence,
    )


def begins(broadcast: Broadcast) -> datetime:
    """When its first copy falls due, or did: later than it was written for where nothing was sent before the night."""
    first: datetime | None = copies_of(broadcast).aggregate(first=Min("due_at"))["first"]
    return first or broadcast.starts_at


def message_with_code(code: str) -> Notification | None:
    """The message at whose foot `code` stands, once it was sent or may have been; None for every other code.

    A code that was made up and one of a message that was never sent cannot be told apart, nor by how long it takes.
    """
    try:
        number = tokens.message_number(code)
    except ValueError:
        return None
    state = Notification.State
    gone = [state.SENT, state.SENDING, state.UNKNOWN, state.BOUNCED]
    found = Notification.objects.filter(pk=min(number, _LAST_NUMBER), state__in=gone).first()
    return found if found and tokens.is_message_code(code, found.public_id) else None


def messages_about(registration: Registration) -> list[Notification]:
    """Every message about the registration, to the person and to the guardian, oldest first."""
    return _about(registration=registration.pk)


@compiled
def _about(*, registration: Any) -> QuerySet[Notification]:
    """Two reads in one, each by its index: one condition joined by "or" would read the whole ledger."""
    to_person = Notification.objects.filter(registration=registration)
    to_guardian = Notification.objects.filter(guardian_request__registration=registration)
    return to_person.union(to_guardian, all=True).order_by("pk")


def messages_to(registration: Registration, *, seen_by: User | AnonymousUser) -> list[Notification]:
    """What was and will be said to the registration's person and their guardian, newest first, of what `seen_by` may
    see: about this registration, and about the account. Each with the rule or the words of staff at hand."""
    keys = Notification.objects.values("pk")
    theirs = keys.filter(registration=registration).union(
        keys.filter(guardian_request__registration=registration),
        keys.filter(account=registration.participant.user_id),
        all=True,
    )
    rows = list(Notification.objects.visible_to(seen_by).filter(pk__in=theirs).order_by("-due_at", "-pk"))
    rules = {rule.slug: rule for rule in ReminderRule.objects.filter(program=registration.program_id)}
    copies = [int(row.occurrence) for row in rows if row.kind == Notification.Kind.BROADCAST]
    written = Broadcast.objects.in_bulk(copies) if copies else {}
    for row in rows:
        if row.kind == Notification.Kind.REMINDER:
            row.rule = rules.get(row.occurrence.rpartition(":")[0])
        if row.kind == Notification.Kind.BROADCAST:
            row.broadcast = written.get(int(row.occurrence))
    return rows


class Reminded(NamedTuple):
    """When, in the session's zone, a person is reminded, and of which day, None where of the opening; or, as a question
    that wants an answer, is asked whether they still come on that day. `audience` says whom it means: of who is among
    them now some may not be when it falls due."""

    due: datetime
    day: TrainingDay | None
    is_question: bool = False
    audience: str = ReminderRule.Audience.CONFIRMED


def reminders_ahead(
    registration: Registration,
    rules: Iterable[ReminderRule],
    *,
    missed: Collection[date] = (),
    marks: Sequence[DayMark] = (),
    now: datetime,
) -> list[Reminded]:
    """When a person with these `marks`, who has said that they cannot come on the days `missed`, will still be reminded
    by the edition's `rules` if they stand then as they do now, in order and in the session's zone."""
    session = registration.session
    earliest = max(now, registration.registered_at + TOO_LATE_TO_REMIND)
    seen = {mark.number for mark in marks if mark.mark and mark.mark != Mark.ABSENT}
    rules = [rule for rule in rules if rule.is_on and _may_mean(rule, registration)]
    ahead = [
        told
        for rule in rules
        for told in _due_times(rule, session)
        if told.due >= earliest
        and not (rule.is_of_one_day and told.day and told.day.date in missed)
        and not (rule.audience == Audience.ABSENT_YESTERDAY and told.day and told.day.number - 1 in {0, *seen})
    ]
    return sorted(ahead, key=lambda told: told.due)


def _may_mean(rule: ReminderRule, registration: Registration) -> bool:
    """Whether the rule means somebody who stands so, on whatever days; `MEANT` says the same of one day."""
    is_asked = registration.guardian == Registration.Guardian.ASKED
    if is_asked and not rule.before_consent:
        return False
    match rule.audience:
        case Audience.QUEUED:
            return registration.place == Registration.Place.QUEUED
        case Audience.AWAITING_GUARDIAN:
            return is_asked and registration.place in (Registration.Place.SEAT, Registration.Place.OFFERED)
        case Audience.UNANSWERED:
            return registration.is_confirmed and registration.coming_answered_at is None
        case _:
            return registration.is_confirmed


def _due_times(rule: ReminderRule, session: TrainingSession) -> list[Reminded]:
    days, zone, audience = sorted(session.days.all(), key=lambda day: day.date), session.region.zone, rule.audience
    if rule.anchor == ReminderRule.Anchor.REGISTRATION_OPENS:
        opens = session.program.registration_opens.astimezone(zone).date()
        return [Reminded(rule.due(opens, zone), None, audience=audience)]
    anchors = {
        ReminderRule.Anchor.FIRST_DAY: days[:1],
        ReminderRule.Anchor.LAST_DAY: days[-1:],
        ReminderRule.Anchor.EACH_DAY: days,
    }[ReminderRule.Anchor(rule.anchor)]
    return [Reminded(rule.due(day.date, zone), day, audience=audience) for day in anchors]


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
    for rule in ReminderRule.objects.filter(is_on=True):
        rules.setdefault(rule.program_id, []).append(rule)
    due = [
        told.due
        for session in sessions
        for rule in rules.get(session.program_id, [])
        for told in _due_times(rule, session)
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
