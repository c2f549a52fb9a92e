"""The people of an edition, counted by session and trait: written by one statement, read by the ministry's page."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max

from participants.models import Registration
from participants.queries.attendance import THERE
from participants.queries.person_days import Selection, bands, literal, literals, sql
from programs.models import Program, TrainingDay

# Of those who are no confirmed participants nothing is known of days: they are counted beside the same relation.
# A person is counted once in an edition, where they have a place or had the last one: so sessions add up to regions.
COUNT = """
, firsts AS (SELECT session_id, min(date) AS first_day FROM programs_trainingday GROUP BY session_id),
counted AS (
    SELECT DISTINCT ON (participant_id) *
    FROM participants_registration
    WHERE program_id = {program} AND release_reason <> 'switched'
    ORDER BY participant_id, place = 'released', id DESC
),
everybody AS (
    SELECT registration.program_id, registration.region_id, registration.session_id, registration.place,
           wanted.registration_id AS confirmed, wanted.is_complete{marks},
           person.gender::text AS gender, person.occupation::text AS occupation,
           coalesce({band}, '') AS age
    FROM counted registration
    JOIN participants_participant person ON person.id = registration.participant_id
    LEFT JOIN wanted ON wanted.registration_id = registration.id
    LEFT JOIN firsts ON firsts.session_id = registration.session_id
)
SELECT program_id, region_id, session_id,
       CASE grouping(gender, age, occupation)
           WHEN 3 THEN 'gender' WHEN 5 THEN 'age' WHEN 6 THEN 'occupation' ELSE '' END,
       CASE grouping(gender, age, occupation) WHEN 3 THEN gender WHEN 5 THEN age WHEN 6 THEN occupation ELSE '' END,
       count(*), count(*) FILTER (WHERE place = 'queued'),
       count(confirmed), count(*) FILTER (WHERE is_complete), ARRAY[{there}]::int[]
FROM everybody
GROUP BY GROUPING SETS ((program_id, region_id, session_id), (program_id, region_id, session_id, gender),
                        (program_id, region_id, session_id, age), (program_id, region_id, session_id, occupation))
"""
INTO = "INSERT INTO participants_tally (program_id, region_id, session_id, dimension, key, "
REMINDERS = """messages)
SELECT registration.program_id, registration.region_id, registration.session_id, 'reminder', notification.state,
       count(*)
FROM participants_notification notification
JOIN participants_registration registration ON registration.id = notification.registration_id
WHERE notification.kind = 'reminder' AND registration.program_id = {program}
GROUP BY 1, 2, 3, 5
"""


def selection_of(program: Program, *, now: datetime) -> Selection:
    """Everybody in the edition, as of `now`."""
    return Selection(Registration.objects.filter(program=program), now)


def counting(program: Program, selection: Selection) -> list[str]:
    """The statements that count the edition into the table: people, then reminders; to be run as `planned` has it."""
    days = longest(program)
    select = COUNT.format(
        program=literal(program.pk),
        marks="".join(f", wanted.mark_{number}" for number in range(1, days + 1)),
        there=", ".join(
            f"count(*) FILTER (WHERE mark_{number} IN ({literals(THERE)}))" for number in range(1, days + 1)
        ),
        band=bands("extract(year FROM age(firsts.first_day, registration.birth_date))::int"),
    )
    people = f"{INTO}registered, queued, confirmed, complete, there) {sql(selection, select, days=days)}"
    return [people, INTO + REMINDERS.format(program=literal(program.pk))]


def longest(program: Program) -> int:
    """How many days the longest session of the edition has."""
    return TrainingDay.objects.filter(session__program=program).aggregate(most=Max("number"))["most"] or 0
