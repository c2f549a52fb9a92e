"""The workplace over a million registrations: how long each page takes, and how many queries it asks.

    .venv/bin/python -m benchmarks.workplace [registrations] [--kept FOLDER] [--only WORD]

A database of its own is filled (`workplace_rows`) and cleaned as PostgreSQL does in time; then each page is asked for as
ministry staff and as the coordinator of one region: once to warm up, and five times, of which the median and the slowest
are told. Timed is the whole answer of the portal's own process, without a network. With `--kept` the filled folder
stays, and the next run with it only times; `--only` asks only for pages whose name holds the word. CPU is what the page
costs whatever else the machine does. "over" is 300 ms by the clock, 200 for a page of one cohort. At the end, of the
ministry's lists that say about how many rows they have, that number beside the true one: "far" if over a tenth off.
"""

from __future__ import annotations

import argparse
import logging
import os
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.attendance_export import prepare
from benchmarks.crowds import ask
from portal import embedded

TIMES = 5
LIMIT, COHORT_LIMIT = 300, 200  # ms
NEAR = 0.1  # of the true number
REGISTRATION, PERSON = "/staf/participants/registration/", "/staf/participants/participant/"


def pages(region: int) -> Iterator[tuple[str, str]]:
    """Name and address of each page that is timed, those of one session in a session of `region`."""
    from participants.documents import tickets
    from participants.models import Notification, Registration
    from portal import clock
    from programs.models import Program, TrainingSession

    program = Program.objects.current(clock.now())
    session = TrainingSession.objects.filter(program=program, region=region).order_by("pk")[0].pk
    someone = Registration.objects.select_related("participant").filter(session=session, guardian="not_needed")[7]
    code, phone = tickets.short_code(someone), someone.participant.phone
    name = someone.participant.full_name
    here = f"/staf/programs/trainingsession/{session}"
    yield "first page", "/staf/"
    yield "dashboard", "/staf/programs/trainingsession/ringkasan/"
    yield "timeline", "/staf/programs/trainingsession/pesan/"
    yield "sessions", "/staf/programs/trainingsession/"
    yield "sessions, searched", "/staf/programs/trainingsession/?q=Denpasar"
    yield "cohort", f"{here}/change/"
    yield "cohort, by name", f"{here}/change/?q={name.split()[0]}"
    yield "cohort, by code", f"{here}/change/?q={code}"
    yield "cohort, grid of 300", f"{here}/hadir/"
    yield "cohort, queue", f"{here}/antrean/"
    yield "cohort, messages", f"{here}/pesan/"
    yield "cohort, history", f"{here}/history/"
    for where, what in ((REGISTRATION, "registrations"), (PERSON, "people")):
        yield what, where
        yield f"{what}, page 21", f"{where}?p=21"
        yield f"{what}, last page", f"{where}?p=400"
        yield f"{what}, by a common name", f"{where}?q=Siti"
        yield f"{what}, by a whole name", f"{where}?q={name.replace(' ', '+')}"
        yield f"{what}, by two beginnings", f"{where}?q=zah+kog"
        yield f"{what}, by nobody's name", f"{where}?q=Xyzzy"
        yield f"{what}, by number", f"{where}?q=0{phone[3:]}"
        yield f"{what}, by a number's beginning", f"{where}?q=0{phone[3:8]}"
        yield f"{what}, by a number's end", f"{where}?q={phone[-5:]}"
    yield "registrations, by code", f"{REGISTRATION}?q={code}"
    yield "registrations of a session", f"{REGISTRATION}?session__id__exact={session}"
    yield "registrations, queued", f"{REGISTRATION}?place__exact=queued"
    yield "registrations, unreachable", f"{REGISTRATION}?surat=ditolak"
    yield "registrations, the oldest first", f"{REGISTRATION}?o=5"
    yield "registration", f"{REGISTRATION}{someone.pk}/change/"
    yield "people, A to Z", f"{PERSON}?o=0"
    yield "people, Z to A", f"{PERSON}?o=-0"
    yield "person", f"{PERSON}{someone.participant_id}/change/"
    for what, where, column in (
        ("messages", "notification", 2),
        ("consents", "consent", 3),
        ("attendance", "attendancefact", 0),
        ("history", "deed", 0),
        ("guardians", "guardianrequest", 0),
        ("needs", "accessibilityrequest", 5),
    ):
        yield what, f"/staf/participants/{where}/"
        yield f"{what}, turned round", f"/staf/participants/{where}/?o={column}"
    message = Notification.objects.filter(registration=someone).latest("pk")
    yield "messages, failed", "/staf/participants/notification/?state__exact=failed"
    yield "messages, reminders", "/staf/participants/notification/?kind__exact=reminder"
    yield "messages, of a region", f"/staf/participants/notification/?region__id__exact={region}"
    yield "message", f"/staf/participants/notification/{message.pk}/change/"
    yield "messages to one", f"/staf/participants/notification/orang/{someone.pk}/"
    yield "consents, withdrawn purposes", "/staf/participants/consent/?purpose__exact=statistics"
    yield "attendance of a session", f"/staf/participants/attendancefact/?session__id__exact={session}"
    yield "history, noted", "/staf/participants/deed/?what__exact=noted"
    yield "look-alikes", f"/staf/participants/merge/mirip/{someone.participant_id}/"
    yield "saved filter kept", f"{REGISTRATION}?guardian__exact=asked"


