"""What staff do to a whole session: move it, cancel it, change its seats."""

import uuid
from collections import Counter
from datetime import date, datetime, time, timedelta
from functools import partial

import pytest

from participants.models import Notification, Registration
from participants.operations import guardians, profiles, registrations, sessions, venues
from participants.operations.sessions import Day
from programs.models import Venue
from tests.factories import (
    ADULT_BORN,
    DURING_REGISTRATION,
    MINOR_BORN,
    WIB,
    make_coordinator,
    make_participant,
    make_session,
    register,
)
from tests.participants.operations.sending import deliver, text
from tests.races import at_once

pytestmark = pytest.mark.django_db
NOW = DURING_REGISTRATION


def days_from(first, *, starts_at=time(9)):
    return [Day(date(2025, 12, first + number), starts_at, time(16)) for number in range(3)]


def reschedule(session, days, *, venue=None, now=NOW):
    return sessions.reschedule(
        session=session, days=days, venue=venue or session.venue, now=now, by=make_coordinator(session.region)
    )


def moved_notices(registration):
    return registration.notifications.filter(kind="session_moved").count()


class TestReschedule:
    def test_moves_the_days_and_tells_everybody(self):
        session = make_session()
        seated, released = register(session), register(session)
        registrations.cancel(registration=released, now=NOW)

        session = reschedule(session, days_from(17))

        assert [day.date.day for day in session.days.all()] == [17, 18, 19]
        assert session.schedule_version == 2
        assert (moved_notices(seated), moved_notices(released)) == (1, 0)

    def test_swaps_days_without_a_clash(self):
        session = reschedule(make_session(), days_from(17))

        assert [day.date.day for day in reschedule(session, days_from(16)).days.all()] == [16, 17, 18]

    def test_another_venue_is_told_once_and_is_no_new_schedule(self):
        session = make_session()
        registration = register(session)
        venue = Venue.objects.create(region=session.region, name="Aula", city="Kota")

        for _ in range(2):
            session = reschedule(session, days_from(16), venue=venue)

        assert (session.venue, session.schedule_version, moved_notices(registration)) == (venue, 1, 1)

    def test_every_move_between_two_venues_is_told(self):
        session = make_session()
        registration, first = register(session), session.venue
        second = Venue.objects.create(region=session.region, name="Aula", city="Kota")

        for venue in (second, first, second):
            session = reschedule(session, days_from(16), venue=venue)

        assert (session.place_version, moved_notices(registration)) == (4, 3)

    def test_nothing_new_tells_nobody(self):
        session = make_session()
        registration = register(session)

        assert reschedule(session, days_from(16)).schedule_version == 1
        assert moved_notices(registration) == 0

    @pytest.mark.parametrize(
        "days",
        [
            days_from(16)[:2],
            [days_from(16)[0]] * 3,
            list(reversed(days_from(16))),
            days_from(16, starts_at=time(17)),
        ],
    )
    def test_refuses_days_that_do_not_fit(self, days):
        with pytest.raises(sessions.DaysDoNotFit):
            reschedule(make_session(), days)

    def test_refuses_a_session_that_has_begun(self):
        with pytest.raises(sessions.AlreadyStarted):
            reschedule(make_session(), days_from(17), now=datetime(2025, 12, 16, 9, tzinfo=WIB))

    def test_guardians_deadline_follows_the_closing_time(self):
        session = make_session()
        now = datetime(2025, 12, 14, 9, tzinfo=WIB)
        minor = registrations.register(
            participant=make_participant(birth_date=MINOR_BORN),
            session=session,
            form_key=uuid.uuid4(),
            guardian_email="ibu@example.com",
            now=now,
        )

        reschedule(session, days_from(18))

        assert minor.guardian_requests.get().expires_at == datetime(2025, 12, 17, 9, tzinfo=WIB)

    def test_another_venue_leaves_guardians_the_time_they_were_told(self):
        session = make_session(capacity=1)
        seated = register(session)
        minor = register(session, make_participant(birth_date=MINOR_BORN), guardian_email="ibu@example.com")
        promoted = NOW + timedelta(days=4)
        registrations.cancel(registration=seated, now=promoted)
        venue = Venue.objects.create(region=session.region, name="Aula", city="Kota")

        reschedule(session, days_from(16), venue=venue, now=promoted)
        assert minor.guardian_requests.get().expires_at == promoted + timedelta(hours=72)

        reschedule(session, days_from(17), venue=venue, now=promoted)
        assert minor.guardian_requests.get().expires_at == promoted + timedelta(hours=72)


