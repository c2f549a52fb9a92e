"""Promises: made with the fact that caused them, once, and announced once."""

import pytest
from django.db import transaction

from participants.models import Notification
from participants.operations import notifications
from tests.factories import DURING_REGISTRATION, make_registration, make_session

NOW = DURING_REGISTRATION
Kind = Notification.Kind


@pytest.fixture
def rung(monkeypatch):
    """Which queues were rung for, instead of the broker."""
    queues = []
    monkeypatch.setattr(notifications.tasks.deliver, "apply_async", lambda arguments, **_: queues.append(arguments[0]))
    return queues


def promise(registration, kind=Kind.REGISTERED):
    notifications.promise(kind, subject=registration, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_promise_rings_once_for_a_transaction_with_many(rung):
    with transaction.atomic():
        session = make_session()
        for _ in range(5):
            promise(make_registration(session))
        assert rung == []

    assert rung == ["transactional"]


@pytest.mark.django_db(transaction=True)
def test_promise_rings_again_in_the_next_transaction(rung):
    registration = make_registration(make_session())
    promise(registration)
    promise(registration, Kind.PROMOTED)

    assert rung == ["transactional", "transactional"]


@pytest.mark.django_db(transaction=True)
def test_promise_of_what_was_rolled_back_is_none(rung):
    registration = make_registration(make_session())
    with transaction.atomic():
        promise(registration)
        transaction.set_rollback(True)

    assert (Notification.objects.count(), rung) == (0, [])


@pytest.mark.django_db(transaction=True)
def test_promise_after_one_that_was_rolled_back_still_rings(rung):
    registration = make_registration(make_session())
    with transaction.atomic():
        with transaction.atomic():
            promise(registration)
            transaction.set_rollback(True)
        promise(registration, Kind.PROMOTED)

    assert rung == ["transactional"]


@pytest.mark.django_db
def test_promise_made_twice_is_one_row():
    registration = make_registration(make_session())
    promise(registration)
    promise(registration)

    assert Notification.objects.count() == 1