def fill(registrations: int) -> None:
    """The rows; a coordinator of the third region, and ministry staff who keep three filters; the numbers counted."""
    from django.core.management import call_command

    from benchmarks import workplace_rows
    from participants.models import SavedFilter
    from participants.operations import tallies
    from portal import clock
    from programs.models import Program, Region
    from tests.staff import make_staff

    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("migrate", verbosity=0)
    call_command("load_edition", "programs/editions/2025_12.toml", verbosity=0)
    ministry = make_staff("ministry", email="ministry@example.com")
    make_staff("coordinator", Region.objects.order_by("pk")[2], email="coordinator@example.com")
    make_staff("accounts", email="accounts@example.com")
    began = time.monotonic()
    workplace_rows.fill(registrations, staff=ministry.pk)
    print(f"filled in {time.monotonic() - began:.0f} s", flush=True)
    table = "participants.registration"
    for query in ("guardian__exact=asked", "place__exact=queued", "place__exact=released"):
        SavedFilter.objects.create(owner=ministry, table=table, name=query, query=query)
    for program in Program.objects.all():
        tallies.count(program=program, now=clock.now(), machine_now=clock.machine_now())


class Taken(NamedTuple):
    """What a page takes: of each of five answers the milliseconds by the clock, and on average those of CPU, of this
    process and of the one of PostgreSQL's that serves it; and how many queries."""

    status: int
    clock: list[float]
    ours: float
    database: float
    queries: int


def timed(client: Any, address: str) -> Taken:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    status, took = client.get(address).status_code, []
    ours, database = time.process_time(), _backend_cpu()
    for _turn in range(TIMES):
        began = time.perf_counter()
        client.get(address)
        took.append((time.perf_counter() - began) * 1000)
    ours, database = time.process_time() - ours, _backend_cpu() - database
    with CaptureQueriesContext(connection) as asked:
        client.get(address)
    return Taken(status, took, ours / TIMES * 1000, database / TIMES, len(asked))


def _backend_cpu() -> float:
    """Milliseconds that the process of PostgreSQL's has worked which serves us; its helpers are not counted."""
    ((process,),) = ask("SELECT pg_backend_pid()")
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e6


def main(registrations: int, only: str) -> None:
    from django.core.management import call_command

    with embedded.running(durable=False):
        if not _is_filled():
            fill(registrations)
        call_command("migrate", verbosity=0)  # what came since it was filled
        time_all(only)


