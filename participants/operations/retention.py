"""What people were promised about how long their data are kept, as one table of rules, and the job that keeps it.

Every rule of `portal/data_map.toml` stands here once. Periods are programme time, but for what machines live by (codes,
sessions, the log). Rows are taken in short batches that pass over whatever somebody else holds, so that the job may run
twice, at once with itself, or be stopped.
"""

from __future__ import annotations

import calendar
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import DateTimeField, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from participants.models import (
    AccessibilityRequest,
    AddressChange,
    Appeal,
    AttendanceExport,
    AttendanceFact,
    Broadcast,
    Draft,
    GuardianRequest,
    Notification,
    OpeningAlert,
    Participant,
    Registration,
)
from participants.operations import crowds, drafts, erasures, login_codes, notifications, opening_alerts
from portal.accounts.models import User
from programs.models.programs import WESTERNMOST

log = logging.getLogger(__name__)

BATCH = 200  # rows held at a time
SECONDS = 180.0  # after so many a run ends; the next goes on
HOUR, WEEK, MONTH = timedelta(hours=1), timedelta(days=7), timedelta(days=30)


@dataclass(frozen=True)
class Moment:
    """When the job runs: programme time, and machine time beside it."""

    now: datetime
    machine_now: datetime

    @property
    def today(self) -> date:
        """The date where a day ends last."""
        return self.now.astimezone(WESTERNMOST).date()

    def months_ago(self, months: int, *, machine: bool = False) -> datetime:
        instant = self.machine_now if machine else self.now
        return datetime.combine(months_before(instant.date(), months), instant.timetz())


@dataclass(frozen=True)
class Rule:
    """One promise: what is kept for `term` since when, which rows are over it, and what becomes of them."""

    name: str
    term: str
    since: str
    outcome: str
    due: Callable[[Moment], QuerySet[Any]]
    end: Callable[[QuerySet[Any], Moment], object] = lambda rows, _moment: rows.delete()


