"""What is said to a cohort beside the rules' reminders: whether they are still coming, and what staff wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.db import connection

from participants.models import Notification, Registration
from participants.models.registrations import TOO_NEW_TO_ASK
from participants.queries.ledger import Reminded
from participants.queries.reminders import OCCURRENCES
from programs.models.sessions import ASKED_AT, ASKED_DAYS_BEFORE, ASKED_UNTIL

# When the people of each published session are asked whether they still come. `TrainingSession.asks_who_comes` says the
# same of the due time.
QUESTIONS = """
    SELECT session.id AS session_id, session.region_id, session.schedule_version, asked.due_at, asked.useful_until
    FROM programs_trainingsession session
    JOIN programs_region region ON region.id = session.region_id
    CROSS JOIN LATERAL (
        SELECT min(date) AS first_day FROM programs_trainingday WHERE session_id = session.id) AS days
    CROSS JOIN LATERAL (
        SELECT (first_day - %(days_before)s + %(at)s) AT TIME ZONE region.time_zone AS due_at,
               (first_day - 1 + %(until)s) AT TIME ZONE region.time_zone AS useful_until) AS asked
    WHERE session.status = 'published'
"""
ASKED: Mapping[str, Any] = MappingProxyType(
    {"days_before": ASKED_DAYS_BEFORE, "at": ASKED_AT, "until": ASKED_UNTIL, "too_new": TOO_NEW_TO_ASK}
)
# Whom the question `due` means, of those who have not answered it: whose seat is certain for long enough. `is_asked`
# says the same.
ASKED_OF = """
    registration.place = 'seat' AND registration.guardian IN ('not_needed', 'given')
    AND registration.coming_answered_at IS NULL AND registration.registered_at + %(too_new)s <= due.due_at
    AND NOT EXISTS (
        SELECT FROM participants_notification certain
        WHERE certain.registration_id = registration.id AND certain.kind IN ('promoted', 'guardian_given')
          AND certain.created_at + %(too_new)s > due.due_at)
"""
_CERTAIN = (Notification.Kind.PROMOTED, Notification.Kind.GUARDIAN_GIVEN)  # what tells of a seat that became certain


def is_asked(registration: Registration, messages: Iterable[Notification]) -> bool:
    """Whether the question means the person of `registration`, of whom `messages` are all; the session's days and
    region are at hand. `ASKED_OF` says the same."""
    certain = [row.created_at for row in messages if row.registration_id == registration.pk and row.kind in _CERTAIN]
    since = max([registration.registered_at, *certain])
    return (
        registration.is_confirmed
        and registration.coming_answered_at is None
        and since + TOO_NEW_TO_ASK <= registration.session.asks_who_comes
    )


def question_ahead(registration: Registration, messages: Iterable[Notification], *, now: datetime) -> list[Reminded]:
    """When the person of `registration` will be asked whether they still come; nothing where they will not be."""
    session = registration.session
    if now >= session.asks_who_comes or not is_asked(registration, messages):
        return []
    first = min(session.days.all(), key=lambda day: day.date)
    return [Reminded(session.asks_who_comes, first, is_question=True)]


OUTCOMES = """
    count(*) FILTER (WHERE message.state = 'sent') AS sent,
    count(*) FILTER (WHERE message.state IN ('due', 'retrying', 'sending')) AS waiting,
    count(*) FILTER (WHERE message.state IN ('failed', 'missed', 'cancelled', 'unknown', 'bounced')) AS other
"""
BESIDE_REMINDERS = f"""
    SELECT 'still_coming', NULL, '', due.session_id, due.due_at, meant.people, said.sent, said.waiting, said.other
    FROM ({QUESTIONS}) AS due
    CROSS JOIN LATERAL (
        SELECT count(*) AS people FROM participants_registration registration
        WHERE registration.session_id = due.session_id AND {ASKED_OF}
    ) AS meant
    CROSS JOIN LATERAL (
        SELECT {OUTCOMES}
        FROM participants_registration registration
        JOIN participants_notification message ON message.registration_id = registration.id
            AND message.kind = 'still_coming' AND message.version = due.schedule_version
        WHERE registration.session_id = due.session_id
    ) AS said
    WHERE due.session_id = ANY(%(sessions)s)
      AND (%(first)s::timestamptz IS NULL OR due.due_at BETWEEN %(first)s AND %(last)s)
    UNION ALL
    SELECT 'broadcast', wrote.id, wrote.audience, wrote.session_id, wrote.starts_at, wrote.people,
           said.sent, said.waiting, said.other
    FROM participants_broadcast wrote
    CROSS JOIN LATERAL (
        SELECT {OUTCOMES}
        FROM participants_registration registration
        JOIN participants_notification message ON message.registration_id = registration.id
            AND message.kind = 'broadcast' AND message.occurrence = wrote.id::text
        WHERE registration.session_id = wrote.session_id
    ) AS said
    WHERE wrote.session_id = ANY(%(sessions)s)
      AND (%(first)s::timestamptz IS NULL OR wrote.starts_at BETWEEN %(first)s AND %(last)s)
"""  # noqa: S608 -- joined from constants


@dataclass(frozen=True)
class Said:
    """One message to the people of one session that no rule brings: when it falls due (instant), to how many, and how
    many copies were sent, wait, or will not arrive. `broadcast_id` and `audience` where staff wrote it."""

    kind: Notification.Kind
    broadcast_id: int | None
    audience: str
    session_id: int
    due_at: datetime
    people: int
    sent: int
    waiting: int
    other: int

    @property
    def falls(self) -> datetime:
        return self.due_at


def beside_reminders(
    session_ids: list[int], *, first: datetime | None = None, last: datetime | None = None
) -> list[Said]:
    """The question whether they still come, and all that staff wrote, to the people of these sessions, or what of it
    falls due from `first` to `last`. One query."""
    with connection.cursor() as cursor:
        cursor.execute(BESIDE_REMINDERS, {"sessions": session_ids, "first": first, "last": last, **ASKED})
        return [Said(Notification.Kind(kind), *rest) for kind, *rest in cursor.fetchall()]


MOMENTS = f"""
    SELECT session_id, due_at FROM ({OCCURRENCES}) AS due WHERE session_id = ANY(%(sessions)s)
    UNION ALL
    SELECT session_id, due_at FROM ({QUESTIONS}) AS due WHERE session_id = ANY(%(sessions)s)
    UNION ALL
    SELECT session_id, starts_at FROM participants_broadcast WHERE session_id = ANY(%(sessions)s)
"""  # noqa: S608 -- joined from constants


def moments(session_ids: list[int]) -> list[tuple[int, datetime]]:
    """Of all that `timeline` and `beside_reminders` tell of these sessions, whose it is and when. Nobody is counted."""
    with connection.cursor() as cursor:
        cursor.execute(MOMENTS, {"sessions": session_ids, **ASKED})
        return cursor.fetchall()
