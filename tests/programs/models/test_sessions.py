"""Until when an offered seat stands, in each zone and at every edge."""

from datetime import datetime, timedelta

import pytest

from tests.factories import make_program, make_region, make_session

pytestmark = pytest.mark.django_db
ZONES = ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"]
# The first day is 16 December, 09:00; registration closes on the 15th, 18:00. All times are local to the session.
TABLE = [
    (24, (2, 9, 0), (3, 9, 0)),  # far ahead: the edition's hours
    (6, (2, 14, 59), (2, 20, 59)),  # a minute before the quiet hours
    (6, (2, 15, 0), (3, 7, 0)),  # at 21:00: put off to 07:00
    (6, (2, 20, 0), (3, 7, 0)),  # at 02:00 of the next day: to 07:00 of that day
    (6, (2, 20, 59), (3, 7, 0)),  # told before the night
    (6, (2, 21, 0), (3, 13, 0)),  # told in the morning: the time begins then
    (6, (2, 4, 5), (2, 13, 0)),  # the same after midnight
    (6, (2, 7, 0), (2, 13, 0)),  # the night is over
    (24, (2, 23, 0), (4, 7, 0)),  # a whole day from the morning on
    (24, (13, 8, 59), (14, 8, 59)),  # one minute more than 72 hours ahead
    (24, (13, 9, 0), (13, 12, 0)),  # 72 hours ahead: three hours
    (2, (13, 9, 0), (13, 11, 0)),  # never longer than the edition's hours
    (24, (13, 18, 0), (14, 7, 0)),  # three hours end at 21:00
    (24, (13, 22, 0), (14, 10, 0)),  # three hours from the morning on
    (24, (14, 4, 5), (14, 10, 0)),  # and not five minutes of it
    (24, (15, 8, 59), (15, 11, 59)),  # one minute more than 24 hours ahead
    (24, (15, 9, 0), (15, 9, 30)),  # 24 hours ahead: half an hour
    (24, (15, 17, 45), (15, 18, 0)),  # never past the closing time
]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("hours", "now", "end"), TABLE)
def test_offer_ends_as_the_start_nears_and_never_at_night(zone, hours, now, end):
    session = make_session(region=make_region(time_zone=zone), program=make_program(offer_hours=hours))

    def local(day, hour, minute):
        return datetime(2025, 12, day, hour, minute, tzinfo=session.region.zone)

    assert session.offer_ends(local(*now)) == local(*end)


def test_offer_never_ends_past_a_closing_time_at_night():
    program = make_program(offer_hours=24, closes_days_before=2, closes_at="23:00")
    session = make_session(program=program)
    session.refresh_from_db()
    now = session.closes - timedelta(hours=1)

    assert session.offer_ends(now) == session.closes