def months_before(day: date, months: int) -> date:
    """The same day `months` earlier, or the last one of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def run(*, now: datetime, machine_now: datetime, seconds: float = SECONDS) -> dict[str, int | None]:
    """Keep every promise that is due. Returns how many rows each rule ended, None for a rule that failed.

    A rule that fails is logged and does not stop the others. After `seconds` the rest is left to the next run.
    """
    moment, until = Moment(now, machine_now), time.monotonic() + seconds
    return {rule.name: _run(rule, moment, until) for rule in RULES}


def planned(*, now: datetime, machine_now: datetime) -> dict[str, int]:
    """How many rows each rule would end now, if it were alone; changes nothing."""
    moment = Moment(now, machine_now)
    return {rule.name: rule.due(moment).count() for rule in RULES}


def _run(rule: Rule, moment: Moment, until: float) -> int | None:
    ended = 0
    try:
        while time.monotonic() < until and (batch := _end_some(rule, moment)):
            ended += batch
    except Exception:  # the other promises must be kept
        log.exception("the retention rule %s failed", rule.name)
        return None
    return ended


@transaction.atomic
def _end_some(rule: Rule, moment: Moment) -> int:
    """Hold a batch, look again with what was committed meanwhile, and end what is still due."""
    model = rule.due(moment).model
    waiting = model._base_manager.filter(pk__in=rule.due(moment).values("pk")).order_by("pk")
    held = [row.pk for row in waiting.only("pk").select_for_update(skip_locked=True)[:BATCH]]
    still = [*rule.due(moment).filter(pk__in=held).values_list("pk", flat=True)]
    if still:
        rule.end(model._base_manager.filter(pk__in=still), moment)
    return len(still)


def _guardian_addresses(moment: Moment) -> QuerySet[GuardianRequest]:
    """A guardian who agreed is told what changes, so their address stays until the training is over."""
    week_ago, asked = moment.now - WEEK, GuardianRequest.objects.exclude(email="")
    unanswered = Q(answer="", expires_at__lt=week_ago)
    answered = ~Q(answer__in=["", GuardianRequest.Answer.GIVEN]) & Q(answered_at__lt=week_ago)
    released = Q(registration__released_at__lt=week_ago)
    over = ~Exists(_registrations_since(moment.today - WEEK, Registration.objects.filter(pk=OuterRef("registration"))))
    return asked.filter(unanswered | answered | Q(answer=GuardianRequest.Answer.GIVEN) & (released | over))


def _needs(moment: Moment) -> QuerySet[AccessibilityRequest]:
    days = AccessibilityRequest.objects.filter(registration__session__days__date__gte=moment.today - MONTH)
    return AccessibilityRequest.objects.exclude(pk__in=days.values("pk"))


def _message_words(moment: Moment) -> QuerySet[Notification]:
    return notifications.with_words().filter(settled_at__lt=moment.now - MONTH)


def _scans(moment: Moment) -> QuerySet[AttendanceFact]:
    exact = Q(device_at__isnull=False) | Q(recorded_by__isnull=False) | ~Q(recorded_at=_day_recorded)
    return AttendanceFact.objects.filter(
        exact, kind=AttendanceFact.Kind.SCAN, day__date__lt=months_before(moment.today, 12)
    )


_day_recorded = Func(
    Value("day"), F("recorded_at"), Value(WESTERNMOST.key), function="date_trunc", output_field=DateTimeField()
)
_seen = Coalesce("device_at", "recorded_at")


def _thin_out(scans: QuerySet[AttendanceFact], _moment: Moment) -> None:
    """Keep of a day's scans the one that counts, without device, person and hour: the mark stays what it was."""
    erasures.lift_guards()
    same = AttendanceFact.objects.filter(
        kind=AttendanceFact.Kind.SCAN, registration=OuterRef("registration"), day=OuterRef("day")
    ).alias(seen=_seen)
    earlier = same.filter(Q(seen__lt=OuterRef("seen")) | Q(seen=OuterRef("seen"), pk__lt=OuterRef("pk")))
    scans.filter(pk__in=scans.alias(seen=_seen).filter(Exists(earlier)).values("pk")).delete()
    scans.update(device_at=None, recorded_by=None, recorded_at=_day_recorded)


def _delete_changes(changes: QuerySet[AddressChange], _moment: Moment) -> None:
    erasures.lift_guards()
    changes.delete()


def _people(moment: Moment) -> QuerySet[Participant]:
    """Whose last edition ended 24 months ago, and of whom nothing is newer."""
    over = months_before(moment.today, 24)
    newer = _registrations_since(over, Registration.objects.filter(participant=OuterRef("pk")))
    return (
        erasures.standing()
        .filter(created_at__lt=moment.months_ago(24))
        .exclude(Exists(newer))
        .exclude(Exists(OpeningAlert.objects.waiting().filter(account=OuterRef("user"))))
        .exclude(Exists(Draft.objects.filter(user=OuterRef("user"))))
    )


def _erase(people: QuerySet[Participant], moment: Moment) -> None:
    erasures.erase([*people.values_list("pk", flat=True)], now=moment.now)


def _registrations_since(day: date, registrations: QuerySet[Registration]) -> QuerySet[Registration]:
    """Those of `registrations` whose edition or session had not ended before `day`."""
    return registrations.filter(Q(program__ends_on__gte=day) | Q(session__days__date__gte=day))


def _unused_accounts(moment: Moment) -> QuerySet[User]:
    """Addresses that never registered, and for which nothing else is kept. Staff have a name.

    Who came in within the hour may be at the form: they are left to the next night.
    """
    idle = User.objects.filter(is_staff=False, is_superuser=False, name="", joined_at__lt=moment.now - WEEK)
    account = {"user": OuterRef("pk")}
    return (
        idle.exclude(last_login__gte=moment.machine_now - HOUR)
        .exclude(Exists(Participant.objects.filter(**account)))
        .exclude(Exists(Appeal.objects.filter(**account)))
        .exclude(Exists(Draft.objects.filter(**account)))
        .exclude(Exists(AddressChange.objects.filter(account=OuterRef("pk"))))
        .exclude(Exists(OpeningAlert.objects.waiting().filter(account=OuterRef("pk"))))
    )


