"""Minors as staff see them: a masked name and a count, until a guardian says yes."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from participants.models import AccessibilityRequest, Participant, Registration
from tests.programs.admin.tables import LISTS, client, told
from tests.rules.visits import answer as answered
from tests.rules.visits import client_of, first_world
from tests.rules.visits import same_world as world
from tests.rules.world import World

__all__ = ["client", "first_world", "world"]

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", ["coordinator", "ministry", "editor"])
@pytest.mark.parametrize("guardian", ["asked", "refused", "expired"])
def test_minor_before_the_yes_is_a_masked_name_and_a_count(role: str, guardian: str, world: World) -> None:
    """No list, page or search of staff shows more, whatever the child typed before."""
    child = world.a["child"]
    Participant.objects.filter(pk=child.participant_id).update(full_name="Zulaikha Rahasia", phone="+628990001112")
    Registration.objects.filter(pk=child.pk).update(guardian="given")  # the database takes no need before the yes
    need = AccessibilityRequest.objects.create(registration=child, need="kursi roda", asked_at="2025-12-02T00:00Z")
    Registration.objects.filter(pk=child.pk).update(guardian="asked")
    if guardian != "asked":
        Registration.objects.filter(pk=child.pk).update(
            guardian=guardian, place="released", released_at="2025-12-03T00:00Z", release_reason=f"guardian_{guardian}"
        )
    client = client_of(world, role)
    session = world.a["programs.TrainingSession"].pk
    paths = [*LISTS, f"{LISTS[0]}?q=Zulaikha", "/staf/participants/registration/?q=Zulaikha"]
    paths += [
        "/staf/participants/participant/?q=%2B628990001112",
        f"/staf/participants/registration/{child.pk}/change/",
    ]
    paths += [f"/staf/participants/registration/{child.pk}/batal/", f"/staf/programs/trainingsession/{session}/hadir/"]
    paths += [f"/staf/participants/accessibilityrequest/{need.pk}/{page}/" for page in ("change", "history", "jawab")]
    paths += [f"/staf/participants/participant/{child.participant_id}/change/"]
    for path in paths:
        text = told(answered(client, "GET", path))
        for secret in ("Zulaikha", "Rahasia", "+628990001112", "8990001112", "kursi roda"):
            assert secret not in text, (path, secret)
        # The birth year as dates are written: a row's number may be 2009 as well.
        assert not re.search(r"\d[/.-]2009\b|[a-z] 2009\b|\b2009-|>2009<", text), path
    assert "Z*** R***" in answered(client, "GET", "/staf/participants/registration/").content.decode()
    assert answered(client, "GET", paths[-1]).status_code == 404


def test_minor_after_the_yes_is_seen_like_everybody(client: Client, world: World) -> None:
    child = world.a["child"]
    Participant.objects.filter(pk=child.participant_id).update(full_name="Zulaikha Terbuka")
    Registration.objects.filter(pk=child.pk).update(guardian="given")
    assert "Zulaikha Terbuka" in client.get("/staf/participants/registration/").content.decode()
    assert client.get(f"/staf/participants/participant/{child.participant_id}/change/").status_code == 200
