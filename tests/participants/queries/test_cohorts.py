"""Cohorts in numbers, by the calendar of the place where they meet."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from participants import queries
from participants.models import Appeal, AttendanceFact
from participants.operations import registrations
from tests.factories import make_coordinator, make_region, make_registration, make_session
from tests.staff import make_staff

pytestmark = pytest.mark.django_db
DAY = date(2025, 12, 16)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("time_zone", ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"])
@pytest.mark.parametrize(("after", "is_named"), [(1, True), (8, False)])
def test_day_without_a_record_is_named_from_the_next_to_the_seventh_day_of_its_region(time_zone, after, is_named):
    session = make_session(region=make_region(time_zone=time_zone), first_day=DAY, days=1)
    make_registration(session)
    reader = make_staff("coordinator", session.region)
    midnight = datetime.combine(DAY + timedelta(days=after), datetime.min.time(), tzinfo=session.region.zone)

    for now, expected in ((midnight - MINUTE, not is_named), (midnight, is_named)):
        named = queries.days_unrecorded(reader, now=now.astimezone(UTC), days=7)
        assert [day.date for day in named] == ([DAY] if expected else []), now


class TestAbsencesThatWait:
    """For three days from 16 December 2025 in Jayapura; what is said is said of the second."""

    EVENING = datetime(2025, 12, 16, 11, tzinfo=UTC)  # 20:00 WIT
    MIDNIGHT = datetime(2025, 12, 17, 15, tzinfo=UTC)  # at which the second day is over

    @pytest.fixture
    def registration(self):
        row = make_registration(make_session(region=make_region(time_zone="Asia/Jayapura"), first_day=DAY))
        self.say(row, "absence_2025-12-17")
        return row

    def say(self, row, code, **fields):
        said = {"user": row.participant.user, "session": row.session, "registration": row, "asked_at": self.EVENING}
        return Appeal.objects.create(code=code, text="Ujian", **said | fields)

    def record(self, row, number, mark="excused"):
        fields = {"kind": "correction", "source": "grid", "recorded_by": make_coordinator()}
        day = row.session.days.get(number=number)
        AttendanceFact.objects.create(
            registration=row, session=row.session, day=day, mark=mark, recorded_at=self.EVENING, **fields
        )

    def waiting(self, row, now):
        asks = queries.open_asks(make_staff("coordinator", row.session.region), now=now)
        assert (asks.oldest_appeal is None) is (asks.appeals == 0)
        assert (asks.oldest_absence is None) is (asks.absences == 0)
        return asks.appeals, asks.absences

    def test_do_so_until_their_day_is_over(self, registration):
        moments = (self.EVENING, self.MIDNIGHT - MINUTE, self.MIDNIGHT)

        assert [self.waiting(registration, now) for now in moments] == [(0, 1), (0, 1), (0, 0)]

    def test_do_so_until_something_is_recorded_of_that_person_on_that_day(self, registration):
        self.record(registration, 1, "present")
        self.record(make_registration(registration.session), 2)
        assert self.waiting(registration, self.EVENING) == (0, 1)

        self.record(registration, 2)
        assert self.waiting(registration, self.EVENING) == (0, 0)

        self.record(registration, 2, mark="")
        assert self.waiting(registration, self.EVENING) == (0, 1)

    def test_do_so_while_the_person_has_a_seat_and_the_day_is_not_moved(self, registration):
        assert self.waiting(registration, self.EVENING) == (0, 1)

        days = registration.session.days.filter(number=3)
        days.update(date=date(2025, 12, 19))
        registration.session.days.filter(number=2).update(date=date(2025, 12, 18))
        assert self.waiting(registration, self.EVENING) == (0, 0)

        registration.session.days.filter(number=2).update(date=date(2025, 12, 17))
        registrations.cancel(registration=registration, now=self.EVENING - timedelta(days=9))
        assert self.waiting(registration, self.EVENING) == (0, 0)

    def test_an_objection_waits_whatever_is_over_or_recorded(self, registration):
        self.say(registration, "attendance")
        self.say(registration, "full", registration=None)
        self.record(registration, 2)

        assert self.waiting(registration, self.MIDNIGHT + timedelta(days=30)) == (2, 0)
