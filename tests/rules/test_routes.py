"""Every address, by every method, as each role: what the permission table says."""

from __future__ import annotations

import json
import re
from io import StringIO
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client

from portal import routes
from portal.middleware import HEADERS, LEADS_TO_GOOGLE, SCANNER_HEADERS
from tests.rules.test_templates import INLINE
from tests.rules.visits import DENIED, ROLES, ROUTES, Visit, address, answer, client_of, is_denied, text_of, world
from tests.rules.walks import Walk, is_followed, is_html, like, links_of, walk_as
from tests.rules.world import World, canaries_in

__all__ = ["world"]
WALKS = {role: pytest.param(role, marks=pytest.mark.xdist_group(f"walk as {role}")) for role in ROLES}
each_role = pytest.mark.parametrize("role", WALKS.values())  # one process judges all of a role's walk
FORBIDDEN_METHODS = ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND"]
STRICTER = {"Referrer-Policy": "strict-origin"}
WITH_GOOGLE = {"door", "register", "google"}  # the button, and the form that sends it again
CHANGES_NOTHING = {"eligibility"}  # its form stands on a page that is the same for everybody, so it carries no token
PRESSED_BY_MAIL_PROGRAMS = {"opt_out"}  # who have the secret of the link and no page of ours
KEPT = {"home", "sessions", "session"}  # public pages that hold no form's token


@pytest.fixture(scope="module")
def walks() -> dict[str, Walk]:
    return {}


@pytest.fixture
def walk(role: str, walks: dict[str, Walk], db: None, request: pytest.FixtureRequest) -> Walk:
    """The walk of `role`: the first test that judges it walks, in a world of its own."""
    if role not in walks:
        walks[role] = walk_as(request.getfixturevalue("world"), role)
    return walks[role]


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


def test_the_door_leads_back_to_no_address_that_only_takes_a_press(world: World) -> None:
    """Whoever presses with a login that has ended comes back from the door by reading that very address."""
    pressed = [
        route
        for route in ROUTES
        if not route.name.startswith("admin:")
        and getattr(route.view, "login_required", True)
        and "participant" in routes.access()[route.name].post
        and not routes.access()[route.name].get
    ]
    client = client_of(world, "participant")
    read = {route.name: answer(client, "GET", address(world, route, world.a)).status_code for route in pressed}
    assert {name: status for name, status in read.items() if status != 302} == {}
    assert "own_data" in read
    assert "accept_offer" in read


def test_every_number_in_an_address_is_known_as_an_id() -> None:
    known = {(route.name, name) for route in ROUTES for name in routes.access()[route.name].ids}
    given = {(route.name, name) for route in ROUTES for name in route.arguments}
    assert given - known == {("admin:/staf/<url>", "url")}


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


@pytest.mark.parametrize("role", [WALKS["coordinator"]])
def test_no_page_of_the_workplace_shows_a_coordinator_another_region(walk: Walk) -> None:
    answers = [(visit.path, visit.answer) for visit in walk.visits]
    answers += [(path, linked) for (path, _asked), linked in walk.linked.items()]
    leaks = [
        (path, found) for path, page in answers if path.startswith("/staf/") for found in canaries_in(text_of(page))
    ]
    assert not leaks, "\n".join(map(str, leaks))


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
    others |= SCANNER_HEADERS if visit.route.name == "scanner" else {}
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


@pytest.mark.parametrize("origin", [{}, {"HTTP_ORIGIN": "https://elsewhere.example"}], ids=["no-token", "elsewhere"])
def test_forms_from_elsewhere_are_refused(world: World, origin: dict[str, str]) -> None:
    """Without the token, or from another site, every writing address answers 403 to whoever may write there."""
    wrong = []
    for role in ROLES:
        cookies = client_of(world, role).cookies
        for route in ROUTES:
            if not routes.access()[route.name].allows(role, "POST") or (
                not origin and route.name in CHANGES_NOTHING | PRESSED_BY_MAIL_PROGRAMS
            ):
                continue
            client = Client(enforce_csrf_checks=True, raise_request_exception=False)
            for name, morsel in cookies.items():
                client.cookies[name] = morsel.value
            response = answer(client, "POST", address(world, route, world.a), **origin)
            if response.status_code != 403:
                wrong.append((role, route.path, response.status_code))
    assert not wrong, "\n".join(map(str, wrong))


@each_role
def test_no_page_offers_a_link_that_its_reader_may_not_follow(walk: Walk, role: str) -> None:
    broken = [
        (visit.path, target, walk.linked[like(target)].status_code)
        for visit in walk.pages()
        for target in links_of(visit.path, visit.answer)
        if is_followed(target, role) and walk.linked[like(target)].status_code >= 400
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
