"""Which reminders fall due now, from rules, sessions and registrations as they are this minute.

Nothing is scheduled ahead: moving a session or changing a rule needs no other act. A promise is keyed by rule, day and
the version of the session's schedule, so planning may run any number of times and anywhere.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection

# Wall times become instants in each session's own zone. A reminder that would fall into the quiet hours (21:00-07:00)
# is put off to 07:00, unless its rule is urgent or it would be of no use then. `ReminderRule.due` says the same.
OCCURRENCES = """
    SELECT rule.slug || ':' || days.number AS occurrence, session.id AS session_id, session.schedule_version,
           (CASE WHEN rule.is_urgent OR awake.due >= wall.useful_until THEN wall.due ELSE awake.due END)
               AT TIME ZONE region.time_zone AS due_at,
           wall.useful_until AT TIME ZONE region.time_zone AS useful_until
    FROM programs_reminderrule rule
    JOIN programs_trainingsession session ON session.program_id = rule.program_id AND session.status = 'published'
    JOIN programs_region region ON region.id = session.region_id
    JOIN programs_trainingday days ON days.session_id = session.id AND (
        rule.anchor = 'each_day'
        OR rule.anchor = 'first_day' AND days.number = (
            SELECT min(number) FROM programs_trainingday WHERE session_id = session.id)
        OR rule.anchor = 'last_day' AND days.number = (
            SELECT max(number) FROM programs_trainingday WHERE session_id = session.id))
    CROSS JOIN LATERAL (
        SELECT days.date + rule.offset_days + rule.at AS due,
               days.date + rule.useful_offset_days + rule.useful_at AS useful_until) AS wall
    CROSS JOIN LATERAL (
        SELECT CASE WHEN wall.due::time >= '21:00' THEN wall.due::date + 1 + time '07:00'
                    WHEN wall.due::time < '07:00' THEN wall.due::date + time '07:00'
                    ELSE wall.due END AS due) AS awake
"""

PROMISE = f"""
    WITH due AS MATERIALIZED (
        SELECT *, useful_until > %(now)s AS is_useful,
               max(due_at) FILTER (WHERE useful_until > %(now)s) OVER (PARTITION BY session_id) AS newest_due_at
        FROM ({OCCURRENCES}) AS occurrences
        WHERE due_at <= %(now)s AND useful_until > %(now)s - interval '7 days'
    ), unpromised AS MATERIALIZED (
        SELECT due.*, registration.id AS registration_id, registration.region_id, registration.registered_at
        FROM due
        JOIN participants_registration registration ON registration.session_id = due.session_id
            AND registration.place = 'seat' AND registration.guardian IN ('not_needed', 'given')
        WHERE NOT EXISTS (
            SELECT FROM participants_notification promised
            WHERE promised.registration_id = registration.id AND promised.kind = 'reminder'
              AND promised.occurrence = due.occurrence AND promised.version = due.schedule_version)
    )
    INSERT INTO participants_notification
        (public_id, kind, registration_id, region_id, occurrence, version, queue, due_at, useful_until,
         state, reason, settled_at, attempts, created_at)
    SELECT gen_random_uuid(), 'reminder', registration_id, region_id, occurrence, schedule_version, 'bulk', due_at,
           useful_until, outcome.state, outcome.reason, CASE WHEN outcome.state <> 'due' THEN %(now)s END, 0, %(now)s
    FROM unpromised
    CROSS JOIN LATERAL (
        -- Since when the person knows: registered, got a seat, or has the guardian's yes ...
        SELECT greatest(registered_at, max(told.created_at) FILTER (
                   WHERE told.kind IN ('promoted', 'guardian_given'))) AS certain_at,
               -- ... and since when this version of the schedule holds.
               min(told.created_at) FILTER (
                   WHERE told.kind = 'session_moved' AND schedule_version > 1
                   AND split_part(told.occurrence, '@', 1) = schedule_version::text) AS moved_at
        FROM participants_notification told WHERE told.registration_id = unpromised.registration_id
    ) AS since
    CROSS JOIN LATERAL (
        SELECT CASE WHEN NOT is_useful THEN 'missed' WHEN due_at < newest_due_at THEN 'cancelled' ELSE 'due' END,
               CASE WHEN NOT is_useful THEN 'nothing ticked in time'
                    WHEN due_at < newest_due_at THEN 'a newer reminder says more' ELSE '' END
    ) AS outcome (state, reason)
    WHERE certain_at + interval '2 hours' <= due_at AND (moved_at IS NULL OR due_at >= moved_at)
    ORDER BY unpromised.registration_id  -- who registered first is reminded first
    ON CONFLICT DO NOTHING
"""  # noqa: S608 -- joined from two constants


def plan(*, now: datetime) -> int:
    """Promise every reminder that is due at `now`, still useful, and not promised yet. Returns how many rows it made.

    Where time passed without a tick, of several that are overdue and useful only the newest is promised; the others,
    and those of no use any more (for a week back), are written down as what they are.

    Who became certain of a seat less than two hours before a reminder falls due gets the confirmation only. After a
    session was moved, a reminder is promised anew only if its new due time lies after the move.
    """
    with connection.cursor() as cursor:
        cursor.execute(PROMISE, {"now": now})
        return cursor.rowcount
