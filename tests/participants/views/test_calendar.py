"""The calendar file of a registration: its days in the session's zone, moved and taken out again with it."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest

from participants.documents import calendars
from participants.operations import registrations, sessions
from programs.models import Venue
from tests.factories import DURING_REGISTRATION, as_reader, make_coordinator, make_region, make_session, register

pytestmark = pytest.mark.django_db
NOW = DURING_REGISTRATION


@pytest.fixture
def session(db):
    """In Jayapura, three days from 16 December 2025, 09:00 to 16:00 WIT."""
    return make_session(region=make_region(time_zone="Asia/Jayapura"))


@pytest.mark.parametrize(("path", "own"), [("/saya/", "/saya/"), ("/en/saya/", "/en/saya/")])
def test_leads_to_ones_own_page_in_the_language_being_read(session, path, own):
    answer = as_reader(register(session)).get(f"{path}kalender.ics")

    links = {str(event["url"]) for event in icalendar.Calendar.from_ical(answer.content).walk("VEVENT")}
    assert links == {f"http://testserver{own}"}


class TestCalendar:
    def test_holds_three_days_in_the_sessions_own_zone(self, session):
        registration = register(session)

        answer = as_reader(registration).get("/saya/kalender.ics")

        assert answer["Content-Type"] == "text/calendar; charset=utf-8"
        assert answer["Content-Disposition"] == f'attachment; filename="pelatihan-{session.slug}.ics"'
        calendar = icalendar.Calendar.from_ical(answer.content)
        events = calendar.walk("VEVENT")
        assert [event["dtstart"].params["TZID"] for event in events] == ["Asia/Jayapura"] * 3
        assert [event["dtstart"].dt for event in events] == [
            datetime(2025, 12, day, 9, tzinfo=session.region.zone) for day in (16, 17, 18)
        ]
        assert [event["dtend"].dt.hour for event in events] == [16] * 3
        assert {str(zone["tzid"]) for zone in calendar.walk("VTIMEZONE")} == {"Asia/Jayapura"}
        assert {str(event["status"]) for event in events} == {"CONFIRMED"}

    def test_moves_its_events_instead_of_doubling_them(self, session):
        registration = register(session)
        before = events_of(registration)
        move(session)

        after = events_of(registration)

        assert [event["uid"] for event in after] == [event["uid"] for event in before]
        assert len({event["uid"] for event in after}) == 3
        assert [event["dtstart"].dt.day for event in after] == [17, 18, 19]
        assert all(b["sequence"] > a["sequence"] for a, b in zip(before, after, strict=True))

    def test_counts_a_move_of_place_alone(self, session):
        registration = register(session)
        before = events_of(registration)
        other = Venue.objects.create(region=session.region, name="Aula", city=session.region.city)
        move(session, by=0, venue=other)

        after = events_of(registration)

        assert "Aula" in after[0]["location"]
        assert after[0]["sequence"] > before[0]["sequence"]

    @pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"])
    def test_names_the_same_instant_in_every_zone(self, zone):
        session = make_session(region=make_region(time_zone=zone))

        (first, *_rest) = events_of(register(session))

        day = session.days.get(number=1)
        assert first["dtstart"].dt.astimezone(UTC) == day.starts().astimezone(UTC)
        assert first["dtend"].dt.astimezone(UTC) == day.ends().astimezone(UTC)

    @pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"])
    def test_defines_its_own_zone_and_no_other(self, zone):
        session = make_session(region=make_region(time_zone=zone))

        calendar = calendar_of(register(session))

        assert [str(defined["TZID"]) for defined in calendar.timezones] == [zone]
        assert not calendar.get_missing_tzids()

    def test_searches_a_zones_past_but_once(self, session, monkeypatch):
        registration = register(session)
        first = calendar_of(registration)
        monkeypatch.setattr(icalendar.Timezone, "from_tzinfo", None)  # whoever searches fails

        assert calendar_of(registration).timezones == first.timezones

    def test_is_written_but_once_for_all_in_a_session(self, session, monkeypatch):
        first, other = register(session), register(session)
        calendars.calendar_of(first, now=NOW - timedelta(days=1))
        monkeypatch.setattr(icalendar.Calendar, "to_ical", None)  # whoever writes anew fails

        events = icalendar.Calendar.from_ical(calendars.calendar_of(other, now=NOW)).walk("VEVENT")

        assert [str(event["uid"]) for event in events] == [f"{other.public_id}-{day}@testserver" for day in (1, 2, 3)]
        assert [event["dtstamp"].dt for event in events] == [NOW] * 3

    @pytest.mark.parametrize("by", ["person", "session"])
    def test_takes_its_events_out_when_the_place_is_gone(self, session, by):
        registration = register(session)
        before = events_of(registration)
        if by == "person":
            registrations.cancel(registration=registration, now=NOW)
        else:
            sessions.cancel(session=session, now=NOW, by=make_coordinator())

        calendar = calendar_of(registration)

        assert str(calendar["method"]) == "CANCEL"
        after = calendar.walk("VEVENT")
        assert {str(event["status"]) for event in after} == {"CANCELLED"}
        assert [event["uid"] for event in after] == [event["uid"] for event in before]
        assert all(b["sequence"] > a["sequence"] for a, b in zip(before, after, strict=True))


def calendar_of(registration):
    answer = as_reader(registration).get("/saya/kalender.ics", {"pendaftaran": str(registration.public_id)})
    return icalendar.Calendar.from_ical(answer.content)


def events_of(registration):
    return calendar_of(registration).walk("VEVENT")


def move(session, *, by=1, venue=None):
    days = [
        sessions.Day(row.date + timedelta(days=by), row.starts_at, row.ends_at) for row in session.days.order_by("pk")
    ]
    sessions.reschedule(session=session, days=days, venue=venue or session.venue, now=NOW, by=make_coordinator())
