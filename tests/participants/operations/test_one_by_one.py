"""One row that fails, as one whose session is held too long does, keeps nobody behind it waiting."""

import logging
from datetime import timedelta

import pytest
from django.db import OperationalError

from participants.models import OpeningAlert, Registration
from participants.operations import guardians, offers, one_by_one, opening_alerts, registrations, row_locks
from tests.factories import (
    DURING_REGISTRATION,
    MINOR_BORN,
    make_participant,
    make_registration,
    make_session,
    make_user,
    register,
)

pytestmark = pytest.mark.django_db
NOW = DURING_REGISTRATION
LATER = NOW + timedelta(days=30)


def silent_guardians(session):
    register(session, make_participant(birth_date=MINOR_BORN), guardian_email="ibu@example.com")


def unanswered_offers(session):
    make_registration(session, place="offered", offered_until=NOW)


def queues(session):
    make_registration(session, place="queued", queue_number=1)


PARTS = [
    (silent_guardians, guardians.expire_due),
    (unanswered_offers, offers.expire_due),
    (queues, registrations.close_due),
]


def hold(monkeypatch, held):
    """Let nobody have the row of one session in time."""
    lock = row_locks.lock_session

    def lock_session(session):
        if session.pk == held.pk:
            raise OperationalError("canceling statement due to lock timeout")
        return lock(session)

    monkeypatch.setattr(row_locks, "lock_session", lock_session)


@pytest.mark.parametrize(("make", "part"), PARTS)
def test_settle_leaves_the_row_that_failed_and_goes_on(monkeypatch, caplog, make, part):
    sessions = [make_session() for _ in range(3)]
    for session in sessions:
        make(session)
    held = Registration.objects.get(session=sessions[0])
    hold(monkeypatch, sessions[0])

    assert part(now=LATER) == 2

    assert [row.pk for row in Registration.objects.live()] == [held.pk]
    (logged,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert logged.getMessage() == f"registration {held.pk} was not settled"
    assert "example.com" not in caplog.text


@pytest.mark.parametrize(("make", "part"), PARTS)
def test_control_without_it_one_row_stops_the_others(monkeypatch, make, part):
    monkeypatch.setattr(one_by_one, "_try", lambda row, act: act(row))
    sessions = [make_session() for _ in range(3)]
    for session in sessions:
        make(session)
    hold(monkeypatch, sessions[0])

    with pytest.raises(OperationalError):
        part(now=LATER)

    assert Registration.objects.live().count() == 3


def test_settle_tells_of_openings_in_the_other_regions(monkeypatch):
    opened = [make_session() for _ in range(3)]
    for session in opened:
        OpeningAlert.objects.create(account=make_user(), region=session.region, asked_at=NOW)
    promise = opening_alerts.notifications.promise

    def fail(kind, *, region, **key):
        if region == opened[0].region:
            raise OperationalError("canceling statement due to lock timeout")
        promise(kind, region=region, **key)

    monkeypatch.setattr(opening_alerts.notifications, "promise", fail)

    assert opening_alerts.tell_due(now=NOW) == 2
    assert [alert.region for alert in OpeningAlert.objects.waiting()] == [opened[0].region]
