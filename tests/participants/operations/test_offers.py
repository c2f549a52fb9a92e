"""Seats offered to the head of the queue: for so many hours, taken, let go, or left unanswered."""

from datetime import timedelta

import pytest

from participants.models import Notification, Registration
from participants.operations import offers, registrations
from tests.factories import DURING_REGISTRATION, make_program, make_session, register

Place, Release = Registration.Place, Registration.Release
NOW = DURING_REGISTRATION


@pytest.mark.django_db
def test_offers_the_seat_for_so_many_hours_where_the_edition_says_so():
    session = make_session(capacity=1, program=make_program(offer_hours=24))
    seated, head, following = (register(session) for _ in range(3))
    registrations.cancel(registration=seated, now=NOW)
    head.refresh_from_db()
    assert (head.place, head.offered_until) == (Place.OFFERED, NOW + timedelta(hours=24))

    assert offers.expire_due(now=NOW + timedelta(hours=23)) == 0
    assert offers.expire_due(now=NOW + timedelta(hours=24)) == 1

    following.refresh_from_db()
    assert following.place == Place.OFFERED
    accepted = offers.accept(registration=following, now=NOW + timedelta(hours=25))
    assert accepted.place == Place.SEAT
    assert accepted.notifications.filter(kind="registered", state="due").count() == 1  # which brings the days along
    with pytest.raises(offers.NoOffer):
        offers.accept(registration=head, now=NOW + timedelta(hours=25))


@pytest.mark.django_db
def test_declined_offer_goes_to_the_next_at_once():
    session = make_session(capacity=1, program=make_program(offer_hours=24))
    seated, head, following = (register(session) for _ in range(3))
    registrations.cancel(registration=seated, now=NOW)

    offers.decline(registration=head, now=NOW)

    head.refresh_from_db()
    following.refresh_from_db()
    assert (head.release_reason, following.place) == (Release.OFFER_DECLINED, Place.OFFERED)
    with pytest.raises(offers.NoOffer):
        offers.decline(registration=head, now=NOW)


@pytest.mark.django_db
def test_offer_is_told_only_while_it_stands():
    session = make_session(capacity=1, program=make_program(offer_hours=24))
    seated, head = register(session), register(session)

    registrations.cancel(registration=seated, now=NOW)

    told = Notification.objects.get(kind="promoted", registration=head)
    head.refresh_from_db()
    assert told.useful_until == head.offered_until == NOW + timedelta(hours=24)
