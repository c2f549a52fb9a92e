"""Every address, by every method, as each role: what the permission table says, and no byte of another region."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any
from urllib.parse import urljoin

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from bs4 import BeautifulSoup
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from portal import routes
from portal.middleware import HEADERS, LEADS_TO_GOOGLE
from portal.routes import Route
from tests.rules.test_templates import INLINE
from tests.rules.world import Place, World, canaries_in, make_world
from tests.staff import sign_in

ROUTES = routes.routes()
ROLES = ["anonymous", "participant", "password", "coordinator", "ministry", "editor", "accounts", "superuser"]
FORBIDDEN_METHODS = ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND"]
STRICTER = {"Referrer-Policy": "strict-origin"}
WITH_GOOGLE = {"door", "register", "google"}  # the button, and the form that sends it again
CHANGES_NOTHING = {"eligibility"}  # its form stands on a page that is the same for everybody, so it carries no token
KEPT = {"home", "sessions", "session"}  # public pages that hold no form's token
DENIED = {400, 401, 403, 404, 405}
DOORS = ("/masuk/", "/staf/login/", "/staf/akun/masuk/", "/staf/akun/2fa/ulangi/", "/staf/akun/2fa/aplikasi/")
LEAD_ON = {
    "door",
    "door_code",
    "google_callback",
    "account_login",
    "account_logout",
    "admin:login",
    "admin:logout",
}  # a redirect is their answer


@pytest.fixture
def world(db: None) -> World:
    for cache in caches.all():
        cache.clear()
    return make_world()


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
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    with transaction.atomic():
        response = client.generic(method, path, **extra)
        if response.streaming:
            response.body = b"".join(response.streaming_content)  # type: ignore[attr-defined]
            response.close()
        else:
            response.body = response.content  # type: ignore[attr-defined]
        transaction.set_rollback(True)
    client.cookies.clear()
    for name, value in cookies.items():
        client.cookies[name] = value
    return response  # type: ignore[return-value]


def is_denied(response: HttpResponse, route: Route, method: str) -> bool:
    """Refused, or sent elsewhere: whoever reads to anywhere, whoever writes to a door."""
    if response.status_code in DENIED:
        return True
    if response.status_code != 302 or route.name in LEAD_ON:
        return False
    return method != "POST" or response.headers["Location"].partition("?")[0] in DOORS


def text_of(response: Any) -> str:
    return response.body.decode(errors="replace") + str(dict(response.headers))


def state() -> list[tuple[Any, ...]]:
    """A digest of every table that tells of people or of the programme."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = sorted({row[0] for row in cursor.fetchall()} - {"django_session", "portal_cache"})
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{t}', count(*), md5(string_agg(r::text, '|' ORDER BY r::text)) FROM {t} r" for t in tables
            )
        )
        # PostgreSQL may read the tables side by side and hand them over in any order.
        return sorted(cursor.fetchall(), key=lambda row: row[0])


def test_permission_table_names_every_address_and_no_other() -> None:
    assert {route.name for route in ROUTES} == set(routes.access())


def test_routes_command_prints_every_address() -> None:
    out = StringIO()
    call_command("routes", "--json", stdout=out)
    rows = {row["name"]: row for row in json.loads(out.getvalue())}
    assert len(rows) == len(ROUTES)
    assert rows["admin:programs_venue_change"] == {
        "name": "admin:programs_venue_change",
        "path": "/staf/programs/venue/<object_id>/change/",
        "methods": ["GET", "HEAD", "POST"],
        "audience": {"GET": ["coordinator", "ministry", "editor"], "POST": ["editor"]},
        "arguments": {"object_id": {"matches": "path", "id_of": "programs.venue"}},
    }


def test_every_number_in_an_address_is_known_as_an_id() -> None:
    known = {(route.name, name) for route in ROUTES for name in routes.access()[route.name].ids}
    given = {(route.name, name) for route in ROUTES for name in route.arguments}
    assert given - known == {("admin:app_list", "app_label"), ("admin:/staf/<url>", "url")}


@pytest.mark.parametrize("role", ROLES)
def test_addresses_open_to_whom_the_table_names(world: World, role: str) -> None:
    client, wrong = client_of(world, role), []
    for route in ROUTES:
        path = address(world, route, world.a)
        for method in ("GET", "HEAD"):
            response = answer(client, method, path)
            if routes.access()[route.name].allows(role, method) == is_denied(response, route, method):
                wrong.append((method, path, response.status_code, response.headers.get("Location")))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("role", ROLES)
