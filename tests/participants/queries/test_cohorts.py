"""Cohorts in numbers, by the calendar of the place where they meet."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from participants import queries
from tests.factories import make_region, make_registration, make_session
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
