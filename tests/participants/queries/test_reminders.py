"""The instants of reminders, named alike by SQL and by the rules themselves."""

import random
from datetime import date, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from participants import queries
from participants.models import Consent, Notification
from participants.operations import message_facts, reminders, truths
from participants.queries.reminders import FALLEN_DUE, OCCURRENCES
from portal.accounts.models import User
from programs.models import ReminderRule
from programs.models.regions import ZONE_ABBREVIATIONS
from tests.factories import (
    DURING_REGISTRATION,
    make_participant,
    make_program,
    make_region,
    make_registration,
    make_rule,
    make_session,
)
from tests.participants.operations.sending import opt_in

NOW, PHONE = DURING_REGISTRATION, "+6281234567890"


@pytest.fixture
def edition(db):
    """An edition with a session in each zone, and sixty rules, none like the other."""
    program = make_program()
    for zone in ZONE_ABBREVIATIONS:
        make_session(program=program, region=make_region(time_zone=zone), first_day=date(2025, 12, 16))
    dice = random.Random(20251201)
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
    return program


@pytest.mark.parametrize("channels", [["mail"], ["whatsapp"], ["sms"], ["mail", "sms"], ["whatsapp", "sms"]])
@pytest.mark.parametrize("words", ["", "Halo {nama}"])
def test_who_is_counted_is_who_has_a_way_when_it_is_sent(db, settings, channels, words):
    """Each kind of reader, with and without channels of ours: SQL says of each what the ladder says."""
    session = make_session(first_day=date(2025, 12, 16))
    texts = dict.fromkeys(["subject_id", "body_id", "subject_en", "body_en"], words)
    rule = make_rule(session.program, channels=channels, **texts)
    consents = ["none", "stands", "unreached", "withdrawn", "a child's own", "a guardian's"]
    for consent, bounced, phone in product(consents, [None, NOW], ["", PHONE]):
        guardian = "given" if consent.startswith("a ") else "not_needed"
        registration = make_registration(session, participant=make_participant(phone=phone), guardian=guardian)
        User.objects.filter(participant=registration.participant).update(bounced_at=bounced)
        if consent != "none":
            given = opt_in(registration, PHONE)
            Consent.objects.filter(pk=given.pk).update(
                unreached_at=NOW if consent == "unreached" else None,
                withdrawn_at=NOW if consent == "withdrawn" else None,
                withdrawn_by="self" if consent == "withdrawn" else "",
                giver="guardian" if consent == "a guardian's" else "self",
            )
    reminders.plan(now=rule.due(session.first_day, session.region.zone))
    rows = list(Notification.objects.filter(kind="reminder").values_list("pk", flat=True))
    assert len(rows) == 24
    for settings.WHATSAPP_TOKEN, settings.SMS_URL in product(["", "token"], ["", "http://localhost/"]):
        reached = sum(bool(truths.ways_left(row)) for row in message_facts.read(rows))
        (planned,) = queries.timeline([session.pk])
        assert planned.people == reached


def found(where="true", **values):
    with connection.cursor() as cursor:
        columns = "session_id, occurrence, due_at, useful_until"
        cursor.execute(f"SELECT {columns} FROM ({OCCURRENCES}) AS o WHERE {where}", values)
        return set(cursor.fetchall())


def test_sql_and_python_name_the_same_instants(edition):
    by_python = set()
    for session in edition.sessions.select_related("region"):
        days = list(session.days.order_by("number"))
        for rule in edition.reminder_rules.all():
            anchors = {"last_day": days[-1:], "each_day": days}.get(rule.anchor, days[:1])
            for day in anchors:
                zone = ZoneInfo(session.region.time_zone)
                opens = edition.registration_opens.astimezone(zone).date()
                anchor = opens if rule.anchor == "registration_opens" else day.date
                due, useful = rule.due(anchor, zone), rule.useful_until(anchor, zone)
                by_python.add((session.pk, f"{rule.slug}:{day.number}", due, useful))
    assert found() == by_python


def test_what_has_fallen_due_is_found_to_the_second(edition):
    everything, second = found(), timedelta(seconds=1)
    turns = {due for _session, _occurrence, due, _useful in everything}
    turns |= {useful + timedelta(days=7) for _session, _occurrence, _due, useful in everything}

    assert len(turns) > 60
    for now in sorted({turn - before for turn in turns for before in (second, 0 * second)}):
        by_hours = {row for row in everything if row[2] <= now < row[3] + timedelta(days=7)}
        assert found(FALLEN_DUE, now=now) == by_hours, now
