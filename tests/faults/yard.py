"""Celery processes, each a fork of one process that Celery and our applications have come up in.

A worker or beat costs its own work, then, and not a CPU second of imports; from the command line on it is what the
`celery` command is. Started as `python -m tests.faults.yard`, it reads a JSON list a line and answers each by a line:
["start", arguments, log] by the new process's id, ["wait", id, seconds] by its exit status or by null.
"""

from __future__ import annotations

import gc
import json
import os
import random
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from portal import embedded


class Ship:
    """One of these processes, from outside: a leader of its own session."""

    def __init__(self, yard: Yard, pid: int) -> None:
        self.yard, self.pid = yard, pid
        self.returncode: int | None = None

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def wait(self, timeout: float = 60) -> int:
        """Its exit status; `subprocess.TimeoutExpired` where it has not ended after `timeout` seconds."""
        if self.returncode is None:
            self.returncode = self.yard.ask("wait", self.pid, timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout)
        return self.returncode


class Yard:
    """The process that they are forks of, from outside, with the settings of `environment`."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = dict(environment)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.yard"],
            env=environment,
            cwd=embedded.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, arguments: list[str], log: Path) -> Ship:
        """`celery` with `arguments`, which writes to the end of `log`."""
        return Ship(self, self.ask("start", arguments, str(log)))

    def ask(self, *question: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the yard has ended"
        return json.loads(answer)

    def close(self) -> None:
        self._process.communicate()


def main() -> None:
    _load()
    for line in sys.stdin:
        match json.loads(line):
            case ["start", arguments, log]:
                answer: int | None = _start(arguments, log)
            case ["wait", pid, seconds]:
                answer = _wait(pid, seconds)
        print(json.dumps(answer), flush=True)  # noqa: T201 -- the answer


def _load() -> None:
    """What a worker and a beat load by themselves."""
    import_module("portal.celery").app.loader.import_default_modules()
    import_module("django").setup()
    import_module(import_module("django.conf").settings.ROOT_URLCONF)
    for name in ("bin.celery", "apps.beat", "apps.worker", "concurrency.prefork", "worker.consumer"):
        import_module(f"celery.{name}")
    import_module("kombu.transport.redis")
    gc.freeze()


def _start(arguments: list[str], log: str) -> int:
    leads, led = os.pipe()
    child = os.fork()
    if not child:
        os.setsid()
        os.close(led)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        written = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(written, 1)
        os.dup2(written, 2)
        random.seed()
        sys.argv = ["celery", *arguments]
        import_module("celery.__main__").main()
    os.close(led)
    os.read(leads, 1)  # it leads its session now, and may be killed with all its children
    os.close(leads)
    return child


def _wait(pid: int, seconds: float) -> int | None:
    deadline = time.monotonic() + seconds
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            return None
        time.sleep(0.02)


if __name__ == "__main__":
    main()
