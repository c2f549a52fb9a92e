"""Many callers at once, each in a thread with a database connection of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection


def meeting(function: Callable[..., Any], *, number: int) -> Callable[..., Any]:
    """`function`, but its first `number` callers get their results only when all of them are there.

    For controls: where a guard is off, everybody has read before anybody writes, however slow the machine is.
    """
    arrived, everybody, lock = [], threading.Event(), threading.Lock()

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        with lock:
            arrived.append(None)
            if len(arrived) >= number:
                everybody.set()
        everybody.wait(timeout=30)
        return result

    return wrapper


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all `calls` truly at once; return their results in order, an exception in the place of a result."""
    barrier = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(number: int) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            results[number] = calls[number]()
        except Exception as error:  # whatever went wrong is this caller's result
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def somebody_waits(people: int = 1) -> bool:
    """Whether so many connections to this test's database wait for a lock; other databases of the server are other
    tests'."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction is told the same for good
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0] >= people


def wait_for_somebody_who_waits(*, seconds: float = 20, people: int = 1) -> bool:
    """Let whoever holds a lock go on only once so many connections wait for one; False if they did not in time."""
    deadline = time.monotonic() + seconds
    while not (waits := somebody_waits(people)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return waits