def test_writing_is_open_to_whom_the_table_names(world: World, role: str) -> None:
    """An empty form: who may write gets an answer to it; for all others nothing changes."""
    client, wrong = client_of(world, role), []
    for route in ROUTES:
        path = address(world, route, world.a)
        before = state()
        with transaction.atomic():
            response = client_of_same(client).post(path)
            changed, status = state() != before, response.status_code
            transaction.set_rollback(True)
        if routes.access()[route.name].allows(role, "POST"):
            if is_denied(response, route, "POST"):
                wrong.append((path, status, "denied"))
        elif changed or status >= 500:
            wrong.append((path, status, "changed"))
    assert not wrong, "\n".join(map(str, wrong))


def client_of_same(client: Client) -> Client:
    """Another browser with the same cookies, so that a logout ends only this copy."""
    copy = Client(raise_request_exception=False)
    for name, morsel in client.cookies.items():
        copy.cookies[name] = morsel.value
    return copy


@pytest.mark.parametrize("role", ROLES)
def test_reading_changes_nothing(world: World, role: str) -> None:
    client, changed = client_of(world, role), []
    for route in ROUTES:
        path, before = address(world, route, world.a), state()
        with transaction.atomic():
            client_of_same(client).get(path)
            if state() != before:
                changed.append(path)
            transaction.set_rollback(True)
    assert changed == []


@pytest.mark.parametrize("role", ROLES)
def test_answers_carry_the_headers_and_hold_nothing_inline(world: World, role: str) -> None:
    client, wrong = client_of(world, role), []
    for route in ROUTES:
        for method in ("GET", "POST", "OPTIONS", *FORBIDDEN_METHODS):
            path = address(world, route, world.a)
            response = answer(client, method, path)
            others = STRICTER | ({"Content-Security-Policy": LEADS_TO_GOOGLE} if route.name in WITH_GOOGLE else {})
            missing = [
                name for name, value in HEADERS.items() if response.headers.get(name) not in (value, others.get(name))
            ]
            inline = [] if "html" not in response.headers.get("Content-Type", "") else found_inline(response)
            if is_kept(response) != (route.name in KEPT and method == "GET"):
                wrong.append((method, path, response.headers["Cache-Control"], response.headers.get("Vary")))
            if response.status_code >= 500 or missing or inline:
                wrong.append((method, path, response.status_code, missing, inline))
            if method in FORBIDDEN_METHODS and response.status_code not in DENIED:
                wrong.append((method, path, response.status_code))
    assert not wrong, "\n".join(map(str, wrong))


def is_kept(response: HttpResponse) -> bool:
    """Whether a cache may keep the answer for everybody: then it sets no cookie and is the same whoever asks."""
    if {"private", "no-store"} <= set(response.headers["Cache-Control"].split(", ")):
        return False
    assert (response.headers["Cache-Control"], response.headers["Vary"]) == ("public, max-age=10", "Accept-Encoding")
    assert not response.cookies
    return True


def found_inline(response: Any) -> list[str]:
    """What the policy would block; a QR code is an image of data, which it allows."""
    html = re.sub(r'<img class="qr" src="data:image/svg\+xml;base64,[^"]*"', "<img", response.body.decode())
    return [match.group()[:100] for match in INLINE.finditer(html)]


def staff_addresses(world: World, place: Place) -> Iterator[tuple[Route, str]]:
    for route in ROUTES:
        if route.path.startswith("/staf/"):
            yield route, address(world, route, place)


def test_coordinator_reads_no_byte_of_another_region(world: World) -> None:
    client, leaks = client_of(world, "coordinator"), []
    for _route, path in [*staff_addresses(world, world.a), *staff_addresses(world, world.b)]:
        for method in ("GET", "POST", "HEAD", "OPTIONS", *FORBIDDEN_METHODS):
            leaks += [(method, path, found) for found in canaries_in(text_of(answer(client, method, path)))]
    assert not leaks, "\n".join(map(str, leaks))


def test_canaries_are_heard_by_the_ministry(world: World) -> None:
    """The control: the same walk as the ministry meets canaries in every list of a region's rows."""
    client = client_of(world, "ministry")
    heard = {
        route.name
        for route, path in staff_addresses(world, world.b)
        if canaries_in(text_of(answer(client, "GET", path)))
    }
    lists = {"region", "venue", "trainingsession", "coordination"}
    assert {f"admin:programs_{name}_changelist" for name in lists} <= heard
    assert {
        f"admin:participants_{name}_changelist" for name in ("participant", "registration", "notification")
    } <= heard


