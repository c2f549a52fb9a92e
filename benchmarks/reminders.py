"""Reminders of many people: CPU-ms each from claim to stamped outcome, and messages a second at a slow mail server.

    .venv/bin/python -m benchmarks.reminders [people]

Every message is claimed, checked, written for its reader in text and HTML, marked, sent and stamped on its own, by one
process over one connection; PostgreSQL writes as safely as in production. Counted is what the mail server took; its own
CPU is not. Two yardsticks in the same run: "the usual way" writes the same messages from models and templates and
sends them with Django's own backend, and remembers nothing: a kill would lose or repeat what it was at. "Ready bytes"
is smtplib alone, with messages written before. The slow mail server answers each command after 1 ms and a message
after 2 ms, once without PIPELINING and once with; it has a core of its own where there are two.
"""

from __future__ import annotations

import os
import secrets
import smtplib
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import django
import psutil

from benchmarks.sinks import sink
from portal import embedded


def prepare() -> None:
    """Set Django up for a state folder of its own."""
    os.environ.setdefault("PORTAL_STATE_DIR", tempfile.mkdtemp(prefix="portal-bench-", dir="/tmp"))
    os.environ |= {"PORTAL_ENV": "local", "BASE_URL": "http://bench", "EMAIL_URL": "smtp://127.0.0.1:1"}
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(60))
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    django.setup()


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


def the_usual_way(keys: list[int]) -> None:
    from django.core.mail import EmailMultiAlternatives, get_connection

    from participants.messages.mails import mail
    from participants.operations import claims, message_facts
    from tests.faults.people import EVE

    server = get_connection()
    server.open()
    for first in range(0, len(keys), claims.BATCH):
        for row in message_facts.read(keys[first : first + claims.BATCH]):
            letter = mail(row, now=EVE)
            usual = EmailMultiAlternatives(letter.subject, letter.body, to=letter.to, headers=letter.extra_headers)
            usual.attach_alternative(letter.html, "text/html")
            server.send_messages([usual])
    server.close()


def the_ledger() -> None:
    from participants.operations import deliveries
    from tests.faults.people import EVE

    deliveries.deliver(queue="bulk", now=EVE, machine_now=EVE, seconds=3600)


def at_sink(messages: int, work: Callable[[], Any], **kind: Any) -> tuple[float, float, float]:
    """Seconds, and CPU-ms a message of this process and of PostgreSQL, at a mail server that took every message."""
    from django.conf import settings

    with sink(**kind) as (port, seen):
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        _none, seconds, ours, database = measured(work)
        taken = seen.read_text().splitlines()
        assert len(taken) == messages, f"{len(taken)} of {messages} at the mail server"
    return seconds, ours / messages * 1000, database / messages * 1000


def send_again() -> None:
    """Every reminder is due once more, in a table without dead rows."""
    from benchmarks.crowds import ask

    ask("UPDATE participants_notification SET state = 'due', settled_at = NULL, attempts = 0")
    ask("VACUUM FULL ANALYZE participants_notification")


def cost(people: int, keys: list[int], letters: list[bytes]) -> None:
    """CPU-ms a message at a mail server that answers at once."""
    bare = at_sink(people, lambda: ready_bytes((letters * (people // 100 + 1))[:people]))
    usual = at_sink(people, lambda: the_usual_way(keys))
    ledger = at_sink(people, the_ledger)
    print(f"{'':>14} {'a second':>9} {'CPU-ms each':>12} {'PostgreSQL':>11} {'together':>9} {'x usual':>8}")
    for name, (seconds, ours, database) in (("ready bytes", bare), ("the usual way", usual), ("the ledger", ledger)):
        both = ours + database
        share = both / (usual[1] + usual[2])
        print(f"{name:>14} {people / seconds:>9.0f} {ours:>12.2f} {database:>11.2f} {both:>9.2f} {share:>8.2f}")
    print(f"throughput at once: {bare[0] / ledger[0]:.0%} of ready bytes")


def throughput(people: int, letters: list[bytes], *, pipelining: bool) -> None:
    """Messages a second at a slow mail server; the yardstick before and after."""
    slow = {"command": 0.001, "message": 0.002, "pipelining": pipelining}
    ready = (letters * (people // 100 + 1))[:people]
    before = at_sink(people, lambda: ready_bytes(ready), **slow)[0]
    send_again()
    ledger = at_sink(people, the_ledger, **slow)[0]
    after = at_sink(people, lambda: ready_bytes(ready), **slow)[0]
    bare = (before + after) / 2
    offers = "with" if pipelining else "without"
    print(
        f"slow, {offers} PIPELINING: ready bytes {people / bare:.0f} a second "
        f"({people / before:.0f}, {people / after:.0f}), the ledger {people / ledger:.0f}: {bare / ledger:.0%}"
    )


def main(people: int) -> None:
    with embedded.running(durable=True):
        from django.core.management import call_command

        from benchmarks.crowds import confirm_many
        from participants.messages.mails import mail
        from participants.models import Notification
        from participants.operations import message_facts, reminders
        from tests.faults.people import EVE

        call_command("migrate", verbosity=0)
        confirm_many(people)
        reminders.plan(now=EVE)
        keys = list(Notification.objects.order_by("pk").values_list("pk", flat=True))
        assert len(keys) == people
        letters = [mail(row, now=EVE).as_bytes() for row in message_facts.read(keys[:100])]
        cost(people, keys, letters)
        for pipelining in (False, True):
            throughput(people, letters, pipelining=pipelining)
    embedded.remove()


if __name__ == "__main__":
    prepare()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3_000)
