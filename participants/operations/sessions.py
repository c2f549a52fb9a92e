"""What staff do to a whole session, and so to everybody registered for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from participants.models import Deed, GuardianRequest, Notification, Registration
from participants.operations import deeds, guardian_requests, meanwhile, notifications, registrations, row_locks
from participants.operations.refusals import Refused
from portal.accounts.models import User
from programs.models import TrainingDay, TrainingSession, Venue

Kind = Notification.Kind


class DaysDoNotFit(Refused):
    code = "days_do_not_fit"
    sentence = _("Jumlah hari berbeda dari edisi, tidak berurutan, atau ada hari yang kembar.")
    remedy = _("Isi hari sebanyak yang ditentukan edisi, masing-masing pada tanggal yang berbeda dan berurutan.")


class AlreadyStarted(Refused):
    code = "already_started"
    sentence = _("Sesi ini sudah dimulai.")
    remedy = _("Catat kehadiran seperti adanya, dan kabari peserta lewat koordinator.")


@dataclass(frozen=True)
class Day:
    """One planned day: a local date and local hours in the session's region."""

    date: date
    starts_at: time
    ends_at: time

    def __str__(self) -> str:
        return f"{self.date} {self.starts_at:%H:%M}–{self.ends_at:%H:%M}"


@transaction.atomic
def reschedule(
    *, session: TrainingSession, days: Sequence[Day], venue: Venue, now: datetime, by: User, seen: str | None = None
) -> TrainingSession:
    """Set the session's days and venue, and tell everybody with a live registration, and their guardians, of a change.

    Only another date or hour raises `schedule_version`, by which reminders are promised anew. Guardians' deadlines
    follow the new closing time. Raises DaysDoNotFit, AlreadyStarted, SessionCancelled; ChangedMeanwhile where the
    `whereabouts` are not those that `by` has `seen`.
    """
    session = row_locks.lock_session(session)
    meanwhile.check(seen=seen, stands=session.whereabouts)
    if session.status == TrainingSession.Status.CANCELLED:
        raise registrations.SessionCancelled
    old = list(session.days.all())
    if now >= old[0].starts():
        raise AlreadyStarted
    dates = [day.date for day in days]
    if len(days) != len(old) or dates != sorted(set(dates)) or any(day.ends_at <= day.starts_at for day in days):
        raise DaysDoNotFit
    closes = session.closes
    before = [Day(day.date, day.starts_at, day.ends_at) for day in old]
    moved = before != list(days)
    if not moved and venue.pk == session.venue_id:
        return session
    for row, day in zip(old, days, strict=True):
        row.date, row.starts_at, row.ends_at = day.date, day.starts_at, day.ends_at
    TrainingDay.objects.bulk_update(old, ["date", "starts_at", "ends_at"])
    is_elsewhere = venue.pk != session.venue_id
    changed: dict[str, tuple[Any, Any]] = {
        f"day {row.number}": (was, day) for row, was, day in zip(old, before, days, strict=True) if was != day
    }
    if is_elsewhere:
        changed["venue"] = (session.venue, venue)
    session.venue = venue
    session.schedule_version += moved
    session.place_version += is_elsewhere
    session.save(update_fields=["venue", "schedule_version", "place_version"])
    session = row_locks.lock_session(session)
    if session.closes != closes:
        follow_closing_time(session, now=now)
    if moved:  # who said that they come said so of the dates before
        Registration.objects.filter(session=session).update(coming_answered_at=None)
    _tell_moved(session, now=now)
    deeds.note(Deed.What.RESCHEDULED, about=session, by=by, now=now, changed=changed)
    return session


def tell_new_place(session: TrainingSession, *, now: datetime) -> None:
    """Tell everybody registered for a session, whose row is locked, that its place reads differently now."""
    session.place_version += 1
    session.save(update_fields=["place_version"])
    _tell_moved(session, now=now)


@transaction.atomic
def cancel(*, session: TrainingSession, now: datetime, by: User, reason: str = "") -> TrainingSession:
    """Cancel the session: every live registration is released and told, and so is its guardian.

    All of them read `reason`. A second cancel changes nothing.
    """
    session = row_locks.lock_session(session)
    if session.status == TrainingSession.Status.CANCELLED:
        return session
    session.status = TrainingSession.Status.CANCELLED
    session.cancel_reason = reason
    session.save(update_fields=["status", "cancel_reason"])
    live = list(Registration.objects.live().filter(session=session).select_for_update(no_key=True).order_by("pk"))
    guardians = list(guardian_requests.concerned(live))
    registrations.vacate_all(live, reason=Registration.Release.SESSION_CANCELLED, now=now)
    notifications.promise_all(Kind.SESSION_CANCELLED, [*live, *guardians], now=now)
    deeds.note(Deed.What.CANCELLED, about=session, by=by, now=now, changed={"people": (len(live), 0)})
    return session


def told_of_the_end(session: TrainingSession) -> tuple[int, int]:
    """How many people with a place, and how many guardians, are told when the session is cancelled."""
    live = Registration.objects.live().filter(session=session)
    return live.count(), guardian_requests.concerned(live).count()


@transaction.atomic
def set_capacity(
    *, session: TrainingSession, capacity: int, now: datetime, by: User, seen: int | None = None
) -> TrainingSession:
    """Set the number of seats. More: the queue follows. Fewer than are taken: nobody is dropped, no seat is given.

    Raises ChangedMeanwhile where the capacity is not the one that `by` has `seen`.
    """
    session = row_locks.lock_session(session)
    meanwhile.check(seen=seen, stands=session.capacity)
    was, session.capacity = session.capacity, capacity
    session.save(update_fields=["capacity"])
    registrations.promote(session.pk, now=now)
    session.refresh_from_db()
    if was != capacity:
        deeds.note(Deed.What.RESIZED, about=session, by=by, now=now, changed={"capacity": (was, capacity)})
    return session


def follow_closing_time(session: TrainingSession, *, now: datetime) -> None:
    """Let offers and open questions to guardians end by the closing time, and the questions by the hours, as they are.

    The session's row is locked. No guardian who still had time is late by it.
    """
    offers = Registration.objects.filter(session=session, place=Registration.Place.OFFERED)
    offers.filter(offered_until__gt=session.closes).update(offered_until=session.closes)
    requests = GuardianRequest.objects.filter(registration__session=session, answer=GuardianRequest.Answer.OPEN)
    for request in requests:
        guardian_requests.follow(request, session=session, now=now)
    GuardianRequest.objects.bulk_update(requests, ["expires_at"])


def _tell_moved(session: TrainingSession, *, now: datetime) -> None:
    live = Registration.objects.live().filter(session=session)
    readers = [*live, *guardian_requests.concerned(live)]
    notifications.promise_all(Kind.SESSION_MOVED, readers, occurrence=session.whereabouts, now=now)
