"""One row that cannot be read or written stands among five hundred: all others go out."""

import pytest

from participants.messages import mime
from participants.models import Notification
from participants.operations import deliveries, message_facts, reminders
from portal.accounts.models import User
from tests.faults.people import EVE, confirm_many


def forge(notification):
    """Its reader's address goes on behind a line break: no mail can be written to that."""
    readers = User.objects.filter(participant__registrations=notification.registration_id)
    assert readers.update(email="siti@example.com\r\nBcc: all@example.com") == 1


def misname(notification):
    """It is told to be staff's words, which have a number."""
    Notification.objects.filter(pk=notification.pk).update(kind="broadcast", occurrence="x")


def poison_one(poison, people=500, before=2):
    """One of so many reminders is changed as nobody meant it to be; `before` come before it."""
    confirm_many(people)
    assert reminders.plan(now=EVE) == people
    poisoned = Notification.objects.order_by("pk")[before]
    poison(poisoned)
    return poisoned


def deliver():
    return deliveries.deliver(queue="bulk", now=EVE, machine_now=EVE, seconds=120)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        (forge, "cannot be written: Unwritable"),
        (misname, "cannot be read: ValueError"),
    ],
)
def test_all_others_are_sent(mails, poison, reason):
    poisoned = poison_one(poison)

    assert deliver() == 499

    poisoned.refresh_from_db()
    assert (poisoned.state, poisoned.reason) == ("failed", reason)
    assert set(mails.counts().values()) == {1}
    assert len(mails.counts()) == 499


@pytest.mark.django_db(transaction=True)
def test_control_without_the_guard_of_writing_those_behind_get_nothing(mails, monkeypatch):
    poison_one(forge, people=50, before=deliveries.AHEAD)
    monkeypatch.setattr(deliveries, "Exception", KeyError, raising=False)

    for _ in range(3):
        with pytest.raises(mime.Unwritable):
            deliver()

    # Those before it were written together; it was come to while the last of them was under way.
    assert len(mails.counts()) == deliveries.AHEAD


@pytest.mark.django_db(transaction=True)
def test_control_without_the_guard_of_reading_its_batch_gets_nothing(mails, monkeypatch):
    poison_one(misname, people=50)
    monkeypatch.setattr(deliveries._Run, "_read", lambda run, keys: message_facts.read(keys))

    for _ in range(3):
        with pytest.raises(ValueError, match="invalid literal"):
            deliver()

    assert mails.mails == []
