"""Management commands of a running portal, each a fork of one process that Django has come up in.

A command costs its own work, then, and not 1.5 CPU seconds of imports. Started as
`python -m portal.processes run python -m tests.console`, in a portal's environment; reads a JSON list of arguments a
line, answers each by a JSON list: exit status, what was printed, what was complained.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import traceback
from io import StringIO
from tempfile import TemporaryFile

import django
from django.core.management import call_command, execute_from_command_line
from django.db import connections

from portal import embedded

SECONDS = 180  # that a command may take


class Console:
    """The process, from outside. It starts with the first command."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self._process: subprocess.Popen[str] | None = None
        self._turn = threading.Lock()

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Exit status, output and complaints of `manage.py` with `arguments`."""
        with self._turn:
            self._process = self._process or self._started()
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(arguments) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        assert answer, "the console has ended"
        status, printed, complained = json.loads(answer)
        return status, printed, complained

    def _started(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "portal.processes", "run", sys.executable, "-m", "tests.console"],
            env=self.environment,
            cwd=embedded.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        if self._process:
            self._process.communicate()


def main() -> None:
    django.setup()
    call_command("check", stdout=StringIO(), stderr=StringIO())  # reads the addresses, as every command does
    for line in sys.stdin:
        print(json.dumps(_forked(json.loads(line))), flush=True)  # noqa: T201 -- the answer


def _forked(arguments: list[str]) -> tuple[int, str, str]:
    with TemporaryFile("w+") as printed, TemporaryFile("w+") as complained:
        child = os.fork()
        if not child:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(printed.fileno(), 1)
            os.dup2(complained.fileno(), 2)
            os._exit(_run(arguments))
        _, status = os.waitpid(child, 0)
        printed.seek(0)
        complained.seek(0)
        return os.waitstatus_to_exitcode(status), printed.read(), complained.read()


def _run(arguments: list[str]) -> int:
    signal.alarm(SECONDS)
    random.seed()
    status = 0
    try:
        execute_from_command_line(["manage.py", *arguments])
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    finally:
        connections.close_all()
        sys.stdout.flush()
        sys.stderr.flush()
    return status


if __name__ == "__main__":
    main()
