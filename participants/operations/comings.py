"""Asking who is confirmed whether they are still coming, and what the answer does to the seat. Silence keeps it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from participants import tokens
from participants.models import Notification, Registration
from participants.models.registrations import TOO_NEW_TO_ASK
from participants.operations import notifications, registrations
from participants.operations.refusals import Refused
from programs.models.sessions import ASKED_AT, ASKED_DAYS_BEFORE, ASKED_UNTIL

Kind, Release = Notification.Kind, Registration.Release

# `TrainingSession.asks_who_comes` says the same of the due time. As with reminders, a moved session asks anew only if
# the new due time lies after the move.
PROMISE = """
    WITH due AS MATERIALIZED (
        SELECT session.id AS session_id, session.region_id, session.schedule_version, asked.due_at, asked.useful_until
        FROM programs_trainingsession session
        JOIN programs_region region ON region.id = session.region_id
        CROSS JOIN LATERAL (
            SELECT min(date) AS first_day FROM programs_trainingday WHERE session_id = session.id) AS days
        CROSS JOIN LATERAL (
            SELECT (first_day - %(days_before)s + %(at)s) AT TIME ZONE region.time_zone AS due_at,
                   (first_day - 1 + %(until)s) AT TIME ZONE region.time_zone AS useful_until) AS asked
        WHERE session.status = 'published' AND asked.due_at <= %(now)s AND asked.useful_until > %(now)s
    )
    INSERT INTO participants_notification
        (public_id, kind, registration_id, region_id, occurrence, version, queue, due_at, useful_until,
         state, reason, attempts, created_at)
    SELECT gen_random_uuid(), 'still_coming', registration.id, due.region_id, '', due.schedule_version, 'bulk',
           due.due_at, due.useful_until, 'due', '', 0, %(now)s
    FROM due
    JOIN participants_registration registration ON registration.session_id = due.session_id
        AND registration.place = 'seat' AND registration.guardian IN ('not_needed', 'given')
    WHERE registration.coming_answered_at IS NULL AND registration.registered_at + %(too_new)s <= due.due_at
      AND NOT EXISTS (
          SELECT FROM participants_notification promised
          WHERE promised.registration_id = registration.id AND promised.kind = 'still_coming'
            AND promised.version = due.schedule_version)
      AND NOT EXISTS (
          SELECT FROM participants_notification told
          WHERE told.registration_id = registration.id AND told.kind = 'session_moved' AND due.schedule_version > 1
            AND split_part(told.occurrence, '@', 1) = due.schedule_version::text AND told.created_at > due.due_at)
    ORDER BY registration.id
    ON CONFLICT DO NOTHING
"""


class NotAsked(Refused):
    code = "not_asked"
    sentence = _("Pertanyaan ini tidak terbuka sekarang.")
    remedy = _("Lihat keadaan terakhir di halamanmu; di sana kamu juga bisa membatalkan.")


def plan(*, now: datetime) -> int:
    """Promise the question to everybody to whom it is due at `now` and was not promised yet. Returns how many."""
    values: dict[str, Any] = {
        "now": now,
        "days_before": ASKED_DAYS_BEFORE,
        "at": ASKED_AT,
        "until": ASKED_UNTIL,
        "too_new": TOO_NEW_TO_ASK,
    }
    with connection.cursor() as cursor:
        cursor.execute(PROMISE, values)
        return cursor.rowcount


@transaction.atomic
def answer(*, registration: Registration, comes: bool, now: datetime) -> Registration:
    """Note that the person is still coming, the first time it is said; or free the seat for the next.

    Raises NotLive when the place was let go before, NotAsked where no seat is certain or it is not the time.
    """
    session = registrations.lock_session(registration.session)
    registration = registrations.lock_registration(registration)
    if not registration.is_live:
        raise registrations.NotLive
    if not registration.is_confirmed or not session.asks_who_comes <= now < session.starts:
        raise NotAsked
    if not comes:
        registrations.release(registration, reason=Release.CANCELLED_BY_SELF, now=now)
        notifications.promise(Kind.CANCELLED, subject=registration, now=now)
    elif registration.coming_answered_at is None:
        registration.coming_answered_at = now
        registration.save(update_fields=["coming_answered_at"])
    return registration


def find(token: str) -> Registration | None:
    """The registration whose question holds `token`; None for a token that this server did not make."""
    return registrations.find(tokens.coming_id(token))
