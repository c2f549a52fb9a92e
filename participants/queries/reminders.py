"""When reminders fall due, for whom, and what became of those that did: one query, for now or later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from participants.models import Notification, Registration
from participants.models.notifications import PASSING
from programs.models import ReminderRule, TrainingSession

# Wall times become instants in each session's own zone. A reminder that would fall into the quiet hours of its rule
# is put off to their end, unless it is urgent or would be of no use then. `ReminderRule.due` says the same.
# Of rules that are off as well: what they would say.
EVERY_OCCURRENCE = """
    SELECT rule.slug || ':' || days.number AS occurrence, rule.id AS rule_id, rule.audience,
           rule.before_consent, rule.is_optional, rule.channels, rule.subject_id <> '' AS has_own_words,
           days.number AS day,
           -- Of what speaks of one day its date, on which somebody may have said that they cannot come.
           CASE WHEN rule.anchor = 'each_day'
                     OR rule.anchor IN ('first_day', 'last_day') AND rule.offset_days IN (-1, 0)
                THEN days.date END AS one_day,
           rule.is_optional OR 'mail' <> ALL(rule.channels) AS is_for_some,
           session.id AS session_id, session.program_id, session.schedule_version,
           (CASE WHEN rule.is_urgent OR awake.due >= wall.useful_until THEN wall.due ELSE awake.due END)
               AT TIME ZONE region.time_zone AS due_at,
           wall.useful_until AT TIME ZONE region.time_zone AS useful_until,
           anchor.date + rule.offset_days AS first_day, anchor.date + rule.useful_offset_days AS last_day
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
"""
OCCURRENCES = f"{EVERY_OCCURRENCE} WHERE rule.is_on"
# Whether an occurrence has fallen due by `now`, and was of use within the week before. Hours in a zone cost more to
# find than days: those of years are sorted out by their days, which no zone moves by more than one.
FALLEN_DUE = """
    due_at <= %(now)s::timestamptz AND useful_until > %(now)s::timestamptz - interval '7 days'
    AND first_day <= (%(now)s::timestamptz AT TIME ZONE 'UTC')::date + 1
    AND last_day >= (%(now)s::timestamptz AT TIME ZONE 'UTC')::date - 8
"""

# Whether an occurrence is still of use; and of what has fallen due by `now` and is so the newest, which stands in for
# what was due before it; but what some do not get stands in for nothing that everybody does.
NEWEST_DUE = """
    CASE WHEN is_for_some THEN max(due_at) FILTER (WHERE due_at <= %(now)s AND useful_until > %(now)s) OVER alike
         ELSE max(due_at) FILTER (WHERE due_at <= %(now)s AND useful_until > %(now)s AND NOT is_for_some) OVER alike
    END AS newest_due_at, useful_until > %(now)s AS is_useful
"""
ALIKE = "WINDOW alike AS (PARTITION BY session_id, audience)"


def _meant(due: str) -> str:
    """Whether `registration` is among those whom the rule of the occurrence called `due` means. `still_meant` says the
    same."""
    return f"""
    ({due}.before_consent OR registration.guardian <> 'asked')
    AND CASE {due}.audience
    WHEN 'queued' THEN registration.place = 'queued'
    WHEN 'awaiting_guardian' THEN registration.place IN ('seat', 'offered') AND registration.guardian = 'asked'
    ELSE registration.place = 'seat' AND registration.guardian IN ('not_needed', 'given') AND CASE {due}.audience
        WHEN 'unanswered' THEN registration.coming_answered_at IS NULL
        WHEN 'absent_yesterday' THEN {due}.day > 1 AND NOT EXISTS (
            SELECT FROM participants_attendance there JOIN programs_trainingday days ON days.id = there.day_id
            WHERE there.registration_id = registration.id AND days.number = {due}.day - 1 AND there.mark <> 'absent')
        ELSE true END
    END
