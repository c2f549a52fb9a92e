"""A sender is killed at a chosen step of its work: whoever is written to twice gets the same message."""

import os
import signal
from collections import Counter
from datetime import timedelta
from itertools import count
from smtplib import SMTP

import pytest
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from urllib3.connection import HTTPConnection

from participants.messages.channels.mail import Mail
from participants.messages.channels.whatsapp import WhatsApp
from participants.models import Notification
from participants.operations import claims
from tests.factories import make_session
from tests.participants.operations.sending import deliver, opt_in, register

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning"),  # the child only sends and dies
]
PEOPLE = 6


def send_and_die(owner, name, *, after, prepare=lambda: None, times=3):
    """A sender in a process of its own, killed where it comes to `owner.name` for so many times: before or after."""
    connection.close()
    child = os.fork()
    if child == 0:
        try:
            prepare()
            act, turns = getattr(owner, name), count(1)

            def act_and_die(*arguments, **options):
                turn = next(turns)
                if turn == times and not after:
                    os.kill(os.getpid(), signal.SIGKILL)
                result = act(*arguments, **options)
                if turn == times:
                    os.kill(os.getpid(), signal.SIGKILL)
                return result

            setattr(owner, name, act_and_die)
            deliver()
        finally:
            os._exit(1)
    _child, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


def somebody_else_sends():
    """Once the leases of whoever was killed are over."""
    assert deliver() == 0
    let_leases_end()
    return deliver()


def let_leases_end():
    Notification.objects.exclude(leased_until=None).update(leased_until=Now() - timedelta(seconds=1))


def unsent():
    return Notification.objects.exclude(state="sent").count()


@pytest.fixture
def people():
    """Six people who have just registered; their numbers for WhatsApp."""
    session = make_session()
    rows = [register(session, email=f"p{number}@example.com") for number in range(PEOPLE)]
    return {row: f"+62812000000{number}" for number, row in enumerate(rows)}


@pytest.mark.parametrize(
    ("owner", "name", "after", "repeats"),
    [
        (Mail, "begin", False, {0}),  # before connecting
        (Mail, "begin", True, {0}),  # after MAIL FROM
        (claims, "mark", True, {0}),
        (Mail, "send", True, {0, 1}),  # after DATA: the mail server may not have kept what it got
        (Mail, "answer", True, {1}),  # after 250
        (claims, "stamp", True, {0}),
    ],
)
@pytest.mark.parametrize("pipelining", [False, True])
def test_every_mail_arrives_and_one_at_most_twice(people, mails, owner, name, after, repeats, pipelining):
    mails.pipelining = pipelining
    send_and_die(owner, name, after=after)
    assert unsent() >= PEOPLE - 3

    somebody_else_sends()

    assert unsent() == 0
    assert set(mails.counts()) == {f"p{number}@example.com" for number in range(PEOPLE)}
    assert len(mails.mails) - PEOPLE in repeats
    assert len(mails.ids()) == PEOPLE


@pytest.mark.parametrize(
    ("owner", "name", "after", "repeats"),
    [
        (WhatsApp, "begin", False, {0}),  # before connecting
        (HTTPConnection, "getresponse", False, {1}),  # after the request
        (WhatsApp, "answer", True, {1}),  # after 200
        (claims, "stamp", True, {0}),
    ],
)
def test_every_whatsapp_arrives_and_one_at_most_twice(people, whatsapp, mails, owner, name, after, repeats):
    for registration, number in people.items():
        opt_in(registration, number)
    send_and_die(owner, name, after=after)

    somebody_else_sends()

    assert unsent() == 0
    assert mails.mails == []
    got = Counter((message["to"], message["biz_opaque_callback_data"]) for message in whatsapp.took)
    assert {number for number, _name in got} == {number.removeprefix("+") for number in people.values()}
    assert len(got) == PEOPLE
    assert got.total() - PEOPLE in repeats


HELD = Notification.objects.filter(leased_until__gt=Now(), state="due", attempts=0)


def test_twenty_killed_while_they_connect_delay_by_a_lease_each_and_repeat_nothing(people, mails):
    """Before the mail server has heard of them, and after; the next tick after a lease sends what was held."""
    for number in range(20):
        send_and_die(SMTP, "connect", after=number % 2 == 1, times=1)
        assert HELD.count() == PEOPLE
        assert not HELD.filter(leased_until__gt=Now() + timedelta(seconds=claims.lease_seconds())).exists()
        assert (mails.mails, deliver()) == ([], 0)
        let_leases_end()

    assert settings.TICK_SECONDS <= 60
    assert deliver() == PEOPLE

    assert mails.counts() == {f"p{number}@example.com": 1 for number in range(PEOPLE)}


def test_control_where_leases_never_end_who_was_held_is_forgotten(people, mails, monkeypatch):
    send_and_die(SMTP, "connect", after=True, times=1)
    monkeypatch.setattr(claims, "CLAIM", claims.CLAIM.replace("OR leased_until < clock_timestamp()", ""))

    assert somebody_else_sends() == 0

    assert unsent() == PEOPLE


def test_control_without_retaking_somebody_is_forgotten(people, mails, monkeypatch):
    send_and_die(claims, "mark", after=True)
    monkeypatch.setattr(claims, "CLAIM", claims.CLAIM.replace("OR state = 'sending'", ""))

    somebody_else_sends()

    assert unsent() == 1
    assert len(mails.counts()) == PEOPLE - 1


def test_control_without_a_stamp_on_each_several_arrive_twice(people, mails, monkeypatch):
    def stamp_nothing():
        monkeypatch.setattr(claims, "stamp", lambda row, **outcome: None)

    send_and_die(Mail, "answer", after=True, prepare=stamp_nothing)

    somebody_else_sends()

    assert len(mails.mails) - PEOPLE == 3
