"""The supervisor: what keeps it from starting, children that die, and that none is left behind."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from portal import embedded, processes
from portal.embedded import Child
from tests.sinks import free_port


def up(tmp_path, **environment):
    ports = {name: str(free_port()) for name in ("WEB_PORT", "MAIL_SMTP_PORT", "MAIL_WEB_PORT")}
    return subprocess.run(
        [sys.executable, "-m", "portal.processes", "up"],
        env={"PATH": os.environ["PATH"], "PORTAL_STATE_DIR": str(tmp_path / "state"), **ports, **environment},
        cwd=embedded.ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("name", ["WEB_PORT", "MAIL_SMTP_PORT", "MAIL_WEB_PORT"])
def test_a_taken_port_is_named_in_one_line(tmp_path, name):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = up(tmp_path, **{name: port})

    assert result.returncode != 0
    assert len(result.stderr.strip().splitlines()) == 1
    assert f"Port {port}" in result.stderr


@pytest.mark.parametrize("port", ["eighty", "99999"])
def test_a_port_that_is_none_is_named_in_one_line(tmp_path, port):
    result = up(tmp_path, WEB_PORT=port)

    assert result.returncode != 0
    assert len(result.stderr.strip().splitlines()) == 1
    assert port in result.stderr


def test_a_folder_that_cannot_be_written_is_named_in_one_line(tmp_path):
    result = up(tmp_path, PORTAL_STATE_DIR="/proc/portal")

    assert result.returncode != 0
    assert len(result.stderr.strip().splitlines()) == 1
    assert "/proc/portal" in result.stderr


def test_a_second_run_from_the_same_folder_is_refused(tmp_path):

    (tmp_path / "state").mkdir()
    with (tmp_path / "state" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = up(tmp_path)

    assert result.returncode != 0
    assert "already runs" in result.stderr


def test_accounts_of_a_portal_that_does_not_run_are_answered_in_one_line(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "portal.processes", "manage", "demo_accounts", "--print"],
        env={"PATH": os.environ["PATH"], "PORTAL_STATE_DIR": str(tmp_path / "state")},
        cwd=embedded.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode != 0
    assert len(result.stderr.strip().splitlines()) == 1
    assert "make run" in result.stderr


def test_an_unknown_process_is_answered_with_the_list(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "portal.processes", "juggle"],
        env={"PATH": os.environ["PATH"]},
        cwd=embedded.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode != 0
    assert "portal.processes up" in result.stderr


class TestSupervisor:
    @pytest.fixture
    def supervisor(self):
        supervisor = processes.Supervisor(dict(os.environ))
        yield supervisor
        supervisor.stop()

    def test_starts_again_what_died_and_stops_all(self, supervisor, tmp_path):
        note = tmp_path / "pids"
        script = f"import os, time; open({str(note)!r}, 'a').write(f'{{os.getpid()}}\\n'); time.sleep(60)"
        supervisor.start(Child("sleeper", [sys.executable, "-c", script]))
        first = wait_for_lines(note, 1)[0]
        signal.signal(signal.SIGALRM, supervisor.on_signal)
        time.sleep(1)  # a child that dies at once waits before its next start
        os.kill(first, signal.SIGKILL)
        signal.alarm(3)

        supervisor.watch()
        pids = wait_for_lines(note, 2)
        supervisor.stop()

        assert len(set(pids)) == 2
        assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in pids)

    def test_kills_what_a_dead_child_left_before_it_starts_it_again(self, supervisor, tmp_path):
        note = tmp_path / "pids"
        # A web server's workers outlive a killed web server and would hold its port.
        script = f"sleep 60 & echo $! >> {note}; exec sleep 60"
        parent = supervisor.start(Child("server", ["/bin/sh", "-c", script]))
        orphan = wait_for_lines(note, 1)[0]
        time.sleep(1.1)
        parent.kill()
        signal.signal(signal.SIGALRM, supervisor.on_signal)
        signal.alarm(2)

        supervisor.watch()

        assert len(wait_for_lines(note, 2)) == 2
        assert not psutil.pid_exists(orphan) or psutil.Process(orphan).status() == "zombie"

    def test_a_child_that_cannot_start_holds_up_neither_the_others_nor_the_end(self, supervisor, tmp_path):
        note = tmp_path / "pids"
        script = f"import os, time; open({str(note)!r}, 'a').write(f'{{os.getpid()}}\\n'); time.sleep(60)"
        supervisor.start(Child("broken", ["/bin/false"]))
        supervisor.start(Child("sleeper", [sys.executable, "-c", script]))
        first = wait_for_lines(note, 1)[0]
        time.sleep(1)
        os.kill(first, signal.SIGKILL)
        signal.signal(signal.SIGALRM, supervisor.on_signal)
        signal.alarm(2)
        began = time.monotonic()

        supervisor.watch()

        assert time.monotonic() - began < processes.PAUSE_AFTER_QUICK_DEATH - 1
        assert len(wait_for_lines(note, 2)) == 2


def wait_for_lines(file: Path, number: int) -> list[int]:
    deadline = time.monotonic() + 10
    while not file.exists() or len(file.read_text().split()) < number:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return [int(line) for line in file.read_text().split()]
