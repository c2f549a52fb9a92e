"""Many callers at once, each in a thread with a database connection of its own."""

from __future__ import annotations

import threading
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
