"""Login codes while many are being reminded: seconds from the ask to the mail server.

    .venv/bin/python -m benchmarks.codes [reminders] [codes]

One worker of two processes carries every queue, with one beat (the portal gives codes a worker of their own, so this is
the harder case); the mail server answers each command after 1 ms and a message after 2 ms. Somebody asks for a code
every half second while reminders go out. The yardstick is the same before the first reminder is due.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import quantiles

from benchmarks.reminders import prepare
from benchmarks.sinks import sink
from portal import embedded


def seconds_to_the_sink(seen: Path, codes: int, name: str) -> list[float]:
    """How long each of `codes` people waits, asked for one after another and without waiting for the mail."""
    from participants.models import Notification
    from participants.operations import login_codes
    from portal import clock

    asked = {}
    for number in range(codes):
        code = login_codes.ask(
            email=f"{name}{number}@example.com",
            browser=f"{name}{number}".ljust(32, "b"),
            language="id",
            machine_now=clock.database_machine_now(),
            now=clock.database_now(),
        )
        asked[str(Notification.objects.get(login_code=code).public_id)] = time.time()
        time.sleep(0.5)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        arrived = {key: float(at) for key, at in map(str.split, seen.read_text().splitlines())}
        if asked.keys() <= arrived.keys():
            break
        time.sleep(0.2)
    return [arrived.get(key, time.time()) - at for key, at in asked.items()]


def told(name: str, waits: list[float]) -> None:
    p95 = quantiles(waits, n=20)[-1]
    print(
        f"{name}: median {quantiles(waits, n=2)[0]:.2f} s, p95 {p95:.2f} s, the slowest {max(waits):.2f} s", flush=True
    )


def main(reminders: int, codes: int) -> None:
    from django.conf import settings
    from django.core.management import call_command

    with (
        embedded.running(durable=True),
        sink(command=0.001, message=0.002) as (port, seen),
        tempfile.TemporaryDirectory() as folder,
    ):
        from benchmarks.crowds import confirm_many
        from participants.models import Notification
        from tests.faults.fleet import Fleet, wait_for
        from tests.faults.people import EVE, rehearse_from

        call_command("migrate", verbosity=0)
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        confirm_many(reminders)
        rehearse_from(EVE.replace(hour=12))
        ships = Fleet(Path(folder))
        ships.environment |= {"EMAIL_TIMEOUT": "20"}
        try:
            ships.worker()
            ships.beat()
            seconds_to_the_sink(seen, 2, "warm")
            told(f"{codes} codes, nothing else to send", seconds_to_the_sink(seen, codes, "calm"))
            move_to(EVE)
            sent = Notification.objects.filter(kind="reminder", state="sent")
            wait_for(lambda: sent.count() > 100, why=ships.logs)
            waits = seconds_to_the_sink(seen, codes, "rush")
            left = reminders - sent.count()
            assert left > 0, "every reminder was sent before the last code: ask for more"
            told(f"{codes} codes, {reminders - left:,} of {reminders:,} reminders sent meanwhile", waits)
        finally:
            ships.kill_all()
    embedded.remove()


def move_to(eve) -> None:
    """It becomes the hour at which everybody is reminded."""
    from portal import clock
    from portal.models import Rehearsal

    Rehearsal.objects.update(lead=eve - clock.database_machine_now())


if __name__ == "__main__":
    os.environ["PORTAL_REHEARSAL"] = "2025-12-02T09:00+07:00"
    prepare()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000, int(sys.argv[2]) if len(sys.argv) > 2 else 60)
