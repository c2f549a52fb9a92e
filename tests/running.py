"""A portal of one's own, as `make run` starts it, and browsers to look at it: for journeys, pictures and benchmarks."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psycopg2
from playwright.sync_api import Browser, Playwright

from portal import embedded
from tests.console import Console
from tests.seeds import plant, static_of_portals
from tests.sinks import free_port

WHOLE_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMIUM = shutil.which("chromium-headless-shell") or WHOLE_CHROMIUM  # no windows: the same pages for 2/3 of the work
FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
CHROMIUM_OPTIONS = [
    *("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
]
# For pages that live so short that their scripts never earn back what it costs to optimise them.
FRUGAL = ["--in-process-gpu", "--js-flags=--no-opt,--no-maglev,--no-flush-bytecode"]
ALONE = {"WEB_WORKERS": "1"}  # for a portal that one browser at a time looks at
WHATSAPP_KEYS = {  # nobody answers there: what would go by WhatsApp goes by mail
    "WHATSAPP_PHONE_NUMBER_ID": "1055501",
    "WHATSAPP_TOKEN": "no-token-of-meta",
    "WHATSAPP_APP_SECRET": "no-secret-of-meta",
    "WHATSAPP_VERIFY_TOKEN": "no-word-of-meta",
    "WHATSAPP_STAND_IN": "http://127.0.0.1:9",
}
GOOGLE_KEYS = {
    "GOOGLE_CLIENT_ID": "portal.apps.googleusercontent.com",
    "GOOGLE_CLIENT_SECRET": "no-secret-of-google",
    **ALONE,
}


@dataclass
class Portal:
    """A running portal: where it answers, and how to act on it from outside."""

    url: str
    mails: str
    environment: dict[str, str]
    console: Console | None = None  # runs management commands; where there is none, each is a process of its own

    def manage(self, *command: str) -> str:
        """Run a management command against the running portal; return what it printed."""
        if self.console is None:
            return self._process("manage", *command)
        status, printed, complained = self.console.run(*command)
        assert status == 0, complained
        return printed

    def python(self, *arguments: str) -> str:
        """Run Python with the running portal's settings and data; return what it printed."""
        return self._process("run", sys.executable, *arguments)

    def _process(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "portal.processes", *arguments],
            env=self.environment,
            cwd=embedded.ROOT,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """What the running portal's database answers."""
        with closing(psycopg2.connect(self._database)) as connection, connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall()

    @cached_property
    def _database(self) -> str:
        return self.python("-c", "from portal import embedded; print(embedded.database_url())").strip()

    def mails_about(self, words: str) -> list[str]:
        """The subjects of caught mails that hold `words`, newest first."""
        page = urlopen(self.mails).read().decode()
        return [subject for subject in re.findall(r"<b>(.*?)</b>", page) if words in subject]

    def wait_for_mail(self, words: str, seconds: float = 120, said: str = "") -> str:
        deadline = time.monotonic() + seconds
        while not (found := self.mails_about(words)):
            assert time.monotonic() < deadline, f"no mail about {words!r}; {said} {self.logs()}"
            time.sleep(0.1)
        return found[0]

    def logs(self) -> str:
        """The last lines of every process, for a test that failed."""
        folder = Path(self.environment["PORTAL_STATE_DIR"])
        return "\n".join(f"{log.name}: {log.read_text()[-1500:]}" for log in folder.glob("*.log"))

    def written(self) -> str:
        """All that the processes have written to their logs."""
        return "\n".join(log.read_text() for log in Path(self.environment["PORTAL_STATE_DIR"]).glob("*.log"))

    def accounts(self) -> dict[str, tuple[str, str, list[str]]]:
        """The demonstration accounts by name: address, password, unused recovery codes."""
        printed = self.manage("demo_accounts", "--print")
        lines = re.findall(r"^  (\S.+?) {2,}(\S+@\S+) +(\S+)\n +codes ([\d ]+?) {2,}app", printed, re.M)
        return {name: (email, password, codes.split()) for name, email, password, codes in lines}


@contextmanager
def supervised(environment: dict[str, str], said: list[str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """`make run` with `environment`, from when it says that everything is ready; stopped as by Ctrl-C.

    What it says until then is added to `said`.
    """
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "portal.processes", "up"],
        env=environment,
        cwd=embedded.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=embedded.die_with_parent(signal.SIGINT),  # of a run that is broken off nothing stays
    )
    assert supervisor.stdout is not None
    said = [] if said is None else said
    try:
        for line in supervisor.stdout:
            said.append(line)
            if "Ctrl-C" in line:
                break
        else:
            raise RuntimeError("the portal did not start:\n" + "".join(said))
        yield supervisor
    finally:
        supervisor.send_signal(signal.SIGINT)
        supervisor.wait(60)
        supervisor.stdout.close()


@contextmanager
def running_portal(**environment: str) -> Iterator[Portal]:
    """`make run`, with data and ports of its own and more of `environment`; nothing of it is left behind."""
    state = Path(tempfile.mkdtemp(prefix="portal-running-", dir="/tmp"))
    ours = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PORTAL_STATE_DIR": str(state)}
    ours["FASTEST_FORM"] = "0"  # a browser that is driven is as fast as a program; only one journey is about that
    ours["CROWD_ASKS"] = "300"  # all who look come from this machine; only the journey of the crowd is about that
    ours["DATABASE_SECONDS"] = "60"  # a machine on which much runs at once is slow; only tests/faults is about that
    if os.environ.get("PORTAL_STATE_DIR"):
        ours["STATIC_ROOT"] = static_of_portals()
        plant(ours)
    web, smtp, mails = free_port(), free_port(), free_port()
    ours |= {"WEB_PORT": str(web), "MAIL_SMTP_PORT": str(smtp), "MAIL_WEB_PORT": str(mails)}
    ours |= {"DJANGO_SETTINGS_MODULE": "portal.settings"} | environment
    try:
        with supervised(ours), closing(Console(ours)) as console:
            yield Portal(f"http://127.0.0.1:{web}", f"http://127.0.0.1:{mails}/", ours, console)
    finally:
        remove = [sys.executable, "-c", "from portal import embedded; embedded.remove()"]
        subprocess.run(remove, env=ours, cwd=embedded.ROOT, check=True)


def launch_chromium(playwright: Playwright, *more: str) -> Browser:
    """Start the system's Chromium with `more` options; `CHROMIUM` says whether there is one."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=[*CHROMIUM_OPTIONS, *more])


def launch_firefox(playwright: Playwright) -> Browser:
    """Start the system's Firefox, as it is, over WebDriver BiDi; `FIREFOX` says whether there is one."""
    return playwright.firefox.launch(executable_path=FIREFOX, channel="moz-firefox")
