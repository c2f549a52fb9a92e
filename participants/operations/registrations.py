"""Registering, leaving, and what happens to a seat in between.

Every write that moves a seat takes the session's row first, so seats, queue numbers and promotions of one session
happen one after another. The database holds the limit all the same: `seats_taken` is counted by a trigger.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants.models import Deed, GuardianRequest, Notification, Participant, Registration
from participants.operations import (
    accessibility,
    beginnings,
    consents,
    constraints,
    deeds,
    drafts,
    guardian_requests,
    mends,
    notes,
    notifications,
    one_by_one,
    participants,
    row_locks,
)
from participants.operations.participants import Profile
from participants.operations.refusals import Refused
from portal.accounts.models import User
from programs.compiled import write_new
from programs.models import TrainingSession

Place, Guardian, Release = Registration.Place, Registration.Guardian, Registration.Release
Kind = Notification.Kind
TOLD_WHY = (Release.SESSION_CANCELLED, Release.CONSENT_WITHDRAWN)  # every guardian who is asked or has agreed


class NotOpenYet(Refused):
    code = appeal = "not_open_yet"
    sentence = gettext_lazy("Pendaftaran sesi ini belum dibuka.")
    remedy = gettext_lazy("Lihat waktu pembukaan di halaman sesi, lalu kembali lagi.")


class RegistrationClosed(Refused):
    code = appeal = "registration_closed"
    sentence = gettext_lazy("Pendaftaran sesi ini sudah ditutup.")
    remedy = gettext_lazy("Pilih sesi di wilayah lain atau edisi bulan berikutnya.")


class SessionCancelled(Refused):
    code = appeal = "session_cancelled"
    sentence = gettext_lazy("Sesi ini dibatalkan.")
    remedy = gettext_lazy("Pilih sesi lain yang masih dibuka.")


class NotEligible(Refused):
    """Born outside the edition's window."""

    code = appeal = "not_eligible"

    def __init__(self, *, birth_date: date, born_from: date, born_until: date) -> None:
        super().__init__()
        self.sentence = _("Program ini untuk yang lahir tahun %(from)s–%(until)s; tanggal lahirmu tahun %(born)s.") % {
            "from": born_from.year,
            "until": born_until.year,
            "born": birth_date.year,
        }
        self.remedy = _("Kalau tanggalnya salah ketik, perbaiki. Kalau benar, lihat program lain kementerian.")


class AlreadyRegistered(Refused):
    """A live registration of this person in this edition stands already."""

    code = "already_registered"
    sentence = gettext_lazy("Kamu sudah terdaftar di edisi ini.")
    remedy = gettext_lazy("Batalkan yang lama dulu kalau mau pindah sesi.")

    def __init__(self, registration: Registration) -> None:
        super().__init__()
        self.registration = registration


class NoSeatLeft(Exception):
    """The database counts no seat left in the session: whoever wanted one decides what that means."""


class NotLive(Refused):
    code = "not_live"
    sentence = gettext_lazy("Pendaftaran ini sudah tidak berlaku.")
    remedy = gettext_lazy("Lihat alasannya di halamanmu. Kamu boleh mendaftar lagi selama pendaftaran dibuka.")


class FormUsed(Refused):
    code = "form_used"
    sentence = gettext_lazy("Formulir ini sudah pernah dikirim.")
    remedy = gettext_lazy("Buka halamanmu untuk melihat hasilnya, atau buka formulir baru dari halaman sesi.")


