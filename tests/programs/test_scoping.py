"""Whose regions: staff see the rows of those that are theirs, and people through registrations alone (#032 #033)."""

from __future__ import annotations

import pytest
from django.test import Client

from participants.models import Notification, Participant, Registration
from programs.models import Coordination, Region, TrainingSession, Venue
from tests.factories import make_participant, make_program, make_region, make_registration, make_session
from tests.programs.admin.tables import client, leaks
from tests.rules.visits import world
from tests.rules.world import World
from tests.staff import make_staff

__all__ = ["client", "world"]

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("count", [0, 1, 2, 15])
def test_coordinator_sees_as_many_regions_as_assigned(count: int) -> None:
    program = make_program()
    regions = [make_region() for _number in range(15)]
    for region in regions:
        make_registration(make_session(program=program, region=region))
    user = make_staff("coordinator", *regions[:count])
    for rows in (Region, Venue, TrainingSession, Registration, Participant):
        assert rows.objects.visible_to(user).count() == count, rows
    if count:
        Coordination.objects.filter(user=user, region=regions[0]).delete()
        assert TrainingSession.objects.visible_to(user).count() == count - 1
        assert not Participant.objects.visible_to(user).filter(registrations__region=regions[0]).exists()


def test_withdrawn_region_is_gone_at_the_next_request(client: Client, world: World) -> None:
    path = f"/staf/programs/trainingsession/{world.a['programs.TrainingSession'].pk}/hadir/"
    assert client.get(path).status_code == 200
    Coordination.objects.filter(user=world.users["coordinator"]).delete()
    assert client.get(path).status_code == 404
    assert client.post(path, {"all_present": "1"}).status_code == 404


def test_messages_without_a_region_are_the_ministrys(world: World) -> None:
    Notification.objects.filter(region=world.a["programs.Region"]).update(region=None)
    coordinator, ministry = world.users["coordinator"], world.users["ministry"]
    assert not Notification.objects.visible_to(coordinator).exists()
    assert Notification.objects.visible_to(ministry).count() == 4


def test_person_is_seen_through_registrations_and_never_by_home(world: World) -> None:
    """Somebody from region A who registers in B is B's; somebody without a registration is the ministry's alone."""
    visitor = make_participant(region=world.a["programs.Region"], full_name="Tamu Jauh")
    make_registration(world.b["programs.TrainingSession"], participant=visitor)
    idle = make_participant(region=world.a["programs.Region"], full_name="Belum Daftar")
    coordinator, ministry = world.users["coordinator"], world.users["ministry"]
    seen = Participant.objects.visible_to(coordinator)
    assert not seen.filter(pk__in=[visitor.pk, idle.pk]).exists()
    assert Participant.objects.visible_to(ministry).filter(pk__in=[visitor.pk, idle.pk]).count() == 2


def test_person_of_two_regions_shows_each_its_own_registration(client: Client, world: World) -> None:
    """Released in B, confirmed in A: A sees the person, and only the registration in A."""
    person = world.a["participants.Participant"]
    other = make_registration(
        world.b["programs.TrainingSession"],
        participant=person,
        place="released",
        released_at="2025-12-03T00:00Z",
        release_reason="switched",
    )
    assert client.get(f"/staf/participants/participant/{person.pk}/change/").status_code == 200
    assert client.get(f"/staf/participants/registration/{other.pk}/change/").status_code == 404
    assert leaks(client, f"/staf/participants/participant/{person.pk}/change/") == []
