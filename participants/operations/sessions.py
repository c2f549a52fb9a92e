"""What staff do to a whole session, and so to everybody registered for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from participants.models import GuardianRequest, Notification, Registration
from participants.operations import notifications, registrations
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


@transaction.atomic
def reschedule(
    *, session: TrainingSession, days: Sequence[Day], venue: Venue, now: datetime, by: User
) -> TrainingSession:
    """Set the session's days and venue, and tell everybody with a live registration when something changed.

    Only another date or hour raises `schedule_version`, by which reminders are promised anew. Guardians' deadlines
    follow the new closing time. Raises DaysDoNotFit, AlreadyStarted, SessionCancelled.
    """
    session = registrations.lock_session(session)
    if session.status == TrainingSession.Status.CANCELLED:
        raise registrations.SessionCancelled
    old = list(session.days.all())
    if now >= old[0].starts():
        raise AlreadyStarted
    dates = [day.date for day in days]
    if len(days) != len(old) or dates != sorted(set(dates)) or any(day.ends_at <= day.starts_at for day in days):
        raise DaysDoNotFit
    moved = [Day(day.date, day.starts_at, day.ends_at) for day in old] != list(days)
    if not moved and venue.pk == session.venue_id:
        return session
    for row, day in zip(old, days, strict=True):
        row.date, row.starts_at, row.ends_at = day.date, day.starts_at, day.ends_at
    TrainingDay.objects.bulk_update(old, ["date", "starts_at", "ends_at"])
    is_elsewhere = venue.pk != session.venue_id
    session.venue = venue
    session.schedule_version += moved
    session.place_version += is_elsewhere
    session.save(update_fields=["venue", "schedule_version", "place_version"])
    session = registrations.lock_session(session)
    follow_closing_time(session)
    if moved:  # who said that they come said so of the dates before
        Registration.objects.filter(session=session).update(coming_answered_at=None)
    _tell_moved(session, now=now)
    return session


def tell_new_place(session: TrainingSession, *, now: datetime) -> None:
    """Tell everybody registered for a session, whose row is locked, that its place reads differently now."""
    session.place_version += 1
    session.save(update_fields=["place_version"])
    _tell_moved(session, now=now)


@transaction.atomic
def cancel(*, session: TrainingSession, now: datetime, by: User) -> TrainingSession:
    """Cancel the session: every live registration is released and told. A second cancel changes nothing."""
    session = registrations.lock_session(session)
    if session.status == TrainingSession.Status.CANCELLED:
        return session
    session.status = TrainingSession.Status.CANCELLED
    session.save(update_fields=["status"])
    for registration in Registration.objects.live().filter(session=session).select_for_update(no_key=True):
        registrations.release(registration, reason=Registration.Release.SESSION_CANCELLED, now=now)
        notifications.promise(Kind.SESSION_CANCELLED, subject=registration, now=now)
    return session


@transaction.atomic
def set_capacity(*, session: TrainingSession, capacity: int, now: datetime, by: User) -> TrainingSession:
    """Set the number of seats. More: the queue follows. Fewer than are taken: nobody is dropped, no seat is given."""
    session = registrations.lock_session(session)
    session.capacity = capacity
    session.save(update_fields=["capacity"])
    registrations.promote(session.pk, now=now)
    session.refresh_from_db()
    return session


def follow_closing_time(session: TrainingSession) -> None:
    """Offers and open questions to guardians (`guardian_hours` long) never end past the closing time now."""
    offers = Registration.objects.filter(session=session, place=Registration.Place.OFFERED)
    offers.filter(offered_until__gt=session.closes).update(offered_until=session.closes)
    requests = GuardianRequest.objects.filter(registration__session=session, answer=GuardianRequest.Answer.OPEN)
    for request in requests:
        hold = timedelta(hours=session.program.guardian_hours)
        request.expires_at = min(request.asked_at + hold, session.closes)
    GuardianRequest.objects.bulk_update(requests, ["expires_at"])


def _tell_moved(session: TrainingSession, *, now: datetime) -> None:
    for registration in Registration.objects.live().filter(session=session):
        notifications.promise(Kind.SESSION_MOVED, subject=registration, occurrence=session.whereabouts, now=now)
