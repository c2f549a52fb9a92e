"""What people were promised about how long their data are kept, as one table of rules.

Every rule of `portal/data_map.toml` stands here once. Periods are programme time, but for what machines live by (codes,
sessions, the log).
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db.models import CharField, DateTimeField, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Greatest, Least

from participants.models import (
    AccessibilityRequest,
    AccountRequest,
    AddressChange,
    Appeal,
    Approval,
    AttendanceExport,
    AttendanceFact,
    Broadcast,
    Deed,
    DoubtfulScan,
    Draft,
    GuardianRequest,
    Invitation,
    Merge,
    Notification,
    OpeningAlert,
    Participant,
    Registration,
    RegistrationImport,
    Scanner,
)
from participants.operations import (
    crowds,
    drafts,
    erasures,
    export_files,
    guardian_requests,
    guesses,
    imports,
    login_codes,
    notifications,
    opening_alerts,
)
from portal.accounts.models import User
from programs.models.programs import WESTERNMOST

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
    # What else must be nobody's at that moment: else others, who take the account first, and this would wait in a ring.
    together_with: tuple[str, ...] = ()


def months_before(day: date, months: int) -> date:
    """The same day `months` earlier, or the last one of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


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


def _broadcast_words(moment: Moment) -> QuerySet[Broadcast]:
    """Words that nobody waits for any more."""
    copies = Notification.objects.filter(
        registration__session=OuterRef("session"),
        kind=Notification.Kind.BROADCAST,
        occurrence=Cast(OuterRef("pk"), CharField()),
        state__in=[Notification.State.DUE, Notification.State.RETRYING, Notification.State.SENDING],
    )
    return Broadcast.objects.exclude(subject_id="").filter(starts_at__lt=moment.now - MONTH).exclude(Exists(copies))


def _scans(moment: Moment) -> QuerySet[AttendanceFact]:
    exact = Q(device_at__isnull=False) | Q(recorded_by__isnull=False) | ~Q(recorded_at=_day_recorded)
    exact |= Q(happened_at__isnull=False) | Q(scanner__isnull=False) | ~Q(gate="")
    return AttendanceFact.objects.filter(kind__in=[AttendanceFact.Kind.SCAN, AttendanceFact.Kind.LEAVING]).filter(
        exact, day__date__lt=months_before(moment.today, 12)
    )


def _scanners(moment: Moment) -> QuerySet[Scanner]:
    """Devices of which no scan speaks any more."""
    named = AttendanceFact.objects.filter(scanner=OuterRef("pk"))
    return Scanner.objects.filter(made_at__lt=moment.months_ago(24)).exclude(Exists(named))


_day_recorded = Func(
    Value("day"), F("recorded_at"), Value(WESTERNMOST.key), function="date_trunc", output_field=DateTimeField()
)
_seen = Coalesce("happened_at", "device_at", "recorded_at")


def _thin_out(scans: QuerySet[AttendanceFact], _moment: Moment) -> None:
    """Keep of a day's scans the first of each kind, without device, person and hour: the mark stays what it was.

    What staff withdrew in between parts them: the first before it does not count, the first after it does.
    """
    erasures.lift_guards()
    same = AttendanceFact.objects.filter(
        kind=OuterRef("kind"), registration=OuterRef("registration"), day=OuterRef("day")
    ).alias(seen=_seen)
    earlier = same.filter(Q(seen__lt=OuterRef("seen")) | Q(seen=OuterRef("seen"), pk__lt=OuterRef("pk")))
    cell = {"registration": OuterRef("registration"), "day": OuterRef("day")}
    undone = AttendanceFact.objects.filter(kind=AttendanceFact.Kind.UNDO, batch=OuterRef("batch"), **cell)
    between = {
        "pk__gt": Least(OuterRef("pk"), OuterRef(OuterRef("pk"))),
        "pk__lt": Greatest(OuterRef("pk"), OuterRef(OuterRef("pk"))),
    }
    withdrawn = AttendanceFact.objects.filter(kind=AttendanceFact.Kind.CORRECTION, mark="", **cell, **between)
    counts_instead = Exists(earlier.exclude(Exists(withdrawn.exclude(Exists(undone)))))
    scans.filter(pk__in=scans.alias(seen=_seen).filter(counts_instead).values("pk")).delete()
    scans.update(device_at=None, happened_at=None, recorded_by=None, scanner=None, gate="", recorded_at=_day_recorded)


