"""A ledger that grows to a million rows: planning, claims and ticks with nothing due, and the cost of a message.

    .venv/bin/python -m benchmarks.ledger [rows]

Planning: one rule for as many confirmed people, in sessions of 300, on two connections where they are many, and again
with nothing missing; "load" is how many processes wanted a core in the minute before. Memory is what the
processes of ours and PostgreSQL's hold for themselves, over idle. The curve: 2,000 messages from claim to stamp at a
mail server that answers at once, with ever more rows in the ledger. Then all are sent (as claims, marks and stamps of a
thousand rows, since one by one takes an hour) and a claim and a planning tick find nothing due: right after, after one
statement has made every row dead once more, and when the table was cleaned.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from benchmarks.reminders import at_sink, measured, prepare, the_ledger
from portal import embedded

SENT = 2_000  # messages at each point of the curve


def family() -> list[psutil.Process]:
    """This process and PostgreSQL's, those of connections that were made meanwhile included."""
    found = [psutil.Process()]
    for process in psutil.process_iter(["cmdline"]):
        if str(embedded.server_dir() / "postgres") in (process.info["cmdline"] or []):
            found += [process, *process.children()]
    return found


def held(processes: list[psutil.Process]) -> int:
    """Bytes that the processes hold for themselves: what they share is not counted."""
    total = 0
    for process in processes:
        with suppress(OSError, IndexError):  # it has ended
            status = Path(f"/proc/{process.pid}/status").read_text()
            total += int(status.split("RssAnon:")[1].split()[0]) * 1024
    return total


@contextmanager
def peak_memory() -> Iterator[list[int]]:
    """A list that holds, once the block is over, the most bytes held in it over those held before."""
    before, most, ended = held(family()), [0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.5):
            most[0] = max(most[0], held(family()) - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        ended.set()
        watcher.join()


def send_all() -> None:
    """Claim, mark and stamp whatever is due, a thousand rows at a time: the same three changes of each row."""
    from benchmarks.crowds import ask
    from participants.operations import claims
    from tests.faults.people import EVE

    claims.BATCH = 1000
    with claims.without_waiting_for_the_disk():
        while claimed := claims.claim("bulk", EVE):
            keys = list(claimed)
            ask(
                "UPDATE participants_notification SET state = 'sending', attempts = 1, "
                "leased_until = clock_timestamp() + interval '2 minutes' WHERE id = ANY(%s)",
                [keys],
            )
            ask(
                "UPDATE participants_notification SET state = 'sent', settled_at = %s, leased_until = NULL WHERE id = ANY(%s)",
                [EVE, keys],
            )
    claims.BATCH = 100


def timed(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Milliseconds that the database worked on the first run, and a run of `times` more: on the CPU, not waiting for it."""
    from benchmarks.crowds import ask

    ((backend,),) = ask("SELECT pg_backend_pid()")
    worked = [_nanoseconds(backend)]
    for _run in range(times + 1):
        work()
        worked.append(_nanoseconds(backend))
    return (worked[1] - worked[0]) / 1e6, (worked[-1] - worked[1]) / times / 1e6


def _nanoseconds(process: int) -> int:
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0])


def nothing_due(when: str) -> None:
    from participants.operations import claims, reminders
    from tests.faults.people import EVE

    first, claim = timed(lambda: claims.claim("bulk", EVE), 100)
    first_tick, tick = timed(lambda: reminders.plan(now=EVE.replace(day=28)), 100)
    print(
        f"nothing due, {when}: claim {claim:.2f} ms (the first {first:.2f}), "
        f"planning tick {tick:.2f} ms (the first {first_tick:.2f}); load {os.getloadavg()[0]:.0f}",
        flush=True,
    )


def main(rows: int) -> None:
    from benchmarks.crowds import ask, confirm_many
    from participants.models import Notification
    from participants.operations import reminders
    from tests.faults.people import EVE

    with embedded.running(durable=True):
        from django.core.management import call_command

        call_command("migrate", verbosity=0)

        confirmed, sizes = 0, [size for size in (10_000, 100_000) if size < rows] + [rows]
        for size in sizes:
            confirm_many(size - confirmed, first=confirmed)
            confirmed = size
            with peak_memory() as most:
                planned, seconds, _ours, cpu = measured(lambda: reminders.plan(now=EVE))
            again, seconds_again, _ours, cpu_again = measured(lambda: reminders.plan(now=EVE))
            assert again == 0
            print(
                f"planned {planned:,} in {seconds:.1f} s ({cpu:.1f} CPU-s), {most[0] / 2**20:.0f} MB over idle; "
                f"again with nothing missing {seconds_again:.2f} s ({cpu_again:.2f} CPU-s); load {os.getloadavg()[0]:.0f}",
                flush=True,
            )
            if size == sizes[0]:
                warm_up()
            curve(size)
        ask("SET statement_timeout = 0")
        _none, seconds, _ours, _cpu = measured(send_all)
        print(f"all sent after {seconds:.0f} s")
        nothing_due("right after they were sent")
        ask("UPDATE participants_notification SET state = 'due', settled_at = NULL")
        ask("UPDATE participants_notification SET state = 'sent', settled_at = now()")
        nothing_due("right after one statement changed them all")
        ask("VACUUM ANALYZE participants_notification")
        nothing_due("cleaned")
        assert Notification.objects.filter(state="sent").count() == rows
    embedded.remove()


def warm_up() -> None:
    """What a process does once: it reads the table of addresses, and templates."""
    from participants.messages.mails import mail
    from participants.models import Notification
    from participants.operations import message_facts
    from tests.faults.people import EVE

    for row in message_facts.read(Notification.objects.values_list("pk", flat=True)[:1]):
        mail(row, now=EVE)


def curve(size: int) -> None:
    """What a message costs in a ledger of `size` rows: a run that ends after SENT, with all the others still due."""
    from participants.operations import claims

    claim, batches = claims.claim, iter(range(SENT // claims.BATCH))
    claims.claim = lambda queue, now: claim(queue, now) if next(batches, None) is not None else {}
    try:
        _seconds, ours, database = at_sink(SENT, the_ledger)
    finally:
        claims.claim = claim
    print(
        f"{SENT:,} messages of {size:,}: CPU-ms each {ours:.2f}, PostgreSQL {database:.2f}, "
        f"together {ours + database:.2f}",
        flush=True,
    )


if __name__ == "__main__":
    prepare()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
