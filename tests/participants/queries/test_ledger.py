"""Reads that join: the ledger's health, as staff see it."""

from datetime import timedelta

import pytest

from participants import queries
from participants.models import Notification
from participants.operations import notifications
from tests.factories import DURING_REGISTRATION, make_registration, make_session

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
    assert health.failed == (state in ("failed", "unknown"))
