"""The map: places where they belong, pins clear of one another and within the drawing."""

from itertools import combinations
from math import hypot
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from programs import maps, queries
from programs.models import Region, TrainingSession
from programs.operations import editions
from tests.factories import DURING_REGISTRATION, make_region, make_session

pytestmark = pytest.mark.django_db
SABANG, MERAUKE, JAKARTA, DENPASAR = (5.89, 95.32), (-8.49, 140.40), (-6.19, 106.83), (-8.67, 115.21)


@pytest.fixture
def december():
    editions.load(Path("programs/editions/2025_12.toml").read_text(encoding="utf-8"))
    sessions = TrainingSession.objects.with_places()
    return maps.pins(queries.Offer(row, queries.offer_state(row, now=DURING_REGISTRATION)) for row in sessions)


def test_project_puts_the_corners_of_the_country_on_the_drawing():
    (west, north), (east, south) = maps.project(*SABANG), maps.project(*MERAUKE)

    assert 0 < west < 30
    assert 970 < east < maps.WIDTH
    assert 0 < north < south < maps.HEIGHT


def test_kilometres_are_near_enough():
    assert maps.kilometres(JAKARTA, DENPASAR) == pytest.approx(960, rel=0.03)
    assert maps.kilometres(JAKARTA, JAKARTA) == 0


def test_pins_stand_apart_and_within_the_drawing(december):
    assert len(december) == 15
    for one, other in combinations(december, 2):
        assert hypot(one.head_x - other.head_x, one.head_y - other.head_y) > maps.APART - 3
    touched = 22  # the radius of what is pressed
    assert all(touched < pin.head_x < maps.WIDTH - touched for pin in december)
    assert all(touched < pin.head_y < maps.HEIGHT - touched for pin in december)


def test_pins_stay_near_their_places(december):
    """The control: what is pushed aside still points at its city."""
    assert max(hypot(pin.head_x - pin.x, pin.head_y - pin.y) for pin in december) < 3 * maps.APART


def test_pins_of_two_sessions_in_one_city_stand_apart():
    region = make_region(latitude=-6.2, longitude=106.8)
    offers = [queries.Offer(make_session(region=region), queries.OfferState.OPEN) for _ in range(3)]

    heads = {(pin.head_x, pin.head_y) for pin in maps.pins(offers)}

    assert len(heads) == 3


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("latitude = -6.2", "region_place_is_whole"),
        ("longitude = 106.8", "region_place_is_whole"),
        ("latitude = 48.1, longitude = 106.8", "region_lies_in_indonesia"),
        ("latitude = -6.2, longitude = 11.6", "region_lies_in_indonesia"),
    ],
)
def test_region_refuses_half_a_place_and_one_abroad(change, constraint):
    make_region()

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE programs_region SET {change}")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE programs_region SET latitude = -6.2, longitude = 106.8")
    assert Region.objects.get().place == (-6.2, 106.8)
