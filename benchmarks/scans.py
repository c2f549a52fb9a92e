"""What a scan costs the server, one at a time, and how long it takes when 20 doors scan at once.

    .venv/bin/python -m benchmarks.scans [scans]

300 people, 20 paired devices, each scan a request of its own, as the scanner's page sends it while it has a line. CPU
is that of all processes of the portal; the yardstick is a trivial request (/livez) of the same server in the same run.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from urllib.parse import urlsplit

import psutil

from benchmarks.registration import cpu_of
from tests.running import Portal, running_portal

DEVICES, PEOPLE, A_SECOND = 20, 300, 5
PREPARE = """
import json
from participants.documents import tickets
from portal import clock
from programs.models import TrainingSession
from tests.factories import make_registration
from tests.scanning import paired
session = TrainingSession.objects.get(slug="jayapura-2025-12")
tokens = [paired(session, gate=f"Pintu {{number}}", now=clock.now()) for number in range({devices})]
people = [tickets.ticket_text(make_registration(session)) for _ in range({people})]
print(json.dumps([tokens, people]))
"""


@dataclass
class Device:
    """One phone: a connection that is kept open, and its token."""

    connection: http.client.HTTPConnection
    token: str

    def scan(self, ticket: str) -> str:
        """Send one scan and return what it came to."""
        now = int(time.time() * 1000)
        message = {"sent_at": now, "scans": [{"id": str(uuid.uuid4()), "at": now, "ticket": ticket}]}
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        self.connection.request("POST", "/pemindai/kirim/", json.dumps(message), headers)
        response = self.connection.getresponse()
        told = response.read()
        if response.status != 200:
            raise RuntimeError(f"{response.status} {told[:200]!r}")
        return str(json.loads(told)["answers"][0]["outcome"])


def main(scans: int) -> None:
    with running_portal() as portal:
        portal.manage("rehearse", "2025-12-18 08:00+09:00")
        printed = portal.manage("shell", "--verbosity", "0", "-c", PREPARE.format(devices=DEVICES, people=PEOPLE))
        tokens, people = json.loads(printed.strip().splitlines()[-1])
        supervisor = psutil.Process().children()[0]
        yardstick = trivial(portal, supervisor)
        print(f"trivial request (/livez): {yardstick * 1000:.2f} CPU-ms")
        one_by_one(portal, supervisor, tokens, people, scans, yardstick)
        all_doors(portal, tokens, people)


def connect(portal: Portal) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", urlsplit(portal.url).port, timeout=60)


def trivial(portal: Portal, supervisor: psutil.Process) -> float:
    connection = connect(portal)
    began = cpu_of(supervisor)
    for _ in range(2000):
        connection.request("GET", "/livez")
        connection.getresponse().read()
    return (cpu_of(supervisor) - began).total() / 2000


def one_by_one(
    portal: Portal, supervisor: psutil.Process, tokens: list[str], people: list[str], scans: int, yardstick: float
) -> None:
    """CPU of a scan; the first round of people is new to the door, the others have been seen."""
    devices = [Device(connect(portal), token) for token in tokens]
    outcomes: Counter[str] = Counter(devices[0].scan("WARM-UP") for _ in range(20))
    outcomes.clear()
    began = cpu_of(supervisor)
    for number in range(scans):
        outcomes[devices[number % DEVICES].scan(people[number % PEOPLE])] += 1
    spent = cpu_of(supervisor) - began
    each = spent.total() / scans
    parts = ", ".join(f"{part} {seconds / scans * 1000:.1f} ms" for part, seconds in spent.most_common())
    print(
        f"{scans} scans ({dict(outcomes)}): {each * 1000:.2f} CPU-ms each, {each / yardstick:.1f} x trivial   {parts}"
    )


def all_doors(portal: Portal, tokens: list[str], people: list[str]) -> None:
    """Answering times while every device scans five tickets a second for ten seconds."""
    times: list[float] = []
    failed: list[Exception] = []

    def stand(number: int, token: str) -> None:
        device = Device(connect(portal), token)
        for turn in range(10 * A_SECOND):
            began = time.monotonic()
            try:
                device.scan(people[(number * 7 + turn) % PEOPLE])
            except Exception as error:
                failed.append(error)
            times.append(time.monotonic() - began)
            time.sleep(max(0.0, 1 / A_SECOND - times[-1]))

    began = time.monotonic()
    doors = [threading.Thread(target=stand, args=(number, token)) for number, token in enumerate(tokens)]
    for door in doors:
        door.start()
    for door in doors:
        door.join()
    seconds = time.monotonic() - began
    times.sort()
    middle, slow = times[len(times) // 2], times[int(len(times) * 0.95)]
    print(
        f"{DEVICES} doors at once: {len(times) / seconds:.0f} scans a second, {len(failed)} failed,"
        f" half within {middle * 1000:.0f} ms, 95 % within {slow * 1000:.0f} ms"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 900)