def enrol(
    *,
    user: User,
    session: TrainingSession,
    profile: Profile,
    purposes: Collection[str],
    form_key: UUID,
    now: datetime,
    guardian_email: str = "",
) -> Registration:
    """Save the profile and the consents of `user` and register them for `session`: all of it or nothing.

    The same `form_key` again changes what was mended of the first registration, and returns it with what could not be
    (`not_taken`). Raises what `register`, `write_profile` and `consents.give` raise, ProfileIncomplete for an adult
    without phone or occupation; for what was mended, what `guardian_requests.ask_instead` raises.
    """
    with transaction.atomic():
        session = row_locks.lock_session(session)
        if repeated := row_locks.lock_account(user, form_key):
            repeated.not_taken = mends.mend(
                repeated, session=session, profile=profile, purposes=purposes, guardian_email=guardian_email, now=now
            )
            return repeated
        is_minor = session.program.needs_guardian(profile.birth_date, on=session.first_day)
        check_session(session, now)
        _check_birth_date(session, profile.birth_date)
        if not is_minor and not (profile.phone and profile.occupation):
            raise participants.ProfileIncomplete
        participant = participants.write_profile(
            user=user,
            full_name=profile.full_name,
            birth_date=profile.birth_date,
            region=profile.region,
            language=profile.language,
            phone=profile.phone,
            occupation=profile.occupation,
            gender=profile.gender,
            is_minor=is_minor,
            on=session.first_day,
            now=now,
        )
        consents.give(participant=participant, purposes=purposes, now=now, language=profile.language)
        registration = _register(participant, session, form_key=form_key, guardian_email=guardian_email, now=now)
        if profile.accessibility_needs:
            accessibility.ask(registration=registration, need=profile.accessibility_needs, now=now)
        drafts.finish(user=user)
        return registration


def register(
    *,
    participant: Participant,
    session: TrainingSession,
    form_key: UUID,
    now: datetime,
    guardian_email: str = "",
) -> Registration:
    """Give the participant a seat, or the next number in the queue when none is left.

    A minor's seat is held while the guardian at `guardian_email` answers. The same `form_key` again returns the first
    registration. Raises Refused (NotOpenYet, RegistrationClosed, SessionCancelled, NotEligible, AlreadyRegistered,
    GuardianNeeded, GuardianIsTheChild, AccountSwitchedOff) and then changes nothing.
    """
    with transaction.atomic():
        session = row_locks.lock_session(session)
        if repeated := row_locks.lock_account(participant.user, form_key):
            return repeated
        check_session(session, now)
        _check_birth_date(session, participant.birth_date)
        return _register(participant, session, form_key=form_key, guardian_email=guardian_email, now=now)


@transaction.atomic
def cancel(
    *,
    registration: Registration,
    now: datetime,
    reason: Registration.Release = Release.CANCELLED_BY_SELF,
    by: User | None = None,
    why: str = "",
) -> Registration:
    """Release the registration and give its seat to the head of the queue. Raises NotLive when that was done before,
    and beginnings.AlreadyBegun for who does it by themselves too late.

    `why` is kept as a note of `by` for their colleagues. Who cancels by themselves from the queue leaves the queue: no
    seat is given up, and nobody is told that one was.
    """
    session = row_locks.lock_session(registration.session)
    registration = row_locks.lock_registration(registration)
    registration.session = session
    if not registration.is_live:
        raise NotLive
    if reason == Release.CANCELLED_BY_SELF:
        beginnings.check(registration, now=now)
        reason = Release.LEFT_QUEUE if registration.place == Place.QUEUED else reason
    if end_all([registration], reason=reason, by=by, why=why, now=now):
        promote(session.pk, now=now)
    return registration


def end(registration: Registration, *, reason: Registration.Release, by: User | None, why: str, now: datetime) -> bool:
    """What `cancel` does to a live registration, both rows being held, but `promote`; returns what `vacate` does."""
    return end_all([registration], reason=reason, by=by, why=why, now=now)


def end_all(
    rows: Sequence[Registration], *, reason: Registration.Release, by: User | None, why: str, now: datetime
) -> bool:
    """`end` of many, which takes as few statements as of one."""
    freed = vacate_all(rows, reason=reason, now=now)
    notifications.promise_all(Kind.CANCELLED, rows, now=now)
    if by:
        deeds.note_all(Deed.What.CANCELLED, about=rows, by=by, now=now)
        if why:
            notes.write_all(registrations=rows, text=why, by=by, now=now)
    return freed


