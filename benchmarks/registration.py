"""A stranger's whole registration over HTTP: journeys a second and CPU-seconds each, over all processes.

    .venv/bin/python -m benchmarks.registration [journeys]

home -> session -> door -> code -> profile -> registered -> my page, against the portal as `make run` starts it: web
server, worker, PostgreSQL, Valkey and mail catcher. The clients' own CPU is not counted. The yardstick is a trivial
request (/livez) of the same server in the same run. The code is read where a person reads it: in the caught mail.
"""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import psutil

from portal import embedded
from tests.sinks import free_port

STEPS = ("home", "session", "door", "ask for code", "code page", "log in", "form", "register", "my page")
PARTS = {"granian": "web", "postgres": "PostgreSQL", "valkey": "Valkey", "celery": "Celery", "mailcatcher": "mail"}
REGIONS = ("jayapura", "denpasar", "batam", "medan", "makassar", "semarang")


class Visitor:
    """One browser: a connection that is kept open, and its cookies."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {}
        self.requests = 0

    def get(self, path: str) -> str:
        return self._ask("GET", path)

    def post(self, path: str, fields: dict[str, str]) -> str:
        """Send a form and follow to where it leads."""
        return self._ask("POST", path, urlencode(fields, doseq=True))

    def _ask(self, method: str, path: str, body: str | None = None) -> str:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.origin}
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        self.requests += 1
        text = response.read().decode()
        for cookie in response.headers.get_all("Set-Cookie") or ():
            name, _equals, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        if response.status in (302, 303):
            return self._ask("GET", response.headers["Location"])
        if response.status != 200:
            raise RuntimeError(f"{method} {path}: {response.status} {re.sub(r'<[^>]+>', ' ', text)[:300]}")
        return text

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.connection.port}"


def hidden(page: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]+)"', page)[1]  # type: ignore[index]


def journey(port: int, mails: Path, number: int) -> Visitor:
    """Register a stranger, from the home page to one's own page."""
    visitor, email = Visitor(port), f"bench-{number}@example.com"
    visitor.get("/")
    city = REGIONS[number % len(REGIONS)]
    visitor.get(f"/sesi/{city}-2025-12/")
    page = visitor.get(f"/daftar/{city}-2025-12/")
    fields = {"csrfmiddlewaretoken": hidden(page, "csrfmiddlewaretoken"), "email": email, "website": ""}
    goal = re.search(r'name="next" value="([^"]*)"', page)
    if goal:
        fields["next"] = goal[1]
    page = visitor.post("/masuk/", fields)
    fields = {"csrfmiddlewaretoken": hidden(page, "csrfmiddlewaretoken"), "code": code_for(email, mails)}
    if goal:
        fields["next"] = goal[1]
    page = visitor.post("/masuk/kode/", fields)
    fill_in(visitor, page, city)
    return visitor


def again(visitor: Visitor, number: int) -> None:
    """Somebody who is signed in and whose profile is filled registers: session, form, registered, my page."""
    city = REGIONS[number % len(REGIONS)]
    visitor.get(f"/sesi/{city}-2025-12/")
    fill_in(visitor, visitor.get(f"/daftar/{city}-2025-12/"), city)


def leave(visitor: Visitor) -> None:
    """Cancel, so that the same person can register again."""
    visitor.connection.close()  # idle for longer than the server keeps it; the next request opens another
    page = visitor.get("/saya/batal/")
    visitor.post("/saya/batal/", {"csrfmiddlewaretoken": hidden(page, "csrfmiddlewaretoken")})


def fill_in(visitor: Visitor, page: str, city: str) -> None:
    """Fill in the registration form that `page` shows, and send it."""
    fields = {
        "csrfmiddlewaretoken": hidden(page, "csrfmiddlewaretoken"),
        "form_key": hidden(page, "form_key"),
        "birth_date": "2004-05-17",
        "full_name": "Siti Nur'aini",
        "region": re.search(r'<option value="(\d+)"', page)[1],  # type: ignore[index]
        "part": "adult",
        "checked": "1",  # as the page's script sends it: what was typed is read back without a request
        "phone": "081234567890",
        "occupation": "university",
        "consent_training": "on",
    }
    page = visitor.post(f"/daftar/{city}-2025-12/", fields)
    if "timeline" not in page:
        raise RuntimeError("not registered")


def code_for(email: str, mails: Path) -> str:
    """Wait for the mail to `email` and read the code in it."""
    deadline = time.monotonic() + 60
    seen: set[str] = set()
    while time.monotonic() < deadline:
        for entry in os.scandir(mails):
            if entry.name.endswith(".eml") and entry.name[0] != "." and entry.name not in seen:
                seen.add(entry.name)
                text = Path(entry.path).read_text(errors="replace")
                if f"To: {email}\n" in text.replace("\r", ""):
                    return re.search(r"Subject: ([A-Z]{4}-[A-Z]{4})", text)[1]  # type: ignore[index]
        time.sleep(0.02)
    raise RuntimeError(f"no code for {email}")


