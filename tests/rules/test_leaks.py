"""No byte of another region, and nothing personal for strangers, at any address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from portal import routes
from portal.routes import Route
from tests.rules.visits import ROUTES, address, answer, client_of, text_of, world
from tests.rules.world import Place, World, canaries_in

__all__ = ["world"]


def staff_addresses(world: World, place: Place) -> Iterator[tuple[Route, str]]:
    for route in ROUTES:
        if route.path.startswith("/staf/"):
            yield route, address(world, route, place)


def test_coordinator_reads_no_byte_of_another_region(world: World) -> None:
    """At its own addresses; what pages of the own region show is judged where they are walked."""
    client, leaks = client_of(world, "coordinator"), []
    for _route, path in staff_addresses(world, world.b):
        for method in ("GET", "POST", "OPTIONS", "PUT"):  # HEAD is GET without the page
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
        absent = address(world, replace(route, path=route.path.replace(f"<{name}>", "987654321")), world.b)
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
