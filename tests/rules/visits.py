"""Requests as each role, their writes taken back: who asks, at which address, and what it changed."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import caches
from django.db import connection, transaction
from django.http import HttpResponse
from django.template import Context, Template
from django.test import Client

from portal import routes
from portal.routes import Route
from tests.rules.world import Place, World, make_world
from tests.staff import sign_in

ROUTES = routes.routes()
ROLES = ["anonymous", "participant", "password", "coordinator", "ministry", "editor", "accounts", "superuser"]
OF_NO_ACCOUNT = {"django_session", "portal_cache"}  # tables that any visit may write to
DENIED = {400, 401, 403, 404, 405}
DOORS = ("/masuk/", "/staf/login/", "/staf/akun/masuk/", "/staf/akun/2fa/ulangi/", "/staf/akun/2fa/aplikasi/")
LEAD_ON = {
    "door",
    "door_code",
    "google_callback",
    "account_login",
    "account_logout",
    "logout",
    "admin:login",
    "admin:logout",
}  # a redirect is their answer


def _render(template: Template, context: Context) -> Any:
    """As in life. In tests the client is told of each part of a page and copies its context; here answers are read."""
    return template.nodelist.render(context)


AS_IN_LIFE = mock.patch.object(Template, "_render", _render)


@pytest.fixture
def world(db: None) -> World:
    _forget_pages()
    return make_world()


@pytest.fixture(scope="module")
def first_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


@pytest.fixture
def same_world(first_world: World, db: None) -> World:
    """`world`, made once for a module of many short tests about it; what each of them writes is taken back.

    Not for those that ask hundreds of pages: a transaction in which much was taken back is slower and slower.
    """
    _forget_pages()
    return copy.deepcopy(first_world)


def _forget_pages() -> None:
    for cache in caches.all():
        cache.clear()


def client_of(world: World, role: str) -> Client:
    client = Client(raise_request_exception=False)
    user = world.users[role]
    if user is None:
        return client
    if role == "participant":
        return sign_in(client, user, proofs=[])
    if role == "password":
        return sign_in(client, user, proofs=["password"])
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user).mark_as_viewed()
    return sign_in(client, user)


def address(world: World, route: Route, place: Place) -> str:
    path = route.path
    for name, value in world.arguments(routes.access()[route.name].ids, route.arguments, place).items():
        path = path.replace(f"<{name}>", str(value))
    return path


def answer(client: Client, method: str, path: str, **extra: Any) -> HttpResponse:
    """One request whose writes are taken back, from the state in which the client came."""
    return with_change(client, method, path, **extra)[0]


def with_change(
    client: Client, method: str, path: str, before: Watch | None = None, **extra: Any
) -> tuple[HttpResponse, bool]:
    """`answer`, and whether it changed the state, which was `before`."""
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    with transaction.atomic(), AS_IN_LIFE:
        response = client.generic(method, path, **extra)
        if response.streaming:
            response.body = b"".join(response.streaming_content)  # type: ignore[attr-defined]
            response.close()
        else:
            response.body = response.content  # type: ignore[attr-defined]
        changed = before is not None and before.is_changed()
        transaction.set_rollback(True)
    client.cookies.clear()
    for name, value in cookies.items():
        client.cookies[name] = value
    return response, changed  # type: ignore[return-value]


def is_denied(response: HttpResponse, route: Route, method: str) -> bool:
    """Refused, or sent elsewhere: whoever reads to anywhere, whoever writes to a door."""
    if response.status_code in DENIED:
        return True
    if response.status_code != 302 or route.name in LEAD_ON:
        return False
    return method != "POST" or response.headers["Location"].partition("?")[0] in DOORS


def text_of(response: Any) -> str:
    return response.body.decode(errors="replace") + str(dict(response.headers))


class Watch:
    """What all tables held at first, and how to see whether that has changed."""

    def __init__(self) -> None:
        self._rows, self._written = _digests(), _written()

    def is_changed(self) -> bool:
        """Whether the tables hold something else; read only if this transaction has written since it last was asked."""
        before, self._written = self._written, _written()
        return self._written != before and _digests() != self._rows


def _written() -> int:
    """How many rows this transaction has written so far, in the tables that tell of people or of the programme."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables WHERE relname <> ALL(%s)",
            [list(OF_NO_ACCOUNT)],
        )
        return int(cursor.fetchone()[0])


def _digests() -> list[tuple[Any, ...]]:
    """A digest of every table that tells of people or of the programme."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = sorted({row[0] for row in cursor.fetchall()} - OF_NO_ACCOUNT)
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{t}', count(*), md5(string_agg(r::text, '|' ORDER BY r::text)) FROM {t} r" for t in tables
            )
        )
        # PostgreSQL may read the tables side by side and hand them over in any order.
        return sorted(cursor.fetchall(), key=lambda row: row[0])


def client_of_same(client: Client) -> Client:
    """Another browser with the same cookies, so that a logout ends only this copy."""
    copy = Client(raise_request_exception=False)
    for name, morsel in client.cookies.items():
        copy.cookies[name] = morsel.value
    return copy


@dataclass(frozen=True)
class Visit:
    """What one request was answered, and whether it changed anything."""

    route: Route
    method: str
    path: str
    answer: HttpResponse
    changed: bool

    @property
    def is_allowed_to(self) -> set[str]:
        return {role for role in ROLES if routes.access()[self.route.name].allows(role, self.method)}

    @property
    def is_denied(self) -> bool:
        return is_denied(self.answer, self.route, self.method)
