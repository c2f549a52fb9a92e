"""Adding to how often public pages were opened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from django.db import connection

ADD = """
    INSERT INTO programs_visits (day, page, session_id, number)
    SELECT seen.day, seen.page, session.id, seen.number
    FROM unnest(%s::date[], %s::text[], %s::text[], %s::int[]) AS seen (day, page, slug, number)
    LEFT JOIN programs_trainingsession session ON session.slug = nullif(seen.slug, '')
    WHERE seen.slug = '' OR session.id IS NOT NULL
    ORDER BY seen.day, seen.page, session.id
    ON CONFLICT (day, page, session_id) DO UPDATE SET number = programs_visits.number + excluded.number
"""


class Opened(NamedTuple):
    """A public page that was opened: the day, which page, and of a session's page its slug."""

    day: date
    page: str
    slug: str = ""


def add(opened: Mapping[Opened, int]) -> None:
    """Add so many visits to each page and day, in one statement; a session that is gone by now is left out."""
    days, pages, slugs = zip(*opened, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(ADD, [list(days), list(pages), list(slugs), list(opened.values())])
