"""The database backend of the settings: Django's own, but for how a connection is found alive before a request.

Django sends `SELECT 1` ahead of each request's first query. A server that went away has closed its end, and that can be
seen without asking: a connection on which nothing is under way has nothing to read. The idea is urllib3's
`is_connection_dropped`. One that has been quiet for longer may have been dropped without a word, and is asked.

A statement that is run for every message is planned once by each connection; psycopg2 has no way for that of its own.
"""

from __future__ import annotations

import hashlib
import re
import select
import time
from collections.abc import Mapping
from typing import Any

from django.db.backends.postgresql import base
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

QUIET = 30.0  # seconds
_PARAMETER = re.compile(r"%\((\w+)\)s")


class DatabaseWrapper(base.DatabaseWrapper):
    _seen_alive = 0.0  # seconds of the machine's monotonic clock

    def get_new_connection(self, conn_params):
        connection = super().get_new_connection(conn_params)
        self._seen_alive = time.monotonic()
        self._planned: dict[str, str] = {}
        return connection

    def run_planned(self, sql: str, values: Mapping[str, Any]) -> list[tuple]:
        """Run `sql`, with parameters as `%(name)s`, by a plan that this connection keeps; the rows that it returns."""
        self.ensure_connection()
        with self.wrap_database_errors, self.connection.cursor() as cursor:
            if sql not in self._planned:
                names = list(dict.fromkeys(_PARAMETER.findall(sql)))
                name = f"planned_{hashlib.sha256(sql.encode()).hexdigest()[:16]}"
                numbered = _PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", sql)
                cursor.execute(f"PREPARE {name} AS {numbered}")
                self._planned[sql] = f"EXECUTE {name} ({', '.join(f'%({name})s' for name in names)})"
            cursor.execute(self._planned[sql], values)
            return cursor.fetchall() if cursor.description else []

    def is_usable(self) -> bool:
        now = time.monotonic()
        was_just_alive = now - self._seen_alive < QUIET
        usable = (was_just_alive and self._is_silent()) or super().is_usable()
        if usable:
            self._seen_alive = now
        return usable

    def _is_silent(self) -> bool:
        """Whether the connection is open, in no transaction or query, and has nothing to read: no end and no notice."""
        if self.connection is None or self.connection.closed:
            return False
        if self.connection.info.transaction_status != TRANSACTION_STATUS_IDLE:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0)
