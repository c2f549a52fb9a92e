"""When reminders fall due, for whom, and what became of those that did: one query, for now or later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from participants.models import Notification, Registration
from programs.models import ReminderRule, TrainingSession

# Wall times become instants in each session's own zone. A reminder that would fall into the quiet hours of its rule
# is put off to their end, unless it is urgent or would be of no use then. `ReminderRule.due` says the same.
OCCURRENCES = """
    SELECT rule.slug || ':' || days.number AS occurrence, rule.id AS rule_id, rule.audience,
           rule.before_consent, rule.is_optional, days.number AS day,
           session.id AS session_id, session.program_id, session.schedule_version,
           (CASE WHEN rule.is_urgent OR awake.due >= wall.useful_until THEN wall.due ELSE awake.due END)
               AT TIME ZONE region.time_zone AS due_at,
           wall.useful_until AT TIME ZONE region.time_zone AS useful_until
    FROM programs_reminderrule rule
    JOIN programs_trainingsession session ON session.program_id = rule.program_id AND session.status = 'published'
    JOIN programs_program program ON program.id = session.program_id
    JOIN programs_region region ON region.id = session.region_id
    JOIN programs_trainingday days ON days.session_id = session.id AND (
        rule.anchor = 'each_day'
        OR rule.anchor IN ('first_day', 'registration_opens') AND days.number = (
            SELECT min(number) FROM programs_trainingday WHERE session_id = session.id)
        OR rule.anchor = 'last_day' AND days.number = (
            SELECT max(number) FROM programs_trainingday WHERE session_id = session.id))
    CROSS JOIN LATERAL (
        SELECT CASE rule.anchor WHEN 'registration_opens'
               THEN (program.registration_opens AT TIME ZONE region.time_zone)::date ELSE days.date END AS date
    ) AS anchor
    CROSS JOIN LATERAL (
        SELECT anchor.date + rule.offset_days + rule.at AS due,
               anchor.date + rule.useful_offset_days + rule.useful_at AS useful_until) AS wall
    CROSS JOIN LATERAL (
        SELECT CASE WHEN asleep.is_late AND over_midnight THEN wall.due::date + 1 + rule.quiet_until
                    WHEN asleep.is_late AND asleep.is_early OR asleep.is_early AND over_midnight
                    THEN wall.due::date + rule.quiet_until
                    ELSE wall.due END AS due
        FROM (SELECT wall.due::time >= rule.quiet_from AS is_late, wall.due::time < rule.quiet_until AS is_early,
                     rule.quiet_until < rule.quiet_from AS over_midnight) AS asleep
    ) AS awake
    WHERE rule.is_on
"""

# Whether `registration` is among those whom the rule of the occurrence `due` means. `still_meant` says the same.
MEANT = """
    (due.before_consent OR registration.guardian <> 'asked')
    AND CASE due.audience
    WHEN 'queued' THEN registration.place = 'queued'
    WHEN 'awaiting_guardian' THEN registration.place IN ('seat', 'offered') AND registration.guardian = 'asked'
    ELSE registration.place = 'seat' AND registration.guardian IN ('not_needed', 'given') AND CASE due.audience
        WHEN 'unanswered' THEN registration.coming_answered_at IS NULL
        WHEN 'absent_yesterday' THEN due.day > 1 AND NOT EXISTS (
            SELECT FROM participants_attendance there JOIN programs_trainingday days ON days.id = there.day_id
            WHERE there.registration_id = registration.id AND days.number = due.day - 1 AND there.mark <> 'absent')
        ELSE true END
    END
"""
# Whether the person has not turned the reminder off; the tick writes down all the same that it would have been sent.
WANTED = """
    NOT (due.is_optional AND EXISTS (
        SELECT FROM participants_optout off JOIN participants_participant person ON person.user_id = off.account_id
        WHERE person.id = registration.participant_id AND off.rule_id = due.rule_id))
