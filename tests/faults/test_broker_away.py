"""The broker is down while people register: they notice nothing, and their mails go out when it is back."""

import time
import uuid

import pytest
from django.db import transaction
from kombu.exceptions import OperationalError

from participants.models import Notification
from participants.operations import notifications, registrations
from portal.celery import app
from tests.factories import DURING_REGISTRATION, make_participant, make_session, make_user
from tests.faults.fleet import wait_for
from tests.faults.people import rehearse_from


@pytest.fixture
def dead_broker(monkeypatch):
    """Whoever rings from this process finds nobody."""
    dead = app.connection_for_write("redis+socket:///nonexistent/valkey.sock")
    monkeypatch.setattr(app, "connection_for_write", lambda *_, **__: dead)
    monkeypatch.setattr(app, "_pool", None)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)


def register(session, number):
    person = make_participant(user=make_user(email=f"p{number}@example.com"), region=session.region)
    return registrations.register(participant=person, session=session, form_key=uuid.uuid4(), now=DURING_REGISTRATION)


@pytest.mark.django_db(transaction=True)
def test_people_register_and_get_their_mail_later(dead_broker, fleet, mails):
    session = make_session()
    began = time.monotonic()

    for number in range(20):
        assert register(session, number).is_live

    assert time.monotonic() - began < 60  # with kombu's own retries it would be two minutes
    assert Notification.objects.filter(state="due").count() == 20
    rehearse_from(DURING_REGISTRATION)
    ships = fleet()  # on a broker that is there
    ships.beat()
    ships.worker()
    wait_for(lambda: not Notification.objects.exclude(state="sent").exists(), why=ships.logs)
    assert mails.counts() == {f"p{number}@example.com": 1 for number in range(20)}


@pytest.mark.django_db(transaction=True)
def test_control_a_bell_that_insists_turns_a_registration_into_an_error(dead_broker, monkeypatch):
    def insist(queue):
        transaction.on_commit(lambda: notifications.tasks.deliver.apply_async((queue,), queue=queue, retry=False))

    monkeypatch.setattr(notifications, "ring", insist)

    with pytest.raises(OperationalError):
        register(make_session(), 1)