"""


def _expected(due: str) -> str:
    """Whether the person comes to the day that the occurrence called `due` speaks of."""
    return f"({due}.one_day IS NULL OR (registration.id, {due}.one_day) NOT IN ({MISSED}))"


MEANT = _meant("due")
# Whether the person has not turned the reminder off; the tick writes down all the same that it would have been sent.
WANTED = """
    NOT (due.is_optional AND EXISTS (
        SELECT FROM participants_optout off JOIN participants_participant person ON person.user_id = off.account_id
        WHERE person.id = registration.participant_id AND off.rule_id = due.rule_id))
"""
# Who said of which day that they miss it. Asked of all appeals at once: of each person and occurrence it would be as
# many looks at an index.
MISSED = """
    SELECT registration_id, to_date(substr(code, 9), 'YYYY-MM-DD') AS day FROM participants_appeal
    WHERE code LIKE 'absence\\_%%'
"""
EXPECTED = _expected("due")  # the tick writes down all the same, too
# Whether a newer one stands in for the occurrence `due`, among all that are `due`, to this person: one that means them,
# too, and speaks of no day that they miss. That is looked for where rules of an audience differ in it.
STOOD_IN_FOR = f"""
    (coalesce(due.due_at < due.newest_due_at, false) AND (
     registration.guardian <> 'asked' AND due.audience <> 'absent_yesterday'
        AND registration.id NOT IN (SELECT registration_id FROM ({MISSED}) AS missed)
     OR EXISTS (
        SELECT FROM due newer
        WHERE newer.session_id = due.session_id AND newer.audience = due.audience
          AND newer.due_at > due.due_at AND newer.due_at <= %(now)s AND newer.useful_until > %(now)s
          AND (due.is_for_some OR NOT newer.is_for_some) AND {_meant("newer")} AND {_expected("newer")})))
"""  # noqa: S608 -- joined from constants
# Whether one of the rule's channels leads to the person, as `ways_left` says it when the message is sent.
REACHED = """
    ('mail' = ANY(due.channels) AND registration.participant_id NOT IN (
        SELECT person.id FROM participants_participant person JOIN accounts_user account ON account.id = person.user_id
        WHERE account.bounced_at IS NOT NULL)
     OR %(whatsapp)s AND 'whatsapp' = ANY(due.channels) AND NOT due.has_own_words
        AND registration.place = 'seat' AND registration.guardian IN ('not_needed', 'given')
        AND (registration.participant_id, registration.guardian) IN (
            SELECT participant_id, CASE giver WHEN 'self' THEN 'not_needed' ELSE 'given' END FROM participants_consent
            WHERE purpose = 'whatsapp' AND withdrawn_at IS NULL AND unreached_at IS NULL)
     OR %(sms)s AND 'sms' = ANY(due.channels) AND EXISTS (
        SELECT FROM participants_participant person WHERE person.id = registration.participant_id AND phone <> ''))
"""
SENT_TO = f"{WANTED} AND {EXPECTED} AND {REACHED}"
GOES_OUT = f"{MEANT} AND {SENT_TO}"
# The ledger's row of the occurrence `due` for `registration`: the whole key, so that where no more is asked its index
# alone is read; and whether such a row, never tried, may go out after all, now that the reminder GOES_OUT.
PROMISED = """
    promised.registration_id = registration.id AND promised.guardian_request_id IS NULL
    AND promised.login_code_id IS NULL AND promised.account_id IS NULL AND promised.kind = 'reminder'
    AND promised.occurrence = due.occurrence AND promised.version = due.schedule_version
"""
MAY_GO_AFTER_ALL = """
    promised.kind = 'reminder' AND promised.state IN ('missed', 'cancelled') AND promised.reason = ANY(%(passing)s)
    AND promised.attempts = 0 AND promised.channel = ''
"""
MEANT_BY_IT = f"""
    SELECT due.*, registration.id AS registration_id, registration.region_id, registration.registered_at,
           {STOOD_IN_FOR} AS is_stood_in_for
    FROM due
    JOIN participants_registration registration ON registration.session_id = due.session_id AND {MEANT}
"""  # noqa: S608 -- joined from constants
# The occurrences `due`, for each person whom they mean, of which the ledger has no row, or one that goes after all.
WANTING = f"""
    {MEANT_BY_IT} WHERE NOT EXISTS (SELECT FROM participants_notification promised WHERE {PROMISED})
    UNION ALL
    {MEANT_BY_IT} JOIN participants_notification promised ON {PROMISED} AND {MAY_GO_AFTER_ALL}
    WHERE due.is_useful AND {GOES_OUT} AND NOT {STOOD_IN_FOR}