def _delete_final(rows: QuerySet[Any], _moment: Moment) -> None:
    erasures.lift_guards()
    rows.delete()


def _people(moment: Moment) -> QuerySet[Participant]:
    """Whose last edition ended 24 months ago, and of whom nothing is newer."""
    over = months_before(moment.today, 24)
    newer = _registrations_since(over, Registration.objects.filter(participant=OuterRef("pk")))
    return (
        erasures.standing()
        .filter(created_at__lt=moment.months_ago(24), merged_into=None)
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
        "address emptied; of who answered a keyed mark stays",
        _guardian_addresses,
        lambda rows, _at: guardian_requests.forget_addresses(rows),
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
    Rule(
        "broadcast words",
        "30 days",
        "sent",
        "words emptied, the fact stays",
        _broadcast_words,
        lambda rows, _at: rows.update(subject_id="", body_id="", subject_en="", body_en=""),
    ),
    Rule(
        "doubtful scans",
        "12 months",
        "scan",
        DELETED,
        lambda at: DoubtfulScan.objects.filter(recorded_at__lt=at.months_ago(12)),
        _delete_final,
    ),
    Rule("wrong codes", "one day", "typed", DELETED, lambda at: guesses.old(machine_now=at.machine_now)),
    Rule("scans", "12 months", "training day", "one a day, no device, person, hour", _scans, _thin_out),
    Rule("scanners", "24 months", "made", DELETED, _scanners, _delete_final),
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
        _delete_final,
    ),
    Rule(
        "approvals",
        "24 months",
        "asked",
        DELETED,
        lambda at: Approval.objects.filter(asked_at__lt=at.months_ago(24)),
    ),
    Rule(
        "account requests",
        "24 months",
        "asked",
        DELETED,
        lambda at: AccountRequest.objects.filter(asked_at__lt=at.months_ago(24)),
    ),
    Rule(
        "invitations",
        "24 months",
        "sent",
        DELETED,
        lambda at: Invitation.objects.filter(invited_at__lt=at.months_ago(24)),
    ),
    Rule(
        "deeds",
        "24 months",
        "done",
        DELETED,
        lambda at: Deed.objects.filter(at__lt=at.months_ago(24)),
        _delete_final,
    ),
    Rule(
        "broadcasts",
        "24 months",
        "written",
        DELETED,
        lambda at: Broadcast.objects.filter(written_at__lt=at.months_ago(24)),
    ),
    Rule(
        "import rows",
        "one day",
        "uploaded",
        "rows emptied",
        lambda at: imports.old(now=at.now),
        lambda rows, _at: rows.update(rows=[], found={}, choices={}),
    ),
    Rule(
        "imports",
        "24 months",
        "uploaded",
        DELETED,
        lambda at: RegistrationImport.objects.filter(at__lt=at.months_ago(24)),
    ),
    Rule(
        "export files",
        "one day",
        "ready",
        "file deleted",
        lambda at: export_files.old(now=at.now),
        lambda rows, _at: export_files.forget(rows),
    ),
    Rule(
        "exports",
        "24 months",
        "taken",
        DELETED,
        lambda at: AttendanceExport.objects.filter(at__lt=at.months_ago(24)),
        _delete_final,
    ),
    Rule(
        "log",
        "24 months",
        "written",
        DELETED,
        lambda at: LogEntry.objects.filter(action_time__lt=at.months_ago(24, machine=True)),
    ),
    Rule(
        "merged people",
        "30 days",
        "merge",
        "record emptied",
        lambda at: Merge.objects.filter(undo_until__lte=at.now),
        lambda rows, at: erasures.clear_merged(rows, now=at.now),
        ("gone", "gone__user"),
    ),
    Rule("merges", "24 months", "merge", DELETED, lambda at: Merge.objects.filter(at__lt=at.months_ago(24))),
    Rule("people", "24 months", "edition's last day", "person erased, numbers stay", _people, _erase, ("user",)),
    Rule("accounts", "7 days", "joined", DELETED, _unused_accounts),
    Rule("former staff", "24 months", "last login", "address emptied, name stays", _former_staff, _leave_the_name),
)
