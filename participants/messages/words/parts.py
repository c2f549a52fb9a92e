"""What messages are made of, and the facts that many of them tell in the same way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from participants.messages.inert import inert
from participants.models import Notification, Registration
from programs.dates import in_words
from programs.models import TrainingDay, TrainingSession

KEPT_YEARS = 2  # of registrations and proofs of consent: data_map.toml


@dataclass(frozen=True)
class Code:
    """Something to be typed, shown large."""

    code: str


@dataclass(frozen=True)
class Facts:
    """What to note down: labels, each with parts that are not broken over two lines."""

    rows: list[tuple[str, list[str]]]


@dataclass(frozen=True)
class Words:
    """The words of one message. `button` is a label and an address of ours."""

    subject: str
    paragraphs: list[str | Code | Facts]
    button: tuple[str, str] | None = None


def facts_of(notification: Notification) -> tuple[Registration, TrainingSession]:
    assert notification.registration is not None  # noqa: S101 -- held by a database constraint
    return notification.registration, notification.registration.session


def hello(registration: Registration) -> str:
    return _("Halo %(name)s,") % {"name": inert(registration.participant.full_name)}


def schedule(session: TrainingSession) -> Facts:
    """The days with hours and zone, and the place."""
    rows = [
        (_("Hari ke-%(day)s") % {"day": day.number}, [date_of(day), hours_of(day, session)])
        for day in session.days.all()
    ]
    return Facts([*rows, (_("Tempat"), _place(session))])


def place_of(session: TrainingSession) -> str:
    """The venue and its city, or the city alone while the venue is not certain."""
    return ", ".join(_place(session))


def _place(session: TrainingSession) -> list[str]:
    if not session.venue.is_confirmed:
        return [_("%(city)s; tempatnya kami kabari begitu pasti") % {"city": session.venue.city}]
    return [session.venue.name, session.venue.city]


def erased_by(session: TrainingSession) -> date:
    """The month by which what is kept of a registration goes, as `data_map.toml` says."""
    return session.last_day.replace(year=session.last_day.year + KEPT_YEARS, day=1)


def city_and_date(session: TrainingSession) -> dict[str, str]:
    return {"city": session.region.city, "date": in_words(session.first_day, "j F Y")}


def date_of(day: TrainingDay) -> str:
    return in_words(day.date)


def hours_of(day: TrainingDay, session: TrainingSession) -> str:
    pattern = "%H:%M" if get_language() == "en" else "%H.%M"
    return f"{day.starts_at:{pattern}}–{day.ends_at:{pattern}} {session.region.zone_abbreviation}"


def why_cancelled(session: TrainingSession) -> list[str]:
    """What staff say of why, where they say anything: text, of which no mail program makes a link."""
    reason = inert(session.cancel_reason, longest=200)
    return [_("Alasannya: %(reason)s") % {"reason": reason}] if reason else []


def moment(instant: datetime, session: TrainingSession) -> str:
    there = instant.astimezone(session.region.zone)
    pattern = "%H:%M" if get_language() == "en" else "%H.%M"
    return f"{in_words(there)}, {there:{pattern}} {session.region.zone_abbreviation}"


def my_page() -> tuple[str, str]:
    return _("Buka halamanku"), address("my_page")


def my_addresses() -> tuple[str, str]:
    return _("Lihat alamat emailmu"), address("addresses")


def sessions() -> tuple[str, str]:
    return _("Lihat sesi lain"), address("sessions")


def address(name: str, *arguments: str) -> str:
    """An address of ours, from the settings alone; in the language being written."""
    return settings.BASE_URL + reverse(name, args=arguments)