"""
# Since when the person of such a `due` knows: registered, got a seat, or has the guardian's yes; and since when this
# version of the schedule holds ...
SINCE = """
    CROSS JOIN LATERAL (
        SELECT greatest(due.registered_at, max(told.created_at) FILTER (
                   WHERE told.kind IN ('promoted', 'guardian_given'))) AS certain_at,
               min(told.created_at) FILTER (
                   WHERE told.kind = 'session_moved' AND due.schedule_version > 1
                   AND split_part(told.occurrence, '@', 1) = due.schedule_version::text) AS moved_at
        FROM participants_notification told WHERE told.registration_id = due.registration_id
    ) AS since
"""
# ... and whether it falls due after the one, by two hours, and the other.
IN_TIME = "certain_at + interval '2 hours' <= due.due_at AND (moved_at IS NULL OR due.due_at >= moved_at)"
TIMELINE = f"""
    WITH said AS MATERIALIZED (
        SELECT registration.session_id, message.occurrence, message.version, min(message.due_at) AS since,
               count(*) FILTER (WHERE message.state = 'sent') AS sent,
               count(*) FILTER (WHERE message.state IN ('due', 'retrying', 'sending')) AS waiting,
               count(*) FILTER (WHERE message.state IN ('failed', 'missed', 'cancelled', 'unknown', 'bounced')) AS other
        FROM participants_registration registration
        JOIN participants_notification message ON message.registration_id = registration.id
            AND message.kind = 'reminder'
        WHERE registration.session_id = ANY(%(sessions)s)
        GROUP BY registration.session_id, message.occurrence, message.version
    )
    SELECT due.rule_id, due.session_id, due.day, due.due_at, due.useful_until, meant.people,
           coalesce(said.sent, 0), coalesce(said.waiting, 0), coalesce(said.other, 0), said.since
    FROM ({OCCURRENCES}) AS due
    CROSS JOIN LATERAL (
        SELECT count(*) AS people FROM participants_registration registration
        WHERE registration.session_id = due.session_id AND {GOES_OUT}
    ) AS meant
    LEFT JOIN said ON said.session_id = due.session_id AND said.occurrence = due.occurrence
        AND said.version = due.schedule_version
    WHERE due.session_id = ANY(%(sessions)s)
      AND (%(first)s::timestamptz IS NULL OR due.due_at BETWEEN %(first)s AND %(last)s)
    ORDER BY due.due_at, due.session_id
"""  # noqa: S608 -- joined from constants


@dataclass(frozen=True)
class Planned:
    """One reminder to the people of one session: when it falls due and until when it is of use (instants), how many it
    would reach as things stand, and of those written down already how many were sent, wait, or will not arrive, and
    when they fell due (`since`): a rule that was changed afterwards says another hour."""

    rule_id: int
    session_id: int
    day: int
    due_at: datetime
    useful_until: datetime
    people: int
    sent: int
    waiting: int
    other: int
    since: datetime | None

    @property
    def falls(self) -> datetime:
        """When it falls due, or did."""
        return self.since or self.due_at


def timeline(session_ids: list[int], *, first: datetime | None = None, last: datetime | None = None) -> list[Planned]:
    """Everything that the rules say to the people of these published sessions, in the order of time, or what falls due
    from `first` to `last`. One query."""
    with connection.cursor() as cursor:
        moments = {"first": first, "last": last}
        cursor.execute(TIMELINE, {"sessions": session_ids, **moments, **_channels_there()})
        return [Planned(*row) for row in cursor.fetchall()]


def _channels_there() -> dict[str, bool]:
    return {"whatsapp": bool(settings.WHATSAPP_TOKEN), "sms": bool(settings.SMS_URL)}


def moment(now: datetime) -> dict[str, Any]:
    """What a query that asks what goes out at `now` is told."""
    return {"now": now, "passing": PASSING, **_channels_there()}


AHEAD = f"""
    WITH due AS MATERIALIZED (
        SELECT *, {NEWEST_DUE} FROM ({OCCURRENCES}) AS occurrences WHERE program_id = %(program)s {ALIKE}
    ), wanting AS MATERIALIZED (
        {WANTING}
    )
    SELECT registration.id, due.occurrence, due.due_at
    FROM wanting AS due
    JOIN participants_registration registration ON registration.id = due.registration_id AND {SENT_TO}
    {SINCE}
    WHERE {IN_TIME} AND due.is_useful AND due.due_at < due.useful_until AND NOT due.is_stood_in_for
    UNION ALL
    SELECT registration.id, due.occurrence, promised.due_at
    FROM due
    JOIN participants_registration registration ON registration.session_id = due.session_id AND {GOES_OUT}
    JOIN participants_notification promised ON {PROMISED}
        AND promised.state IN ('due', 'retrying') AND promised.useful_until > %(now)s