def cpu_of(supervisor: psutil.Process) -> Counter[str]:
    """CPU-seconds so far of every part of the portal: all processes below the supervisor, and those that have ended."""
    spent: Counter[str] = Counter()
    for process in [supervisor, *supervisor.children(recursive=True)]:
        try:
            times, command = process.cpu_times(), " ".join(process.cmdline())
        except psutil.Error:
            continue
        part = next((name for name in PARTS if name in command), "other")
        spent[PARTS.get(part, part)] += times.user + times.system + times.children_user + times.children_system
    return spent


def at_once(workers: int, calls: list[Callable[[], object]]) -> tuple[float, int]:
    """Run the calls, `workers` at a time; return seconds and how many failed."""
    waiting, failed, lock = list(reversed(calls)), [], threading.Lock()

    def work() -> None:
        while True:
            with lock:
                if not waiting:
                    return
                call = waiting.pop()
            try:
                call()
            except Exception as error:
                failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in failed[:3]:
        print(f"  failed: {error}", flush=True)
    return time.monotonic() - began, len(failed)


@contextmanager
def portal() -> Iterator[tuple[psutil.Process, int, Path]]:
    """A portal as `make run` starts it, in a state folder of its own: its supervisor, its port and its caught mails."""
    state = Path(tempfile.mkdtemp(prefix="portal-bench-", dir="/tmp"))
    web = free_port()
    ports = {"WEB_PORT": str(web), "MAIL_SMTP_PORT": str(free_port()), "MAIL_WEB_PORT": str(free_port())}
    os.environ |= {"PORTAL_STATE_DIR": str(state), "CROWD_ASKS": "1000000", "FASTEST_FORM": "0", **ports}
    command = [sys.executable, "-m", "portal.processes", "up"]
    supervisor = subprocess.Popen(
        command, cwd=embedded.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        for line in supervisor.stdout or ():
            if "Ctrl-C" in line:
                break
        yield psutil.Process(supervisor.pid), web, state / "mail"
    finally:
        supervisor.send_signal(signal.SIGINT)
        supervisor.wait(60)
        embedded.remove()


def measure(supervisor: psutil.Process, port: int, mails: Path, journeys: int) -> None:
    known: list[Visitor] = []
    at_once(2, [lambda number=n: known.append(journey(port, mails, number)) for n in range(100)])  # type: ignore[misc]
    trivial = Visitor(port)
    began = cpu_of(supervisor)
    for _ in range(2000):
        trivial.get("/livez")
    yardstick = (cpu_of(supervisor) - began).total() / 2000
    print(f"trivial request (/livez): {yardstick * 1000:.2f} CPU-ms\n")
    print(
        f"{'at once':>8} {'journeys':>9} {'failed':>7} {'per second':>11} {'CPU-s each':>11} {'x trivial':>10}   where"
    )
    first = 1000
    for workers in (1, 32, 100):
        number = max(journeys // 4, 20) if workers == 1 else journeys
        calls = [lambda number=first + n: journey(port, mails, number) for n in range(number)]  # type: ignore[misc]
        first += number
        began = cpu_of(supervisor)
        seconds, failed = at_once(workers, calls)  # type: ignore[arg-type]
        spent = cpu_of(supervisor) - began
        each = spent.total() / number
        print(
            f"{workers:>8} {number:>9} {failed:>7} {number / seconds:>11.1f} {each:>11.4f} {each / yardstick:>10.0f}   "
            + ", ".join(f"{part} {seconds / number * 1000:.0f} ms" for part, seconds in spent.most_common()),
            flush=True,
        )
    measure_known(supervisor, known)


def measure_known(supervisor: psutil.Process, known: list[Visitor]) -> None:
    """What registering costs somebody who is signed in: four requests and one mail."""
    for visitor in known:
        leave(visitor)
    time.sleep(3)  # the mails of leaving belong to no registration
    began = cpu_of(supervisor)
    for number, visitor in enumerate(known):
        again(visitor, number)
    time.sleep(2)  # until the last mail is out
    spent = cpu_of(supervisor) - began
    parts = ", ".join(f"{part} {seconds / len(known) * 1000:.0f} ms" for part, seconds in spent.most_common())
    print(f"\nsigned in, profile filled: {spent.total() / len(known):.4f} CPU-s ({parts})")


if __name__ == "__main__":
    with portal() as (process, web, caught):
        measure(process, web, caught, int(sys.argv[1]) if len(sys.argv) > 1 else 200)
