"""What staff say of a place reaches everybody registered there."""

from datetime import date

import pytest

from participants.operations import venues
from tests.factories import DURING_REGISTRATION, make_coordinator, make_registration, make_session

pytestmark = pytest.mark.django_db
NOW = DURING_REGISTRATION


def change(venue, **facts):
    for name, value in facts.items():
        setattr(venue, name, value)
    return venues.change(venue=venue, now=NOW, by=make_coordinator(venue.region))


def told(registration):
    return list(registration.notifications.filter(kind="session_moved").values_list("occurrence", flat=True))


def test_change_tells_everybody_where_it_is_now():
    session = make_session()
    coming = make_registration(session)
    released = make_registration(session, place="released", released_at=NOW, release_reason="cancelled_by_self")

    change(session.venue, name="Gedung Sasana Krida", is_confirmed=True)
    change(session.venue, address="Jalan Trikora 1")

    session.refresh_from_db()
    assert (session.venue.name, session.venue.address) == ("Gedung Sasana Krida", "Jalan Trikora 1")
    assert (told(coming), told(released)) == (["1@2", "1@3"], [])


def test_change_of_nothing_tells_nobody():
    session = make_session()
    coming = make_registration(session)

    change(session.venue)

    assert told(coming) == []


@pytest.mark.parametrize("over", [{"status": "cancelled"}, {"first_day": date(2025, 11, 1)}])
def test_change_leaves_a_session_that_is_cancelled_or_over(over):
    session = make_session(**over)
    coming = make_registration(session)

    change(session.venue, name="Gedung Sasana Krida")

    assert told(coming) == []
