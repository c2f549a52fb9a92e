"""Minors as staff see them: a masked name and a count, until a guardian says yes."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from django.test import Client

from participants.models import AccessibilityRequest, Participant, Registration
from programs.models import TrainingSession
from tests.factories import MINOR_BORN, make_participant, make_registration
from tests.programs.admin.tables import LISTS, client, told
from tests.rules.visits import answer as answered
from tests.rules.visits import client_of, first_world
from tests.rules.visits import same_world as world
from tests.rules.world import World

__all__ = ["client", "first_world", "world"]

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Child:
    """A minor whose guardian has not said yes, what nobody of staff may read of them, and how they are shown."""

    guardian: str
    name: str
    phone: str
    need: str
    shown: str


CHILDREN = [
    Child("asked", "Zulaikha Rahasia", "+628990001112", "kursi roda", "Z*** R***"),
    Child("refused", "Xaverius Tersembunyi", "+628990002223", "juru bahasa isyarat", "X*** T***"),
    Child("expired", "Quraisy Terkunci", "+628990003334", "huruf braille", "Q*** T***"),
]


@pytest.mark.parametrize("role", ["coordinator", "ministry", "editor"])
def test_minor_before_the_yes_is_a_masked_name_and_a_count(role: str, world: World) -> None:
    """No list, page or search of staff shows more, whatever the child typed before."""
    session = world.a["programs.TrainingSession"]
    client, rows = client_of(world, role), [world.a["child"], *(make_minor(session) for _ in CHILDREN[1:])]
    paths = [*LISTS, f"/staf/programs/trainingsession/{session.pk}/hadir/"]
    for child, row in zip(CHILDREN, rows, strict=True):
        paths += [*searches_for(child), *pages_of(row, tell(child, row))]
    secrets = [secret for child in CHILDREN for secret in (*child.name.split(), child.phone[3:], child.need)]

    for path in paths:
        text = told(answered(client, "GET", path))
        assert [secret for secret in secrets if secret in text] == [], path
        # The birth year as dates are written: a row's number may be 2009 as well.
        assert not re.search(r"\d[/.-]2009\b|[a-z] 2009\b|\b2009-|>2009<", text), path
    listed = answered(client, "GET", "/staf/participants/registration/").content.decode()
    assert [child for child in CHILDREN if child.shown not in listed] == []
    for row in rows:
        assert (
            answered(client, "GET", f"/staf/participants/participant/{row.participant_id}/change/").status_code == 404
        )


def make_minor(session: TrainingSession) -> Registration:
    person = make_participant(region=session.region, birth_date=MINOR_BORN, phone="", occupation="")
    return make_registration(session, participant=person, guardian=Registration.Guardian.ASKED)


def tell(child: Child, row: Registration) -> AccessibilityRequest:
    """Write what `child` typed, and how far its guardian is."""
    Participant.objects.filter(pk=row.participant_id).update(full_name=child.name, phone=child.phone)
    Registration.objects.filter(pk=row.pk).update(guardian="given")  # the database takes no need before the yes
    need = AccessibilityRequest.objects.create(registration=row, need=child.need, asked_at="2025-12-02T00:00Z")
    Registration.objects.filter(pk=row.pk).update(guardian="asked")
    if child.guardian != "asked":
        reason = f"guardian_{child.guardian}"
        released = {"place": "released", "released_at": "2025-12-03T00:00Z", "release_reason": reason}
        Registration.objects.filter(pk=row.pk).update(guardian=child.guardian, **released)
    return need


def searches_for(child: Child) -> list[str]:
    name, number = child.name.split()[0], child.phone.replace("+", "%2B")
    return [
        f"{LISTS[0]}?q={name}",
        f"/staf/participants/registration/?q={name}",
        f"/staf/participants/participant/?q={number}",
    ]


def pages_of(row: Registration, need: AccessibilityRequest) -> list[str]:
    return [
        *(f"/staf/participants/registration/{row.pk}/{page}/" for page in ("change", "batal")),
        *(f"/staf/participants/accessibilityrequest/{need.pk}/{page}/" for page in ("change", "history", "jawab")),
        f"/staf/participants/participant/{row.participant_id}/change/",
    ]


def test_minor_after_the_yes_is_seen_like_everybody(client: Client, world: World) -> None:
    child = world.a["child"]
    Participant.objects.filter(pk=child.participant_id).update(full_name="Zulaikha Terbuka")
    Registration.objects.filter(pk=child.pk).update(guardian="given")
    assert "Zulaikha Terbuka" in client.get("/staf/participants/registration/").content.decode()
    assert client.get(f"/staf/participants/participant/{child.participant_id}/change/").status_code == 200
