"""The ministry's page with many registrations: how long one count of an edition takes, and how long the page does.

.venv/bin/python -m benchmarks.dashboard [people]
"""

from __future__ import annotations

import sys
import time

from benchmarks import attendance_export
from portal import embedded


def main(people: int) -> None:
    with embedded.running(durable=False):
        attendance_export.seed(0, people)
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        from participants.operations import tallies
        from participants.queries import dashboards
        from portal import clock
        from portal.accounts.models import User
        from programs.models import Program

        program = Program.objects.get()
        began = time.monotonic()
        tallies.count(program=program, now=clock.machine_now(), machine_now=clock.machine_now())
        print(f"{people} people counted in {time.monotonic() - began:.1f} s")
        took = []
        for _turn in range(20):
            reader = User(is_superuser=True, is_staff=True, is_active=True, pk=0)
            began = time.monotonic()
            with CaptureQueriesContext(connection) as asked:
                board = dashboards.board(reader, program)
            took.append(time.monotonic() - began)
        print(f"board: {sorted(took)[10] * 1000:.1f} ms, {len(asked)} queries, {board.all.numbers}")
    embedded.remove()


if __name__ == "__main__":
    attendance_export.prepare()
    main(int(sys.argv[1]) if sys.argv[1:] else 1_000_000)
