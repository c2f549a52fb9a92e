"""During an upgrade processes of older and newer code share one ledger: none fails what only the other knows."""

import json
from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import connection

from participants import queries
from participants.models import Notification
from participants.operations import claims, samples
from tests.factories import WIB, make_rule, make_session
from tests.participants.operations.sending import NOW, REAL, deliver, register
from tests.staff import make_staff

pytestmark = pytest.mark.django_db
NEWER = "made_known_tomorrow"


@pytest.fixture
def newer():
    """A due row of a kind that only newer code knows, before one that this code knows."""
    registration = register(make_session())
    register(registration.session, email="budi@example.com")
    Notification.objects.filter(registration=registration).update(kind=NEWER, due_at=NOW - timedelta(seconds=1))
    return Notification.objects.get(kind=NEWER)


def test_a_kind_of_newer_code_is_left_to_it(newer, mails):
    assert deliver() == 1

    newer.refresh_from_db()
    assert (newer.state, newer.attempts, newer.leased_until) == ("due", 0, None)


def test_it_is_not_put_off_for_the_night_either(newer, mails):
    night = datetime(2025, 12, 5, 22, 30, tzinfo=WIB)

    deliver(night)

    assert Notification.objects.get(pk=newer.pk).due_at == newer.due_at


def test_staff_are_told_when_no_newer_code_comes_for_it(newer, mails):
    deliver()

    health = queries.ledger_health(now=REAL, programme_now=NOW + timedelta(minutes=6))
    assert (health.waiting, health.oldest_due_age) == (1, 361)


MANY_SENT = """
    INSERT INTO participants_notification (public_id, kind, registration_id, region_id, occurrence, version, queue,
                                           due_at, state, reason, settled_at, attempts, created_at)
    SELECT gen_random_uuid(), 'reminder', registration_id, region_id, number, 0, queue,
           due_at, 'sent', '', due_at, 1, created_at
    FROM participants_notification, generate_series(1, 10000) number WHERE id = %s
"""


def test_a_claim_looks_among_what_waits_alone(newer):
    with connection.cursor() as cursor:
        cursor.execute(MANY_SENT, [newer.pk])
        cursor.execute("ANALYZE participants_notification")
        wanted = {"queue": "transactional", "now": NOW, "kinds": claims.KINDS, "lease": 9, "batch": claims.BATCH}
        cursor.execute(f"EXPLAIN (FORMAT JSON) {claims.CLAIM}", wanted)
        ((plan,),) = cursor.fetchall()

    indexes = {node["Index Name"] for node in scans(plan)}
    assert indexes == {"notification_waiting", "participants_notification_pkey"}


def scans(plan):
    """The parts of `plan` that read the ledger."""
    waiting, found = [(plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]], []
    while waiting:
        node = waiting.pop()
        waiting += node.get("Plans", [])
        if "Scan" in node["Node Type"] and node.get("Relation Name") == Notification._meta.db_table:
            found.append(node)
    return found


def test_an_unsaved_rule_of_newer_code_is_shown_without_what_this_code_does_not_know(mails):
    session = make_session()
    rule, staff = make_rule(session.program), make_staff("coordinator", session.region)
    register(session)
    deliver()
    samples.send_unsaved(rule=rule, session=session, day=1, to=staff, now=NOW)
    key = samples._key(staff.pk, samples._minute(NOW))
    cache.set(key, cache.get(key) | {"made_known_tomorrow": True})

    assert deliver() == 1
    assert Notification.objects.get(kind="sample").state == "sent"