def close_due(*, now: datetime) -> int:
    """Release whoever still waits when registration has closed: in the queue, or for a guardian. Returns how many."""
    still = Q(guardian=Guardian.ASKED) | Q(place=Place.QUEUED)
    waiting = Registration.objects.live().filter(still).select_related("session__program", "session__region")
    rows = waiting.prefetch_related("session__days", "guardian_requests").order_by("pk")
    closed = [row for row in rows if now >= row.session.closes and not _is_asked_late(row)]
    return one_by_one.settle(closed, partial(_close, still=still, now=now))


def _close(row: Registration, still: Q, now: datetime) -> int:
    reason = Release.QUEUE_CLOSED if row.place == Place.QUEUED else Release.REGISTRATION_CLOSED
    return let_go(row, still, reason, now=now)


def _is_asked_late(row: Registration) -> bool:
    """Whether a guardian is asked of whom only a correction after the closing time said that they are a minor."""
    open_ones = [request for request in row.guardian_requests.all() if request.answer == GuardianRequest.Answer.OPEN]
    return row.place != Place.QUEUED and any(request.asked_at >= row.session.closes for request in open_ones)


def release(registration: Registration, *, reason: Registration.Release, now: datetime) -> None:
    """Let go of a live registration whose session's row is locked; a freed seat goes to the head of the queue."""
    if vacate(registration, reason=reason, now=now):
        promote(registration.session_id, now=now)


def vacate(registration: Registration, *, reason: Registration.Release, now: datetime) -> bool:
    """`release` without `promote`. Returns whether a seat was freed: whoever lets go of many owes them to the queue.

    An open question to the guardian ends with it, and they are told; but for who switches: there it follows.
    """
    return vacate_all([registration], reason=reason, now=now)


def vacate_all(rows: Sequence[Registration], *, reason: Registration.Release, now: datetime) -> bool:
    """`vacate` of many, all held; whether any seat was freed."""
    freed = any(row.place in (Place.SEAT, Place.OFFERED) for row in rows)
    facts = {"place": Place.RELEASED, "release_reason": reason, "released_at": now, "offered_until": None}
    for guardian in {row.guardian for row in rows}:  # which may just have been set, and goes with it
        alike = [row for row in rows if row.guardian == guardian]
        Registration.objects.filter(pk__in=[row.pk for row in alike]).update(guardian=guardian, **facts)
        for row in alike:
            row.place, row.release_reason, row.released_at, row.offered_until = Place.RELEASED, reason, now, None
        if guardian == Guardian.ASKED and reason != Release.SWITCHED:
            guardian_requests.end_open(alike, is_told=reason not in TOLD_WHY, now=now)
    return freed


def promote(session_id: int, *, now: datetime) -> int:
    """Give free seats of a session, whose row is locked, to the head of its queue. Returns how many were given.

    With `offer_hours` the seat is offered as long as `TrainingSession.offer_ends` says; else it is given at once. A
    minor whose guardian has not answered gets the full time to be answered for from now.
    """
    session = TrainingSession.objects.with_places().get(pk=session_id)
    if session.status != TrainingSession.Status.PUBLISHED or now >= session.closes:
        return 0
    heads = list(Registration.objects.queued().filter(session=session)[: session.seats_left])
    if not heads:
        return 0
    place, until = Place.SEAT, None
    if session.program.offer_hours:
        place, until = Place.OFFERED, session.offer_ends(now)
    Registration.objects.filter(pk__in=[head.pk for head in heads]).update(place=place, offered_until=until)
    if asked := [head for head in heads if head.guardian == Guardian.ASKED]:
        guardian_requests.extend(asked, session=session, now=now)
    # An offer that ends by the morning, with registration, is told at night: later it would be of no use.
    notifications.promise_all(Kind.PROMOTED, heads, now=now, useful_until=until)
    return len(heads)


