"""A connection that is kept between requests: found alive without a question, and found dead before it is used."""

import select

import psycopg2.extensions
import pytest
from django.db import DataError, NotSupportedError, ProgrammingError, connection, transaction
from django.db.backends.postgresql.base import DatabaseWrapper

from portal.postgresql import base

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(monkeypatch):
    """How often the server is asked whether the connection stands."""
    asked, ask = [], DatabaseWrapper.is_usable
    monkeypatch.setattr(DatabaseWrapper, "is_usable", lambda self: asked.append(None) or ask(self))
    return asked


def begin_request():
    """What Django does before each request, then the request's first query: the server's process that answers."""
    connection.close_if_unusable_or_obsolete()
    connection.health_check_enabled = True
    connection.health_check_done = False
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def end(process, other):
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [process])
        assert cursor.fetchone() == (True,)


@pytest.fixture
def other():
    """A second connection to the same database."""
    another = connection.copy()
    yield another
    another.close()


def test_is_kept_without_a_question_while_it_is_used(asked):
    assert begin_request() == begin_request()
    assert asked == []


def test_that_the_server_has_closed_is_made_anew(other):
    before = begin_request()
    end(before, other)

    assert begin_request() != before


def test_control_without_looking_the_request_fails(other, monkeypatch):
    monkeypatch.setattr(base.DatabaseWrapper, "_is_silent", lambda self: True)
    end(begin_request(), other)

    with pytest.raises(Exception, match=r"terminat|closed"):
        begin_request()
    connection.close()


def test_that_was_quiet_for_long_is_asked(asked, monkeypatch):
    begin_request()
    monkeypatch.setattr(connection, "_seen_alive", connection._seen_alive - base.QUIET)

    begin_request()

    assert len(asked) == 1


def test_on_which_a_notice_waits_is_asked_and_kept(asked, other):
    process = begin_request()
    with connection.cursor() as cursor:
        cursor.execute("LISTEN word")
    with other.cursor() as cursor:
        cursor.execute("NOTIFY word")
    assert select.select([connection.connection], [], [], 30)[0]  # it has come

    assert begin_request() == process
    assert len(asked) == 1
    connection.close()


class TestRunPlanned:
    SQL = "SELECT %(number)s::int + 1, %(word)s::text, %(number)s::int"

    def test_runs_a_statement_by_a_plan_that_is_kept(self):
        for number in (1, 2):
            assert connection.run_planned(self.SQL, {"number": number, "word": "it's"}) == [
                (number + 1, "it's", number)
            ]

        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'planned_%'")
            assert cursor.fetchone() == (1,)

    def test_plans_anew_on_another_connection(self):
        connection.run_planned(self.SQL, {"number": 1, "word": ""})
        connection.close()

        assert connection.run_planned(self.SQL, {"number": 1, "word": "a"}) == [(2, "a", 1)]

    def test_says_what_went_wrong_as_every_statement_does(self):
        with pytest.raises(DataError):
            connection.run_planned("SELECT 1 / %(number)s::int", {"number": 0})

    @pytest.fixture
    def migrated(self):
        """A statement that this connection has planned, of a column whose type has changed since."""
        sql = "SELECT word FROM read_by_a_plan"
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE read_by_a_plan AS SELECT 'a'::varchar(1) AS word")
            assert connection.run_planned(sql, {}) == [("a",)]
            cursor.execute("ALTER TABLE read_by_a_plan ALTER word TYPE varchar(2)")
        yield sql
        connection.close()

    def test_plans_anew_what_a_migration_has_changed(self, migrated):
        assert connection.run_planned(migrated, {}) == [("a",)]

    def test_within_a_transaction_says_so_and_plans_anew_from_the_next_request_on(self, migrated):
        with pytest.raises(NotSupportedError, match="cached plan"), transaction.atomic():
            connection.run_planned(migrated, {})
        assert begin_request()

        with transaction.atomic():
            assert connection.run_planned(migrated, {}) == [("a",)]

    def test_one_that_was_refused_is_made_once_it_can_be(self):
        sql = "SELECT word FROM made_later"
        with pytest.raises(ProgrammingError):
            connection.run_planned(sql, {})
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE made_later AS SELECT 'a' AS word")

        assert connection.run_planned(sql, {}) == [("a",)]
        connection.close()

    def test_one_whose_making_was_broken_off_is_made_anew_from_the_next_request_on(self, monkeypatch):
        class BrokenOff(BaseException):
            pass

        class Cursor(psycopg2.extensions.cursor):
            def execute(self, *args):
                super().execute(*args)
                raise BrokenOff

        connection.ensure_connection()
        monkeypatch.setattr(connection.connection, "cursor_factory", Cursor)
        with pytest.raises(BrokenOff):
            connection.planned("SELECT 1")
        monkeypatch.undo()
        assert begin_request()

        assert connection.run_planned("SELECT 1", {}) == [(1,)]
