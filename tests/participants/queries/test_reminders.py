"""The instants of reminders, named alike by SQL and by the rules themselves."""

import random
from datetime import date, time
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from participants.queries.reminders import OCCURRENCES
from programs.models import ReminderRule
from programs.models.regions import ZONE_ABBREVIATIONS
from tests.factories import make_program, make_region, make_rule, make_session


@pytest.mark.django_db
def test_sql_and_python_name_the_same_instants():
    dice = random.Random(20251201)
    program = make_program()
    sessions = [
        make_session(program=program, region=make_region(time_zone=zone), first_day=date(2025, 12, 16))
        for zone in ZONE_ABBREVIATIONS
    ]
    for number in range(60):
        make_rule(
            program,
            slug=f"rule-{number}",
            anchor=dice.choice(ReminderRule.Anchor.values),
            offset_days=dice.randint(-8, 1),
            at=time(dice.randrange(24), dice.choice([0, 30, 59])),
            useful_offset_days=dice.randint(-2, 2),
            useful_at=time(dice.randrange(24), 15),
            is_urgent=dice.random() < 0.3,
            quiet_from=time(dice.choice([0, 1, 12, 20, 21, 23])),
            quiet_until=time(dice.choice([2, 6, 7, 13, 22])),
        )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT session_id, occurrence, due_at, useful_until FROM ({OCCURRENCES}) AS o")
        by_sql = set(cursor.fetchall())

    by_python = set()
    for session in sessions:
        days = list(session.days.order_by("number"))
        for rule in program.reminder_rules.all():
            anchors = {"last_day": days[-1:], "each_day": days}.get(rule.anchor, days[:1])
            for day in anchors:
                zone = ZoneInfo(session.region.time_zone)
                opens = program.registration_opens.astimezone(zone).date()
                anchor = opens if rule.anchor == "registration_opens" else day.date
                due, useful = rule.due(anchor, zone), rule.useful_until(anchor, zone)
                by_python.add((session.pk, f"{rule.slug}:{day.number}", due, useful))
    assert by_sql == by_python
