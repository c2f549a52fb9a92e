"""Which reminders fall due now, from rules, sessions and registrations as they are this minute.

Nothing is scheduled ahead: moving a session or changing a rule needs no other act. A promise is keyed by rule, day and
the version of the session's schedule, so planning may run any number of times and anywhere.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection

# Wall times become instants in each session's own zone. A reminder that would fall into the quiet hours (21:00-07:00)
# is put off to 07:00 unless its rule is urgent.
OCCURRENCES = """
    SELECT rule.slug, days.number, session.id AS session_id, session.schedule_version,
           (CASE WHEN rule.is_urgent OR local_due::time BETWEEN '07:00' AND '20:59:59.999999' THEN local_due
                 WHEN local_due::time >= '21:00' THEN local_due::date + 1 + time '07:00'
                 ELSE local_due::date + time '07:00' END) AT TIME ZONE region.time_zone AS due_at,
           (days.date + rule.useful_offset_days + rule.useful_at) AT TIME ZONE region.time_zone AS useful_until
    FROM programs_reminderrule rule
    JOIN programs_trainingsession session ON session.program_id = rule.program_id AND session.status = 'published'
    JOIN programs_region region ON region.id = session.region_id
    JOIN programs_trainingday days ON days.session_id = session.id AND (
        rule.anchor = 'each_day'
        OR rule.anchor = 'first_day' AND days.number = (
            SELECT min(number) FROM programs_trainingday WHERE session_id = session.id)
        OR rule.anchor = 'last_day' AND days.number = (
            SELECT max(number) FROM programs_trainingday WHERE session_id = session.id))
    CROSS JOIN LATERAL (SELECT days.date + rule.offset_days + rule.at AS local_due) AS wall
"""

PROMISE = f"""
    INSERT INTO participants_notification
        (public_id, kind, registration_id, region_id, occurrence, version, queue, due_at, useful_until,
         state, reason, attempts, created_at)
    SELECT gen_random_uuid(), 'reminder', registration.id, registration.region_id, due.slug || ':' || due.number,
           due.schedule_version, 'bulk', due.due_at, due.useful_until, 'due', '', 0, %(now)s
    FROM ({OCCURRENCES}) AS due
    JOIN participants_registration registration ON registration.session_id = due.session_id
        AND registration.place = 'seat' AND registration.guardian IN ('not_needed', 'given')
    CROSS JOIN LATERAL (
        -- Since when the person knows: registered, got a seat, or has the guardian's yes ...
        SELECT greatest(registration.registered_at, max(told.created_at) FILTER (
                   WHERE told.kind IN ('promoted', 'guardian_given'))) AS certain_at,
               -- ... and since when this version of the schedule holds.
               min(told.created_at) FILTER (
                   WHERE told.kind = 'session_moved' AND due.schedule_version > 1
                   AND split_part(told.occurrence, '@', 1) = due.schedule_version::text) AS moved_at
        FROM participants_notification told WHERE told.registration_id = registration.id
    ) AS since
    WHERE due.due_at <= %(now)s AND due.useful_until > %(now)s
      AND since.certain_at + interval '2 hours' <= due.due_at
      AND (since.moved_at IS NULL OR due.due_at >= since.moved_at)
      AND NOT EXISTS (
          SELECT FROM participants_notification promised
          WHERE promised.registration_id = registration.id AND promised.kind = 'reminder'
            AND promised.occurrence = due.slug || ':' || due.number AND promised.version = due.schedule_version)
    ON CONFLICT DO NOTHING
"""  # noqa: S608 -- joined from two constants


def plan(*, now: datetime) -> int:
    """Promise every reminder that is due at `now`, still useful, and not promised yet. Returns how many.

    Who became certain of a seat less than two hours before a reminder falls due gets the confirmation only. After a
    session was moved, a reminder is promised anew only if its new due time lies after the move.
    """
    with connection.cursor() as cursor:
        cursor.execute(PROMISE, {"now": now})
        return cursor.rowcount
