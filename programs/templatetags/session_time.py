"""Times of sessions as people read them: the session's own civil time, always with the zone's name."""

from datetime import datetime

from django import template
from django.utils.formats import date_format, time_format
from django.utils.translation import get_language

from programs.models import Region, TrainingDay, TrainingSession

register = template.Library()


@register.simple_tag
def hours(day: TrainingDay, region: Region) -> str:
    """The hours of a day, for example `09.00–16.00 WIT`."""
    pattern = "H:i" if get_language() == "en" else "H.i"
    starts, ends = (time_format(clock, pattern) for clock in (day.starts_at, day.ends_at))
    return f"{starts}–{ends} {region.zone_abbreviation}"


@register.simple_tag
def dates(session: TrainingSession) -> str:
    """The dates of a session, for example `16–18 Desember 2025` or `30 Januari–1 Februari 2026`."""
    first, last = session.first_day, session.last_day
    if first == last:
        return date_format(last, "j F Y")
    if (first.year, first.month) == (last.year, last.month):
        start = date_format(first, "j")
    else:
        start = date_format(first, "j F" if first.year == last.year else "j F Y")
    return f"{start}–{date_format(last, 'j F Y')}"


@register.simple_tag
def local(instant: datetime, region: Region) -> str:
    """An instant in the region's civil time, for example `Senin, 15 Desember 2025, 18.00 WIT`."""
    there = instant.astimezone(region.zone)
    pattern = "H:i" if get_language() == "en" else "H.i"
    return f"{date_format(there, 'l, j F Y')}, {date_format(there, pattern)} {region.zone_abbreviation}"