@transaction.atomic
def let_go(registration: Registration, still: Q, reason: Registration.Release, *, now: datetime) -> int:
    """Release one registration if, with its session's row taken, `still` holds; tell everybody whom it concerns."""
    row_locks.lock_session(registration.session)
    if not Registration.objects.live().filter(still, pk=registration.pk).exists():
        return 0
    registration = row_locks.lock_registration(registration)
    asked = registration.guardian_requests.filter(answer=GuardianRequest.Answer.OPEN).first()
    if asked and reason != Release.OFFER_EXPIRED:
        asked.answer, asked.answered_at = GuardianRequest.Answer.EXPIRED, now
        asked.save(update_fields=["answer", "answered_at"])
        notifications.promise(Kind.GUARDIAN_EXPIRED, subject=asked, now=now)
    release(registration, reason=reason, now=now)
    notifications.promise(Kind.CANCELLED, subject=registration, now=now)
    return 1


def answered_before(form_key: UUID, user: User) -> Registration | None:
    """The registration that this form has made for this person already."""
    return Registration.objects.filter(form_key=form_key, participant__user=user).first()


def find(public_id: UUID | None) -> Registration | None:
    """The registration that a mailed link names, with its session at hand; None for a link that names none."""
    rows = Registration.objects.select_related("session__program", "session__region", "session__venue")
    return rows.filter(public_id=public_id).first() if public_id else None


def check_session(session: TrainingSession, now: datetime) -> None:
    """Raise SessionCancelled, NotOpenYet or RegistrationClosed when nobody may register at `now`."""
    if session.status == TrainingSession.Status.CANCELLED:
        raise SessionCancelled
    if now < session.program.registration_opens:
        raise NotOpenYet
    if not session.is_open(now):
        raise RegistrationClosed


def _check_birth_date(session: TrainingSession, birth_date: date) -> None:
    program = session.program
    if not program.admits(birth_date):
        raise NotEligible(birth_date=birth_date, born_from=program.born_from, born_until=program.born_until)


def _register(
    participant: Participant, session: TrainingSession, *, form_key: UUID, guardian_email: str, now: datetime
) -> Registration:
    """Write the registration of somebody whom the rules admit, in a session whose row is locked."""
    is_minor = session.program.needs_guardian(participant.birth_date, on=session.first_day)
    if is_minor:
        guardian_requests.check_address(guardian_email, child=participant.user.email)
    facts: dict[str, Any] = {
        "form_key": form_key,
        "participant": participant,
        "birth_date": participant.birth_date,
        "born_from": session.program.born_from,
        "born_until": session.program.born_until,
        "guardian": Guardian.ASKED if is_minor else Guardian.NOT_NEEDED,
        "registered_at": now,
    }
    try:
        registration = insert(session, place=Place.SEAT if session.seats_left else Place.QUEUED, **facts)
    except NoSeatLeft:
        registration = insert(session, place=Place.QUEUED, **facts)
    kind = Kind.REGISTERED if registration.place == Place.SEAT else Kind.QUEUED
    notifications.promise(kind, subject=registration, now=now)
    if is_minor:
        guardian_requests.ask(registration, email=guardian_email, session=session, now=now)
    return registration


def insert(session: TrainingSession, *, place: Registration.Place, **facts: Any) -> Registration:
    """Write a registration for `session`, whose row is locked; with the next number where its place is in the queue.

    Raises AlreadyRegistered, FormUsed, or NoSeatLeft where the database finds none after all.
    """
    registration = Registration(
        session=session, program_id=session.program_id, region_id=session.region_id, place=place, **facts
    )
    try:
        with transaction.atomic():
            if place == Place.QUEUED:
                _take_number(registration, session)
            write_new(registration)
    except IntegrityError as error:
        match constraints.violated(error):
            case "one_live_registration_per_edition":
                live = Registration.objects.live().get(participant=registration.participant, program=session.program_id)
                raise AlreadyRegistered(live) from error
            case "participants_registration_form_key_key":
                raise FormUsed from error
            case "session_never_oversold":
                raise NoSeatLeft from error
        raise
    return registration


def _take_number(registration: Registration, session: TrainingSession) -> None:
    """The session's next queue number, given once and never again."""
    TrainingSession.objects.filter(pk=session.pk).update(queue_issued=F("queue_issued") + 1)
    registration.queue_number = TrainingSession.objects.values_list("queue_issued", flat=True).get(pk=session.pk)
