"""The whole portal under its own supervisor, and a real browser. Where either must exist (CI), nothing is skipped."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from portal import embedded
from tests.sinks import free_port

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMIUM_OPTIONS = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@dataclass
class Portal:
    """A running portal: where it answers, and how to act on it from outside."""

    url: str
    mails: str
    environment: dict[str, str]

    def manage(self, *command: str) -> str:
        """Run a management command against the running portal; return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "portal.processes", "manage", *command],
            env=self.environment,
            cwd=embedded.ROOT,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

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

    def accounts(self) -> dict[str, tuple[str, str, list[str]]]:
        """The demonstration accounts by name: address, password, unused recovery codes."""
        printed = self.manage("demo_accounts", "--print")
        lines = re.findall(r"^  (\S.+?) {2,}(\S+@\S+) +(\S+)\n +codes ([\d ]+?) {2,}app", printed, re.M)
        return {name: (email, password, codes.split()) for name, email, password, codes in lines}


@pytest.fixture(scope="session")
def portal() -> Iterator[Portal]:
    """`make run`, with data and ports of its own."""
    state = Path(tempfile.mkdtemp(prefix="portal-journey-", dir="/tmp"))
    ours = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PORTAL_STATE_DIR": str(state)}
    web, smtp, mails = free_port(), free_port(), free_port()
    ours["CROWD_ASKS"] = "300"  # every journey comes from this machine; only the one of the crowd is about it
    ours |= {"WEB_PORT": str(web), "MAIL_SMTP_PORT": str(smtp), "MAIL_WEB_PORT": str(mails)}
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "portal.processes", "up"],
        env=ours,
        cwd=embedded.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = []
    assert supervisor.stdout is not None
    for line in supervisor.stdout:
        said.append(line)
        if "Ctrl-C" in line:
            break
    else:
        pytest.fail("the portal did not start:\n" + "".join(said))
    yield Portal(f"http://127.0.0.1:{web}", f"http://127.0.0.1:{mails}/", ours)
    supervisor.send_signal(signal.SIGINT)
    supervisor.wait(60)
    supervisor.stdout.close()
    subprocess.run(
        [sys.executable, "-c", "from portal import embedded; embedded.remove()"],
        env=ours,
        cwd=embedded.ROOT,
        check=True,
    )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail("REQUIRE_BROWSER is set and there is no Chromium on this machine")
        pytest.skip("no Chromium on this machine")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*CHROMIUM_OPTIONS, *sandbox])
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page in a browser of its own; what the policy forbids and what a script throws fails the test."""
    contexts, complaints = [], []

    def open_(width: int = 360, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 780}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_
    for context in contexts:
        context.close()
    assert [text for text in complaints if "Content Security Policy" in text or "Error:" in text] == []


def log_in_staff(portal: Portal, page: Page, name: str) -> None:
    """Password, then a recovery code, as a member of staff types them."""
    email, password, codes = portal.accounts()[name]
    page.goto(f"{portal.url}/staf/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", password)
    page.click("main button[type=submit]")
    page.fill("[name=code]", codes[0])
    page.click("main button[type=submit] >> nth=0")
    page.wait_for_url("**/staf/")
