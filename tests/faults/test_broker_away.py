"""The broker is down while people register: they notice nothing, and their mails go out when it is back."""

import base64
import io
import json
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from kombu.exceptions import OperationalError
from redis.connection import AbstractConnection

from participants import tasks
from participants.models import Heartbeat, LoginCode, Notification
from participants.operations import login_codes, notifications, registrations, ticks
from participants.operations.refusals import Refused
from portal import clock, embedded
from portal.celery import app
from tests.factories import DURING_REGISTRATION, make_participant, make_session, make_user
from tests.faults.fleet import wait_for
from tests.faults.people import rehearse_from

MACHINE = datetime(2026, 3, 1, 8, tzinfo=UTC)


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


@pytest.fixture
def hanging_broker(broker_of_its_own):
    """A real broker at which this process has rung, and which then stops in the midst: it takes in and says nothing."""
    tasks.deliver.apply_async(("codes",), queue="codes", retry=False)
    broker_of_its_own.send_signal(signal.SIGSTOP)
    wait_for(lambda: psutil.Process(broker_of_its_own.pid).status() == psutil.STATUS_STOPPED)
    return broker_of_its_own


@pytest.fixture
def broker_of_its_own(monkeypatch):
    """A real broker at which only this process rings: no worker listens, nor one of an earlier test that lies dying."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        address = Path(folder) / "valkey.sock"
        ours = str(embedded.socket_dir() / address.name)
        command = [str(address) if part == ours else part for part in embedded.valkey().command]
        with subprocess.Popen([*command, "--dir", folder], stdout=subprocess.DEVNULL) as server:
            wait_for(address.exists)
            ring_at(f"redis+socket://{address}", monkeypatch)
            yield server
            server.kill()


@pytest.fixture
def stopped_broker(broker_of_its_own):
    """A real broker at which this process has rung, and which is then killed: nobody is at the other end any more."""
    tasks.deliver.apply_async(("codes",), queue="codes", retry=False)
    broker_of_its_own.kill()
    broker_of_its_own.wait()


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
def test_limits_of_the_door_hold_and_people_come_in(dead_broker, monkeypatch):
    """They are counted in the database: without Redis the door stands neither open nor shut."""
    compared, compare = [], login_codes.hmac.compare_digest
    monkeypatch.setattr(login_codes.hmac, "compare_digest", lambda *both: compared.append(both) or compare(*both))
    at = {"machine_now": MACHINE, "now": DURING_REGISTRATION}
    for number in range(20):
        browser = f"{number:032}"
        row = login_codes.ask(email="siti@example.com", browser=browser, language="id", **at)
        LoginCode.objects.filter(pk=row.pk).update(inbox_key=number)  # as if each were mailed long after the last
        for _ in range(3):
            with pytest.raises(Refused):
                login_codes.check(code="BBBBBBBB", browser=browser, **at)

    assert len(compared) == 10
    assert max(LoginCode.objects.values_list("wrong_guesses", flat=True)) == 3
    row = login_codes.ask(email="budi@example.com", browser="b" * 32, language="id", **at)
    user = login_codes.check(code=login_codes.text(row), browser="b" * 32, **at)
    session = make_session()
    person = make_participant(user=user, region=session.region)
    assert registrations.register(
        participant=person, session=session, form_key=uuid.uuid4(), now=DURING_REGISTRATION
    ).is_live


@pytest.fixture
def waited(monkeypatch):
    """For how many seconds at the most this process has waited for each word of a broker."""
    waits, read = [], AbstractConnection.read_response
    monkeypatch.setattr(
        AbstractConnection,
        "read_response",
        lambda self, *a, **k: (waits.append(self.socket_timeout), read(self, *a, **k))[1],
    )
    return waits


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("broker", ["silent_broker", "hanging_broker"])
def test_a_broker_that_never_answers_is_waited_for_once(broker, request, waited, monkeypatch):
    """For as long as a socket waits; and then people are served without it."""
    request.getfixturevalue(broker)
    waited.clear()
    monkeypatch.setattr(notifications._Silence, "SECONDS", 600.0)  # a busy machine may need more than ten for the rest
    rung = []
    ask = notifications.tasks.deliver.apply_async
    monkeypatch.setattr(notifications.tasks.deliver, "apply_async", lambda *a, **k: (rung.append(a), ask(*a, **k)))
    session = make_session()

    for number in range(5):
        assert register(session, number).is_live
    assert Client().get(session.get_absolute_url()).status_code == 200
    assert Client().post("/masuk/", {"email": "p0@example.com"}).status_code == 302

    assert (len(rung), waited) == (1, [2])
    assert Notification.objects.filter(state="due").count() == 6


@pytest.mark.django_db(transaction=True)
def test_control_a_bell_that_insists_turns_a_registration_into_an_error(dead_broker, monkeypatch):
    def insist(queue):
        transaction.on_commit(lambda: notifications.tasks.deliver.apply_async((queue,), queue=queue, retry=False))

    monkeypatch.setattr(notifications, "ring", insist)

    with pytest.raises(OperationalError):
        register(make_session(), 1)


@pytest.mark.django_db(transaction=True)
def test_the_broker_is_told_nothing_of_anybody(broker_of_its_own, caplog):
    """No worker takes anything away: all that was ever told is still there."""
    person = make_participant(full_name="Canary Nama", user=make_user(email="canary@example.com"))
    registrations.register(
        participant=person, session=make_session(region=person.region), form_key=uuid.uuid4(), now=DURING_REGISTRATION
    )
    Client().post("/masuk/", {"email": "canary@example.com"})

    with app.connection_for_write() as broker:
        client = broker.default_channel.client
        told = {key.decode(): client.lrange(key, 0, -1) for key in client.scan_iter() if client.type(key) == b"list"}
    code = login_codes.text(LoginCode.objects.get())
    words = "".join(base64.b64decode(json.loads(one)["body"]).decode() for ones in told.values() for one in ones)
    assert {queue: len(ones) for queue, ones in told.items()} == {"codes": 1, "transactional": 1}, caplog.text
    assert [word for word in ("canary", "Canary", code, "81234567890") if word in words + str(told)] == []


@pytest.mark.django_db(transaction=True)
def test_without_its_broker_the_portal_takes_people_in_and_keeps_its_limits(stopped_broker):
    session = make_session()

    for number in range(5):
        assert register(session, number).is_live
    assert Client().get(session.get_absolute_url()).status_code == 200

    refused = 0
    for _ in range(20):  # sessions of three guesses each at one account
        browser = Client()
        refused += browser.post("/masuk/", {"email": "siti@example.com"}).status_code == 429
        for _ in range(3):
            browser.post("/masuk/kode/", {"code": "BBBBBBBB"})
    codes = LoginCode.objects.filter(email="siti@example.com")
    mailed = login_codes.MAILS_OF_ONE[0][0]
    assert refused == 20 - mailed
    assert list(codes.values_list("wrong_guesses", flat=True)) == [login_codes.GUESSES_PER_CODE] * mailed


@pytest.mark.django_db(transaction=True)
def test_a_tick_that_does_not_come_is_an_alarm(stopped_broker):
    """Nothing ticks without a broker; whoever watches asks the database when it last did."""
    with pytest.raises(SystemExit, match="never ticked"):
        call_command("heartbeat")

    ticks.tick(now=DURING_REGISTRATION, machine_now=clock.database_machine_now())
    call_command("heartbeat", stdout=io.StringIO())
    Heartbeat.objects.update(at=clock.database_machine_now() - timedelta(seconds=121))
    with pytest.raises(SystemExit, match=r"the last tick is 12[1-9] s old"):
        call_command("heartbeat")
