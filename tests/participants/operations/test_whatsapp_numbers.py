"""Numbers that WhatsApp does not reach, whoever hears of it: a sender and a webhook hold no transaction then."""

from datetime import datetime, timedelta

import pytest

from participants.models import Consent, Notification
from participants.operations import whatsapp_numbers
from tests.factories import make_session
from tests.participants.operations.sending import NOW, opt_in, register

NUMBER = "+6281234567890"


def unreached_at() -> datetime | None:
    return Consent.objects.get(purpose="whatsapp").unreached_at


@pytest.mark.django_db(transaction=True)
def test_a_number_is_lost_found_lost_and_tried_again_by_whoever_holds_no_transaction() -> None:
    participant = opt_in(register(make_session())).participant
    minute = timedelta(minutes=1)

    whatsapp_numbers.lose(number=NUMBER, at=NOW + minute)
    assert unreached_at() == NOW + minute
    whatsapp_numbers.find(number=NUMBER, at=NOW + 2 * minute)
    assert unreached_at() is None
    whatsapp_numbers.lose(number=NUMBER, at=NOW + 3 * minute)
    assert unreached_at() == NOW + 3 * minute
    whatsapp_numbers.try_again(participant=participant, now=NOW + 4 * minute)
    assert unreached_at() is None


@pytest.mark.django_db
@pytest.mark.parametrize(("minutes", "is_lost"), [(1, False), (3, True)])
def test_what_arrived_since_outweighs_an_older_report_that_comes_later(minutes: int, is_lost: bool) -> None:
    opt_in(register(make_session()))
    Notification.objects.update(state="sent", channel="whatsapp", arrived_at=NOW + timedelta(minutes=2))

    whatsapp_numbers.lose(number=NUMBER, at=NOW + timedelta(minutes=minutes))

    assert (unreached_at() is not None) is is_lost
