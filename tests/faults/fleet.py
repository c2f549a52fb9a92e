"""Real workers and beats as processes of their own, on the test's database, broker and mail server; to be killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from portal import embedded, processes
from portal.celery import app
from tests.faults.yard import Ship, Yard
from tests.sinks import free_port


class Fleet:
    """Its processes by name. Each is a session of its own, so that a kill takes its children along."""

    def __init__(self, folder: Path, application: str = "portal") -> None:
        database = urlsplit(settings.DATABASE_URL)._replace(path=f"/{connection.settings_dict['NAME']}")
        self.folder, self.application = folder, application
        self.processes: dict[str, Ship | subprocess.Popen[bytes]] = {}
        self._yards: list[Yard] = []
        self.environment = os.environ | {
            "DATABASE_URL": f"{database.scheme}://{database.netloc}{database.path}?{database.query}",
            "REDIS_URL": settings.REDIS_URL,
            "EMAIL_URL": f"smtp://{settings.EMAIL_HOST}:{settings.EMAIL_PORT}",
            "EMAIL_TIMEOUT": "2",  # and so leases of twelve seconds
            "TICK_SECONDS": "1",
            "PORTAL_REHEARSAL": "2025-12-02T09:00+07:00",
        }

    def worker(self, name: str = "worker", *more: str) -> None:
        """Two sending processes under one parent; `more` of Celery's options."""
        options = ["--concurrency", "2", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        queues = ["--queues", "codes,transactional,bulk"]
        self._start(name, ["worker", "--hostname", f"{name}@test", "--loglevel", "WARNING", *options, *queues, *more])

    def beat(self, name: str = "beat") -> None:
        self._start(name, ["beat", "--loglevel", "WARNING", "--schedule", str(self.folder / name), "--pidfile="])

    def web(self, name: str = "web") -> int:
        """The web server of production, of one process; the port on which it will answer."""
        port = free_port()
        self.environment |= {"BASE_URL": f"http://127.0.0.1:{port}"}
        command = processes.web("127.0.0.1", str(port))
        command[command.index("--workers") + 1] = "1"
        with self._log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command,
                cwd=embedded.ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return port

    def _start(self, name: str, arguments: list[str]) -> None:
        if not self._yards or self._yards[-1].environment != self.environment:
            self._yards.append(Yard(self.environment))
        self.processes[name] = self._yards[-1].start(["-A", self.application, *arguments], self._log(name))

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def tell(self, name: str, number: signal.Signals) -> Ship | subprocess.Popen[bytes]:
        """Send the parent alone a signal, as whoever stops a container does."""
        process = self.processes[name]
        process.send_signal(number)
        return process

    def kill(self, name: str) -> None:
        """SIGKILL the process and all its children."""
        process = self.processes.pop(name)
        with suppress(ProcessLookupError):  # it has ended, and all its children
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill_all(self) -> None:
        for name in list(self.processes):
            self.kill(name)
        for yard in self._yards:
            yard.close()

    def logs(self) -> str:
        return "\n".join(f"{log.name}: {log.read_text()[-2000:]}" for log in self.folder.glob("*.log"))


def flush_broker() -> None:
    """Redis loses everything that this worker's tests have there; those of another worker beside them keep theirs."""
    with app.connection_for_read() as broker:
        broker.default_channel.client.flushdb()


def wait_for(condition: Callable[[], Any], *, seconds: float = 120, why: Callable[[], str] = lambda: "") -> None:
    """Wait as long as the slowest machine may need; only a test that fails waits to the end.

    To ask takes a thirtieth of the time at most: the rest is for whom it waits for.
    """
    deadline = time.monotonic() + seconds
    while True:
        asked = time.monotonic()
        if condition():
            return
        assert time.monotonic() < deadline, f"not within {seconds} s. {why()}"
        time.sleep(max(0.02, 29 * (time.monotonic() - asked)))


def a_moment() -> None:
    """Somewhere in the work on one message."""
    time.sleep(random.uniform(0, 0.02))