def test_cancel_releases_and_tells_everybody_once():
    session = make_session(capacity=1)
    people = [register(session) for _ in range(3)]
    staff = make_coordinator(session.region)

    for _ in range(2):
        sessions.cancel(session=session, now=NOW, by=staff)

    assert set(Registration.objects.values_list("place", "release_reason")) == {("released", "session_cancelled")}
    assert Notification.objects.filter(kind="session_cancelled").count() == len(people)
    assert not Notification.objects.filter(kind="promoted").exists()


def test_why_a_session_is_cancelled_is_read_by_its_people_and_guardians(mails):
    session = make_session()
    register(session)
    register(session, make_participant(birth_date=MINOR_BORN), guardian_email="wali@example.com")
    deliver()
    mails.mails.clear()

    sessions.cancel(
        session=session, now=NOW, by=make_coordinator(session.region), reason="Gedung banjir, lihat evil.com"
    )
    deliver()

    assert len(mails.mails) == 3
    assert all("Alasannya: Gedung banjir, lihat evil\u2024com" in text(mail) for mail in mails.mails)


class TestGuardians:
    """Whoever answers for a minor hears what the minor hears of the session."""

    @pytest.fixture
    def minors(self):
        """One whose guardian agreed, one whose guardian is asked, and one who has left."""
        session = make_session()
        rows = [
            register(session, make_participant(birth_date=MINOR_BORN), guardian_email=f"wali{number}@example.com")
            for number in range(3)
        ]
        deliver()
        given = rows[0].guardian_requests.get()
        guardians.answer(request=given, agrees=True, signer_name="W", signer_relation="ibu", language="id", now=NOW)
        registrations.cancel(registration=rows[2], now=NOW)
        deliver()
        return session, rows

    @pytest.fixture
    def letters(self, mails):
        """How many letters each guardian got since last asked."""
        seen = Counter()

        def since():
            deliver()
            now = Counter({name: count for name, count in mails.counts().items() if name.startswith("wali")})
            fresh = now - seen
            seen.update(fresh)
            return dict(fresh)

        return since

    def test_are_told_once_of_other_days_and_of_another_place(self, letters, minors):
        session, _rows = minors
        assert letters() == {"wali0@example.com": 1, "wali1@example.com": 1, "wali2@example.com": 2}

        session = reschedule(session, days_from(17))
        assert letters() == {"wali0@example.com": 1, "wali1@example.com": 1}

        session.venue.name = "Gedung Sasana Krida"
        venues.change(venue=session.venue, now=NOW, by=make_coordinator())
        assert letters() == {"wali0@example.com": 1, "wali1@example.com": 1}

    def test_are_told_once_that_the_session_is_cancelled(self, letters, minors):
        session, _rows = minors
        letters()

        for _ in range(2):
            sessions.cancel(session=session, now=NOW, by=make_coordinator())

        assert letters() == {"wali0@example.com": 1, "wali1@example.com": 1}

    def test_of_who_is_of_age_after_all_is_told_nothing(self, letters, minors):
        session, (given, _asked, _left) = minors
        letters()
        profiles.correct(registration=given, birth_date=ADULT_BORN, by=make_coordinator(), now=NOW)

        reschedule(session, days_from(17))

        assert letters() == {"wali1@example.com": 1}


class TestSetCapacity:
    def test_more_seats_go_to_the_queue_in_order(self):
        session = make_session(capacity=1)
        _seated, first, second, third = (register(session) for _ in range(4))

        sessions.set_capacity(session=session, capacity=3, now=NOW, by=make_coordinator(session.region))

        places = [Registration.objects.get(pk=row.pk).place for row in (first, second, third)]
        assert places == ["seat", "seat", "queued"]

    def test_fewer_seats_drop_nobody_and_give_none(self):
        session = make_session(capacity=3)
        seated = [register(session) for _ in range(3)]
        staff = make_coordinator(session.region)

        session = sessions.set_capacity(session=session, capacity=1, now=NOW, by=staff)
        assert (session.seats_taken, session.seat_limit) == (3, 3)
        queued = register(session)
        registrations.cancel(registration=seated[0], now=NOW)

        queued.refresh_from_db()
        session.refresh_from_db()
        assert (queued.place, session.seats_taken, session.seat_limit) == ("queued", 2, 2)


@pytest.mark.django_db(transaction=True)
def test_lowering_capacity_while_people_register_confirms_nobody_new():
    session = make_session(capacity=20)
    for _ in range(20):
        register(session)
    staff = make_coordinator(session.region)
    people = [make_participant(region=session.region) for _ in range(10)]

    at_once(
        [partial(sessions.set_capacity, session=session, capacity=10, now=NOW, by=staff)]
        + [partial(register, session, participant=person) for person in people]
    )

    session.refresh_from_db()
    assert (session.seats_taken, session.capacity, session.seat_limit) == (20, 10, 20)
    assert Registration.objects.queued().count() == 10