"""  # noqa: S608 -- joined from constants


def ahead(program_id: int, *, now: datetime) -> dict[tuple[int, str], datetime]:
    """Every reminder that the rules of an edition will send from `now` on as things stand, by registration and
    occurrence, with the instant when it falls due; of those overdue and useful the newest goes out at once. What is
    promised and waits keeps its own instant, whatever hour its rule has now."""
    with connection.cursor() as cursor:
        cursor.execute(AHEAD, moment(now) | {"program": program_id})
        return {(registration, occurrence): due_at for registration, occurrence, due_at in cursor.fetchall()}


MEANS = f"""
    SELECT due.due_at, count(registration.id), min(registration.id) FROM ({EVERY_OCCURRENCE}) AS due
    LEFT JOIN participants_registration registration
        ON registration.session_id = due.session_id AND {GOES_OUT}
    WHERE (due.rule_id, due.session_id, due.day) = (%(rule)s, %(session)s, %(day)s)
    GROUP BY due.due_at
"""  # noqa: S608 -- joined from constants
FIRST_MEANT = f"""
    SELECT due.session_id, due.day FROM ({EVERY_OCCURRENCE}) AS due
    WHERE due.rule_id = %(rule)s AND due.session_id = ANY(%(sessions)s) AND EXISTS (
        SELECT FROM participants_registration registration
        WHERE registration.session_id = due.session_id AND {GOES_OUT})
    ORDER BY due.due_at <= %(now)s, due.due_at, due.session_id LIMIT 1
"""  # noqa: S608 -- joined from constants


@dataclass(frozen=True)
class Sample:
    """One reminder to one session as things stand, its rule on or off: when it falls due, how many it would reach, and
    what the first of them is told, a row nowhere kept; None where it reaches nobody."""

    due_at: datetime
    people: int
    told: Notification | None


def sample(*, rule: ReminderRule, session_id: int, day: int) -> Sample | None:
    """What a rule says of `day` to a session; None when it never does. The person's name is as staff may see it."""
    with connection.cursor() as cursor:
        cursor.execute(MEANS, {"rule": rule.pk, "session": session_id, "day": day, **_channels_there()})
        found = cursor.fetchone()
    if found is None:
        return None
    due_at, people, first = found
    if first is None:
        return Sample(due_at, people, None)
    registration = Registration.objects.select_related("participant__user").get(pk=first)
    registration.session = TrainingSession.objects.with_places().prefetch_related("program__modules").get(pk=session_id)
    registration.participant.full_name = registration.name_for_staff
    told = Notification(
        kind=Notification.Kind.REMINDER, registration=registration, occurrence=f"{rule.slug}:{day}", due_at=due_at
    )
    told.rule = rule
    return Sample(due_at, people, told)


def first_meant(*, rule_id: int, sessions: QuerySet[TrainingSession], now: datetime) -> tuple[int, int] | None:
    """The session among these, and its day, of which a rule, on or off, speaks next to anybody, or did first."""
    among = list(sessions.filter(program__reminder_rules=rule_id).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(FIRST_MEANT, {"rule": rule_id, "sessions": among, "now": now, **_channels_there()})
        return cursor.fetchone()
