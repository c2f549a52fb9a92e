"""Every table of the workplace, a coordinator's browser, and what of another region an answer tells."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from tests.rules.visits import answer as answered
from tests.rules.visits import client_of, text_of
from tests.rules.world import World, canaries_in

TABLES = sorted(admin.site._registry.items(), key=lambda item: item[0]._meta.label)
LISTS = [f"/staf/{model._meta.app_label}/{model._meta.model_name}/" for model, _table in TABLES]


@pytest.fixture
def client(world: World) -> Client:
    return client_of(world, "coordinator")


def leaks(client: Client, path: str, method: str = "GET", **extra: Any) -> list[tuple[str, str]]:
    return leaks_of(answered(client, method, path, **extra), path)


def leaks_of(response: Any, path: str) -> list[tuple[str, str]]:
    assert response.status_code < 500, path
    return [(path, found) for found in canaries_in(told(response))]


def told(response: Any) -> str:
    """What the answer says, without what its reader typed: that comes back in the search field and in links."""
    return re.sub(r'name="q" value="[^"]*"|q(=|%3D)(\w|%(25)?2B)+', "", text_of(response))
