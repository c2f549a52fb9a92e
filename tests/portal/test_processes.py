"""The supervisor: what keeps it from starting, children that die, and that none is left behind."""

import fcntl
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from portal import embedded, processes
from portal.embedded import Child
from tests.running import Portal, supervised
from tests.seeds import plant_static
from tests.sinks import free_port


def up(tmp_path, **environment):
    ports = {name: str(free_port()) for name in ("WEB_PORT", "MAIL_SMTP_PORT", "MAIL_WEB_PORT")}
    return subprocess.run(
        [sys.executable, "-m", "portal.processes", "up"],
        env={"PATH": os.environ["PATH"], "PORTAL_STATE_DIR": str(tmp_path / "state"), **ports, **environment},
        cwd=embedded.ROOT,
        capture_output=True,
        text=True,
        timeout=180,
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


def test_one_port_for_two_is_refused_in_one_line(tmp_path):
    port = str(free_port())

    result = up(tmp_path, WEB_PORT=port, MAIL_SMTP_PORT=port)

    assert result.returncode != 0
    assert result.stderr == "portal: WEB_PORT, MAIL_SMTP_PORT and MAIL_WEB_PORT must be three different numbers.\n"


@pytest.mark.parametrize("name", ["lock", "web.log"])
def test_a_file_that_cannot_be_written_is_named_in_one_line(tmp_path, name):
    (tmp_path / "state" / name).mkdir(parents=True)

    result = up(tmp_path)

    assert result.returncode != 0
    assert len(result.stderr.strip().splitlines()) == 1
    assert name in result.stderr


def test_a_key_that_was_not_written_to_the_end_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setenv("PORTAL_STATE_DIR", str(tmp_path))
    (tmp_path / "secret_key.new").write_text("half")

    key = processes.local_environment()["SECRET_KEY"]

    assert len(key) >= 50
    assert processes.local_environment()["SECRET_KEY"] == key


@pytest.mark.parametrize("name", ["web", "worker", "codes", "exports", "beat", "watch"])
def test_each_process_of_a_container_begins_with_an_empty_folder(tmp_path, name):
    """It is still there after a while, or was stopped by nothing but the servers that this test does not start."""
    state = tmp_path / "state"
    environment = {
        "PATH": os.environ["PATH"],
        "PORTAL_ENV": "production",
        "PORTAL_STATE_DIR": str(state),
        "SECRET_KEY": secrets.token_urlsafe(60),
        "BASE_URL": "https://pelatihan.example.go.id",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none",
        "REDIS_URL": f"redis+socket://{tmp_path}/nobody.sock",
        "EMAIL_URL": "smtp://127.0.0.1:9",
        "MAIL_FROM": "a@x.id",
        "STATIC_ROOT": str(tmp_path),
        "WEB_PORT": str(free_port()),
    }
    command = [sys.executable, "-m", "portal.processes", name]
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env=environment, cwd=embedded.ROOT, stdout=out, stderr=out, start_new_session=True
        )
    try:
        wait_until(lambda: STARTED[name](log, state, environment["WEB_PORT"]))
        assert process.poll() is None, log.read_text()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(port: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(port))) == 0


STARTED = {
    "web": lambda log, state, port: answers(port),
    "worker": lambda log, state, port: "Cannot connect" in log.read_text(),
    "codes": lambda log, state, port: "Cannot connect" in log.read_text(),
    "exports": lambda log, state, port: "Cannot connect" in log.read_text(),
    "beat": lambda log, state, port: any(state.glob("beat*")),
    "watch": lambda log, state, port: "the database does not answer" in log.read_text(),
}


def test_a_folder_that_cannot_be_written_is_named_in_one_line(tmp_path):
    result = up(tmp_path, PORTAL_STATE_DIR="/proc/portal")

    assert result.returncode != 0
    assert len(result.stderr.strip().splitlines()) == 1
    assert "/proc/portal" in result.stderr


def test_a_step_that_fails_is_named_in_one_line(tmp_path):
    """With servers from elsewhere none is started, and the first step that writes a file ends it."""
    servers = {"DATABASE_URL": "postgres://nobody@127.0.0.1:9/none", "REDIS_URL": f"redis+socket://{tmp_path}/none"}

    result = up(tmp_path, STATIC_ROOT="/proc/static", **servers)

    assert result.returncode != 0
    assert len(result.stderr.strip().splitlines()) == 1
    assert result.stderr.startswith("portal: `manage.py collect` failed: ")
    assert "/proc/static" in result.stderr


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