def test_row_of_another_region_is_answered_as_one_that_does_not_exist(world: World) -> None:
    client, wrong = client_of(world, "coordinator"), []
    for route in ROUTES:
        table = routes.access()[route.name]
        if not route.path.startswith("/staf/") or not table.ids:
            continue
        (name, _model), *_rest = table.ids.items()
        foreign = address(world, route, world.b)
        absent = route.path.replace(f"<{name}>", "987654321")
        for method in ("GET", "POST"):
            there, nowhere = answer(client, method, foreign), answer(client, method, absent)
            if (there.status_code, there.body) != (nowhere.status_code, nowhere.body):  # type: ignore[attr-defined]
                wrong.append((method, foreign, there.status_code, nowhere.status_code))
            if table.allows("coordinator", method) and there.status_code != 404:
                wrong.append((method, foreign, there.status_code))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("role", ["anonymous", "participant"])
def test_strangers_read_nothing_personal_anywhere(world: World, role: str) -> None:
    """Public pages name regions and places, never people."""
    client, leaks = client_of(world, role), []
    person, child = world.b["participants.Participant"], world.b["child"].participant
    secrets = [person.full_name, person.phone, child.full_name, world.b["accounts.User"].email]
    for route in ROUTES:
        if route.name == "guardian":
            continue  # whoever holds the letter's link reads the child's first name
        for place in (world.a, world.b):
            text = text_of(answer(client, "GET", address(world, route, place)))
            leaks += [(route.path, word) for word in secrets if word in text]
    assert not leaks, "\n".join(map(str, leaks))


@pytest.mark.parametrize("origin", [{}, {"HTTP_ORIGIN": "https://elsewhere.example"}], ids=["no-token", "elsewhere"])
def test_forms_from_elsewhere_are_refused(world: World, origin: dict[str, str]) -> None:
    """Without the token, or from another site, every writing address answers 403 to whoever may write there."""
    wrong = []
    for role in ROLES:
        cookies = client_of(world, role).cookies
        for route in ROUTES:
            if not routes.access()[route.name].allows(role, "POST") or (not origin and route.name in CHANGES_NOTHING):
                continue
            client = Client(enforce_csrf_checks=True, raise_request_exception=False)
            for name, morsel in cookies.items():
                client.cookies[name] = morsel.value
            response = answer(client, "POST", address(world, route, world.a), **origin)
            if response.status_code != 403:
                wrong.append((role, route.path, response.status_code))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("role", [role for role in ROLES if role != "anonymous"])
def test_no_page_offers_a_link_that_its_reader_may_not_follow(world: World, role: str) -> None:
    client, seen, broken = client_of(world, role), {}, []
    for route in ROUTES:
        path = address(world, route, world.a)
        page = answer(client, "GET", path)
        if page.status_code != 200 or "html" not in page.headers["Content-Type"]:
            continue
        for link in BeautifulSoup(page.content, "html.parser").select("a[href]"):
            target = urljoin(path, str(link["href"])).partition("#")[0]
            if target.startswith("/") and target not in seen:
                seen[target] = answer(client, "GET", target).status_code
            if seen.get(target, 200) >= 400:
                broken.append((path, target, seen[target]))
    assert not broken, "\n".join(map(str, broken))
    assert len(seen) > 3


@pytest.mark.parametrize("role", ["anonymous", "participant"])
def test_every_page_leads_to_itself_in_the_other_language_and_back(world: World, role: str) -> None:
    client, seen, wrong = client_of(world, role), 0, []
    for route in ROUTES:
        path = address(world, route, world.a)
        page = answer(client, "GET", path)
        if path.startswith("/staf/") or page.status_code != 200 or "html" not in page.headers["Content-Type"]:
            continue
        seen += 1
        there = switch_of(page, "en")
        english = answer(client, "GET", there)
        back = switch_of(english, "id")
        if (there.partition("?")[0], back.partition("?")[0]) != (f"/en{path}", path) or 'lang="en"' not in text_of(
            english
        ):
            wrong.append((path, there, english.status_code, back))
    assert not wrong, "\n".join(map(str, wrong))
    assert seen > 5


def switch_of(page: Any, language: str) -> str:
    found = BeautifulSoup(page.body, "html.parser").select_one(f"a[hreflang={language}]")
    return str(found["href"]) if found else ""
