"""One row that cannot be written stands in a batch: all behind it go out."""

import pytest

from participants.models import Notification
from participants.operations import deliveries, reminders
from tests.faults.people import EVE, confirm_many


def poison_the_third():
    """A reminder of a day that no session has."""
    assert reminders.plan(now=EVE) == 50
    third = Notification.objects.order_by("pk")[2]
    Notification.objects.filter(pk=third.pk).update(occurrence="eve:9")
    return third


def deliver():
    return deliveries.deliver(queue="bulk", now=EVE, machine_now=EVE)


@pytest.mark.django_db
def test_all_others_are_sent(mails):
    confirm_many(50)
    third = poison_the_third()

    assert deliver() == 49

    third.refresh_from_db()
    assert (third.state, third.reason) == ("failed", "cannot be written: StopIteration")
    assert set(mails.counts().values()) == {1}
    assert len(mails.counts()) == 49


@pytest.mark.django_db
def test_control_without_the_guard_those_behind_get_nothing(mails, monkeypatch):
    confirm_many(50)
    poison_the_third()
    monkeypatch.setattr(deliveries, "Exception", KeyError, raising=False)

    for _ in range(3):
        with pytest.raises(StopIteration):
            deliver()

    assert len(mails.counts()) == 2
