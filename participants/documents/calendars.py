"""A registration's days as a calendar file."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

import icalendar
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from participants.models import Registration


def calendar_of(registration: Registration, *, now: datetime) -> bytes:
    """Return an iCalendar file with an event for each day, in the session's own time zone (IANA, with VTIMEZONE).

    An event's UID stays the same for good and its SEQUENCE rises with every change, so that a calendar that has the
    file already moves its events instead of doubling them, and takes them out when the registration was released
    (METHOD:CANCEL). The session with its days, region, venue must be at hand.
    """
    session, status = registration.session, _status(registration)
    sequence = _sequence(registration, status)
    region, venue = session.region, session.venue
    calendar = icalendar.Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Kementerian Ekonomi Kreatif//Pelatihan Gen Z//ID")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "CANCEL" if status == "CANCELLED" else "PUBLISH")
    days = list(session.days.all())
    for day in days:
        event = icalendar.Event()
        event.add("uid", f"{registration.public_id}-{day.number}@{urlsplit(settings.BASE_URL).hostname}")
        event.add("dtstamp", now)
        event.add("sequence", sequence)
        event.add("dtstart", datetime.combine(day.date, day.starts_at, tzinfo=region.zone))
        event.add("dtend", datetime.combine(day.date, day.ends_at, tzinfo=region.zone))
        event.add(
            "summary",
            _("%(program)s, hari %(number)d dari %(days)d")
            % {"program": session.program.name, "number": day.number, "days": len(days)},
        )
        event.add("location", ", ".join(part for part in (venue.name, venue.address, venue.city, region.name) if part))
        event.add("status", status)
        event.add("url", settings.BASE_URL + reverse("my_page"))
        calendar.add_component(event)
    calendar.add_missing_timezones()
    return calendar.to_ical()


def _status(registration: Registration) -> str:
    if not registration.is_live:
        return "CANCELLED"
    return "CONFIRMED" if registration.is_confirmed else "TENTATIVE"


def _sequence(registration: Registration, status: str) -> int:
    """A number that never falls: schedule and place have versions, and a registration goes from tentative over
    confirmed to cancelled, never back.
    """
    moves = registration.session.schedule_version + registration.session.place_version
    return 3 * moves + ["TENTATIVE", "CONFIRMED", "CANCELLED"].index(status)
