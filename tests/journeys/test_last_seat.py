"""Fifty people press "Daftar" for the last seat at once, over HTTP, at the production server."""

import http.client
import os
import subprocess
import time
from contextlib import contextmanager
from functools import partial
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.db import connection

from participants.models import Registration
from portal import processes
from tests.factories import make_login, make_session_of_today, make_user, registration_form
from tests.races import at_once
from tests.sinks import free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("journey")]
RACERS = 50
TOKEN = "a" * 32


@pytest.fixture
def session():
    return make_session_of_today(capacity=1)


@contextmanager
def serve(application):
    """The production server on this test's database; yields its port once it answers."""
    port = free_port()
    database = (
        f"{settings.DATABASE_URL.split('portal?')[0]}{connection.settings_dict['NAME']}?"
        + (settings.DATABASE_URL.split("?", 1)[1])
    )
    environment = os.environ | {"DATABASE_URL": database, "BASE_URL": f"http://127.0.0.1:{port}", "WEB_THREADS": "16"}
    command = processes.web("127.0.0.1", str(port))
    command[-1] = application
    command[command.index("--blocking-threads") + 1] = "16"
    with subprocess.Popen(command, env=environment, cwd=processes.ROOT, stderr=subprocess.DEVNULL) as server:
        try:
            wait_until_ready(port)
            yield port
        finally:
            server.terminate()


def wait_until_ready(port):
    deadline = time.monotonic() + 120
    while True:
        try:
            return urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).close()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def press(port, session, cookie):
    """Send the registration form; return the status of the answer."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"session={cookie}; csrf={TOKEN}"}
    browser = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    browser.request(
        "POST",
        f"/daftar/{session.slug}/",
        urlencode(registration_form(session) | {"csrfmiddlewaretoken": TOKEN}),
        headers,
    )
    status = browser.getresponse().status
    browser.close()
    return status


def race(session, application):
    """Let everybody press at once; return the statuses, how many hold a seat, and the queue's numbers."""
    cookies = [make_login(make_user()) for _ in range(RACERS)]
    with serve(application) as port:
        statuses = at_once([partial(press, port, session, cookie) for cookie in cookies])
    rows = Registration.objects.filter(session=session)
    return statuses, rows.taking_seats().count(), sorted(rows.queued().values_list("queue_number", flat=True))


def test_one_gets_the_seat_and_49_a_number_each(session):
    statuses, seats, numbers = race(session, "portal.wsgi:application")

    assert statuses == [302] * RACERS
    assert seats == 1
    assert numbers == list(range(1, RACERS))


def test_without_the_lock_the_database_still_holds_the_limit(session):
    _statuses, seats, _numbers = race(session, "tests.journeys.careless_wsgi:application")

    assert seats == 1


def test_control_without_lock_and_trigger_seats_are_oversold(session):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE participants_registration DISABLE TRIGGER count_seats")
    try:
        _statuses, seats, _numbers = race(session, "tests.journeys.careless_wsgi:application")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE participants_registration ENABLE TRIGGER count_seats")

    assert seats > 1
