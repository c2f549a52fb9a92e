"""What people and staff type is text wherever it is shown: no tag, no attribute, no template, no script of theirs."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from bs4 import BeautifulSoup

from tests.rules.visits import ROUTES, address, answer, client_of, world
from tests.rules.world import World, sing

__all__ = ["world"]

TYPED = """kanari"><b>'{{7*191}}"""
MARKUP = re.compile(r"""kanari(?:"|'|<b>)|kanari[^<]{0,20}1337""")
SHOWN = {
    "anonymous": {"sessions", "session"},
    "participant": {"my_page", "profile", "ticket", "session", "appeal"},
    "superuser": {
        *("admin:participants_participant_changelist", "admin:participants_registration_changelist"),
        *("admin:participants_registration_change", "admin:programs_trainingsession_attendance"),
        *("admin:participants_appeal_answer", "admin:programs_trainingsession_history"),
        "admin:participants_notification_change",
    },
}


@pytest.mark.parametrize("role", ["anonymous", "participant", "superuser"])
def test_every_text_of_every_row_is_shown_literally(world: World, role: str) -> None:
    sing(world.b, TYPED)
    client = client_of(world, role)
    if role == "participant":
        client.force_login(world.b["participants.Participant"].user)
    shown: Counter[str] = Counter()
    wrong = []
    for route in ROUTES:
        response = answer(client, "GET", address(world, route, world.b))
        if "html" not in response.headers.get("Content-Type", ""):
            continue
        body = response.body.decode()  # type: ignore[attr-defined]
        wrong += [(route.path, body[max(0, at.start() - 80) : at.end() + 20]) for at in MARKUP.finditer(body)]
        page = BeautifulSoup(body, "html.parser")
        told = page.get_text() + " ".join(str(value) for tag in page.find_all() for value in tag.attrs.values())
        shown[route.name] += told.count(TYPED)
    assert not wrong, "\n".join(map(str, wrong))
    assert {name for name, times in shown.items() if times} >= SHOWN[role]
