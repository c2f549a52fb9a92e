"""What providers say afterwards: settled whatever the order, and a failure goes on to the next channel."""

from datetime import timedelta
from itertools import permutations

import pytest

from participants.messages.channels.base import Way
from participants.models import Notification
from participants.operations import claims, message_facts, receipts
from participants.operations.receipts import Receipt
from participants.queries import ledger_health
from portal.accounts.models import User
from tests.factories import make_session
from tests.participants.operations.sending import NOW, deliver, opt_in, register

pytestmark = pytest.mark.django_db
NUMBER = "6281234567890"


def row():
    return Notification.objects.get()


def outcome():
    return row().state, row().channel, row().arrived_at is not None


def news(way=Way.WHATSAPP, sent_as="wamid.1", **other):
    return Receipt(way, row().public_id, sent_as, **other)


@pytest.fixture
def sent(whatsapp):
    opt_in(register(make_session()))
    deliver()
    return row()


@pytest.fixture
def unknown(whatsapp, settings):
    """A message whose answer was lost."""
    settings.HTTPS_TIMEOUT = 0.3
    whatsapp.hangs.add(NUMBER)
    opt_in(register(make_session()))
    deliver()
    assert row().state == "unknown"
    return row()


def tell(word):
    if word == "failed":
        receipts.failed(news(), "WhatsApp 131026", now=NOW)
    else:
        {"accepted": receipts.accepted, "arrived": receipts.arrived}[word](news(), now=NOW)


@pytest.mark.parametrize("order", [*permutations(["accepted", "arrived", "accepted"]), ("arrived",) * 3])
def test_order_and_repetition_do_not_matter(sent, order):
    for word in order:
        tell(word)

    assert outcome() == ("sent", "whatsapp", True)


@pytest.mark.parametrize("word", ["accepted", "arrived"])
def test_what_was_unknown_is_settled(unknown, word):
    tell(word)

    assert outcome() == ("sent", "whatsapp", word == "arrived")
    assert row().sent_as == "wamid.1"


def test_what_was_unknown_and_failed_goes_by_mail(unknown, mails):
    tell("failed")

    assert (row().state, row().channel, row().reason) == ("due", "mail", "WhatsApp 131026")
    assert deliver() == 1
    assert len(mails.mails) == 1


@pytest.mark.parametrize("times", [1, 3])
def test_a_failure_goes_to_mail_once_however_often_it_is_told(sent, mails, times):
    for _time in range(times):
        tell("failed")
        deliver()

    assert outcome() == ("sent", "mail", False)
    assert len(mails.mails) == 1


def test_news_of_an_earlier_channel_changes_nothing_of_the_next(sent, mails):
    tell("failed")
    deliver()

    tell("arrived")
    tell("failed")

    assert outcome() == ("sent", "mail", False)


def test_what_has_arrived_does_not_fail_by_whatsapp(sent):
    tell("arrived")
    tell("failed")

    assert outcome() == ("sent", "whatsapp", True)


def test_news_of_an_earlier_try_is_passed_over(sent):
    assert not receipts.failed(news(sent_as="wamid.0"), "WhatsApp 131026", now=NOW)

    assert outcome() == ("sent", "whatsapp", False)


def test_news_that_overtakes_the_answer_wins(whatsapp):
    """The webhook is faster than the sender's stamp: the stamp finds its lease gone."""
    opt_in(register(make_session()))
    claimed = claims.claim("transactional", NOW)
    (read,) = message_facts.read(claimed)
    claims.mark(read, Way.WHATSAPP)

    tell("failed")
    claims.stamp(read, state=Notification.State.SENT, sent_as="wamid.1", settled_at=NOW)

    assert outcome() == ("due", "mail", False)


def test_what_failed_hours_later_is_not_late_by_the_next_channel(sent):
    later = NOW + timedelta(hours=20)
    receipts.failed(news(), "WhatsApp 131026", now=later)

    assert outcome() == ("due", "mail", False)
    assert ledger_health(now=later, programme_now=later).oldest_due_age == 0


def test_a_failure_that_comes_too_late_for_the_next_channel_is_the_end(sent):
    Notification.objects.update(useful_until=NOW)

    tell("failed")

    assert (row().state, row().reason) == ("failed", "WhatsApp 131026")


@pytest.mark.parametrize("receipt", [{"message_id": None, "sent_as": ""}, {"message_id": None, "sent_as": "wamid.9"}])
def test_news_about_nothing_of_ours_is_none(sent, receipt):
    assert not receipts.arrived(Receipt(Way.WHATSAPP, **receipt), now=NOW)


def test_is_found_by_the_providers_name_too(sent):
    assert receipts.arrived(Receipt(Way.WHATSAPP, None, "wamid.1"), now=NOW)

    assert outcome() == ("sent", "whatsapp", True)


def test_a_mail_that_comes_back_after_it_was_taken_has_bounced_and_sms_is_next(mails, sms):
    register(make_session())
    deliver()
    receipts.arrived(news(Way.MAIL, ""), now=NOW)

    assert receipts.failed(news(Way.MAIL, "", is_dead=True), "5.1.1", now=NOW, bounced=True)

    assert (row().state, row().channel) == ("due", "sms")
    assert User.objects.get(email="siti@example.com").bounced_at == NOW
    assert deliver() == 1
    assert len(sms.took) == 1


@pytest.mark.parametrize(("address", "stops"), [("", True), ("SITI@example.com", True), ("lama@example.com", False)])
def test_a_complaint_stops_mail_to_that_address_alone(mails, address, stops):
    register(make_session())
    deliver()

    assert receipts.complained(news(Way.MAIL, "", address=address), now=NOW)

    assert row().state == "sent"
    assert (User.objects.get(email="siti@example.com").bounced_at == NOW) is stops


def test_a_complaint_that_is_told_again_stops_no_mail_that_its_reader_has_asked_for_since(mails):
    register(make_session())
    deliver()
    for _time in range(10):
        receipts.complained(news(Way.MAIL, "", address="siti@example.com"), now=NOW)
    assert User.objects.get(email="siti@example.com").bounced_at == NOW
    User.objects.update(bounced_at=None)  # she came in by a code mailed there

    assert not receipts.complained(news(Way.MAIL, "", address="siti@example.com"), now=NOW)

    assert User.objects.get(email="siti@example.com").bounced_at is None
    assert (outcome(), row().reason) == (("sent", "mail", True), "its reader called it spam")
