"""Days as one writes them. They are the days of a few sessions, told to everybody on many pages and in each mail."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from django.utils.formats import date_format
from django.utils.translation import get_language

WHOLE = "l, j F Y"


def in_words(day: date, pattern: str = WHOLE) -> str:
    """The day in the language being written: `Senin, 15 Desember 2025`, or as Django's `pattern` of a date says."""
    return _in_words(day.year, day.month, day.day, pattern, get_language())


@lru_cache(maxsize=4096)
def _in_words(year: int, month: int, day: int, pattern: str, _language: str | None) -> str:
    return date_format(date(year, month, day), pattern)
