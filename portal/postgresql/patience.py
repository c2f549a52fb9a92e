"""How long a web request may wait for the database in all, and how many of a process's requests wait at once.

PostgreSQL ends what it takes long for itself. It sees nothing of a line on which every answer takes two seconds, nor
that forty quick statements add up; meanwhile all threads of a web process would wait, and /livez behind them.

Only what runs within `limited` has these limits: web requests. Workers, commands and migrations have none.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any

from django.conf import settings
from django.db import OperationalError
from psycopg2 import extensions

SHORTEST_TO_CONNECT = 2  # seconds; libpq knows no shorter time


class OutOfTime(OperationalError):
    """The request has had its time with the database, or as many others of this process wait for it as may.

    It is an error of Django's and not of the driver's: nothing was sent, and the connection is as good as before.
    """

    is_everybodys = True


class Places:
    """Where a process's requests stand while the database has a statement of theirs: fewer than it has threads.

    Whoever waits for a place while nobody is answered quickly says that the database is slow: until one quick answer
    shows the contrary nobody else waits.
    """

    def __init__(self, number: int) -> None:
        self.is_slow = False
        self._quick_answers = 0
        self._free: SimpleQueue[None] = SimpleQueue()
        for _ in range(number):
            self._free.put(None)

    def take(self, *, is_needed: bool) -> bool:
        """Whether there was one. Where it `is_needed` it is waited for.

        Raises OutOfTime: at once while the database is slow, else once for `DATABASE_SLOW` seconds no answer was quick.
        """
        try:
            self._free.get_nowait()
        except Empty:
            if is_needed:
                self._wait()
            return is_needed
        return True

    def _wait(self) -> None:
        while not self.is_slow:
            before = self._quick_answers
            try:
                return self._free.get(timeout=settings.DATABASE_SLOW)
            except Empty:
                self.is_slow = self._quick_answers == before
        raise OutOfTime("as many requests of this process wait for the database as may")

    def leave(self) -> None:
        self._free.put(None)

    def hear_of(self, seconds: float) -> None:
        """An answer took so long."""
        if seconds < settings.DATABASE_QUICK:
            self._quick_answers += 1
            self.is_slow = False


places = Places(settings.DATABASE_WAITERS)


class Allowance:
    """What one request may still have of the database: seconds of the machine's monotonic clock."""

    __slots__ = ("allowed", "began", "fastest", "has_place", "is_refused", "spent")

    def __init__(self, allowed: float) -> None:
        self.allowed, self.spent, self.fastest, self.began = allowed, 0.0, math.inf, 0.0
        self.is_refused = self.has_place = False

    def begin(self, connection: Any = None) -> None:
        """A statement, or a new connection, is about to be asked for. Raises OutOfTime, and then does so to the end.

        The next answer will not be faster than the fastest so far: where that is too long it is not waited for. Within
        a transaction, which may hold what all others wait for, no place is needed.
        """
        self.began = time.monotonic()
        if self.spent + 2 * self.fastest > settings.DATABASE_SECONDS and self._has_no_time_for(connection):
            self.is_refused = True
        if self.is_refused:
            raise OutOfTime(f"the request has waited for the database for {self.spent:.1f} s")
        may_hold_locks = connection is not None and connection.status == extensions.STATUS_BEGIN
        try:
            self.has_place = places.take(is_needed=not may_hold_locks)
        except OutOfTime:
            self.is_refused = True
            raise

    def _has_no_time_for(self, connection: Any) -> bool:
        if not self.spent:
            return False
        begins = connection is not None and not connection.autocommit and connection.status == extensions.STATUS_READY
        answers = 2 if begins else 1  # psycopg2 waits for that to BEGIN, too
        allowed = self.allowed if self.fastest < settings.DATABASE_QUICK else settings.DATABASE_SECONDS
        return self.spent + answers * self.fastest > allowed

    def end(self) -> None:
        """It was answered, or failed."""
        if self.has_place:
            places.leave()
        took = time.monotonic() - self.began
        self.spent += took
        if took < self.fastest:
            self.fastest = took
        places.hear_of(took)

    def seconds_to_connect(self, most: int) -> int:
        return max(SHORTEST_TO_CONNECT, min(most, int(self.allowed - self.spent)))


class _Thread(threading.local):
    allowance: Allowance | None = None


_thread = _Thread()


def current() -> Allowance | None:
    """That of the request on which this thread works; None outside of one."""
    return _thread.allowance


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """In here this thread may wait for the database for `seconds` in all."""
    before, _thread.allowance = _thread.allowance, Allowance(seconds)
    try:
        yield
    finally:
        _thread.allowance = before


class Cursor(extensions.cursor):
    """By which every statement goes, Django's and our own."""

    def execute(self, query: Any, vars: Any = None) -> None:
        allowance = _thread.allowance
        if allowance is None:
            return super().execute(query, vars)
        allowance.begin(self.connection)
        try:
            return super().execute(query, vars)
        finally:
            allowance.end()

    def executemany(self, query: Any, vars_list: Any) -> None:
        self._limited(super().executemany, query, vars_list)

    def copy_expert(self, sql: Any, file: Any, size: int = 8192) -> None:
        self._limited(super().copy_expert, sql, file, size)

    def _limited(self, run: Any, *args: Any) -> None:
        allowance = _thread.allowance
        if allowance is None:
            return run(*args)
        allowance.begin(self.connection)
        try:
            return run(*args)
        finally:
            allowance.end()