def _former_staff(moment: Moment) -> QuerySet[User]:
    """Staff without role, region and emergency rights who have not been here for 24 months."""
    return (
        User.objects.exclude(name="")
        .exclude(email__endswith=erasures.NOBODY)
        .alias(seen=Coalesce("last_login", "joined_at"))
        .filter(seen__lt=min(moment.months_ago(24), moment.months_ago(24, machine=True)))
        .filter(is_superuser=False, groups=None, coordinations=None, participant=None)
    )


def _leave_the_name(staff: QuerySet[User], _moment: Moment) -> None:
    Authenticator.objects.filter(user__in=staff).delete()
    EmailAddress.objects.filter(user__in=staff).delete()
    staff.update(email=erasures.NO_ADDRESS, is_active=False, is_staff=False, password=make_password(None))


DELETED = "deleted"
RULES = (
    Rule("drafts", "7 days", "last saved", DELETED, lambda at: drafts.old(now=at.now)),
    Rule("alerts", "12 months", "asked for", DELETED, lambda at: opening_alerts.old(now=at.now)),
    Rule("codes", "30 days", "asked for", DELETED, lambda at: login_codes.old(machine_now=at.machine_now)),
    Rule("proofs", "one day", "spent", DELETED, lambda at: crowds.old_proofs(machine_now=at.machine_now)),
    Rule("turns", "one day", "usable", DELETED, lambda at: crowds.old_turns(machine_now=at.machine_now)),
    Rule(
        "sessions",
        "30 days",
        "last visit",
        DELETED,
        lambda at: Session.objects.filter(expire_date__lt=at.machine_now),
    ),
    Rule(
        "guardian addresses",
        "7 days",
        "answer, deadline, release or end",
        "address emptied",
        _guardian_addresses,
        lambda rows, _at: rows.update(email=""),
    ),
    Rule("needs", "30 days", "session's last day", DELETED, _needs),
    Rule(
        "message words",
        "30 days",
        "outcome",
        "server's words emptied",
        _message_words,
        lambda rows, _at: notifications.lose_words(rows),
    ),
    Rule("scans", "12 months", "training day", "one a day, no device, person, hour", _scans, _thin_out),
    Rule(
        "appeals",
        "24 months",
        "answer",
        DELETED,
        lambda at: Appeal.objects.alias(last=Coalesce("answered_at", "asked_at")).filter(last__lt=at.months_ago(24)),
    ),
    Rule(
        "address changes",
        "24 months",
        "change",
        DELETED,
        lambda at: AddressChange.objects.filter(changed_at__lt=at.months_ago(24)),
        _delete_changes,
    ),
    Rule(
        "broadcasts",
        "24 months",
        "written",
        DELETED,
        lambda at: Broadcast.objects.filter(written_at__lt=at.months_ago(24)),
    ),
    Rule(
        "exports", "24 months", "taken", DELETED, lambda at: AttendanceExport.objects.filter(at__lt=at.months_ago(24))
    ),
    Rule(
        "log",
        "24 months",
        "written",
        DELETED,
        lambda at: LogEntry.objects.filter(action_time__lt=at.months_ago(24, machine=True)),
    ),
    Rule("people", "24 months", "edition's last day", "person erased, numbers stay", _people, _erase),
    Rule("accounts", "7 days", "joined", DELETED, _unused_accounts),
    Rule("former staff", "24 months", "last login", "address emptied, name stays", _former_staff, _leave_the_name),
)


def as_table(counts: Mapping[str, int | None]) -> str:
    """The rules with `counts` beside them, a line each."""
    rows = [("rule", "kept", "since", "then", "rows")]
    for rule in RULES:
        count = counts[rule.name]
        rows.append((rule.name, rule.term, rule.since, rule.outcome, "failed" if count is None else str(count)))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4].rjust(6)])
        for row in rows
    )
