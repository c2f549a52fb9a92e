"""Moving to another session of the same edition, in one step: nobody is without a place half-way."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from participants.models import GuardianRequest, Notification, Participant, Registration
from participants.operations import (
    accessibility,
    beginnings,
    guardian_requests,
    notifications,
    registrations,
    row_locks,
)
from participants.operations.refusals import Refused
from programs.models import TrainingSession

Answer, Kind = GuardianRequest.Answer, Notification.Kind
Guardian, Place, Release = Registration.Guardian, Registration.Place, Registration.Release
DAY = timedelta(days=1)
SWITCHES_A_DAY = 5  # each writes to the person and, of a minor, to the guardian


class SessionFull(Refused):
    code = "session_full"
    appeal = "full"
    sentence = _("Kursi terakhir di sesi itu baru saja diambil orang lain. Tempatmu yang sekarang tetap milikmu.")
    remedy = _("Pilih sesi lain, tetap di sesimu, atau batalkan pendaftaranmu dulu lalu masuk daftar tunggu sesi itu.")


class SameSession(Refused):
    code = "same_session"
    sentence = _("Kamu sudah terdaftar di sesi itu.")
    remedy = _("Pilih sesi lain kalau ingin pindah.")


class OtherEdition(Refused):
    code = "other_edition"
    sentence = _("Sesi itu bagian dari edisi lain.")
    remedy = _("Pilih sesi dari edisi yang sama, atau mendaftarlah di edisi itu secara terpisah.")


class GuardianNeededThere(Refused):
    code = "guardian_needed_there"
    sentence = _("Pada hari pertama sesi itu kamu belum dewasa, jadi orang tua atau wali perlu setuju.")
    remedy = _("Pilih sesi lain, atau batalkan pendaftaranmu dulu lalu daftar di sesi itu bersama walimu.")


class TooManySwitches(Refused):
    code = appeal = "too_many_switches"
    sentence = _("Hari ini kamu sudah beberapa kali pindah sesi.")
    remedy = _("Tempatmu yang sekarang tetap milikmu. Coba lagi besok, atau hubungi koordinator wilayahmu.")

    def __init__(self, retry_at: datetime) -> None:
        """`retry_at` is a programme instant."""
        super().__init__()
        self.retry_at = retry_at


def switch(*, registration: Registration, session: TrainingSession, form_key: UUID, now: datetime) -> Registration:
    """Give the person of `registration` a seat in `session` and let go of the old place: both or nothing.

    A seat that is freed goes to the head of its queue. What the guardian of a minor said, or has yet to say, follows,
    and the guardian is told. The same `form_key` again returns the first result. Raises SessionFull, SameSession,
    OtherEdition, beginnings.AlreadyBegun, GuardianNeededThere, TooManySwitches, NotLive, FormUsed and what closes a
    session (NotOpenYet, RegistrationClosed, SessionCancelled), and then changes nothing.
    """
    with transaction.atomic():
        left, entered = row_locks.lock_sessions(registration.session, session)
        old = row_locks.lock_registration(registration)
        if repeated := registrations.answered_before(form_key, old.participant.user):
            return repeated
        _check(old, left, entered, now)
        return go(old, entered, form_key=form_key, now=now)


def go(old: Registration, entered: TrainingSession, *, form_key: UUID, now: datetime) -> Registration:
    """Let go of the place of `old` and take a seat in `entered`; both rows' sessions are locked, all rules are checked.

    The guardian's answer and a need follow, and the person is told once. Raises SessionFull, FormUsed.
    """
    was_queued = old.place == Place.QUEUED
    registrations.release(old, reason=Release.SWITCHED, now=now)
    new = _enter(old, entered, form_key=form_key, now=now)
    if new.guardian != Guardian.NOT_NEEDED:
        _take_guardian_along(old, new, entered, was_queued=was_queued, now=now)
    accessibility.follow(old=old, new=new, now=now)
    notifications.promise(Kind.SWITCHED, subject=new, now=now)
    return new


def _check(old: Registration, left: TrainingSession, entered: TrainingSession, now: datetime) -> None:
    """Raise the reason why the person of `old` may not go from `left` to `entered`; both rows are locked."""
    if not old.is_live:
        raise registrations.NotLive
    if left.pk == entered.pk:
        raise SameSession
    if left.program_id != entered.program_id:
        raise OtherEdition
    old.session = left
    beginnings.check(old, now=now)
    registrations.check_session(entered, now)
    if old.guardian == Guardian.NOT_NEEDED and entered.program.needs_guardian(old.birth_date, on=entered.first_day):
        raise GuardianNeededThere
    if len(switched := switched_today(old.participant, now=now)) >= SWITCHES_A_DAY:
        raise TooManySwitches(switched[SWITCHES_A_DAY - 1] + DAY)
    if not entered.seats_left:
        raise SessionFull


def switched_today(participant: Participant, *, now: datetime) -> list[datetime]:
    """When the participant switched within a day before `now`, latest first."""
    rows = Registration.objects.filter(participant=participant, release_reason=Release.SWITCHED)
    return [*rows.filter(released_at__gt=now - DAY).order_by("-released_at").values_list("released_at", flat=True)]


def _enter(old: Registration, session: TrainingSession, *, form_key: UUID, now: datetime) -> Registration:
    """Write the new registration, with a seat, beside the old one, which is released already."""
    try:
        return registrations.insert(
            session,
            place=Place.SEAT,
            form_key=form_key,
            participant=old.participant,
            birth_date=old.birth_date,
            born_from=old.born_from,
            born_until=old.born_until,
            guardian=old.guardian,
            registered_at=now,
        )
    except registrations.NoSeatLeft as error:
        raise SessionFull from error


def _take_guardian_along(
    old: Registration, new: Registration, session: TrainingSession, *, was_queued: bool, now: datetime
) -> None:
    """Let the guardian's yes, or the open question, stand for the new registration, and tell where and when it is now.

    The link stays the same. A question keeps its time, or gets the full time where only now a seat is held; it never
    ends after the closing time of the new session.
    """
    for request in old.guardian_requests.filter(answer__in=[Answer.OPEN, Answer.GIVEN]):
        request.registration = new
        if request.answer == Answer.OPEN:
            request.held_from = now if was_queued else request.held_from
            guardian_requests.follow(request, session=session, now=now)
        request.save(update_fields=["registration", "held_from", "expires_at"])
        # Whose staff may see what was written to the guardian goes with the registration.
        Notification.objects.filter(guardian_request=request).update(region=new.region_id)
        if request.misdirected_at:  # nothing more goes there, and the child has yet to name the right address
            guardian_requests.tell_misdirected(request, new, now=now)
        elif request.email:  # who agreed at the desk may have left none
            notifications.promise(Kind.GUARDIAN_MOVED, subject=request, occurrence=str(new.pk), now=now)
