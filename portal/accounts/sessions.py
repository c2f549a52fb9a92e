"""Login sessions in the database, as Django keeps them, in fewer round trips: every private page pays for them.

A login is one statement when its request ends. Django's own store asks first whether the key is free, inserts an empty
row and fills it, each in a transaction begun and ended for it; a key is 165 random bits, and one that was taken after
all its index refuses.
"""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, CreateError, UpdateError
from django.db import connection
from django.utils.crypto import get_random_string

from portal import clock

SELECT = "SELECT session_data FROM django_session WHERE session_key = %(key)s AND expire_date > %(now)s"
INSERT = """
    INSERT INTO django_session (session_key, session_data, expire_date) VALUES (%(key)s, %(data)s, %(expires)s)
    ON CONFLICT DO NOTHING
"""
UPDATE = "UPDATE django_session SET session_data = %(data)s, expire_date = %(expires)s WHERE session_key = %(key)s"
# By which a login was told before `portal.logins`: those who came in then stay in.
BACKEND_OF_BEFORE = "allauth.account.auth_backends.AuthenticationBackend"


class SessionStore(db.SessionStore):
    _is_new = False

    def load(self) -> dict[str, Any]:
        """What is kept under the session's key; nothing, and no key, when that is unknown or has expired."""
        values = {"key": self.session_key, "now": clock.machine_now()}
        with connection.cursor() as cursor:
            cursor.execute(cast(Any, connection).planned(SELECT), values)
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        kept = self.decode(row[0])
        if kept.get(BACKEND_SESSION_KEY) == BACKEND_OF_BEFORE:
            kept[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        return kept

    def create(self) -> None:
        self._session_key = self._get_new_session_key()
        self._is_new = self.modified = True

    def save(self, must_create: bool = False) -> None:
        """Write the session's row. Raises CreateError for a key that is taken, UpdateError for a row that is gone."""
        if self.session_key is None:
            self.create()
        is_new = must_create or self._is_new
        values = {
            "key": self.session_key,
            "data": self.encode(cast(Any, self)._get_session(no_load=is_new)),
            "expires": self.get_expiry_date(),
        }
        with connection.cursor() as cursor:
            cursor.execute(INSERT if is_new else UPDATE, values)
            if not cursor.rowcount:
                raise CreateError if is_new else UpdateError
        self._is_new = False

    def _get_new_session_key(self) -> str:
        return get_random_string(32, VALID_KEY_CHARS)
