"""The database backend of the settings: Django's own, but for how a connection is found alive before a request.

Django sends `SELECT 1` ahead of each request's first query. A server that went away has closed its end, and that can be
seen without asking: a connection on which nothing is under way has nothing to read. The idea is urllib3's
`is_connection_dropped`. One that has been quiet for longer may have been dropped without a word, and is asked.

Each connection asks now and then what time it is, since this host's clock may be wrong (`portal/clock.py`).

A statement that every request or message runs is planned once by each connection, since to plan it takes longer than to
run it; psycopg2 has no way for that of its own.

Migrations have limits of their own (`portal/postgresql/schema.py`), and so have web requests (`patience.py`).
"""

from __future__ import annotations

import hashlib
import re
import select
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, TypeVar

from django.db import NotSupportedError
from django.db.backends.postgresql import base
from psycopg2 import Error
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, AsIs

from portal import clock
from portal.postgresql import patience
from portal.postgresql.schema import DatabaseSchemaEditor

QUIET = 30.0  # seconds
CLOCK_HOLDS = 60.0  # seconds for which nobody asks again what time it is
Rows = TypeVar("Rows")
_PARAMETER = re.compile(r"%\((\w+)\)s")


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = DatabaseSchemaEditor
    _seen_alive = _heard_clock = 0.0  # seconds of the machine's monotonic clock

    def get_connection_params(self):
        return super().get_connection_params() | {"cursor_factory": patience.Cursor}

    def connect(self):
        try:
            super().connect()
        except BaseException:
            self.close()  # one that was not set up to its end would be taken for a good one
            raise

    def get_new_connection(self, conn_params):
        allowance = patience.current()
        if allowance is None:
            connection = super().get_new_connection(conn_params)
        else:
            allowance.begin()
            try:
                seconds = allowance.seconds_to_connect(conn_params["connect_timeout"])
                connection = super().get_new_connection(conn_params | {"connect_timeout": seconds})
            finally:
                allowance.end()
        self._seen_alive = time.monotonic()
        self._planned: dict[Hashable, str] = {}
        self._prepared: set[str] = set()
        self._are_plans_doubtful = False
        return connection

    def init_connection_state(self):
        super().init_connection_state()
        self._hear_clock()

    def _hear_clock(self) -> None:
        before = clock.host_now()
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            (machine_now,) = cursor.fetchone()
        clock.hear(machine_now, before=before, after=clock.host_now())
        self._heard_clock = time.monotonic()

    def run_planned(self, sql: str, values: Mapping[str, Any]) -> list[tuple]:
        """Run `sql`, with parameters as `%(name)s`, by a plan that this connection keeps; the rows that it returns."""

        def run() -> list[tuple]:
            execute = self.planned(sql)
            with self.wrap_database_errors, self.connection.cursor() as cursor:
                cursor.execute(execute, values)
                return cursor.fetchall() if cursor.description else []

        return self.with_new_plans(run)

    def with_new_plans(self, run: Callable[[], Rows]) -> Rows:
        """What `run` returns, which runs by a kept plan; once more by a new one where PostgreSQL refuses the old, since
        a migration has changed a column's type. Within a transaction nothing can be run once more: it is told."""
        try:
            return run()
        except NotSupportedError:
            self._are_plans_doubtful = True  # a block that is rolled back forgets its errors
            if self.in_atomic_block or not self._forgets_plans():
                raise
            return run()

    def planned(self, sql: str, params: Sequence[Any] = (), *, key: Hashable = None) -> str:
        """The statement that runs `sql` by a plan that this connection keeps. It takes the values that are open.

        Those are `%(name)s`; or `%s` where `params` holds `...`, and not a value that is the same each time and stands
        in the plan. What differs in such a value alone differs in its `key`.
        """
        self.ensure_connection()
        key = key or sql
        if key not in self._planned:
            with self.wrap_database_errors, self.connection.cursor() as cursor:
                self._planned[key] = self._plan(cursor, sql, params)
        return self._planned[key]

    def _plan(self, cursor: Any, sql: str, params: Sequence[Any]) -> str:
        named = [f"%({name})s" for name in dict.fromkeys(_PARAMETER.findall(sql))]
        open_places = named or ["%s" for value in params if value is ...]
        numbers = iter([AsIs(f"${number}") for number in range(1, len(open_places) + 1)])
        placed: Any = [next(numbers) if value is ... else value for value in params]
        statement = cursor.mogrify(sql, {name[2:-2]: next(numbers) for name in named} or placed)
        name = f"planned_{hashlib.sha256(statement).hexdigest()[:16]}"
        if name not in self._prepared:
            try:
                cursor.execute(f"PREPARE {name} AS ".encode() + statement)
            except patience.OutOfTime:  # it was not sent
                raise
            except BaseException:  # one that is broken off, too: nobody knows whether it is there
                self._are_plans_doubtful = True
                raise
            self._prepared.add(name)
        return f"EXECUTE {name} ({', '.join(open_places)})" if open_places else f"EXECUTE {name}"

    def _rollback(self) -> None:
        """Of a request that was refused the connection is dropped, and PostgreSQL rolls back: nobody waits for that."""
        allowance = patience.current()
        if allowance is not None and allowance.is_refused:
            raise patience.OutOfTime("the connection is dropped")
        super()._rollback()  # type: ignore[misc]

    def is_usable(self) -> bool:
        now = time.monotonic()
        was_just_alive = now - self._seen_alive < QUIET
        usable = (was_just_alive and self._is_silent()) or super().is_usable()
        if usable:
            self._seen_alive = now
        are_doubtful = self.errors_occurred or self._are_plans_doubtful
        return usable and (not are_doubtful or self._forgets_plans()) and self._knows_the_time(now)

    def _knows_the_time(self, now: float) -> bool:
        if now - self._heard_clock > CLOCK_HOLDS:
            try:
                self._hear_clock()
            except Error:
                return False
        return True

    def _forgets_plans(self) -> bool:
        """After an error: a migration may have changed a column's type, and PostgreSQL then refuses the kept plan. Of a
        connection that cannot even do that nothing is left to be used."""
        try:
            with self.connection.cursor() as cursor:
                cursor.execute("DEALLOCATE ALL")
        except Error:
            return False
        self._planned.clear()
        self._prepared.clear()
        self._are_plans_doubtful = False
        return True

    def _is_silent(self) -> bool:
        """Whether the connection is open, in no transaction or query, and has nothing to read: no end and no notice."""
        if self.connection is None or self.connection.closed:
            return False
        if self.connection.info.transaction_status != TRANSACTION_STATUS_IDLE:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0)
