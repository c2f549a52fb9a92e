"""The limits of the staff login, as Django's cache keeps them in the database."""

from __future__ import annotations

from datetime import datetime

from django.core.cache import caches
from django.db import connection


def forget_old(*, machine_now: datetime) -> int:
    """Delete what has run out at the machine instant `machine_now`; the cache itself never does. Returns how much."""
    table = connection.ops.quote_name(caches["default"]._table)  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [machine_now])  # noqa: S608 -- a name of our settings
        return cursor.rowcount
