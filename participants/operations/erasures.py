"""Forgetting a person: where they leave traces, what becomes of each, and who was forgotten.

Rows that are counted stay and tell of nobody; whatever else is theirs goes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Case, CharField, DateField, F, Model, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Concat, Greatest, TruncYear

from participants.addresses import address_key
from participants.models import (
    AccessibilityRequest,
    AddressChange,
    Appeal,
    AttendanceFact,
    Consent,
    Draft,
    Erasure,
    GuardianRequest,
    LoginCode,
    Merge,
    Note,
    Notification,
    OpeningAlert,
    OptOut,
    Participant,
    Registration,
)
from participants.operations import export_files, notifications
from portal.accounts.models import RecoveryAddress, User
from programs.models import Program

NOBODY = "@erased.invalid"  # how an address ends that was erased; no mail can go there
NO_ADDRESS = Concat(Cast("pk", CharField()), Value(NOBODY))
_year = Cast(TruncYear("birth_date"), DateField())
_signature = Case(When(signer_name="", then=Value("")), default=Value(Participant.ERASED))


# Of two records that became one nothing is left but that they did, and by whom.
NO_WAY_BACK: Mapping[str, Any] = {"before": {}, "moved": {}, "undo_until": None}


@dataclass(frozen=True)
class Trace:
    """A table in which a person leaves traces, how a row leads to the participant, and what it is emptied to.

    Without `emptied` the rows are deleted.
    """

    model: type[Model]
    person: str
    emptied: Mapping[str, Any] | None = None


OF_A_PROFILE = (
    Trace(
        Participant,
        "pk",
        {"full_name": Participant.ERASED, "phone": "", "occupation": "", "gender": "", "birth_date": _year},
    ),
    Trace(Registration, "participant", {"birth_date": Greatest(_year, F("born_from"))}),
    Trace(Consent, "participant", {"number": ""}),
    Trace(AccessibilityRequest, "registration__participant"),
    Trace(Note, "registration__participant"),
    Trace(Appeal, "user__participant"),
    Trace(Draft, "user__participant"),
    Trace(Merge, "kept", NO_WAY_BACK),
    Trace(Merge, "gone", NO_WAY_BACK),
)
OF_THE_PROOFS = (
    Trace(Participant, "pk", {"guardian_until": None}),
    Trace(Consent, "participant", {"giver_name": "", "giver_relation": ""}),
    Trace(
        GuardianRequest,
        "registration__participant",
        {"email": "", "inbox_hash": "", "signer_name": _signature, "signer_relation": ""},
    ),
    Trace(AddressChange, "registration__participant"),
)
OF_THE_ACCOUNT = (  # not of staff, who keep theirs
    Trace(OpeningAlert, "account__participant"),
    Trace(OptOut, "account__participant"),
    Trace(RecoveryAddress, "user__participant"),
    Trace(EmailAddress, "user__participant"),
    Trace(
        User,
        "participant",
        {
            "email": NO_ADDRESS,
            "is_active": False,
            "last_login": None,
            "language": "id",
        },
    ),
)
COUNTED = (  # ids and times of rows that stay as they are; only the admin's log may have named somebody beside them
    Trace(AttendanceFact, "registration__participant", {}),
    Trace(Notification, "registration__participant", {}),
    Trace(Notification, "guardian_request__registration__participant", {}),
    Trace(Notification, "account__participant", {}),
)


def standing() -> QuerySet[Participant]:
    """People of whom something is left to erase."""
    return Participant.objects.exclude(
        Q(full_name=Participant.ERASED) & (Q(user__is_staff=True) | Q(user__email__endswith=NOBODY))
    )


def empty_profile(participant: Participant, *, now: datetime) -> None:
    """Forget what a minor said whose consent was taken back, in the caller's transaction; the account stays.

    Of the birth date the year is left, and until which month a guardian decides; of the home the region; what was
    signed is kept as proof of the withdrawal.
    """
    lift_guards()
    Participant.objects.filter(pk=participant.pk).update(guardian_until=_guardian_until(participant))
    people = _with_merged([participant.pk])
    _forget(OF_A_PROFILE, people)
    _remember(people, Erasure.Cause.WITHDRAWAL, now)


def _guardian_until(participant: Participant) -> date | None:
    """The month that is kept of when the person comes of age; by another birth date typed since it comes no nearer."""
    asked = participant.registrations.exclude(guardian=Registration.Guardian.NOT_NEEDED).select_related("program")
    last, kept = asked.order_by("-pk").first(), participant.guardian_until
    if last is None or participant.is_erased:
        return kept
    until = month_of_age(participant.birth_date, last.program)
    return max(until, kept or until)


def month_of_age(born: date, program: Program) -> date:
    """The first day of the month after that in which somebody born on `born` is of age."""
    return date(born.year + program.adult_age + born.month // 12, born.month % 12 + 1, 1)


def erase(people: Collection[int], *, now: datetime) -> None:
    """Forget `people` (participants' keys) altogether, in the caller's transaction; what is counted stays.

    Their addresses are free again, and nothing that was promised to them goes out any more. Records that went into
    theirs go with them. Safe to run twice.
    """
    people = _with_merged(people)
    _clear(people, now)
    _remember(people, Erasure.Cause.RETENTION, now)


def clear_merged(merges: QuerySet[Merge], *, now: datetime) -> None:
    """Empty the records that went into others, in the caller's transaction: their people go on in the other ones."""
    gone = [*merges.values_list("gone", flat=True)]
    _clear(gone, now)


def _clear(people: Collection[int], now: datetime) -> None:
    lift_guards()
    about = _messages_to(people)
    notifications.call_off(about, reason="the person was erased", now=now)
    notifications.lose_words(Notification.objects.filter(about))
    export_files.forget_about(people)
    _lose_names(people)
    participants = Participant.objects.filter(pk__in=people, user__is_staff=False)
    account_holders = list(participants.values_list("pk", flat=True))
    _lose_codes(account_holders)
    _forget(OF_A_PROFILE + OF_THE_PROOFS, people)
    _forget(OF_THE_ACCOUNT, account_holders)
    User.objects.filter(participant__in=account_holders).update(password=make_password(None))  # ends every session


def _with_merged(people: Collection[int]) -> list[int]:
    """`people` and the records that went into theirs."""
    found, newest = set(people), set(people)
    while newest := {*Participant.objects.filter(merged_into__in=newest).values_list("pk", flat=True)} - found:
        found |= newest
    return sorted(found)


def lift_guards() -> None:
    """Let the running transaction thin out scans and remove what is kept as it was written, as no other may."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('portal.retention', 'on', true)")


def _messages_to(people: Collection[int]) -> Q:
    """By lists of keys, so that each is looked up in its index: the ledger is the longest table."""
    of_registrations = Registration.objects.filter(participant__in=people)
    of_guardians = GuardianRequest.objects.filter(registration__participant__in=people)
    of_accounts = User.objects.filter(participant__in=people)
    return (
        Q(registration__in=[*of_registrations.values_list("pk", flat=True)])
        | Q(guardian_request__in=[*of_guardians.values_list("pk", flat=True)])
        | Q(account__in=[*of_accounts.values_list("pk", flat=True)])
    )


def _lose_names(people: Collection[int]) -> None:
    """Leave of the admin's log about `people` who did what to which row, without what stood there."""
    for trace in OF_A_PROFILE + OF_THE_PROOFS + OF_THE_ACCOUNT + COUNTED:
        keys = trace.model._base_manager.filter(**{f"{trace.person}__in": people}).values_list("pk", flat=True)
        LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(trace.model), object_id__in=[str(key) for key in keys]
        ).update(object_repr=Participant.ERASED, change_message="")


def _lose_codes(people: Collection[int]) -> None:
    own = User.objects.filter(participant__in=people).values_list("email", flat=True)
    recovery = RecoveryAddress.objects.filter(user__participant__in=people).values_list("email", flat=True)
    LoginCode.objects.filter(address_key__in=[address_key(email) for email in [*own, *recovery]]).delete()


def _forget(traces: Iterable[Trace], people: Collection[int]) -> None:
    for trace in traces:
        rows = trace.model._base_manager.filter(**{f"{trace.person}__in": people})
        if trace.emptied is None:
            rows.delete()
        else:
            rows.update(**trace.emptied)


def _remember(people: Collection[int], cause: Erasure.Cause, now: datetime) -> None:
    public_ids = Participant.objects.filter(pk__in=people).order_by("pk").values_list("public_id", flat=True)
    Erasure.objects.bulk_create(Erasure(person=person, cause=cause, at=now) for person in public_ids)
