"""What Celery runs: judged by the database's clock, whatever the host believes."""

import socket
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db.models import F
from django.test import TestCase

from participants import tasks
from participants.import_forms import guess
from participants.models import Heartbeat
from participants.operations import clocks, import_work, imports, symptoms, tallies, ticks
from portal import clock
from portal.celery import app
from portal.models import Rehearsal
from tests.factories import make_registration, make_rule, make_session
from tests.faults.people import EVE
from tests.people_lists import COLUMNS, row, staged
from tests.sinks import sink
from tests.staff import make_staff


@pytest.fixture
def session(settings):
    settings.REHEARSAL = True
    settings.TICK_SECONDS = 0  # what is ticked twice in a row here is meant
    session = make_session()
    make_rule(session.program)
    make_registration(session)
    return session


def it_is(instant):
    Rehearsal.objects.update_or_create(defaults={"lead": instant - clock.database_machine_now()})


@pytest.mark.django_db
@pytest.mark.parametrize("step", [timedelta(days=1), timedelta(hours=-1)])
def test_a_host_whose_clock_is_wrong_sends_nothing_early_or_late(session, settings, monkeypatch, step):
    host = clock.host_now
    monkeypatch.setattr(clock, "host_now", lambda: host() + step)
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
    host = clock.host_now
    it_is(EVE - timedelta(days=1))
    monkeypatch.setattr(clock, "database_machine_now", lambda: host() + timedelta(days=1))
    with sink(settings) as mails:
        tasks.tick()
        tasks.deliver("bulk")

    assert len(reminded(mails)) == 1


@pytest.mark.django_db
def test_control_by_the_hosts_own_clock_an_hour_back_is_an_hour_late(session, settings, monkeypatch):
    host = clock.host_now
    it_is(EVE)
    monkeypatch.setattr(clock, "database_machine_now", lambda: host() - timedelta(hours=1))
    with sink(settings) as mails:
        for late in (timedelta(), timedelta(hours=1)):
            Rehearsal.objects.update(lead=F("lead") + late)
            tasks.tick()
            tasks.deliver("bulk")
            assert len(reminded(mails)) == (1 if late else 0)


@pytest.mark.django_db
@pytest.mark.parametrize("step", [timedelta(minutes=5), timedelta(minutes=-5)])
def test_a_worker_whose_clock_is_wrong_is_told_of_until_it_is_right(session, settings, monkeypatch, mailoutbox, step):
    host = clock.host_now
    make_staff("editor")
    monkeypatch.setattr(clock, "host_now", lambda: host() + step)
    it_is(EVE)
    for task in (tasks.tick, partial(tasks.deliver, "codes")):
        task()
        now = clock.database_machine_now()
        assert clocks.wrong(machine_now=now) == [socket.gethostname()]
        Heartbeat.objects.filter(name__startswith=clocks.MARK).delete()
    task()
    assert symptoms.look(now=EVE, machine_now=now, disks={}) == ["clocks"]

    monkeypatch.setattr(clock, "host_now", host)
    Heartbeat.objects.update(at=now - clocks.FRESH)
    tasks.tick()
    assert symptoms.look(now=EVE, machine_now=clock.database_machine_now(), disks={}) == []
    assert [mail.subject for mail in mailoutbox] == ["Jam komputer meleset", "Sudah pulih: Jam komputer meleset"]


def reminded(mails):
    """The reminders among the mails: people are also asked whether they still come."""
    return [mail["Subject"] for mail in mails.mails if mail["Subject"].startswith("Besok mulai")]


@pytest.mark.parametrize("name", ["tick", "retention"])
@pytest.mark.parametrize("behind", [timedelta(hours=1), timedelta(days=1)])
def test_a_beat_whose_clock_is_behind_is_heard(settings, name, behind):
    told = settings.CELERY_BEAT_SCHEDULE[name]
    now = datetime.now(UTC)  # noqa: TID251 -- Celery's own
    message = app.amqp.as_task_v2("id", told["task"], now=now - behind, **told.get("options", {}))

    assert message.headers["expires"] is None


@pytest.mark.django_db
@pytest.mark.parametrize("step", [timedelta(days=1), timedelta(hours=-1)])
def test_bells_for_files_and_counts_are_heard_whatever_two_hosts_believe(session, monkeypatch, step):
    """Rung by the tick on a host whose clock is wrong, heard on another."""
    rung, heard, host = {}, [], clock.machine_now
    for name in ("work_on_import", "count_people"):
        bell = getattr(tasks, name)
        monkeypatch.setattr(bell, "apply_async", lambda given=(), name=name, **told: rung.update({name: (given, told)}))
    by = make_staff("coordinator", session.region)
    imports.name_columns(batch=staged(session, by, row("Ani")), mapping=guess(COLUMNS), by=by, now=EVE)
    monkeypatch.setattr(clock, "machine_now", lambda: host() + step)
    it_is(EVE)
    with TestCase.captureOnCommitCallbacks(execute=True):
        tasks.tick()
    monkeypatch.setattr(clock, "host_now", host)
    monkeypatch.setattr(import_work, "work_on", lambda pk, **_: heard.append("work_on_import"))
    monkeypatch.setattr(tallies, "count_due", lambda **_: heard.append("count_people"))

    for name, (given, told) in rung.items():
        assert "expires" not in told
        getattr(tasks, name)(*given)

    assert sorted(heard) == sorted(rung) == ["count_people", "work_on_import"]


@pytest.mark.django_db
def test_ticks_that_piled_up_are_one(session, settings, monkeypatch):
    settings.TICK_SECONDS = 30
    it_is(EVE)
    ticked = []

    def tick(**_times):
        ticked.append(Heartbeat.objects.update_or_create(name="tick", defaults={"at": clock.database_machine_now()}))

    monkeypatch.setattr(ticks, "tick", tick)
    for _message in range(3):
        tasks.tick()
    assert len(ticked) == 1

    Heartbeat.objects.update(at=clock.database_machine_now() - timedelta(seconds=4))
    tasks.tick()
    assert len(ticked) == 2


@pytest.mark.django_db
def test_a_tick_leaves_its_time(session):
    it_is(EVE)

    tasks.tick()

    assert abs(Heartbeat.objects.get(name="tick").at - clock.database_machine_now()) < timedelta(seconds=10)
