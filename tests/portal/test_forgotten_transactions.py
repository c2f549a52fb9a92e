"""Whoever forgets a transaction holds up nobody for long, and no statement runs for ever: in every process of ours."""

import contextlib
import time

import pytest
from django.db import OperationalError, connection, transaction

from participants.models import Participant
from tests.factories import make_participant
from tests.faults.fleet import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
LIMITS = {"statement_timeout": "15s", "lock_timeout": "1700ms", "idle_in_transaction_session_timeout": "30s"}
CUT = {"keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "3", "tcp_user_timeout": "25000"}
FORGOTTEN = "idle_in_transaction_session_timeout"


def shown(connected):
    with connected.cursor() as cursor:
        return {name: _value(cursor, f"SHOW {name}") for name in LIMITS}


def _value(cursor, sql):
    cursor.execute(sql)
    return cursor.fetchone()[0]


@pytest.fixture
def forgetful():
    """A connection as every process of ours makes it, by the one way there is: the settings."""
    other = connection.copy()
    yield other
    with contextlib.suppress(Exception):
        other.close()


def forget(other, person, *, after):
    """Take somebody's row and never end the transaction, which is ended `after` milliseconds; after 0 never."""
    with other.cursor() as cursor:
        cursor.execute(f"SET {FORGOTTEN} = {after}")
        other.set_autocommit(False)
        cursor.execute("SELECT FROM participants_participant WHERE id = %s FOR UPDATE", [person.pk])


def rename(person):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '200ms'")
        Participant.objects.filter(pk=person.pk).update(full_name="Siti")


def test_every_connection_has_its_limits(forgetful):
    assert shown(connection) == shown(forgetful) == LIMITS


def test_every_connection_finds_out_that_its_line_was_cut(forgetful):
    """Nobody can tell an answer that takes long from a line on which none can come but by asking the other machine."""
    forgetful.ensure_connection()
    sent = forgetful.connection.info.dsn_parameters
    asked = {name: sent.get(name) for name in CUT}
    assert asked == CUT


def test_a_forgotten_transaction_is_ended_and_what_it_held_is_free(forgetful):
    person = make_participant()
    forget(forgetful, person, after=300)

    def is_free():
        try:
            rename(person)
        except OperationalError:
            return False
        return True

    wait_for(is_free, seconds=30)
    person.refresh_from_db()
    assert person.full_name == "Siti"
    with pytest.raises(OperationalError), forgetful.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_control_without_the_limit_it_holds_on(forgetful):
    person = make_participant()
    forget(forgetful, person, after=0)
    time.sleep(0.6)

    with pytest.raises(OperationalError, match="lock timeout"):
        rename(person)


def test_a_statement_that_takes_too_long_is_ended(forgetful):
    with forgetful.cursor() as cursor:
        cursor.execute("SET statement_timeout = '100ms'")
        with pytest.raises(OperationalError, match="statement timeout"):
            cursor.execute("SELECT pg_sleep(20)")
