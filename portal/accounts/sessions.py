"""Login sessions in the database, as Django keeps them, in fewer round trips: every private page pays for them.

A login writes one row when its request ends. Django's own store asks first whether the key is free, inserts an empty
row and fills it in a third statement; a key is 165 random bits, and one that was taken after all its index refuses.
"""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.db import connection
from django.utils.crypto import get_random_string

from portal import clock


class SessionStore(db.SessionStore):
    _is_new = False

    def load(self) -> dict[str, Any]:
        """What is kept under the session's key; nothing, and no key, when that is unknown or has expired."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s",
                [self.session_key, clock.machine_now()],
            )
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        return self.decode(row[0])

    def create(self) -> None:
        self._session_key = self._get_new_session_key()
        self._is_new = self.modified = True

    def save(self, must_create: bool = False) -> None:
        if self.session_key is None:
            self.create()
        super().save(must_create=must_create or self._is_new)
        self._is_new = False

    def _get_new_session_key(self) -> str:
        return get_random_string(32, VALID_KEY_CHARS)
