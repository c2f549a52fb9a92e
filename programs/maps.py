"""The map of regions: where a place on earth lies on the drawing, and pins that stand clear of one another.

The drawing (static/img/indonesia.svg, made by tools/draw_map.py) and the pins share this projection.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import cos, hypot, radians
from typing import NamedTuple

from programs.queries import Offer

WEST, EAST, SOUTH, NORTH = 94.6, 141.4, -11.4, 6.4  # degrees: the corners of the drawing
WIDTH = 1000
HEIGHT = round(WIDTH * (NORTH - SOUTH) / (EAST - WEST))  # on the equator a degree is as wide as it is high
APART = 46.0  # how far the heads of two pins stand from one another at least
EDGE = 24.0  # how far a head stays from the edge of the drawing: what is pressed around it reaches as far
LIFT = 34.0  # how far above its place a head stands when there is room
DRAWING = f"0 0 {WIDTH} {HEIGHT}"  # the viewBox


class Pin(NamedTuple):
    """A session on the drawing: the dot where its city lies, and the head of the pin that stands on it."""

    offer: Offer
    x: int
    y: int
    head_x: int
    head_y: int

    @property
    def anchor(self) -> str:
        """Where the label is held, so that none leaves the drawing."""
        if self.head_x < WIDTH / 6:
            return "start"
        return "end" if self.head_x > WIDTH * 5 / 6 else "middle"


def project(latitude: float, longitude: float) -> tuple[float, float]:
    """The point of the drawing where a place lies."""
    scale = WIDTH / (EAST - WEST)
    return (longitude - WEST) * scale, (NORTH - latitude) * scale


def pins(offers: Iterable[Offer]) -> list[Pin]:
    """A pin for each session whose region has a place on the map, west to east; no two heads too close."""
    placed = [(offer, project(*place)) for offer in offers if (place := offer.session.region.place)]
    placed.sort(key=lambda pin: pin[1])
    heads = _apart([(_within(x, WIDTH), _within(y - LIFT, HEIGHT)) for _offer, (x, y) in placed])
    return [
        Pin(offer, round(x), round(y), round(head_x), round(head_y))
        for (offer, (x, y)), (head_x, head_y) in zip(placed, heads, strict=True)
    ]


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Roughly how far apart two places (latitude, longitude) are: good enough to say which is nearer."""
    north = (one[0] - other[0]) * 111.2
    east = (one[1] - other[1]) * 111.2 * cos(radians((one[0] + other[0]) / 2))
    return hypot(north, east)


def _within(value: float, end: int) -> float:
    return min(end - EDGE, max(EDGE, value))


def _apart(heads: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Push heads that are too close away from one another, a little at a time, and keep them on the drawing."""
    points = [list(head) for head in heads]
    for _round in range(200):
        moved = False
        for second in range(len(points)):
            for first in range(second):
                a, b = points[first], points[second]
                # In order from west to east; of two in one spot, the second goes up.
                away = (b[0] - a[0], b[1] - a[1] - (0.0 if a != b else 1.0))
                distance = hypot(*away)
                if distance >= APART - 0.5:
                    continue
                moved = True
                step = (APART - distance) / 2 / distance
                for point, sign in ((a, -1), (b, 1)):
                    point[0] = _within(point[0] + sign * away[0] * step, WIDTH)
                    point[1] = _within(point[1] + sign * away[1] * step, HEIGHT)
        if not moved:
            break
    return [(x, y) for x, y in points]
