"""A host whose clock is wrong goes by the database's, and is told of."""

import socket
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from participants.models import LoginCode, Notification
from participants.operations import clocks
from portal import clock
from portal.postgresql import base
from tests.participants.views import entering

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(params=[timedelta(minutes=5), timedelta(minutes=-11)], ids=["ahead", "behind"])
def wrong_host(request, monkeypatch):
    """This host's clock goes wrong."""
    right = clock.host_now
    monkeypatch.setattr(clock, "host_now", lambda: right() + request.param)


def is_right():
    return abs(clock.machine_now() - clock.database_machine_now()) < SECOND


@pytest.mark.parametrize(
    ("before", "after", "lead"),
    [(0, 0, 0), (-1.9, -1.9, 0), (2.1, 2.3, -2.2), (-2.3, -2.1, 2.2), (-9, 9, 0), (3600, 3600, -3600)],
)
def test_is_wrong_from_two_seconds_on_whatever_the_database_takes_to_answer(before, after, lead, monkeypatch):
    heard = clock.hear(NOW, before=NOW + before * SECOND, after=NOW + after * SECOND)

    monkeypatch.setattr(clock, "host_now", lambda: NOW)
    assert (heard, clock.machine_now()) == (lead * SECOND, NOW + lead * SECOND)


@pytest.mark.parametrize("lead", [5, -5])
def test_one_slow_answer_makes_no_clock_right_that_was_found_wrong(lead):
    clock.hear(NOW, before=NOW - lead * SECOND, after=NOW - lead * SECOND)

    assert clock.hear(NOW, before=NOW - 8 * SECOND, after=NOW + 8 * SECOND) == lead * SECOND
    assert clock.hear(NOW, before=NOW, after=NOW + SECOND) == timedelta()


@pytest.mark.django_db(transaction=True)
def test_each_new_connection_asks_what_time_it_is(wrong_host):
    assert not is_right()
    connection.close()
    connection.ensure_connection()
    assert is_right()


@pytest.fixture
def connected(transactional_db):
    connection.ensure_connection()


def test_a_connection_that_is_kept_asks_again_after_a_minute(connected, wrong_host, monkeypatch):
    assert connection.is_usable()
    assert not is_right()

    monkeypatch.setattr(base, "CLOCK_HOLDS", -1.0)
    assert connection.is_usable()
    assert is_right()


@pytest.mark.django_db
def test_whoever_looks_after_the_host_has_it_told_of(wrong_host, client):
    assert client.get("/readyz").content == b"ok\n"

    assert clocks.wrong(machine_now=clock.database_machine_now()) == [socket.gethostname()]


@pytest.mark.django_db
def test_who_comes_in_by_it_gets_the_code_at_once_and_gets_in(wrong_host, client):
    client.get("/readyz")
    entering.ask(client)

    due = Notification.objects.get(login_code__email=entering.EMAIL).due_at
    assert abs(due - clock.database_now()) < 5 * SECOND
    assert LoginCode.objects.get().is_usable(clock.database_machine_now())
    assert entering.type_code(client).status_code == 302


@pytest.mark.django_db
def test_control_by_its_own_clock_the_code_comes_late_or_is_dead_at_once(wrong_host, client):
    entering.ask(client)

    due = Notification.objects.get(login_code__email=entering.EMAIL).due_at
    is_late = due - clock.database_now() > 60 * SECOND
    assert is_late or not LoginCode.objects.get().is_usable(clock.database_machine_now())
