"""All reminders of the December edition, as people would get them: 15 regions, 300 people each, in minutes.

    .venv/bin/python -m benchmarks.edition [people a session]

Real PostgreSQL, and a mail server that writes down which message it was given. Time is moved from one due instant to the
next, as a rehearsal does; at each stop a whole tick runs and everything due is sent. Late is what was handed over more
than 60 s after its local due time; repeated is what the mail server was given more than once.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.reminders import prepare
from benchmarks.sinks import sink
from portal import embedded

LATE = timedelta(seconds=60)
LINE = "{:<36} {:>9} {:>9} {:>6} {:>7} {:>9} {:>9}"


def main(each: int, seen: Path) -> None:
    with embedded.running(durable=True):
        from django.core.management import call_command

        from participants.models import Notification
        from participants.operations import ticks
        from participants.queries import next_instant
        from programs.models import ReminderRule, TrainingSession
        from tests.factories import WIB
        from tests.faults.people import confirm

        call_command("migrate", verbosity=0)
        call_command("load_edition", "programs/editions/2025_12.toml", verbosity=0)
        sessions = list(TrainingSession.objects.with_places())
        for number, session in enumerate(sessions):
            confirm(session, each, first=number * each)
        people = len(sessions) * each
        print(f"{people} people in {len(sessions)} sessions", flush=True)

        began, now, ends = time.monotonic(), datetime(2025, 12, 8, tzinfo=WIB), datetime(2025, 12, 21, tzinfo=WIB)
        stops = 0
        while due := next_instant(after=now, until=ends):
            now, stops = max(due, now + timedelta(seconds=30)), stops + 1
            ticks.tick(now=now, machine_now=now)
            ticks.deliver_everything(now=now, machine_now=now)
            print(
                f"  {now.astimezone(WIB):%d-%m %H:%M} WIB: {Notification.objects.filter(state='sent').count()} sent",
                flush=True,
            )
        seconds = time.monotonic() - began

        given = Counter(line.split()[0] for line in seen.read_text().splitlines())
        print(LINE.format("rule", "promised", "sent", "late", "missed", "repeated", "worst, s"))
        for rule in ReminderRule.objects.order_by("pk"):
            rows = Notification.objects.filter(kind="reminder", occurrence__startswith=f"{rule.slug}:")
            waits = [settled - due for settled, due in rows.filter(state="sent").values_list("settled_at", "due_at")]
            repeated = sum(given[str(public_id)] > 1 for public_id in rows.values_list("public_id", flat=True))
            late, worst = sum(wait > LATE for wait in waits), max(waits, default=timedelta()).total_seconds()
            missed = rows.exclude(state="sent").count()
            print(LINE.format(str(rule), rows.count(), len(waits), late, missed, repeated, f"{worst:.1f}"))
        sent = Notification.objects.filter(state="sent").count()
        print(f"{sent} in the ledger, {len(given)} at the mail server, {stops} stops, {seconds:.0f} s")
    embedded.remove()


if __name__ == "__main__":
    prepare()
    with sink() as (port, file):
        from django.conf import settings

        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 300, file)
