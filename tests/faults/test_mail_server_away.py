"""The mail server refuses connections, then is back: nothing is lost, nothing is sent twice, and soon all is sent."""

import smtplib
import time
from datetime import timedelta

import pytest

from participants.models import Notification
from participants.operations import claims, deliveries, reminders
from tests.faults.fleet import wait_for
from tests.faults.people import EVE, confirm_many, rehearse_from
from tests.sinks import free_port, sink


@pytest.fixture
def closed_port(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    return settings.EMAIL_PORT


def test_all_is_sent_once_when_it_is_back(fleet, settings, closed_port):
    confirm_many(200)
    rehearse_from(EVE)
    ships = fleet()
    ships.beat()
    ships.worker()
    wait_for(lambda: Notification.objects.count() == 200, why=ships.logs)
    time.sleep(2)  # ticks come and go
    assert set(Notification.objects.values_list("state", "attempts")) == {("due", 0)}

    with sink(settings, port=closed_port) as mails:
        wait_for(lambda: not Notification.objects.exclude(state="sent").exists(), why=ships.logs)

    assert mails.counts() == {f"p{n}@example.com": 1 for n in range(200)}
    assert set(Notification.objects.values_list("attempts", flat=True)) == {1}


@pytest.mark.django_db
def test_two_hours_cost_no_try_and_then_all_is_sent_in_order(settings, closed_port, monkeypatch):
    """In rehearsed time, looked at every five minutes."""
    confirm_many(300)
    reminders.plan(now=EVE)
    asked, connect = [], smtplib.SMTP.connect
    monkeypatch.setattr(smtplib.SMTP, "connect", lambda *server: (asked.append(1), connect(*server))[1])

    for minutes in range(0, 120, 5):
        now = EVE + timedelta(minutes=minutes)
        assert reminders.plan(now=now) == 0
        assert deliveries.deliver(queue="bulk", now=now, machine_now=now) == 0
    assert len(asked) == 24  # each look asks once, however many wait
    assert set(Notification.objects.values_list("state", "attempts", "leased_until")) == {("due", 0, None)}

    now = EVE + timedelta(hours=2)
    with sink(settings, port=closed_port) as mails:
        assert deliveries.deliver(queue="bulk", now=now, machine_now=now, seconds=120) == 300

    assert mails.counts() == {f"p{n}@example.com": 1 for n in range(300)}
    assert set(Notification.objects.values_list("state", "attempts")) == {("sent", 1)}


@pytest.mark.django_db(transaction=True)
def test_control_without_giving_back_a_batch_waits_for_its_lease(settings, closed_port, monkeypatch):
    confirm_many(50)
    reminders.plan(now=EVE)
    monkeypatch.setattr(claims, "give_back", lambda claimed: None)
    deliveries.deliver(queue="bulk", now=EVE, machine_now=EVE)

    with sink(settings, port=closed_port):
        assert deliveries.deliver(queue="bulk", now=EVE, machine_now=EVE) == 0
