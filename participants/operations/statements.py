"""Statements in SQL: run as they are, by a plan that is kept, or until a database that restarts is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, cast

from django.db import InterfaceError, OperationalError, connection

BETWEEN_CALLS = 0.1  # seconds between two tries to reach a database that restarts


def run(sql: str, values: dict[str, Any]) -> Sequence[tuple]:
    """Run `sql` and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def run_planned(sql: str, values: dict[str, Any]) -> Sequence[tuple]:
    """The same for what is run for every message: planned once by each connection."""
    return cast(Any, connection).run_planned(sql, values)


def insist(
    execute: Callable[[str, dict[str, Any]], object], sql: str, values: dict[str, Any], *, seconds: float
) -> None:
    """Run what holds only while a lease is ours, and so may be run twice, until the database is there to take it.

    Raises what stands in the way when that lasts `seconds`, and at once what a database says that is there.
    """
    ends = time.monotonic() + seconds
    while True:
        try:
            execute(sql, values)
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or connection.is_usable() or time.monotonic() >= ends:
                raise
        else:
            return
        connection.close()
        time.sleep(BETWEEN_CALLS)
