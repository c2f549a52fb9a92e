"""Times of sessions as people read them: the session's own civil time, always with the zone's name."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django import template
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy

from programs.dates import in_words
from programs.models import Region, TrainingDay, TrainingSession

register = template.Library()
register.filter(in_words)
JAKARTA = ZoneInfo("Asia/Jakarta")
ZONE_NAMES = {
    "WIB": gettext_lazy("Waktu Indonesia Barat"),
    "WITA": gettext_lazy("Waktu Indonesia Tengah"),
    "WIT": gettext_lazy("Waktu Indonesia Timur"),
}


@register.simple_tag
def hours(day: TrainingDay, region: Region) -> str:
    """The hours of a day, for example `09.00–16.00 WIT`."""
    pattern = "%H:%M" if get_language() == "en" else "%H.%M"
    return f"{day.starts_at:{pattern}}–{day.ends_at:{pattern}} {region.zone_abbreviation}"


@register.simple_tag
def dates(session: TrainingSession, *, short: bool = False) -> str:
    """The dates of a session, for example `16–18 Desember 2025` or `30 Januari–1 Februari 2026`; short: `16–18 Des`."""
    return span(session.first_day, session.last_day, short=short)


@register.filter
def is_in_one_go(session: TrainingSession) -> bool:
    """Whether a session's days follow one another, several of them and with the same hours: one line tells them."""
    days = session.days.all()
    ahead = [(day.date - session.first_day).days for day in days]
    return len(days) > 1 and ahead == [*range(len(days))] and len({(day.starts_at, day.ends_at) for day in days}) == 1


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
        return in_words(last, whole)
    if (first.year, first.month) == (last.year, last.month):
        start = in_words(first, "j")
    else:
        start = in_words(first, day_and_month if first.year == last.year else whole)
    return f"{start}–{in_words(last, whole)}"


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
    return f"{in_words(instant.astimezone(region.zone if region else JAKARTA))}, {hour(instant, region)}"


@register.simple_tag
def hour(instant: datetime, region: Region | None = None) -> str:
    """The same on a day that is known: `18.00 WIT`."""
    zone, abbreviation = (region.zone, region.zone_abbreviation) if region else (JAKARTA, "WIB")
    pattern = "%H:%M" if get_language() == "en" else "%H.%M"
    return f"{instant.astimezone(zone):{pattern}} {abbreviation}"
