"""PostgreSQL itself stops and starts in the midst of sending: nobody is left out, and nobody is written to twice."""

import shutil
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg2
import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models.functions import Now

from participants.models import Notification
from participants.operations import claims, deliveries, reminders
from portal import embedded
from tests import emptying
from tests.faults.fleet import wait_for
from tests.faults.people import EVE, confirm_many, rehearse_from
from tests.seeds import plant_tables

HELD = "p10@example.com"


class Server:
    """A PostgreSQL of these tests' own: others beside them go on with theirs."""

    def __init__(self) -> None:
        """Of the state folder that the environment names at this moment."""
        embedded.prepare()
        self.child, self.folder = embedded.postgres(durable=False), str(embedded.socket_dir())
        self.url = embedded.database_url()

    def start(self) -> None:
        self.process = self.child.start()
        wait_for(self._is_there, seconds=60)

    def stop(self) -> None:
        embedded.stop(self.process, self.child.stop_signal, seconds=60)

    def _is_there(self) -> bool:
        try:
            with closing(psycopg2.connect(host=self.folder, user="portal", dbname="postgres")) as connected:
                connected.autocommit = True
                with connected.cursor() as cursor:
                    cursor.execute("SELECT FROM pg_database WHERE datname = 'portal'")
                    if not cursor.rowcount:
                        cursor.execute("CREATE DATABASE portal")
            return True
        except psycopg2.OperationalError:
            return False

    @contextmanager
    def away(self):
        """It is stopped, as for an update, and started when the block ends."""
        connection.close()
        self.stop()
        try:
            yield
        finally:
            self.start()


@pytest.fixture(scope="module")
def own_server():
    state = Path(tempfile.mkdtemp(prefix="portal-restarts-", dir="/tmp"))
    plant_tables(state)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PORTAL_STATE_DIR", str(state))
        server, leftovers = Server(), [embedded.server_dir(), embedded.socket_dir(), state]
    server.start()
    yield server
    server.stop()
    for folder in leftovers:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def server(transactional_db, own_server, monkeypatch):
    """That server in place of the one of all tests."""
    connection.close()
    options = connection.settings_dict["OPTIONS"] | {"host": own_server.folder, "user": "portal"}
    for name, value in {"NAME": "portal", "HOST": "", "USER": "", "PASSWORD": "", "OPTIONS": options}.items():
        monkeypatch.setitem(connection.settings_dict, name, value)
    call_command("migrate", verbosity=0)
    yield own_server
    emptying.empty()
    connection.close()


def unsent():
    return Notification.objects.exclude(state="sent")


def in_hand():
    return Notification.objects.filter(state="sending", registration__participant__user__email=HELD)


def test_everybody_is_reminded_once(server, fleet, mails):
    confirm_many(200)
    rehearse_from(EVE)
    mails.holds[HELD] = threading.Event()
    ships = fleet(DATABASE_URL=server.url, EMAIL_TIMEOUT="8")
    ships.beat()
    ships.worker()
    wait_for(lambda: in_hand().exists(), why=ships.logs)

    with server.away():
        mails.holds[HELD].set()
        wait_for(lambda: mails.to(HELD), why=ships.logs)  # its sender has nowhere to write that down
        time.sleep(1.5)  # a tick and bells find nobody
    assert unsent().count() > 0, "over before the restart"
    wait_for(lambda: Notification.objects.count() == 200 and not unsent().exists(), why=ships.logs)

    assert mails.counts() == {f"p{number}@example.com": 1 for number in range(200)}


def deliver():
    try:
        return deliveries.deliver(queue="bulk", now=EVE, machine_now=EVE, seconds=60)
    finally:
        connection.close()


def restart_while_one_is_in_hand(server, mails):
    """What the sender of twenty comes to that has the eleventh in hand when the server stops."""
    confirm_many(20)
    reminders.plan(now=EVE)
    mails.holds[HELD] = threading.Event()
    with ThreadPoolExecutor(max_workers=1) as beside:  # the server dies with the thread that started it
        sender = beside.submit(deliver)
        wait_for(lambda: in_hand().exists() or sender.done())
        with server.away():
            mails.holds[HELD].set()
            wait_for(lambda: mails.to(HELD))
        return sender.exception(timeout=120) or sender.result()


def test_one_sender_goes_on_where_it_was(server, mails):
    assert restart_while_one_is_in_hand(server, mails) == 20
    assert set(mails.counts().values()) == {1}
    assert not unsent().exists()


def test_control_where_no_sender_waits_for_the_server_somebody_is_reminded_twice(server, mails, monkeypatch):
    monkeypatch.setattr(claims, "_insist", lambda execute, sql, values, *, seconds: execute(sql, values))
    assert isinstance(restart_while_one_is_in_hand(server, mails), Exception)
    Notification.objects.exclude(leased_until=None).update(leased_until=Now() - timedelta(seconds=1))

    deliver()

    assert not unsent().exists()
    assert mails.counts()[HELD] == 2
