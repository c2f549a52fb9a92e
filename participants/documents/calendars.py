"""A registration's days as a calendar file."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import icalendar
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from participants.models import Registration
from programs.models import TrainingSession


def calendar_of(registration: Registration, *, now: datetime) -> bytes:
    """Return an iCalendar file with an event for each day, in the session's own time zone (IANA, with VTIMEZONE).

    An event's UID stays the same for good and its SEQUENCE rises with every change, so that a calendar that has the
    file already moves its events instead of doubling them, and takes them out when the registration was released
    (METHOD:CANCEL). The session with its days, region, venue must be at hand.
    """
    session, status = registration.session, _status(registration)
    zone, days = session.region.zone, list(session.days.all())
    told = {"program": session.program.name, "days": len(days)}
    of_anybody = _written(
        tuple(
            _Day(
                day.number,
                datetime.combine(day.date, day.starts_at, tzinfo=zone),
                datetime.combine(day.date, day.ends_at, tzinfo=zone),
                _("%(program)s, hari %(number)d dari %(days)d") % {**told, "number": day.number},
            )
            for day in days
        ),
        status,
        _sequence(registration, status),
        _place(session),
        session.region.time_zone,
        settings.BASE_URL + reverse("my_page"),
    )
    return of_anybody.replace(ANYBODY.encode(), str(registration.public_id).encode()).replace(
        ANY_TIME.to_ical(), icalendar.vDatetime(now.astimezone(UTC)).to_ical()
    )


class _Day(NamedTuple):
    number: int
    starts: datetime
    ends: datetime
    summary: str


# As long as what stands there in the end: lines are folded by their length.
ANYBODY, ANY_TIME = str(UUID(int=secrets.randbits(128))), icalendar.vDatetime(datetime.min.replace(tzinfo=UTC))


@lru_cache(maxsize=256)  # of everybody in a session it says the same but for who and when
def _written(days: tuple[_Day, ...], status: str, sequence: int, place: str, zone: str, page: str) -> bytes:
    """The file about `days`, with ANYBODY where the registration's id goes and ANY_TIME where the instant goes."""
    calendar = icalendar.Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Kementerian Ekonomi Kreatif//Pelatihan Gen Z//ID")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "CANCEL" if status == "CANCELLED" else "PUBLISH")
    for day in days:
        event = icalendar.Event()
        event.add("uid", f"{ANYBODY}-{day.number}@{urlsplit(page).hostname}")
        event["dtstamp"] = ANY_TIME
        event.add("sequence", sequence)
        event.add("dtstart", day.starts)
        event.add("dtend", day.ends)
        event.add("summary", day.summary)
        event.add("location", place)
        event.add("status", status)
        event.add("url", page)
        calendar.add_component(event)
    first = b"BEGIN:VEVENT"
    return calendar.to_ical().replace(first, _zone(zone) + first, 1)


def _place(session: TrainingSession) -> str:
    venue = session.venue
    return ", ".join(part for part in (venue.name, venue.address, venue.city, session.region.name) if part)


@lru_cache(maxsize=8)  # searching a zone's whole past costs more CPU than all else in a mail
def _zone(name: str) -> bytes:
    return icalendar.Timezone.from_tzid(name).to_ical()


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
