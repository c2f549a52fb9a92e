"""A sender is killed at a chosen step of its third message: whoever is written to twice gets the same message."""

import os
import signal
from collections import Counter
from datetime import timedelta
from itertools import count

import pytest
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


def send_and_die(owner, name, *, after, prepare=lambda: None):
    """A sender in a process of its own, killed where it comes to `owner.name` for the third time: before or after."""
    connection.close()
    child = os.fork()
    if child == 0:
        try:
            prepare()
            act, turns = getattr(owner, name), count(1)

            def act_and_die(*arguments, **options):
                turn = next(turns)
                if turn == 3 and not after:
                    os.kill(os.getpid(), signal.SIGKILL)
                result = act(*arguments, **options)
                if turn == 3:
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
    Notification.objects.exclude(leased_until=None).update(leased_until=Now() - timedelta(seconds=1))
    return deliver()


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
