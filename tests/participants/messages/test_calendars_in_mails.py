"""The days of a seat travel with the mails that fix, move or free them, and with no other."""

import email
from email import policy

import icalendar
import pytest

from participants.messages.mails import mail
from participants.models import Notification
from participants.operations import message_facts, registrations, sessions
from tests.factories import DURING_REGISTRATION, make_region, make_session, make_user, register

pytestmark = pytest.mark.django_db
NOW = DURING_REGISTRATION
Kind = Notification.Kind


def calendar_in(kind, registration):
    """The calendar that the mail carries as a mail program reads it from the wire; None without one."""
    rows = Notification.objects.filter(kind=kind, registration=registration).values_list("pk", flat=True)
    (row,) = message_facts.read(rows)
    sent = email.message_from_bytes(mail(row, now=NOW).message().as_bytes(), policy=policy.default)
    parts = [part for part in sent.walk() if part.get_content_type() == "text/calendar"]
    if not parts:
        return None
    (part,) = parts
    calendar = icalendar.Calendar.from_ical(part.get_content())
    assert part["Content-Type"].params["method"] == calendar["method"]
    assert part.get_filename() == "pelatihan.ics"
    return calendar


def test_confirmation_carries_the_three_days_in_the_sessions_own_zone():
    session = make_session(region=make_region(city="Jayapura", time_zone="Asia/Jayapura"))
    registration = register(session)

    calendar = calendar_in(Kind.REGISTERED, registration)

    events = calendar.walk("VEVENT")
    assert calendar["method"] == "PUBLISH"
    assert [str(event["uid"]).split("@")[0] for event in events] == [f"{registration.public_id}-{n}" for n in (1, 2, 3)]
    assert [str(event["dtstart"].dt.tzinfo) for event in events] == ["Asia/Jayapura"] * 3


def test_moved_session_moves_the_same_events_further():
    session = make_session()
    registration = register(session)
    before = calendar_in(Kind.REGISTERED, registration).walk("VEVENT")
    days = [sessions.Day(day.date, day.starts_at.replace(hour=10), day.ends_at) for day in session.days.all()]
    sessions.reschedule(session=session, days=days, venue=session.venue, now=NOW, by=make_user())

    after = calendar_in(Kind.SESSION_MOVED, registration).walk("VEVENT")

    assert [event["uid"] for event in after] == [event["uid"] for event in before]
    assert all(new["sequence"] > old["sequence"] for new, old in zip(after, before, strict=True))
    assert {event["dtstart"].dt.hour for event in after} == {10}


def test_cancelled_seat_takes_the_days_out():
    registration = register(make_session())
    registrations.cancel(registration=registration, now=NOW)

    calendar = calendar_in(Kind.CANCELLED, registration)

    assert calendar["method"] == "CANCEL"
    assert {str(event["status"]) for event in calendar.walk("VEVENT")} == {"CANCELLED"}


def test_queue_puts_nothing_into_a_calendar_and_takes_nothing_out():
    session = make_session(capacity=0)
    registration = register(session)

    assert calendar_in(Kind.QUEUED, registration) is None
    registrations.cancel(registration=registration, now=NOW)
    assert calendar_in(Kind.CANCELLED, registration) is None
