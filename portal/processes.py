"""The processes of the portal: what each one runs, and the supervisor that runs them all on one machine.

python -m portal.processes up              everything, as `make run` does
python -m portal.processes web             one process in the foreground, as in containers (worker, codes, beat, watch)
python -m portal.processes manage COMMAND  a management command with the local run's environment
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryFile
from types import FrameType
from typing import IO
from urllib.request import urlopen

from portal import embedded
from portal.embedded import ROOT, CannotStart, Child, state_dir

BIN = Path(sys.executable).parent
REHEARSE_FROM = "2025-12-02T09:00+07:00"
EDITION = "programs/editions/2025_12.toml"
QUICK_DEATH, PAUSE_AFTER_QUICK_DEATH = 1, 5  # seconds
WEB_WORKERS, WEB_THREADS = os.environ.get("WEB_WORKERS", "2"), os.environ.get("WEB_THREADS", "4")


def web(host: str, port: str) -> list[str]:
    """The web server: WSGI, a fixed number of threads, so that database connections persist."""
    return [
        str(BIN / "granian"),
        *("--interface", "wsgi", "--host", host, "--port", port, "--no-ws"),
        *("--workers", WEB_WORKERS, "--blocking-threads", WEB_THREADS, "--blocking-threads-idle-timeout", "600"),
        *(
            "--backpressure",
            "128",
            "--respawn-failed-workers",
            "--respawn-interval",  # on SIGHUP: the old process ends so long after the new one has begun to start
            "10",
            "--workers-kill-timeout",
            "10",
            "--log-level",
            "warning",
        ),
        "portal.wsgi:application",
    ]


def worker(name: str, queues: str, concurrency: str) -> list[str]:
    return [
        *(str(BIN / "celery"), "-A", "portal", "worker", "--hostname", f"{name}@%h", "--queues", queues),
        *("--concurrency", concurrency, "--max-tasks-per-child", "2000", "--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle"),
    ]


def commands() -> dict[str, list[str]]:
    """Each long-running process by name. Login codes have a worker of their own: they never wait behind reminders.

    So have attendance files, which take minutes when they are large.
    """
    return {
        "web": web(os.environ.get("WEB_HOST", "127.0.0.1"), os.environ.get("WEB_PORT", "8000")),
        "worker": worker("worker", "transactional,bulk", os.environ.get("WORKER_CONCURRENCY", "1")),
        "codes": worker("codes", "codes", "1"),
        "exports": worker("exports", "exports", "2"),
        "beat": [
            *(str(BIN / "celery"), "-A", "portal", "beat", "--loglevel", "WARNING"),
            *("--schedule", str(state_dir() / "beat"), "--pidfile="),
        ],
        "watch": [sys.executable, str(ROOT / "manage.py"), "watch"],
        "mail": [sys.executable, "-m", "portal.mailcatcher"],
    }


def local_environment() -> dict[str, str]:
    """The environment of a run on this machine; what is set already stands. Makes the key when there is none."""
    port = os.environ.get("WEB_PORT", "8000")
    smtp = os.environ.get("MAIL_SMTP_PORT", "8025")
    defaults = {
        "PORTAL_ENV": "local",
        "PORTAL_REHEARSAL": REHEARSE_FROM,
        "BASE_URL": f"http://127.0.0.1:{port}",
        "EXTRA_HOSTS": "localhost",
        "EMAIL_URL": f"smtp://127.0.0.1:{smtp}",
        "MAIL_FROM": "Pelatihan Gen Z <pelatihan@example.go.id>",
        "SECRET_KEY": _local_key(),
        "STATIC_ROOT": str(state_dir() / "static"),
        "PORTAL_STATE_DIR": str(state_dir()),
    }
    return defaults | os.environ


def _local_key() -> str:
    path = state_dir() / "secret_key"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            half = path.with_suffix(".new")  # a key that was not written to the end must not be taken for one
            with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(60))
            half.replace(path)
        return path.read_text()
    except OSError as error:
        raise CannotStart(f"{error.filename} cannot be written: {error.strerror}.") from error


class Supervisor:
    """Runs children in the foreground, starts again those that die, and leaves none behind."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.children: dict[str, tuple[Child, subprocess.Popen[bytes], float]] = {}
        self.waiting: dict[str, float] = {}  # children that died, and when each is started again
        self.stopping = False

    def start(self, child: Child) -> subprocess.Popen[bytes]:
        process = child.start(self.environment)
        self.children[child.name] = (child, process, time.monotonic())
        return process

    def watch(self) -> None:
        """Return when told to stop. A child that died soon after its start waits before the next; the others do not."""
        while not self.stopping:
            time.sleep(0.2)
            for name, (child, process, started) in list(self.children.items()):
                if process.poll() is None:
                    continue
                now = time.monotonic()
                if name not in self.waiting:
                    embedded.stop(process, child.stop_signal)  # what it had started holds its port
                    pause = 0 if now - started > QUICK_DEATH else PAUSE_AFTER_QUICK_DEATH
                    self.waiting[name] = now + pause
                    say(f"{name} ended with {process.returncode}; starting it again (log: {child.log})")
                if now >= self.waiting[name]:
                    del self.waiting[name]
                    self.start(child)

    def stop(self) -> None:
        """Stop everything: what uses the servers all at once, then the servers, the last started first."""
        users: list[tuple[subprocess.Popen[bytes], signal.Signals]] = []
        servers: list[tuple[subprocess.Popen[bytes], signal.Signals]] = []
        for child, process, _started in reversed(self.children.values()):
            (users if child.name in commands() else servers).append((process, child.stop_signal))
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda user: embedded.stop(*user), users))
        for server in servers:
            embedded.stop(*server)

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True


