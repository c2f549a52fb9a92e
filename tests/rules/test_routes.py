"""Every address, by every method, as each role: what the permission table says, and no byte of another region."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, urljoin

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
WALKS = {role: pytest.param(role, marks=pytest.mark.xdist_group(f"walk as {role}")) for role in ROLES}
each_role = pytest.mark.parametrize("role", WALKS.values())  # one process judges all of a role's walk
FORBIDDEN_METHODS = ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND"]
Link = tuple[str, frozenset[str]]
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
    return with_change(client, method, path, **extra)[0]


def with_change(
    client: Client, method: str, path: str, before: list[Any] | None = None, **extra: Any
) -> tuple[HttpResponse, bool]:
    """`answer`, and whether it changed the state, which was `before`."""
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    with transaction.atomic():
        response = client.generic(method, path, **extra)
        if response.streaming:
            response.body = b"".join(response.streaming_content)  # type: ignore[attr-defined]
            response.close()
        else:
            response.body = response.content  # type: ignore[attr-defined]
        changed = before is not None and state() != before
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


@dataclass
class Walk:
    """Every address read, and written to with an empty form; and whatever the pages link to besides."""

    visits: list[Visit]
    linked: dict[Link, HttpResponse]

    def pages(self) -> Iterator[Visit]:
        for visit in self.visits:
            if visit.method == "GET" and visit.answer.status_code == 200 and is_html(visit.answer):
                yield visit


def is_html(response: HttpResponse) -> bool:
    return "html" in response.headers.get("Content-Type", "")


def links_of(path: str, page: Any) -> set[str]:
    """Addresses of this site that a page links to."""
    links = BeautifulSoup(page.body, "html.parser").select("a[href]")
    return {target for link in links if (target := urljoin(path, str(link["href"])).partition("#")[0]).startswith("/")}


def like(target: str) -> Link:
    """One link stands for all that ask the same page for the same things, whatever the values."""
    path, _, query = target.partition("?")
    return path, frozenset(parse_qs(query))


@pytest.fixture(scope="module")
def walks() -> dict[str, Walk]:
    return {}


@pytest.fixture
def walk(role: str, walks: dict[str, Walk], db: None, request: pytest.FixtureRequest) -> Walk:
    """The walk of `role`: the first test that judges it walks, in a world of its own."""
    if role not in walks:
        walks[role] = walk_as(request.getfixturevalue("world"), role)
    return walks[role]


def walk_as(world: World, role: str) -> Walk:
    client, before = client_of(world, role), state()
    walk = Walk([], {})
    for route in ROUTES:
        path = address(world, route, world.a)
        for method in ("GET", "POST"):
            walk.visits.append(Visit(route, method, path, *with_change(client, method, path, before)))
    walk.linked |= {like(visit.path): visit.answer for visit in walk.visits if visit.method == "GET"}
    for visit in list(walk.pages()):
        for target in links_of(visit.path, visit.answer):
            if like(target) not in walk.linked:
                walk.linked[like(target)] = answer(client, "GET", target)
    return walk


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


@each_role
def test_addresses_open_to_whom_the_table_names(walk: Walk, role: str) -> None:
    wrong = [
        (visit.path, visit.answer.status_code, visit.answer.headers.get("Location"))
        for visit in walk.visits
        if visit.method == "GET" and (role in visit.is_allowed_to) == visit.is_denied
    ]
    assert not wrong, "\n".join(map(str, wrong))


@each_role
def test_whoever_may_not_read_does_not_learn_by_head(world: World, role: str) -> None:
    client, wrong = client_of(world, role), []
    for route in ROUTES:
        if not routes.access()[route.name].allows(role, "HEAD"):
            response = answer(client, "HEAD", address(world, route, world.a))
            if not is_denied(response, route, "HEAD"):
                wrong.append((route.path, response.status_code))
    assert not wrong, "\n".join(map(str, wrong))


@each_role
def test_writing_is_open_to_whom_the_table_names(walk: Walk, role: str) -> None:
    """An empty form: who may write gets an answer to it; for all others nothing changes."""
    wrong = []
    for visit in walk.visits:
        if visit.method != "POST":
            continue
        if role in visit.is_allowed_to:
            if visit.is_denied:
                wrong.append((visit.path, visit.answer.status_code, "denied"))
        elif visit.changed or visit.answer.status_code >= 500:
            wrong.append((visit.path, visit.answer.status_code, "changed"))
    assert not wrong, "\n".join(map(str, wrong))


def client_of_same(client: Client) -> Client:
    """Another browser with the same cookies, so that a logout ends only this copy."""
    copy = Client(raise_request_exception=False)
    for name, morsel in client.cookies.items():
        copy.cookies[name] = morsel.value
    return copy


@each_role
def test_reading_changes_nothing(walk: Walk) -> None:
    assert [visit.path for visit in walk.visits if visit.method == "GET" and visit.changed] == []


@each_role
def test_answers_carry_the_headers_and_hold_nothing_inline(walk: Walk) -> None:
    wrong = [(visit.method, visit.path, *found) for visit in walk.visits if (found := unfit(visit))]
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("role", ["anonymous", "participant", "superuser"])
def test_no_other_method_is_answered(world: World, role: str) -> None:
    """They are refused before anybody is asked who they are, so three roles stand for all."""
    client, wrong = client_of(world, role), []
    for route in ROUTES:
        path = address(world, route, world.a)
        for method in ("OPTIONS", *FORBIDDEN_METHODS):
            visit = Visit(route, method, path, answer(client, method, path), changed=False)
            if found := unfit(visit):
                wrong.append((method, path, *found))
            if method in FORBIDDEN_METHODS and visit.answer.status_code not in DENIED:
                wrong.append((method, path, visit.answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))


def unfit(visit: Visit) -> list[Any]:
    """What an answer lacks of the headers, holds inline, or lets a cache keep; empty if it is as it should be."""
    response = visit.answer
    others = STRICTER | ({"Content-Security-Policy": LEADS_TO_GOOGLE} if visit.route.name in WITH_GOOGLE else {})
    found = [name for name, value in HEADERS.items() if response.headers.get(name) not in (value, others.get(name))]
    found += found_inline(response) if is_html(response) else []
    if is_kept(response) != (visit.route.name in KEPT and visit.method == "GET"):
        found += [response.headers["Cache-Control"], str(response.headers.get("Vary"))]
    return [*found, response.status_code] if found or response.status_code >= 500 else []


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
        for method in ("GET", "POST", "HEAD", "OPTIONS", "PUT"):
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


@each_role
def test_no_page_offers_a_link_that_its_reader_may_not_follow(walk: Walk) -> None:
    broken = [
        (visit.path, target, walk.linked[like(target)].status_code)
        for visit in walk.pages()
        for target in links_of(visit.path, visit.answer)
        if walk.linked[like(target)].status_code >= 400
    ]
    assert not broken, "\n".join(map(str, broken))
    assert len(walk.linked) > len(ROUTES)


@pytest.mark.parametrize("role", [WALKS["anonymous"], WALKS["participant"]])
def test_every_page_leads_to_itself_in_the_other_language_and_back(walk: Walk) -> None:
    seen, wrong = 0, []
    for visit in walk.pages():
        if visit.path.startswith("/staf/"):
            continue
        seen += 1
        there = switch_of(visit.answer, "en")
        english = walk.linked[like(there)]
        back = switch_of(english, "id")
        if (there.partition("?")[0], back.partition("?")[0]) != (f"/en{visit.path}", visit.path):
            wrong.append((visit.path, there, english.status_code, back))
        if 'lang="en"' not in text_of(english):
            wrong.append((visit.path, there, "not English"))
    assert not wrong, "\n".join(map(str, wrong))
    assert seen > 5


def switch_of(page: Any, language: str) -> str:
    found = BeautifulSoup(page.body, "html.parser").select_one(f"a[hreflang={language}]")
    return str(found["href"]) if found else ""
