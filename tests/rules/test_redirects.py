"""Where answers lead: to ourselves, whatever an address, a field or a header asks for."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse

from tests.rules.goals import goals_of
from tests.rules.visits import ROUTES, address, answer, client_of, first_world, text_of
from tests.rules.visits import same_world as world
from tests.rules.world import World

__all__ = ["first_world", "world"]

HOME = "http://testserver"
GOALS = ["next", "sesi", "ke", "kode", "to", "url", "redirect", "return", "pendaftaran", "_popup", "_to_field"]
MARK = "/saya/penanda/"
ELSEWHERE = [
    *(
        "//evil.example",
        "///evil.example",
        "////evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "\\/evil.example",
    ),
    *(
        "https://evil.example",
        "http:evil.example",
        "https:/evil.example",
        "https:///evil.example",
        "HTTPS://evil.example",
    ),
    *("//evil.example/saya/", "//testserver@evil.example", "//testserver:80@evil.example/", "//evil.example#/saya/"),
    *(
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "//evil%2eexample",
        "//evil。example",
    ),
    *("%2f%2fevil.example", "%5c%5cevil.example", "/%2fevil.example", "/%5cevil.example", "/./\\evil.example"),
    *(
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,evil.example",
        "vbscript:x",
    ),
    *(
        "evil.example",
        "evil.example/saya/",
        "@evil.example",
        ".evil.example",
        ":80@evil.example",
        "mailto:a@evil.example",
    ),
    *("http://[evil.example", "http://testserver.evil.example", "//[::1]/", "///\\;@evil.example"),
]
FORGED = {
    "HTTP_X_FORWARDED_HOST": "evil.example",
    "HTTP_FORWARDED": "for=1.1.1.1;host=evil.example;proto=https",
    "HTTP_X_HOST": "evil.example",
    "HTTP_X_ORIGINAL_HOST": "evil.example",
    "HTTP_X_ORIGINAL_URL": "//evil.example/",
    "HTTP_X_REWRITE_URL": "//evil.example/",
    "HTTP_X_FORWARDED_PREFIX": "//evil.example",
}


def sent(method: str, path: str, goal: str, names: list[str]) -> tuple[str, dict[str, Any]]:
    asked = urlencode(dict.fromkeys(names, goal))
    if method == "GET":
        return f"{path}?{asked}", {}
    return f"{path}?{asked}", {"data": asked, "content_type": "application/x-www-form-urlencoded"}


def leads_to(response: Any) -> set[str]:
    """Every address that the answer leads to: by itself, by a link or by a form."""
    goals = [response.headers.get("Location", ""), response.headers.get("Refresh", "")]
    if "html" in response.headers.get("Content-Type", ""):
        goals += goals_of(response.body.decode(), [], ["href", "action", "formaction", "src"])
    return set(goals)


def carries(response: Any) -> bool:
    """Whether a form of the page takes the goal along."""
    if "html" not in response.headers.get("Content-Type", ""):
        return False
    return any(tag.get("value") == MARK for tag in BeautifulSoup(response.body, "html.parser").select("[name=next]"))


def is_ours(goal: str, path: str) -> bool:
    """As a browser reads it: without white space around and tabs within, backslashes as slashes."""
    goal = re.sub(r"[\t\r\n]", "", goal).strip().replace("\\", "/")
    try:
        found = urlsplit(urljoin(HOME + path, goal))
    except ValueError:
        return False
    return (found.scheme, found.netloc) in (("http", "testserver"), ("mailto", ""), ("data", ""))


@pytest.mark.parametrize("role", ["anonymous", "participant", "password", "superuser"])
def test_no_answer_leads_elsewhere(world: World, role: str) -> None:
    client, reading, wrong = client_of(world, role), set(), []
    for route in ROUTES:
        path = address(world, route, world.a)
        if role == "superuser" and route.arguments:
            continue
        for method in ("GET", "POST"):
            target, extra = sent(method, path, MARK, GOALS)
            response = answer(client, method, target, **extra)
            if MARK in leads_to(response) or carries(response):
                reading.add((route.name, method, path))
    for _name, method, path in sorted(reading):
        for goal in ELSEWHERE:
            target, extra = sent(method, path, goal, GOALS)
            goals = leads_to(answer(client, method, target, **extra))
            wrong += [(method, path, goal, found) for found in goals if not is_ours(found, path)]
    assert {name for name, _method, _path in reading} >= READING[role]
    assert not wrong, "\n".join(map(str, wrong))


READING = {  # what is known to lead on to where somebody wanted to go
    "anonymous": {"door", "account_login"},
    "participant": {"door"},
    "password": {"door", "account_logout", "account_reauthenticate"},
    "superuser": {"door", "account_logout", "mfa_reauthenticate"},
}


@pytest.mark.parametrize("goal", ELSEWHERE)
def test_no_step_of_the_staff_login_leads_elsewhere(world: World, goal: str) -> None:
    user = world.users["coordinator"]
    assert user is not None
    RecoveryCodes.activate(user)
    code = RecoveryCodes(Authenticator.objects.get(type="recovery_codes", user=user)).get_unused_codes()[0]
    client = Client()
    steps = [
        ("account_login", {"login": user.email, "password": "kunci-rahasia-uji-2025"}),
        ("mfa_authenticate", {"code": code}),
        ("account_reauthenticate", {"password": "kunci-rahasia-uji-2025"}),
        ("account_logout", {}),
    ]
    for name, typed in steps:
        path = reverse(name)
        response = client.post(f"{path}?{urlencode({'next': goal})}", typed | {"next": goal})
        assert response.status_code == 302, name
        assert is_ours(response.headers["Location"], path), name


@pytest.mark.parametrize("role", ["anonymous", "participant", "superuser"])
def test_no_answer_repeats_a_forged_host(world: World, role: str) -> None:
    client, wrong = client_of(world, role), []
    for route in ROUTES:
        path = address(world, route, world.a)
        for method in ("GET", "POST") if role != "superuser" else ("GET",):
            if "evil.example" in text_of(answer(client, method, path, **FORGED)):
                wrong.append((method, path))
    assert not wrong, "\n".join(map(str, wrong))
