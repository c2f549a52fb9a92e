"""Reads that join: the ledger's health, as staff see it."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from participants import queries
from participants.models import Notification
from participants.operations import notifications
from tests.factories import DURING_REGISTRATION, MINOR_BORN, make_participant, make_registration, make_session, register
from tests.staff import make_staff

NOW = DURING_REGISTRATION
MINUTE = timedelta(minutes=1)


def oldest_age(now):
    return queries.ledger_health(now=now, programme_now=now).oldest_due_age


@pytest.fixture
def message():
    notifications.promise(Notification.Kind.REGISTERED, subject=make_registration(make_session()), now=NOW)
    return Notification.objects.get()


@pytest.mark.django_db
def test_ledger_health_counts_from_when_a_message_was_due(message):
    assert oldest_age(NOW + 6 * MINUTE) == 360


@pytest.mark.django_db
def test_ledger_health_calls_nothing_late_that_is_to_be_tried_later(message):
    Notification.objects.update(state="retrying", retry_at=NOW + 60 * MINUTE)

    assert oldest_age(NOW + 59 * MINUTE) is None
    assert oldest_age(NOW + 61 * MINUTE) == 60


@pytest.mark.django_db
def test_ledger_health_sees_what_hangs_in_the_middle_of_sending(message):
    Notification.objects.update(state="sending")

    assert oldest_age(NOW + 10 * MINUTE) == 600


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["sent", "failed", "missed", "cancelled", "unknown"])
def test_ledger_health_waits_for_nothing_that_is_settled(message, state):
    Notification.objects.update(state=state)

    health = queries.ledger_health(now=NOW, programme_now=NOW + MINUTE)
    assert (health.waiting, health.oldest_due_age) == (0, None)
    assert (health.failed, health.unknown) == (state == "failed", state == "unknown")


@pytest.fixture
def child():
    """A registration about which the person and the guardian were written to, in a ledger that is about others too."""
    session = make_session()
    for _other in range(3):
        register(session, participant=make_participant(region=session.region))
    minor = make_participant(birth_date=MINOR_BORN, region=session.region)
    return register(session, participant=minor, guardian_email="ibu@example.com")


FIRST_COLUMNS = {
    "notification_of_subject": "registration_id",
    "notification_of_guardian": "guardian_request_id",
    "notification_of_account": "account_id",
    "participants_notification_pkey": "id",
}


def scans_of_the_ledger(sql):
    """How PostgreSQL looks for the rows of `sql` in the ledger, for each scan: the index and its condition, or None.

    Which way is cheapest depends on how long tables are, and a test's are short: PostgreSQL is told, until the test's
    transaction ends, that a million rows like these are on each page, and forgets the plans that it made before.
    """
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE participants_notification, participants_guardianrequest")
        cursor.execute("UPDATE pg_class SET relpages = 1, reltuples = 1000000 WHERE relkind IN ('r', 'i')")
        cursor.execute("DISCARD PLANS")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        ((plan,),) = cursor.fetchall()
    waiting, found = [(plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]], []
    while waiting:
        node = waiting.pop()
        waiting += node.get("Plans", [])
        if node.get("Relation Name") == Notification._meta.db_table:
            found.append((node.get("Index Name"), node.get("Index Cond")))
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("read", ["messages_about", "messages_to"])
def test_messages_of_a_person_are_found_without_reading_the_ledger(child, read):
    seer = make_staff("editor")
    seer.get_all_permissions()  # asked for once a request, and no reading of messages
    read = {
        "messages_about": lambda: queries.messages_about(child),
        "messages_to": lambda: queries.messages_to(child, seen_by=seer),
    }[read]
    with CaptureQueriesContext(connection) as asked:
        found = read()

    assert {(row.kind, row.registration_id is None) for row in found} >= {("guardian_asked", True)}
    assert {row.registration_id or row.guardian_request.registration_id for row in found} == {child.pk}
    (sql,) = [query["sql"] for query in asked if any(word in query["sql"] for word in ("EXECUTE", "UNION", " OR "))]
    scans = scans_of_the_ledger(sql)
    assert scans
    for index, condition in scans:
        assert index in FIRST_COLUMNS
        assert condition.startswith(f"({FIRST_COLUMNS[index]} = ")


@pytest.mark.django_db
@pytest.mark.parametrize("role", [None, "ministry", "coordinator"])
def test_what_was_missed_lately_is_counted_without_reading_the_ledger(child, role):
    seer = role and make_staff(role, *[child.session.region] * (role == "coordinator"))
    Notification.objects.filter(registration=child).update(state="missed", settled_at=NOW)
    if seer:
        seer.get_all_permissions()

    with CaptureQueriesContext(connection) as asked:
        missed = queries.missed_lately(now=NOW, seen_by=seer)

    assert sum(missed.values()) == Notification.objects.filter(registration=child).count()
    (sql,) = [query["sql"] for query in asked if "participants_notification" in query["sql"]]
    ((index, condition),) = scans_of_the_ledger(sql)
    assert index == "notification_missed"
    assert condition.startswith("(settled_at > ")


@pytest.mark.django_db
def test_messages_about_a_person_come_oldest_first(child):
    found = queries.messages_about(child)

    assert [row.pk for row in found] == sorted(row.pk for row in found)
    assert len(found) == Notification.objects.filter(registration=child).count() + 1
