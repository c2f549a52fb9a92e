"""Draw static/img/indonesia.svg again: `python -m tools.draw_map countries-50m.json`.

The file is Natural Earth's countries at 1:50 million (public domain) as packed by Michael Bostock's world-atlas 2.0.2
(npm; ISC, see tools/LICENSE.world-atlas). Of it the drawing keeps Indonesia, larger islands only, with lines as simple
as the eye forgives at the width of a page.
"""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

from programs.maps import HEIGHT, WIDTH, project

INDONESIA = "360"
SMALLEST = 8.0  # area of the smallest island that is drawn
ROUGHNESS = 2.0  # area of the smallest corner that is kept
TARGET = Path(__file__).resolve().parent.parent / "static" / "img" / "indonesia.svg"
Point = tuple[float, float]


def rings(atlas: dict[str, Any]) -> list[list[Point]]:
    """The coasts of Indonesia on the drawing, each a closed line."""
    country = next(row for row in atlas["objects"]["countries"]["geometries"] if row.get("id") == INDONESIA)
    polygons = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
    arcs = [_arc(atlas, number) for number in range(len(atlas["arcs"]))]
    found = []
    for polygon in polygons:
        line: list[Point] = []
        for number in polygon[0]:
            arc = arcs[number] if number >= 0 else arcs[~number][::-1]
            line += arc[1:] if line else arc
        found.append([project(latitude, longitude) for longitude, latitude in line])
    return found


def _arc(atlas: dict[str, Any], number: int) -> list[Point]:
    """One line of the file: whole-number steps, scaled and moved."""
    (scale_x, scale_y), (shift_x, shift_y) = atlas["transform"]["scale"], atlas["transform"]["translate"]
    x = y = 0
    points = []
    for step_x, step_y in atlas["arcs"][number]:
        x, y = x + step_x, y + step_y
        points.append((x * scale_x + shift_x, y * scale_y + shift_y))
    return points


def simplify(ring: list[Point]) -> list[Point]:
    """Take away the corner that matters least until each spans at least ROUGHNESS (Visvalingam and Whyatt)."""
    points = ring[:-1]
    while len(points) > 4:
        areas = [_area([points[i - 1], points[i], points[(i + 1) % len(points)]]) for i in range(len(points))]
        least = min(range(len(points)), key=areas.__getitem__)
        if areas[least] >= ROUGHNESS:
            break
        del points[least]
    return points


def _area(points: list[Point]) -> float:
    pairs = zip(points, [*points[1:], points[0]], strict=True)
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairs)) / 2


def path(ring: list[Point]) -> str:
    """The line as SVG writes it: one point, then steps in whole numbers."""
    whole = [(round(x), round(y)) for x, y in ring]
    steps = [(bx - ax, by - ay) for (ax, ay), (bx, by) in pairwise(whole)]
    numbers = "".join(f"{dx:+d}{dy:+d}" for dx, dy in steps if (dx, dy) != (0, 0))
    return f"M{whole[0][0]} {whole[0][1]}l{numbers.lstrip('+').replace('+', ' ')}z"


def main(source: Path) -> None:
    land = [simplify(ring) for ring in rings(json.loads(source.read_text())) if _area(ring) >= SMALLEST]
    TARGET.write_text(
        "<!-- Made with Natural Earth (public domain) by tools/draw_map.py -->\n"
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<path id="land" d="{"".join(map(path, land))}"/></svg>\n'
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