def up() -> None:
    """Bring the whole portal up and keep it up until Ctrl-C."""
    environment = local_environment()
    lock = _open_lock()
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise CannotStart(f"The portal already runs from {state_dir()}. Stop it first (Ctrl-C there).") from None
    addresses = _addresses()
    for port in addresses.values():
        _check_port(port)
    supervisor = Supervisor(environment)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):  # the last: its terminal was closed
        signal.signal(number, supervisor.on_signal)
    began = time.monotonic()
    try:
        if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
            _start_servers(supervisor)
        accounts = _set_up(environment, supervisor)
        for name, command in commands().items():
            supervisor.start(Child(name, command, log=state_dir() / f"{name}.log"))
        _wait_for_web(f"http://127.0.0.1:{addresses['web']}", supervisor)
        if supervisor.stopping:
            return
        _announce(environment, addresses, time.monotonic() - began, accounts)
        supervisor.watch()
    finally:
        say("stopping ...")
        supervisor.stop()
        say("stopped")


def _open_lock() -> IO[str]:
    """The file that says, while it is locked, that a portal runs from here; with a place to write logs beside it."""
    try:
        for log in state_dir().glob("*.log"):
            log.open("ab").close()
        return (state_dir() / "lock").open("w")
    except OSError as error:
        raise CannotStart(f"{error.filename} cannot be written: {error.strerror}.") from error


def _addresses() -> dict[str, int]:
    """The ports that are listened on here, whatever address people type to get there."""
    names = {"web": ("WEB_PORT", 8000), "smtp": ("MAIL_SMTP_PORT", 8025), "mails": ("MAIL_WEB_PORT", 8026)}
    try:
        addresses = {name: int(os.environ.get(variable, port)) for name, (variable, port) in names.items()}
    except ValueError as error:
        raise CannotStart(f"WEB_PORT, MAIL_SMTP_PORT and MAIL_WEB_PORT must be numbers ({error}).") from None
    if len(set(addresses.values())) < len(addresses):
        raise CannotStart("WEB_PORT, MAIL_SMTP_PORT and MAIL_WEB_PORT must be three different numbers.")
    return addresses


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no such port"
            raise CannotStart(
                f"Port {port} cannot be used ({reason}). Stop what uses it, or set WEB_PORT, MAIL_SMTP_PORT "
                "or MAIL_WEB_PORT to another."
            ) from None


def _start_servers(supervisor: Supervisor) -> None:
    embedded.prepare()
    if embedded.server_dir().parent != state_dir():
        say(f"PostgreSQL cannot reach this folder as another account; its data is in {embedded.server_dir()}")
    embedded.wait_until_ready([supervisor.start(embedded.postgres()), supervisor.start(embedded.valkey())])


def _set_up(environment: dict[str, str], supervisor: Supervisor) -> str:
    """Bring code, database and edition together, and say each step; each is safe to repeat. Returns the accounts."""
    command = [sys.executable, "manage.py", "set_up", EDITION]
    with (
        TemporaryFile("w+") as errors,
        subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        said, step = iter(process.stdout or ()), "set_up"
        for line in takewhile(str.strip, said):
            step = line.strip()
            if supervisor.stopping:
                process.terminate()
            else:
                say(step)
        accounts = "".join(said)
        if process.wait() and not supervisor.stopping:
            errors.seek(0)
            raise CannotStart(f"`manage.py {step}` failed: {(errors.read().strip() or 'no word').splitlines()[-1]}")
    return accounts


def _wait_for_web(base_url: str, supervisor: Supervisor) -> None:
    deadline = time.monotonic() + 60
    while not supervisor.stopping:
        try:
            with urlopen(f"{base_url}/readyz", timeout=2):  # noqa: S310 -- our own address
                return
        except (HTTPException, OSError):
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"The web server did not answer in 60 s; its log is {state_dir() / 'web.log'}"
                ) from None
            time.sleep(0.1)


def _announce(environment: dict[str, str], addresses: dict[str, int], seconds: float, accounts: str) -> None:
    base = environment["BASE_URL"]
    say(
        f"\nready after {seconds:.0f} s\n\n"
        f"  Portal          {base}/\n"
        f"  Staff           {base}/staf/\n"
        f"  Caught mails    http://127.0.0.1:{addresses['mails']}/   (login codes and reminders)\n"
        f"  Logs and data   {state_dir()}\n\n{accounts.rstrip()}\n\nCtrl-C stops everything."
    )


def _is_stopped() -> bool:
    return "DATABASE_URL" not in os.environ and not (embedded.socket_dir() / ".s.PGSQL.5432").exists()


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 -- the supervisor talks to whoever started it


def main(arguments: list[str]) -> None:
    match arguments:
        case ["up"]:
            up()
        case ["manage", "demo_accounts" | "rehearse", *_] if _is_stopped():
            raise CannotStart("It does not run from this folder. Start it with `make run`, then ask again.")
        case ["manage", *command]:
            os.execve(sys.executable, [sys.executable, "manage.py", *command], local_environment())
        case ["run", program, *rest]:
            os.execve(shutil.which(program, path=str(BIN)) or program, [program, *rest], local_environment())
        case [name] if name in commands():
            command = commands()[name]
            state_dir().mkdir(mode=0o700, parents=True, exist_ok=True)  # a container begins with an empty folder
            os.execv(command[0], command)
        case _:
            sys.exit((__doc__ or "").strip())


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except CannotStart as error:
        sys.exit(f"portal: {error}")
