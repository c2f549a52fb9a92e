"""Locks without a row: what one transaction counts, no other counts at the same time."""

from __future__ import annotations

from django.db import connection


def hold(name: str) -> None:
    """Let no other transaction hold `name` until this one ends. Waits for `lock_timeout` at the longest."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
