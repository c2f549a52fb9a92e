"""What messages tell, as it is now: the rows of the ledger with all that their words, ways and checks ask for."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.conf import settings
from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from participants.models import Appeal, Broadcast, Consent, GuardianRequest, Notification, OptOut, Registration
from participants.models.appeals import absence_code
from participants.operations import samples
from programs.compiled import compiled, put_at_hand
from programs.models import Module, ReminderRule, TrainingDay, TrainingSession

SUBJECTS = {
    "guardian_request": GuardianRequest.objects.select_related("registration__participant"),
}


def read(pks: Iterable[int]) -> list[Notification]:
    """The rows with all the facts their messages tell, oldest due first.

    Three queries for any number of rows, one for login codes alone; two more where there are reminders, and one each
    where these speak of one day, guardians are asked, staff wrote, anything is optional, and WhatsApp is there.
    """
    notifications = _rows(keys=[*pks])
    for name, related in SUBJECTS.items():
        about = [row for row in notifications if getattr(row, f"{name}_id")]
        prefetch_related_objects(about, Prefetch(name, related.all()))
    registrations = [found for row in notifications if (found := _registration(row))]
    openings = {row: int(row.occurrence) for row in notifications if row.kind == Notification.Kind.REGION_OPEN}
    reminders = [row for row in notifications if row.kind == Notification.Kind.REMINDER]
    keys = {row.session_id for row in registrations} | {*openings.values()}
    sessions = _sessions(keys, with_modules=bool(reminders))
    for row, opened in openings.items():
        row.opened_session = sessions.get(opened)
    for registration in registrations:
        registration.session = sessions[registration.session_id]
    _read_rules(reminders)
    _read_absences([row for row in reminders if row.rule and row.rule.is_of_one_day])
    for row in notifications:
        if row.kind == Notification.Kind.SAMPLE:
            row.sample = samples.read(row)
    _read_broadcasts([row for row in notifications if row.kind == Notification.Kind.BROADCAST])
    _read_opt_outs([row for row in notifications if row.is_optional])
    if settings.WHATSAPP_TOKEN:
        _read_whatsapp([row for row in notifications if row.registration_id])
    return notifications


@compiled
def _rows(*, keys: Any) -> QuerySet[Notification]:
    rows = Notification.objects.filter(pk__in=keys.each()).order_by("due_at", "pk")
    return rows.select_related("login_code", "account", "registration__participant__user")


def _sessions(keys: Collection[int], *, with_modules: bool) -> dict[int, TrainingSession]:
    """Those of these sessions that are still there, by key: with programme, region, venue, days and, if so, modules."""
    found = _with_place(keys=[*keys]) if keys else []
    if not found:
        return {}
    days = _days(sessions=[*keys])
    modules = _modules(programs=[*{session.program_id for session in found}]) if with_modules else []
    for session in found:
        put_at_hand(session, "days", [day for day in days if day.session_id == session.pk])
        if with_modules:
            put_at_hand(session.program, "modules", [row for row in modules if row.program_id == session.program_id])
    return {session.pk: session for session in found}


@compiled
def _with_place(*, keys: Any) -> QuerySet[TrainingSession]:
    return TrainingSession.objects.filter(pk__in=keys.each()).select_related("program", "region", "venue").order_by()


@compiled
def _days(*, sessions: Any) -> QuerySet[TrainingDay]:
    return TrainingDay.objects.filter(session__in=sessions.each()).order_by("number")


@compiled
def _modules(*, programs: Any) -> QuerySet[Module]:
    return Module.objects.filter(program__in=programs.each())


def _read_rules(reminders: list[Notification]) -> None:
    """Put beside each reminder the rule that it follows, as it is now; one query where there are reminders."""
    if not reminders:
        return
    programs = {row.registration.program_id for row in reminders}  # type: ignore[union-attr]
    rules = {(rule.program_id, rule.slug): rule for rule in ReminderRule.objects.filter(program__in=programs)}
    for row in reminders:
        slug = row.occurrence.rpartition(":")[0]
        row.rule = rules.get((row.registration.program_id, slug))  # type: ignore[union-attr]


def _read_absences(of_one_day: list[Notification]) -> None:
    """Put beside each reminder the word by which its reader would miss its day, and whether it was said; one query
    where there are any."""
    if not of_one_day:
        return
    for row in of_one_day:
        days: Any = row.registration.session.days  # type: ignore[union-attr]
        row.absence = next((absence_code(day.date) for day in days.all() if str(day.number) == row.training_day), "")
    registrations = [row.registration_id for row in of_one_day]
    said = set(Appeal.objects.absences().filter(registration__in=registrations).values_list("registration", "code"))
    for row in of_one_day:
        row.is_missed = (row.registration_id, row.absence) in said


def _read_broadcasts(copies: list[Notification]) -> None:
    """Put beside each copy of a broadcast what staff wrote; one query where there are any."""
    if copies:
        written = Broadcast.objects.in_bulk({int(row.occurrence) for row in copies})
        for row in copies:
            row.broadcast = written.get(int(row.occurrence))


def _read_whatsapp(about_people: list[Notification]) -> None:
    """Put beside each message the consent to WhatsApp, its reader's or a minor's guardian's; one query, if any."""
    people = {row.registration.participant_id for row in about_people}  # type: ignore[union-attr]
    if not people:
        return
    standing = Consent.objects.standing().filter(purpose=Consent.Purpose.WHATSAPP, participant__in=people)
    given = {(row.participant_id, row.giver == Consent.Giver.SELF): row for row in standing}
    for row in about_people:
        person: Any = row.registration
        row.whatsapp = given.get((person.participant_id, person.guardian == Registration.Guardian.NOT_NEEDED))


def _read_opt_outs(optional: list[Notification]) -> None:
    """Mark what its reader wants no more of; one query where anything may be turned off."""
    if not optional:
        return
    readers = {row.pk: row.account_id or row.registration.participant.user_id for row in optional}  # type: ignore[union-attr]
    chosen = set(OptOut.objects.filter(account__in=readers.values()).values_list("account", "topic", "rule"))
    for row in optional:
        row.is_unwanted = (readers[row.pk], row.kind, row.rule.pk if row.rule else None) in chosen


def _registration(notification: Notification) -> Registration | None:
    request = notification.guardian_request
    return request.registration if request else notification.registration
