"""The broker is down while people register: they notice nothing, and their mails go out when it is back."""

import socket
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


def ring_at(address, monkeypatch):
    """From this process the broker is at `address`."""
    dead = app.connection_for_write(address)
    monkeypatch.setattr(app, "connection_for_write", lambda *_, **__: dead)
    monkeypatch.setattr(app, "_pool", None)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    monkeypatch.setattr(notifications._Silence, "until", 0.0)


@pytest.fixture
def dead_broker(monkeypatch):
    """Whoever rings from this process finds nobody."""
    ring_at("redis+socket:///nonexistent/valkey.sock", monkeypatch)


@pytest.fixture
def silent_broker(monkeypatch):
    """Whoever rings from this process is taken in and never answered."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        ring_at(f"redis://127.0.0.1:{server.getsockname()[1]}/0", monkeypatch)
        yield


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
def test_a_broker_that_never_answers_is_waited_for_once(silent_broker, monkeypatch):
    rung = []
    ask = notifications.tasks.deliver.apply_async
    monkeypatch.setattr(notifications.tasks.deliver, "apply_async", lambda *a, **k: (rung.append(a), ask(*a, **k)))
    session = make_session()

    for number in range(5):
        assert register(session, number).is_live

    assert len(rung) == 1
    assert Notification.objects.filter(state="due").count() == 5


@pytest.mark.django_db(transaction=True)
def test_control_a_bell_that_insists_turns_a_registration_into_an_error(dead_broker, monkeypatch):
    def insist(queue):
        transaction.on_commit(lambda: notifications.tasks.deliver.apply_async((queue,), queue=queue, retry=False))

    monkeypatch.setattr(notifications, "ring", insist)

    with pytest.raises(OperationalError):
        register(make_session(), 1)
