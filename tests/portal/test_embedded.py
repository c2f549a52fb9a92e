"""The embedded servers: real ones, in a private folder, gone with whoever started them."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg2
import pytest
import redis

from portal import embedded

START_AND_WAIT = """
import time
from portal import embedded
with embedded.running(durable=False):
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def state(tmp_path_factory, monkeypatch):
    """A state folder of this test's own, short enough for sockets and open enough for PostgreSQL's account."""
    folder = Path("/tmp") / f"portal-embedded-{os.getpid()}"
    monkeypatch.setenv("PORTAL_STATE_DIR", str(folder))
    yield folder
    embedded.remove()


def start_in_process():
    process = subprocess.Popen([sys.executable, "-c", START_AND_WAIT], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


def postgres_answers():
    try:
        psycopg2.connect(host=str(embedded.socket_dir()), user="portal", dbname="portal").close()
    except psycopg2.OperationalError:
        return False
    return True


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_running_serves_both_and_leaves_nothing_running(state):
    with embedded.running(durable=False):
        assert postgres_answers()
        assert redis.Redis(unix_socket_path=str(embedded.socket_dir() / "valkey.sock")).ping()

    assert not postgres_answers()
    assert not (embedded.socket_dir() / "valkey.sock").exists()


def test_running_finds_the_same_data_again(state):
    with embedded.running(durable=False):
        connection = psycopg2.connect(host=str(embedded.socket_dir()), user="portal", dbname="portal")
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        connection.close()
    with embedded.running(durable=False):
        connection = psycopg2.connect(host=str(embedded.socket_dir()), user="portal", dbname="portal")
        with connection.cursor() as cursor:
            cursor.execute("SELECT answer FROM kept")
            assert cursor.fetchall() == [(42,)]
        connection.close()


def test_servers_die_with_a_killed_starter_and_start_again(state):
    process = start_in_process()

    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()

    wait_until(lambda: not postgres_answers())
    with embedded.running(durable=False):
        assert postgres_answers()


def test_prepare_repeats_a_cluster_whose_making_was_interrupted(state):
    embedded.prepare()
    (embedded.server_dir() / "initdb.unfinished").touch()

    with embedded.running(durable=False):
        assert postgres_answers()


def test_prepare_opens_no_folder_that_is_not_its_own(state, tmp_path):
    before = tmp_path.stat().st_mode
    os.environ["PORTAL_STATE_DIR"] = str(tmp_path / "state")

    embedded.prepare()

    assert tmp_path.stat().st_mode == before
    embedded.remove()


def test_prepare_says_which_folder_cannot_be_written(state, monkeypatch):
    monkeypatch.setenv("PORTAL_STATE_DIR", "/proc/portal")

    with pytest.raises(embedded.CannotStart, match="/proc/portal"):
        embedded.prepare()


def test_socket_dir_is_short_however_deep_the_checkout(monkeypatch):
    monkeypatch.setenv("PORTAL_STATE_DIR", "/tmp/" + "deep/" * 40)

    assert len(str(embedded.socket_dir())) < 60


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another account")
def test_servers_run_where_the_other_account_cannot_reach_the_checkout(monkeypatch):
    home = Path(tempfile.mkdtemp(prefix="portal-home-"))  # mode 0700, as /root has
    monkeypatch.setenv("PORTAL_STATE_DIR", str(home / "state"))
    monkeypatch.setattr(embedded, "_reachable", lambda path: False)
    try:
        with embedded.running(durable=False):
            assert postgres_answers()
        assert embedded.server_dir().parent == Path("/var/tmp")
        assert home.stat().st_mode & 0o777 == 0o700
    finally:
        embedded.remove()
        home.rmdir()
