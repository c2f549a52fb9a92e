"""Asking who is confirmed whether they are still coming, and what the answer does to the seat. Silence keeps it."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from participants import tokens
from participants.models import Notification, Registration
from participants.operations import beginnings, notifications, registrations, row_locks
from participants.operations.refusals import Refused
from participants.queries.timelines import ASKED, ASKED_OF, QUESTIONS

Kind, Release = Notification.Kind, Registration.Release

# As with reminders, a moved session asks anew only if the new due time lies after the move.
PROMISE = f"""
    WITH due AS MATERIALIZED (
        SELECT *, useful_until > %(now)s AS is_useful FROM ({QUESTIONS}) AS asked
        WHERE due_at <= %(now)s AND useful_until > %(now)s::timestamptz - interval '7 days'
    )
    INSERT INTO participants_notification
        (public_id, kind, registration_id, region_id, occurrence, version, queue, due_at, useful_until,
         state, reason, settled_at, attempts, created_at)
    SELECT gen_random_uuid(), 'still_coming', registration.id, due.region_id, '', due.schedule_version, 'bulk',
           due.due_at, due.useful_until, CASE WHEN is_useful THEN 'due' ELSE 'missed' END,
           CASE WHEN is_useful THEN '' ELSE 'nothing ticked in time' END,
           CASE WHEN NOT is_useful THEN %(now)s::timestamptz END, 0, %(now)s
    FROM due
    JOIN participants_registration registration ON registration.session_id = due.session_id AND {ASKED_OF}
    WHERE NOT EXISTS (
          SELECT FROM participants_notification promised
          WHERE promised.registration_id = registration.id AND promised.kind = 'still_coming'
            AND promised.version = due.schedule_version)
      AND NOT EXISTS (
          SELECT FROM participants_notification told
          WHERE told.registration_id = registration.id AND told.kind = 'session_moved' AND due.schedule_version > 1
            AND split_part(told.occurrence, '@', 1) = due.schedule_version::text AND told.created_at > due.due_at)
    ORDER BY registration.id
    ON CONFLICT DO NOTHING
"""  # noqa: S608 -- joined from constants


class NotAsked(Refused):
    code = "not_asked"
    sentence = _("Pertanyaan ini tidak terbuka sekarang.")
    remedy = _("Lihat keadaan terakhir di halamanmu; di sana kamu juga bisa membatalkan.")


def plan(*, now: datetime) -> int:
    """Promise the question to everybody to whom it is due at `now` and was not promised yet; where nothing ticked while
    it was of use, for a week back, write that down instead. Returns how many rows it made.
    """
    with connection.cursor() as cursor:
        cursor.execute(PROMISE, {"now": now, **ASKED})
        return cursor.rowcount


@transaction.atomic
def answer(*, registration: Registration, comes: bool, now: datetime) -> Registration:
    """Note that the person is still coming, the first time it is said; or free the seat for the next.

    Raises NotLive when the place was let go before, and what `check` raises.
    """
    session = row_locks.lock_session(registration.session)
    registration = row_locks.lock_registration(registration)
    registration.session = session
    if not registration.is_live:
        raise registrations.NotLive
    check(registration, now=now)
    if not comes:
        registrations.release(registration, reason=Release.CANCELLED_BY_SELF, now=now)
        notifications.promise(Kind.CANCELLED, subject=registration, now=now)
    elif registration.coming_answered_at is None:
        registration.coming_answered_at = now
        registration.save(update_fields=["coming_answered_at"])
    return registration


def check(registration: Registration, *, now: datetime) -> None:
    """Raise NotAsked where no seat is certain or it is too early, beginnings.AlreadyBegun where it is too late."""
    if not registration.is_confirmed or now < registration.session.asks_who_comes:
        raise NotAsked
    beginnings.check(registration, now=now)


def find(token: str) -> Registration | None:
    """The registration whose question holds `token`; None for a token that this server did not make."""
    return registrations.find(tokens.coming_id(token))
