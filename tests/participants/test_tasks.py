"""What Celery runs: judged by the database's clock, whatever the host believes."""

from datetime import timedelta

import pytest

from participants import tasks
from participants.models import Heartbeat
from portal import clock
from portal.models import Rehearsal
from tests.factories import make_registration, make_rule, make_session
from tests.faults.people import EVE
from tests.sinks import sink


@pytest.fixture
def session(settings):
    settings.REHEARSAL = True
    session = make_session()
    make_rule(session.program)
    make_registration(session)
    return session


def it_is(instant):
    Rehearsal.objects.update_or_create(defaults={"lead": instant - clock.database_machine_now()})


@pytest.mark.django_db
@pytest.mark.parametrize("step", [timedelta(days=1), timedelta(hours=-1)])
def test_a_host_whose_clock_is_wrong_sends_nothing_early_or_late(session, settings, monkeypatch, step):
    host = clock.machine_now
    monkeypatch.setattr(clock, "machine_now", lambda: host() + step)
    with sink(settings) as mails:
        it_is(EVE - timedelta(minutes=1))
        tasks.tick()
        tasks.deliver("bulk")
        assert reminded(mails) == []

        it_is(EVE)
        tasks.tick()
        tasks.deliver("bulk")
        assert len(reminded(mails)) == 1


@pytest.mark.django_db
def test_control_by_the_hosts_own_clock_a_day_ahead_is_a_day_early(session, settings, monkeypatch):
    host = clock.machine_now
    it_is(EVE - timedelta(days=1))
    monkeypatch.setattr(clock, "database_machine_now", lambda: host() + timedelta(days=1))
    with sink(settings) as mails:
        tasks.tick()
        tasks.deliver("bulk")

    assert len(reminded(mails)) == 1


def reminded(mails):
    """The reminders among the mails: people are also asked whether they still come."""
    return [mail["Subject"] for mail in mails.mails if mail["Subject"].startswith("Besok mulai")]


@pytest.mark.django_db
def test_a_tick_leaves_its_time(session):
    it_is(EVE)

    tasks.tick()

    assert abs(Heartbeat.objects.get(name="tick").at - clock.database_machine_now()) < timedelta(seconds=10)
