"""Any number of ticks at once plan each reminder once."""

from functools import partial

import pytest
from django.db import connection, transaction

from participants.models import Notification
from participants.operations import reminders, ticks
from tests.faults.people import EVE, confirm_many
from tests.races import at_once, meeting


@pytest.mark.django_db(transaction=True)
def test_four_planners_at_once_promise_each_reminder_once():
    confirm_many(200)

    planned = at_once([partial(reminders.plan, now=EVE)] * 4)

    assert sum(planned) == Notification.objects.count() == 200


@pytest.mark.django_db(transaction=True)
def test_four_ticks_at_once_promise_each_reminder_once():
    confirm_many(200)

    ran = at_once([partial(ticks.tick, now=EVE, machine_now=EVE)] * 4)

    assert set(ran) <= {True, False}
    assert True in ran
    assert Notification.objects.count() == 200


def committed_together(plan):
    with transaction.atomic():
        return plan(now=EVE)


@pytest.mark.django_db(transaction=True)
def test_control_without_the_key_each_planner_promises_its_own(monkeypatch):
    confirm_many(200)
    monkeypatch.setattr(reminders, "PROMISE", reminders.PROMISE.split("ON CONFLICT")[0])
    key = "registration_id, guardian_request_id, login_code_id, account_id, kind, occurrence, version"
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE participants_notification DROP CONSTRAINT notification_of_subject")
    try:
        at_once([partial(committed_together, meeting(reminders.plan, number=4))] * 4)
        assert Notification.objects.count() == 800
    finally:
        Notification.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE participants_notification ADD CONSTRAINT notification_of_subject "
                f"UNIQUE NULLS NOT DISTINCT ({key})"
            )
