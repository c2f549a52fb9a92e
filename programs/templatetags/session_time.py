"""Times of sessions as people read them: the session's own civil time, always with the zone's name."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django import template
from django.utils.formats import date_format, time_format
from django.utils.translation import get_language, gettext_lazy

from programs.models import Region, TrainingDay, TrainingSession

register = template.Library()
JAKARTA = ZoneInfo("Asia/Jakarta")
ZONE_NAMES = {
    "WIB": gettext_lazy("Waktu Indonesia Barat"),
    "WITA": gettext_lazy("Waktu Indonesia Tengah"),
    "WIT": gettext_lazy("Waktu Indonesia Timur"),
}


@register.simple_tag
def hours(day: TrainingDay, region: Region) -> str:
    """The hours of a day, for example `09.00–16.00 WIT`."""
    pattern = "H:i" if get_language() == "en" else "H.i"
    starts, ends = (time_format(clock, pattern) for clock in (day.starts_at, day.ends_at))
    return f"{starts}–{ends} {region.zone_abbreviation}"


@register.simple_tag
def dates(session: TrainingSession, *, short: bool = False) -> str:
    """The dates of a session, for example `16–18 Desember 2025` or `30 Januari–1 Februari 2026`; short: `16–18 Des`."""
    return span(session.first_day, session.last_day, short=short)


@register.filter
def where_and_when(session: TrainingSession) -> str:
    """A session as staff tell one from another: `Jayapura, 18–20 Desember 2025`."""
    return f"{session.region.city}, {dates(session)}"


@register.filter
def whereabouts(region: Region) -> str:
    """A region with its city, `Papua · Jayapura`, the dot never at a line's beginning; where both are alike, one."""
    return region.city if region.name == region.city else f"{region.name}\u00a0· {region.city}"


@register.simple_tag
def span(first: date, last: date, *, short: bool = False) -> str:
    """Two dates as one says them, nothing twice: `16–18 Desember 2025`; short: `16–18 Des`."""
    day_and_month = "j M" if short else "j F"
    whole = day_and_month if short else "j F Y"
    if first == last:
        return date_format(last, whole)
    if (first.year, first.month) == (last.year, last.month):
        start = date_format(first, "j")
    else:
        start = date_format(first, day_and_month if first.year == last.year else whole)
    return f"{start}–{date_format(last, whole)}"


@register.filter
def zone_name(region: Region) -> str:
    """The name of the region's civil time, written out."""
    return str(ZONE_NAMES[region.zone_abbreviation])


def moment(instant: datetime, region: Region | None = None) -> str:
    """The same as lists tell it: `15 Des 2025, 18.00 WIT`; its zone names itself."""
    return date_format(instant.astimezone(region.zone if region else JAKARTA), "DATETIME_FORMAT")


@register.simple_tag
def local(instant: datetime, region: Region | None = None) -> str:
    """An instant in civil time of the region, or of Jakarta: `Senin, 15 Desember 2025, 18.00 WIT`."""
    zone, abbreviation = (region.zone, region.zone_abbreviation) if region else (JAKARTA, "WIB")
    there = instant.astimezone(zone)
    pattern = "H:i" if get_language() == "en" else "H.i"
    return f"{date_format(there, 'l, j F Y')}, {date_format(there, pattern)} {abbreviation}"