class TestUp:
    """The whole portal, with nothing in its environment but PATH, HOME and where it may be."""

    @pytest.fixture
    def environment(self, monkeypatch):
        state = Path(tempfile.mkdtemp(prefix="portal-up-", dir="/tmp"))
        plant_static(state)  # to compress them takes as long as all else; the first portal of a run does
        monkeypatch.setenv("PORTAL_STATE_DIR", str(state))
        ports = {name: str(free_port()) for name in ("WEB_PORT", "MAIL_SMTP_PORT", "MAIL_WEB_PORT")}
        yield {"PATH": os.environ["PATH"], "HOME": str(state / "home"), "PORTAL_STATE_DIR": str(state), **ports}
        embedded.remove()

    def test_a_killed_one_starts_again_at_once_with_the_same_data_and_a_stopped_one_leaves_no_process(
        self, environment
    ):
        portal = Portal(f"http://127.0.0.1:{environment['WEB_PORT']}", "", environment)
        with supervised(environment, said := []) as supervisor:
            accounts = portal.accounts()
            killed = psutil.Process(supervisor.pid).children(recursive=True)
            supervisor.kill()
            supervisor.wait()

        with supervised(environment) as supervisor:
            assert portal.accounts() == accounts
            stopped = psutil.Process(supervisor.pid).children(recursive=True)

        assert all(f"{password}\n" in "".join(said) for _email, password, _codes in accounts.values())
        assert len(accounts) == 7
        assert supervisor.returncode == 0
        assert len(killed) > 8  # two servers, two web workers, two workers with a child each, beat, mail
        assert [process for process in killed + stopped if is_alive(process)] == []
        assert not any(answers(environment[name]) for name in ("WEB_PORT", "MAIL_SMTP_PORT", "MAIL_WEB_PORT"))
        assert not (Path(environment["HOME"])).exists()


def is_alive(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


class TestSupervisor:
    @pytest.fixture
    def supervisor(self, monkeypatch):
        monkeypatch.setattr(processes, "QUICK_DEATH", 0)  # whoever dies is started again at once
        supervisor = processes.Supervisor(dict(os.environ))
        yield supervisor
        supervisor.stop()

    @contextmanager
    def watching(self, supervisor):
        """The supervisor watches while the block lasts, and ends when it is told to."""
        watch = threading.Thread(target=supervisor.watch)
        watch.start()
        try:
            yield
        finally:
            supervisor.on_signal(signal.SIGTERM, None)
            watch.join(30)
            assert not watch.is_alive()

    def test_starts_again_what_died_and_stops_all(self, supervisor, tmp_path):
        note = tmp_path / "pids"
        script = f"import os, time; open({str(note)!r}, 'a').write(f'{{os.getpid()}}\\n'); time.sleep(600)"
        supervisor.start(Child("sleeper", [sys.executable, "-c", script]))
        first = wait_for_lines(note, 1)[0]

        with self.watching(supervisor):
            os.kill(first, signal.SIGKILL)
            pids = wait_for_lines(note, 2)
        supervisor.stop()

        assert len(set(pids)) == 2
        assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in pids)

    def test_kills_what_a_dead_child_left_before_it_starts_it_again(self, supervisor, tmp_path):
        note = tmp_path / "pids"
        # A web server's workers outlive a killed web server and would hold its port.
        script = f"sleep 600 & echo $! >> {note}; exec sleep 600"
        parent = supervisor.start(Child("server", ["/bin/sh", "-c", script]))
        orphan = wait_for_lines(note, 1)[0]

        with self.watching(supervisor):
            parent.kill()
            assert len(wait_for_lines(note, 2)) == 2

        assert not psutil.pid_exists(orphan) or psutil.Process(orphan).status() == "zombie"

    def test_a_child_that_cannot_start_holds_up_neither_the_others_nor_the_end(self, supervisor, tmp_path, monkeypatch):
        monkeypatch.setattr(processes, "QUICK_DEATH", 600)
        note = tmp_path / "pids"
        script = f"import os, time; open({str(note)!r}, 'a').write(f'{{os.getpid()}}\\n'); time.sleep(600)"
        broken = supervisor.start(Child("broken", ["/bin/false"]))
        broken.wait()
        monkeypatch.setattr(processes, "PAUSE_AFTER_QUICK_DEATH", 600)
        supervisor.start(Child("sleeper", [sys.executable, "-c", script]))
        first = wait_for_lines(note, 1)[0]

        with self.watching(supervisor):
            wait_until(lambda: "broken" in supervisor.waiting)
            monkeypatch.setattr(processes, "QUICK_DEATH", 0)
            os.kill(first, signal.SIGKILL)
            assert len(wait_for_lines(note, 2)) == 2
            assert "broken" in supervisor.waiting


def wait_until(condition: Callable[[], bool]) -> None:
    """A minute is enough for the slowest machine; a test that fails takes so long."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def wait_for_lines(file: Path, number: int) -> list[int]:
    """The process ids that children noted in `file`, once there are `number`."""
    wait_until(lambda: file.exists() and len(file.read_text().split()) >= number)
    return [int(line) for line in file.read_text().split()]