"""
TIMELINE = f"""
    SELECT due.rule_id, due.session_id, due.day, due.due_at, due.useful_until, meant.people,
           said.sent, said.waiting, said.other
    FROM ({OCCURRENCES}) AS due
    CROSS JOIN LATERAL (
        SELECT count(*) AS people FROM participants_registration registration
        WHERE registration.session_id = due.session_id AND {MEANT} AND {WANTED}
    ) AS meant
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE message.state = 'sent') AS sent,
               count(*) FILTER (WHERE message.state IN ('due', 'retrying', 'sending')) AS waiting,
               count(*) FILTER (WHERE message.state IN ('failed', 'missed', 'cancelled', 'unknown', 'bounced')) AS other
        FROM participants_registration registration
        JOIN participants_notification message ON message.registration_id = registration.id
            AND message.kind = 'reminder' AND message.occurrence = due.occurrence
            AND message.version = due.schedule_version
        WHERE registration.session_id = due.session_id
    ) AS said
    WHERE due.session_id = ANY(%(sessions)s)
    ORDER BY due.due_at, due.session_id
"""  # noqa: S608 -- joined from constants


@dataclass(frozen=True)
class Planned:
    """One reminder to the people of one session: when it falls due and until when it is of use (instants), how many it
    means as things stand, and of those written down already how many were sent, wait, or will not arrive."""

    rule_id: int
    session_id: int
    day: int
    due_at: datetime
    useful_until: datetime
    people: int
    sent: int
    waiting: int
    other: int


def timeline(session_ids: list[int]) -> list[Planned]:
    """Everything that the rules say to the people of these published sessions, from first to last. One query."""
    with connection.cursor() as cursor:
        cursor.execute(TIMELINE, {"sessions": session_ids})
        return [Planned(*row) for row in cursor.fetchall()]


AHEAD = f"""
    SELECT registration.id, due.occurrence, due.due_at
    FROM ({OCCURRENCES}) AS due
    JOIN participants_registration registration ON registration.session_id = due.session_id AND {MEANT}
    WHERE {WANTED} AND due.program_id = %(program)s AND registration.registered_at + interval '2 hours' <= due.due_at
      AND (due.due_at > %(now)s OR due.useful_until > %(now)s AND NOT EXISTS (
          SELECT FROM participants_notification promised
          WHERE promised.registration_id = registration.id AND promised.kind = 'reminder'
            AND promised.occurrence = due.occurrence AND promised.version = due.schedule_version))
"""  # noqa: S608 -- joined from constants


def ahead(program_id: int, *, now: datetime) -> dict[tuple[int, str], datetime]:
    """Every reminder that the rules of an edition will send from `now` on as things stand, by registration and
    occurrence, with the instant when it falls due; one that is overdue and useful goes out at once."""
    with connection.cursor() as cursor:
        cursor.execute(AHEAD, {"program": program_id, "now": now})
        return {(registration, occurrence): due_at for registration, occurrence, due_at in cursor.fetchall()}


SOMEONE = f"""
    SELECT registration.id FROM ({OCCURRENCES}) AS due
    JOIN participants_registration registration ON registration.session_id = due.session_id AND {MEANT}
    WHERE {WANTED} AND (due.rule_id, due.session_id, due.day) = (%(rule)s, %(session)s, %(day)s)
    ORDER BY registration.id LIMIT 1
"""  # noqa: S608 -- joined from constants


def someone_meant(*, rule_id: int, session_id: int, day: int) -> int | None:
    """The first registration of the session that the rule means on its `day`, as things stand; None for nobody."""
    with connection.cursor() as cursor:
        cursor.execute(SOMEONE, {"rule": rule_id, "session": session_id, "day": day})
        found = cursor.fetchone()
    return found[0] if found else None


def sample(*, rule: ReminderRule, session_id: int, day: int) -> tuple[Planned, Notification | None] | None:
    """When a rule speaks of `day` to a session, and what the first whom it means is then told: a row nowhere kept.

    None when it never does. The person's name is as staff may see it.
    """
    planned = next((row for row in timeline([session_id]) if (row.rule_id, row.day) == (rule.pk, day)), None)
    if planned is None:
        return None
    found = someone_meant(rule_id=rule.pk, session_id=session_id, day=day)
    if found is None:
        return planned, None
    registration = Registration.objects.select_related("participant__user").get(pk=found)
    registration.session = TrainingSession.objects.with_places().prefetch_related("program__modules").get(pk=session_id)
    registration.participant.full_name = registration.name_for_staff
    told = Notification(
        kind=Notification.Kind.REMINDER,
        registration=registration,
        occurrence=f"{rule.slug}:{day}",
        due_at=planned.due_at,
    )
    told.rule = rule
    return planned, told
