"""A walk of one role: every address read and written to, and whatever the pages link to besides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urljoin

from django.http import HttpResponse

from tests.rules.goals import goals_of
from tests.rules.visits import ROUTES, Visit, Watch, address, answer, client_of, with_change
from tests.rules.world import World

Link = tuple[str, frozenset[str]]


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
    """Addresses of this site that a page links to; the page is read once."""
    if not hasattr(page, "goals"):
        page.goals = set(goals_of(page.body.decode(), ["a"], ["href"]))
    found = {urljoin(path, goal).partition("#")[0] for goal in page.goals}
    return {target for target in found if target.startswith("/")}


def like(target: str) -> Link:
    """One link stands for all that ask the same page for the same things, whatever the values."""
    path, _, query = target.partition("?")
    return path, frozenset(parse_qs(query))


def is_followed(target: str, role: str) -> bool:
    """The workplace in English is the same pages in other words: one role walks it for all."""
    return role == "superuser" or not target.startswith("/en/staf/")


def walk_as(world: World, role: str) -> Walk:
    client, before = client_of(world, role), Watch()
    walk = Walk([], {})
    for route in ROUTES:
        path = address(world, route, world.a)
        for method in ("GET", "POST"):
            walk.visits.append(Visit(route, method, path, *with_change(client, method, path, before)))
    walk.linked |= {like(visit.path): visit.answer for visit in walk.visits if visit.method == "GET"}
    for visit in list(walk.pages()):
        for target in links_of(visit.path, visit.answer):
            if like(target) not in walk.linked and is_followed(target, role):
                walk.linked[like(target)] = answer(client, "GET", target)
    return walk