def time_all(only: str) -> None:
    """Each page whose name holds `only`, for each reader."""
    from django.test import Client

    from participants.models import Registration
    from portal.accounts.models import User
    from programs.models import Region
    from tests.staff import sign_in

    print(f"{Registration.objects.count():,} registrations")
    region = Region.objects.order_by("pk")[2].pk
    for role, reads in (("ministry", pages(region)), ("coordinator", pages(region)), ("accounts", accounts())):
        reader = User.objects.get(email=f"{role}@example.com")
        client = sign_in(Client(headers={"host": "bench"}, raise_request_exception=False), reader)
        print(
            f"\n{role:<36} {'median':>7} {'slowest':>8} {'CPU':>6} {'of it SQL':>9} {'queries':>8}   load {os.getloadavg()[0]:.1f}"
        )
        for name, address in reads:
            if only in name:
                _tell(name, timed(client, address))
    _compare([read for read in pages(region) if only in read[0]])


def _compare(reads: Iterable[tuple[str, str]]) -> None:
    """About how many rows long lists say they have, and how many they have; each kind of list once."""
    from django.test import RequestFactory
    from django.urls import resolve

    from portal.accounts.models import User

    print(f"\n{'about':<36} {'told':>9} {'true':>9} {'off':>6}")
    ask("SET statement_timeout = 0")
    told = set()
    for name, address in reads:
        request = RequestFactory().get(address, headers={"host": "bench"})
        request.user = User.objects.get(email="ministry@example.com")
        page = resolve(address.partition("?")[0])
        if not str(page.url_name).endswith("_changelist"):
            continue
        rows = page.func.model_admin.get_changelist_instance(request).paginator  # type: ignore[attr-defined]
        if rows.is_about and not rows.is_floor and (kind := (page.url_name, rows.count)) not in told:
            told.add(kind)
            true = rows.object_list.order_by().count()
            off = rows.rounded / true - 1
            print(
                f"{name:<36} {rows.rounded:>9,} {true:>9,} {off:>+6.1%}{'  far' if abs(off) > NEAR else ''}", flush=True
            )
    ask("RESET statement_timeout")


def accounts() -> Iterator[tuple[str, str]]:
    """The accounts of staff among a million others."""
    yield "accounts", "/staf/accounts/user/"
    yield "accounts, by address", "/staf/accounts/user/?q=coordinator"


def _tell(name: str, taken: Taken) -> None:
    median, limit = statistics.median(taken.clock), COHORT_LIMIT if name.startswith("cohort") else LIMIT
    said = "" if taken.status == 200 else f"  {taken.status}"
    said += "  over" if median > limit else ""
    cpu = f"{taken.ours + taken.database:>6.0f} {taken.database:>9.0f}"
    print(f"{name:<36} {median:>7.0f} {max(taken.clock):>8.0f} {cpu} {taken.queries:>8}{said}", flush=True)


def _is_filled() -> bool:
    from django.db import connection

    return "participants_registration" in connection.introspection.table_names()


if __name__ == "__main__":
    reader = argparse.ArgumentParser()
    reader.add_argument("registrations", nargs="?", type=int, default=1_000_000)
    reader.add_argument("--kept", type=Path)
    reader.add_argument("--only", default="")
    chosen = reader.parse_args()
    if chosen.kept:
        os.environ["PORTAL_STATE_DIR"] = str(chosen.kept)
    else:
        os.environ["PORTAL_STATE_DIR"] = tempfile.mkdtemp(prefix="portal-bench-", dir="/tmp")  # nobody's own
    os.environ["STATIC_ROOT"] = f"{os.environ['PORTAL_STATE_DIR']}/static"
    prepare()
    logging.disable()  # of pages that fail: that they do is told
    main(chosen.registrations, chosen.only)
    if not chosen.kept:
        embedded.remove()
