"""A test run leaves alone what stands in the folder that PORTAL_STATE_DIR names: a portal may live there."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

from portal import embedded

# What a run does first and last, without the tables that it makes meanwhile.
RUN = """
import tests.conftest
from portal import embedded
embedded.prepare()
print(embedded.state_dir())
embedded.remove()
"""


@pytest.fixture
def lived_in(monkeypatch):
    """A state folder in which servers run, as a portal's do, and what else that portal keeps."""
    folder = Path("/tmp") / f"portal-lived-in-{os.getpid()}"
    monkeypatch.setenv("PORTAL_STATE_DIR", str(folder))
    try:
        with embedded.running(durable=False):
            (folder / "key").write_text("kept")
            yield folder
    finally:
        embedded.remove()


def test_a_run_stops_no_servers_and_removes_nothing_of_a_portal(lived_in):
    connection = psycopg2.connect(host=str(embedded.socket_dir()), user="portal", dbname="portal")
    before = {path.name for path in lived_in.iterdir()}
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PORTAL_STATE_DIR": str(lived_in)}
    command = [sys.executable, "-c", RUN]

    run = subprocess.run(command, env=environment, cwd=embedded.ROOT, stdout=subprocess.PIPE, text=True, check=True)

    assert Path(run.stdout.strip()).parent == lived_in.resolve()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 42")
        assert cursor.fetchall() == [(42,)]
    connection.close()
    assert {path.name for path in lived_in.iterdir()} == before
    assert (lived_in / "key").read_text() == "kept"
