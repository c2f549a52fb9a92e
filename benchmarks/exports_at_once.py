"""Ten of the ministry export at once while people register: how long each registration takes, with files being built and without.

    .venv/bin/python -m benchmarks.exports_at_once [people [registrations a second [files]]]

Against the portal as `make run` starts it. Whoever registers is signed in; what is timed are the four requests from the
session's page to one's own, from the moment at which the first was due, so a request that is held up holds up those
behind it in the numbers, too. The yardstick is the same rate of registrations in the same run, before and after.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from statistics import quantiles
from threading import Event

import psycopg2

from benchmarks import attendance_export, registration
from portal import embedded

CALM = 20.0  # seconds
VISITORS = 60
FIRST = 1_000_000  # of the keys of those who are exported
HELD = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = 20251202"
LEFT = "SELECT count(*) FROM participants_attendanceexport WHERE state IN ('queued', 'running')"
STATES = "SELECT state, count(*), sum(row_count) FROM participants_attendanceexport GROUP BY state"


def ask(files: int) -> None:
    """Ten accounts of the ministry ask for `files` among them, a row for each person and day, CSV and XLSX in turn."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    django.setup()
    from django.contrib.auth.models import Group

    from participants.operations import exports
    from participants.queries.person_days import Filter
    from portal import clock, roles
    from portal.accounts.models import User

    ministry = Group.objects.get(name=roles.MINISTRY)
    now = clock.database_machine_now()
    people = [
        User.objects.create(email=f"ministry{n}@example.com", name=f"M{n}", password="!", is_staff=True, joined_at=now)
        for n in range(10)
    ]
    for person in people:
        person.groups.add(ministry)
    for number in range(files):
        kind = ("csv", "xlsx")[number % 2]
        wanted = exports.Wanted(Filter(), "days", kind, ";", frozenset(), "", {"Edisi": "—"}, "id")
        exports.ask(wanted=wanted, by=people[number % 10], now=clock.database_now())


def apart(*words: str) -> None:
    """Run this module with `words` in a process that has the portal's settings."""
    here = [sys.executable, "-m", "benchmarks.exports_at_once", *words]
    subprocess.run([sys.executable, "-m", "portal.processes", "run", *here], cwd=embedded.ROOT, check=True)


def registering(visitors: list[registration.Visitor], rate: float, is_over: Event) -> list[float]:
    """Seconds that each registration took, begun `rate` times a second until `is_over`."""
    free, took = list(visitors), []

    def one(due: float, number: int) -> None:
        visitor = free.pop(0)
        visitor.connection.close()  # idle for longer than the server keeps it
        registration.again(visitor, number)
        took.append(time.monotonic() - due)
        registration.leave(visitor)
        free.append(visitor)

    with ThreadPoolExecutor(len(visitors)) as pool:
        began, number, done = time.monotonic(), 0, []
        while not is_over.is_set():
            due = began + number / rate
            if is_over.wait(max(0.0, due - time.monotonic())):
                break
            done.append(pool.submit(one, due, number))
            number += 1
        for call in done:
            call.result()
    return took


def told(name: str, took: list[float]) -> float:
    p95 = quantiles(took, n=20)[-1] * 1000
    print(
        f"{name:>22}: {len(took)} registrations, median {quantiles(took, n=2)[0] * 1000:.0f} ms, p95 {p95:.0f} ms, load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    return p95


def calm(visitors: list[registration.Visitor], rate: float, name: str) -> float:
    is_over = Event()
    with ThreadPoolExecutor(1) as pool:
        took = pool.submit(registering, visitors, rate, is_over)
        time.sleep(CALM)
        is_over.set()
        return told(name, took.result())


def main(people: int, rate: float, files: int) -> None:
    with registration.portal() as (_supervisor, port, mails):
        visitors = [registration.journey(port, mails, number) for number in range(VISITORS)]
        for visitor in visitors:
            registration.leave(visitor)
        apart("--seed", str(people))
        calm(visitors, rate, "warm")
        before = calm(visitors, rate, "before")
        with closing(psycopg2.connect(embedded.database_url())) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            is_over, most, began = Event(), 0, time.monotonic()
            with ThreadPoolExecutor(1) as pool:
                apart("--ask", str(files))
                took = pool.submit(registering, visitors, rate, is_over)
                try:
                    left = files
                    while left:
                        time.sleep(0.1)
                        cursor.execute(f"SELECT ({HELD}), ({LEFT})")
                        held, left = cursor.fetchone() or (0, 0)
                        most = max(most, held)
                    seconds = time.monotonic() - began
                finally:
                    is_over.set()  # else whoever registers would go on, and nobody would read what went wrong
                during = told(f"{files} files built", took.result())
            cursor.execute(STATES)
            print(f"{'':>22}  in {seconds:.0f} s, at most {most} at a time: {cursor.fetchall()}")
        after = calm(visitors, rate, "after")
        print(
            f"p95 with files {during / max(before, after):.2f} of the slower without, {during / min(before, after):.2f} of the faster"
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--seed"]:
        attendance_export.prepare()
        attendance_export.seed(FIRST, FIRST + int(sys.argv[2]))
    elif sys.argv[1:2] == ["--ask"]:
        ask(int(sys.argv[2]))
    else:
        asked = [int(word) for word in sys.argv[1:]]
        main(*(asked + [66_700, 10, 30][len(asked) :]))
