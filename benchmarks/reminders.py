"""Reminders of many people: messages a second and CPU-ms each, against a loop that remembers nothing.

    .venv/bin/python -m benchmarks.reminders [people]

The yardstick writes the same messages from the same rows and sends them over the same connection, without claim, mark or
stamp: a kill would lose or repeat what it was at. Beside it, what smtplib alone does with ready bytes. One sending process, over one connection to a mail server that keeps nothing and whose CPU is not counted. The database
writes as safely as in production. Planning is the one query that promises the reminders, and the same query again when
there is nothing left to promise, as at most ticks.
"""

from __future__ import annotations

import os
import secrets
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import django
import psutil

from portal import embedded

SINK = """
import asyncio, re, sys
seen = open(sys.argv[1], "a", buffering=1) if len(sys.argv) > 1 else None
async def serve(reader, writer):
    writer.write(b"220 sink\\r\\n")
    while line := await reader.readline():
        word = line[:4].upper()
        if word == b"DATA":
            writer.write(b"354 go\\r\\n")
            text = await reader.readuntil(b"\\r\\n.\\r\\n")
            if seen:
                print(re.search(rb"(?im)^Message-ID: *<([^@>]+)", text)[1].decode(), file=seen)
        writer.write(b"221 bye\\r\\n" if word == b"QUIT" else b"250 ok\\r\\n")
        if word == b"QUIT":
            break
    writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def prepare(seen: str = "") -> subprocess.Popen[str]:
    """Start the mail server, which keeps nothing but each Message-ID in the file `seen`, and set Django up for it."""
    sink = subprocess.Popen([sys.executable, "-c", SINK, *filter(None, [seen])], stdout=subprocess.PIPE, text=True)
    assert sink.stdout is not None
    os.environ.setdefault("PORTAL_STATE_DIR", tempfile.mkdtemp(prefix="portal-bench-", dir="/tmp"))
    os.environ |= {"PORTAL_ENV": "local", "BASE_URL": "http://bench"}
    os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{sink.stdout.readline().strip()}"
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(60))
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    django.setup()
    return sink


def cpu_seconds() -> tuple[float, float]:
    """CPU of this process, and of PostgreSQL as a whole."""
    database = 0.0
    for process in psutil.process_iter(["cmdline"]):
        try:
            if str(embedded.server_dir() / "postgres") in (process.info["cmdline"] or []):
                family = [process, *process.children()]
                database += sum(sum(member.cpu_times()[:4]) for member in family)
        except psutil.NoSuchProcess:
            continue
    return time.process_time(), database


def measured(work: Callable[[], Any]) -> tuple[Any, float, float, float]:
    """What `work` returned, seconds, CPU-seconds of this process and of PostgreSQL."""
    ours, database = cpu_seconds()
    began = time.monotonic()
    result = work()
    seconds = time.monotonic() - began
    ours_after, database_after = cpu_seconds()
    return result, seconds, ours_after - ours, database_after - database


def ready_bytes(messages: list[bytes]) -> None:
    from django.conf import settings

    with smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT) as server:
        for number, message in enumerate(messages):
            server.sendmail("pelatihan@localhost", [f"p{number}@example.com"], message)


def remember_nothing(keys: list[int]) -> None:
    from django.core.mail import get_connection

    from participants.messages.mails import mail
    from participants.operations import claims
    from tests.faults.people import EVE

    server = get_connection()
    server.open()
    for first in range(0, len(keys), claims.BATCH):
        for row in claims.read(keys[first : first + claims.BATCH]):
            server.send_messages([mail(row, now=EVE)])
    server.close()


def line(name: str, people: int, seconds: float, ours: float, database: float, yardstick: float) -> None:
    each = [part / people * 1000 for part in (ours, database)]
    print(
        f"{name:>18} {people / seconds:>9.0f} {each[0]:>12.2f} {each[1]:>11.2f} {people / seconds / yardstick:>12.2f}"
    )


def main(people: int) -> None:
    with embedded.running(durable=True):
        from django.core.management import call_command
        from django.db import connection

        from participants.messages.mails import mail
        from participants.models import Notification
        from participants.operations import claims, deliveries, reminders
        from tests.faults.people import EVE, confirm_many

        call_command("migrate", verbosity=0)
        confirm_many(people)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        planned, seconds, _ours, _database = measured(lambda: reminders.plan(now=EVE))
        _none, again, _ours, _database = measured(lambda: reminders.plan(now=EVE))
        print(
            f"{planned} reminders promised in {seconds * 1000:.0f} ms; nothing left to promise: {again * 1000:.0f} ms"
        )

        keys = list(Notification.objects.order_by("pk").values_list("pk", flat=True))
        letters = [mail(row, now=EVE).message().as_bytes(linesep="\r\n") for row in claims.read(keys[:100])]
        _none, *bare = measured(lambda: ready_bytes((letters * (people // 100 + 1))[:people]))
        _none, *forgetful = measured(lambda: remember_nothing(keys))
        sent, *ledger = measured(lambda: deliveries.deliver(queue="bulk", now=EVE, machine_now=EVE, seconds=600))
        assert sent == people
        print(f"{'':>18} {'a second':>9} {'CPU-ms each':>12} {'PostgreSQL':>11} {'x yardstick':>12}")
        yardstick = people / forgetful[0]
        line("ready bytes", people, *bare, yardstick)
        line("remember nothing", people, *forgetful, yardstick)
        line("the ledger", people, *ledger, yardstick)
    embedded.remove()


if __name__ == "__main__":
    mail_server = prepare()
    try:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000)
    finally:
        mail_server.kill()
