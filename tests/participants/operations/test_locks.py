"""A lock that is only tried is one process's, whatever the number, and free when its work is over or has failed."""

import pytest
from django.db import connection

from participants.operations import locks

pytestmark = pytest.mark.django_db
KIND = 2025_12_99


@pytest.fixture
def elsewhere():
    """Tries the lock on another connection; whoever gets it lets it go at once."""
    other = connection.copy()

    def tries(number):
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [KIND, number % 2**31])
            is_free = cursor.fetchone()[0]
            if is_free:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [KIND, number % 2**31])
        return is_free

    yield tries
    other.close()


@pytest.mark.parametrize("number", [0, 7, 2**31 + 7, 2**63 - 1])
def test_trying_holds_for_one_at_a_time(elsewhere, number):
    with locks.trying(KIND, number) as is_mine:
        assert is_mine
        assert not elsewhere(number)
        assert elsewhere(number + 1)
    assert elsewhere(number)


def test_trying_what_somebody_holds_says_no_and_leaves_it_theirs(elsewhere):
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, 7)", [KIND])
        with locks.trying(KIND, 7) as is_mine:
            assert not is_mine
        assert not elsewhere(7)
        cursor.execute("SELECT pg_advisory_unlock(%s, 7)", [KIND])
    other.close()
    with locks.trying(KIND, 7) as is_mine:
        assert is_mine


def test_trying_lets_go_of_what_failed(elsewhere):
    with pytest.raises(ZeroDivisionError), locks.trying(KIND, 7):
        raise ZeroDivisionError
    assert elsewhere(7)
