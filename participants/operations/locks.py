"""Locks without a row: what one transaction counts, or one process works on, no other does at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


def hold(name: str) -> None:
    """Let no other transaction hold `name` until this one ends. Waits for `lock_timeout` at the longest."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


@contextmanager
def trying(kind: int, number: int) -> Iterator[bool]:
    """Whether nobody else holds `number` of `kind`; if so, it is held until the end, or until the process dies."""
    held = [kind, number % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", held)
        is_mine = cursor.fetchone()[0]
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", held)
