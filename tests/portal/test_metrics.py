"""What Prometheus reads of the messages, and who may."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from prometheus_client.parser import text_string_to_metric_families

from participants.models import Heartbeat, Notification
from participants.operations import login_codes, notifications
from portal import clock
from tests.factories import make_registration, make_session
from tests.staff import make_staff

pytestmark = pytest.mark.django_db
TOKEN = "t" * 40


@pytest.fixture
def scrape(client, settings):
    settings.METRICS_TOKEN = TOKEN

    def read():
        answer = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-store")
        return {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(answer.content.decode())
            for sample in family.samples
        }

    return read


@pytest.mark.parametrize(
    "header", ["", TOKEN, f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer é"]
)
def test_nobody_reads_them_without_the_token(client, settings, header):
    settings.METRICS_TOKEN = TOKEN

    assert client.get("/metrics", headers={"authorization": header}).status_code == 404


@pytest.mark.parametrize("header", ["Bearer ", "Bearer"])
def test_without_a_token_there_is_nothing_to_read(client, settings, header):
    settings.METRICS_TOKEN = ""

    assert client.get("/metrics", headers={"authorization": header}).status_code == 404


def test_tell_what_waits_what_failed_and_for_how_long(scrape):
    now = clock.database_now()
    for state, age in [("due", 600), ("retrying", 5), ("failed", 9000), ("sent", 9000)]:
        notifications.promise(
            Notification.Kind.REGISTERED, subject=make_registration(make_session()), now=now - timedelta(seconds=age)
        )
        Notification.objects.filter(pk=Notification.objects.latest("pk").pk).update(state=state)
    Heartbeat.objects.create(name="tick", at=clock.database_machine_now() - timedelta(seconds=40))

    read = scrape()

    counts = {key[1:]: value for key, value in read.items() if key[0] == "portal_messages"}
    assert counts == {("due", "transactional"): 1, ("retrying", "transactional"): 1, ("failed", "transactional"): 1}
    assert read["portal_oldest_due_message_seconds",] == pytest.approx(600, abs=20)
    assert read["portal_tick_age_seconds",] == pytest.approx(40, abs=20)
    assert not any(name.startswith("portal_login_code") for name, *_labels in read)


def test_tell_what_was_missed_in_the_last_seven_days(scrape):
    now = clock.database_now()
    for kind, days in [("reminder", 6), ("reminder", 8), ("registered", 1), ("registered", 2)]:
        notifications.promise(Notification.Kind(kind), subject=make_registration(make_session()), now=now)
        settled = {"state": "missed", "settled_at": now - timedelta(days=days)}
        queue = "bulk" if kind == "reminder" else "transactional"
        Notification.objects.filter(pk=Notification.objects.latest("pk").pk).update(queue=queue, **settled)

    read = scrape()

    counts = {key[1:]: value for key, value in read.items() if key[0] == "portal_messages_missed"}
    assert counts == {("bulk",): 1, ("transactional",): 2, ("codes",): 0}


def test_tell_how_fast_login_codes_went_out_in_the_last_hour(scrape):
    now = clock.database_now()
    for number, seconds in enumerate([1, 2, 3, 4, 5]):
        login_codes.ask(email=f"siti{number}@example.com", browser="b" * 32, language="id", machine_now=now, now=now)
        Notification.objects.filter(pk=Notification.objects.latest("pk").pk).update(
            state="sent", created_at=now - timedelta(seconds=seconds), settled_at=now
        )
    Notification.objects.filter(pk=Notification.objects.latest("pk").pk).update(settled_at=now - timedelta(hours=2))

    read = scrape()

    assert read["portal_login_code_seconds", "0.5"] == 2.5
    assert read["portal_login_code_seconds", "0.95"] == pytest.approx(3.85)


def test_watch_tells_by_its_exit_whether_messages_stand_still():
    with pytest.raises(SystemExit, match="stand still"):
        call_command("watch", "--once")

    Heartbeat.objects.create(name="tick", at=clock.database_machine_now())
    call_command("watch", "--once")


def test_watch_tells_nobody_while_the_portal_starts_and_then_does(mailoutbox, monkeypatch):
    """A portal that has just started has not ticked yet, and one that stood still over night ticked hours ago."""
    make_staff("editor", email="pengelola@example.go.id")
    passed, told = {"seconds": 0.0}, []

    def sleep(seconds):
        told.append(len(mailoutbox))
        passed["seconds"] += seconds
        if passed["seconds"] > 150:
            raise KeyboardInterrupt

    monkeypatch.setattr("portal.management.commands.watch._disks", dict)
    monkeypatch.setattr("portal.management.commands.watch.close_old_connections", lambda: None)
    monkeypatch.setattr("portal.management.commands.watch.time.sleep", sleep)
    monkeypatch.setattr("portal.management.commands.watch.time.monotonic", lambda: passed["seconds"])

    with pytest.raises(KeyboardInterrupt):
        call_command("watch")

    assert told == [0, 0, 0, 0, 1, 1]


def test_watch_tells_that_messages_stand_still_whatever_else_cannot_be_looked_at(mailoutbox, monkeypatch):
    make_staff("editor")

    def away(**_):
        raise DatabaseError("canceling statement due to statement timeout")

    monkeypatch.setattr("participants.operations.symptoms.look", away)
    with pytest.raises(SystemExit, match="stand still"):
        call_command("watch", "--once")
    assert len(mailoutbox) == 1


@pytest.mark.parametrize(("used", "told"), [(86, ["Penyimpanan hampir penuh"]), (84, [])])
def test_watch_looks_at_disks_and_at_the_clock_of_its_own_host(mailoutbox, monkeypatch, used, told):
    make_staff("editor")
    Heartbeat.objects.create(name="tick", at=clock.database_machine_now())
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(total=100, used=used, free=100 - used))
    call_command("watch", "--once")
    assert [mail.subject for mail in mailoutbox] == told

    host = clock.host_now
    monkeypatch.setattr("portal.clock.host_now", lambda: host() + timedelta(minutes=5))
    call_command("watch", "--once")
    assert [mail.subject for mail in mailoutbox] == ["Jam komputer meleset", *told][::-1]
