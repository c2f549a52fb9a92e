"""Tell me when my region opens: once, to whoever still wants it."""

from datetime import timedelta

import pytest

from participants import queries
from participants.models import Notification, OpeningAlert
from participants.operations import message_facts, opening_alerts, truths
from tests.factories import DURING_REGISTRATION, OPENS, make_region, make_session, make_user

pytestmark = pytest.mark.django_db
BEFORE = OPENS - timedelta(days=1)


def ask(session, now=BEFORE):
    account = make_user()
    opening_alerts.ask(account=account, region=session.region, now=now)
    return account


def test_ask_twice_is_asking_once():
    session = make_session()
    account = ask(session)
    opening_alerts.ask(account=account, region=session.region, now=BEFORE)

    assert OpeningAlert.objects.count() == 1
    assert queries.regions_waited_for(account) == [session.region]


def test_ask_is_refused_while_a_session_is_open():
    session = make_session()

    with pytest.raises(opening_alerts.OpenAlready) as refusal:
        ask(session, now=OPENS)
    assert refusal.value.session == session
    assert not OpeningAlert.objects.exists()


def test_tell_due_writes_once_when_the_region_opens():
    session = make_session()
    account, _elsewhere = ask(session), opening_alerts.ask(account=make_user(), region=make_region(), now=BEFORE)

    assert queries.next_instant(after=BEFORE, until=DURING_REGISTRATION) == OPENS
    told = [opening_alerts.tell_due(now=now) for now in (BEFORE, OPENS, DURING_REGISTRATION)]

    assert told == [0, 1, 0]
    row = Notification.objects.get()
    assert (row.kind, row.account, row.region, row.occurrence, row.useful_until) == (
        "region_open",
        account,
        session.region,
        str(session.pk),
        session.closes,
    )
    assert OpeningAlert.objects.get(account=account).told_at == OPENS


def test_tell_due_says_nothing_of_a_session_that_is_off():
    session = make_session()
    ask(session)
    opening_alerts.tell_due(now=OPENS)
    session.status = "cancelled"
    session.save()

    (row,) = message_facts.read(Notification.objects.values_list("pk", flat=True))
    assert truths.untrue(row, OPENS) == "the session is not offered"


def test_nothing_is_said_of_a_session_that_is_gone():
    session = make_session()
    ask(session)
    opening_alerts.tell_due(now=OPENS)
    session.days.all().delete()
    session.delete()

    (row,) = message_facts.read(Notification.objects.values_list("pk", flat=True))
    assert row.opened_session is None
    assert truths.untrue(row, OPENS) == "the session is not offered"


def test_withdraw_and_twelve_months_forget():
    session = make_session()
    account = ask(session)
    ask(session)
    opening_alerts.withdraw(account=account, region=session.region)
    assert OpeningAlert.objects.count() == 1

    assert opening_alerts.forget_old(now=BEFORE + timedelta(days=364)) == 0
    assert opening_alerts.forget_old(now=BEFORE + timedelta(days=365)) == 1
