"""A list of 5,000 people brought as a file: seconds, CPU and peak memory of looking, writing and taking it back.

    .venv/bin/python -m benchmarks.imports [people]

Preview reads the CSV and looks at every row; writing registers each as the desk does, in a transaction of its own;
yes is the press of a second person, and undo what a
worker then does: it cancels all of them, each told and noted, some in each transaction. The yardstick is a plain bulk INSERT of
the same people and registrations, with consent, message and deed, that checks nothing and remembers nothing. Each runs
in a process of its own, so that its peak memory is its own; idle is the same process without work. PostgreSQL writes
as safely as in production.
"""

from __future__ import annotations

import re
import subprocess
import sys
import uuid
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.reminders import measured, prepare
from portal import embedded

STEPS = ("idle", "bulk", "preview", "write", "yes", "undo")
HEADER = "Nama lengkap,Email,Tanggal lahir,HP,Pekerjaan,Persetujuan"


def born(number: int) -> date:
    return date(1998, 1, 1) + timedelta(days=number % 2500)


def listed(people: int) -> bytes:
    """What staff bring: every row is another person, and clean."""
    rows = (f"Peserta Nomor {n},impor{n}@example.com,{born(n)},0812{n:08},Mahasiswa,ya" for n in range(people))
    return "\n".join([HEADER, *rows]).encode()


def seed(people: int) -> None:
    """Two sessions of one region with room for all, one for the file and one for the yardstick; and two of its staff."""
    from django.core.management import call_command

    from tests.factories import make_session
    from tests.staff import make_staff

    call_command("migrate", verbosity=0)
    first = make_session(capacity=people, slug="impor")
    make_session(program=first.program, region=first.region, capacity=people, slug="polos")
    make_staff("coordinator", first.region)
    make_staff("editor")


def bulk(people: int) -> None:
    """The same rows without a question asked."""
    from django.db import transaction

    from participants.models import Consent, Deed, Notification, Participant, Registration
    from portal.accounts.models import User
    from programs.models import TrainingSession
    from tests.factories import DURING_REGISTRATION as NOW

    session = TrainingSession.objects.select_related("program").get(slug="polos")
    staff, program = User.objects.filter(is_staff=True).earliest("pk"), session.program
    with transaction.atomic():
        users = User.objects.bulk_create(
            [User(email=f"polos{n}@example.com", password="!", joined_at=NOW) for n in range(people)], 1000
        )
        persons = Participant.objects.bulk_create(
            [
                Participant(
                    user=user,
                    full_name=f"Peserta Nomor {n}",
                    birth_date=born(n),
                    region_id=session.region_id,
                    phone=f"+62812{n:08}",
                    occupation="university",
                    created_at=NOW,
                )
                for n, user in enumerate(users)
            ],
            1000,
        )
        registrations = Registration.objects.bulk_create(
            [
                Registration(
                    participant=person,
                    session=session,
                    program=program,
                    region_id=session.region_id,
                    form_key=uuid.uuid4(),
                    birth_date=person.birth_date,
                    born_from=program.born_from,
                    born_until=program.born_until,
                    place="seat",
                    guardian="not_needed",
                    registered_at=NOW,
                )
                for person in persons
            ],
            1000,
        )
        said = {
            "purpose": "training",
            "text_version": "1",
            "text_hash": "0" * 64,
            "language": "id",
            "giver": "self",
            "channel": "paper",
        }
        Consent.objects.bulk_create([Consent(participant=row, given_at=NOW, **said) for row in persons], 1000)
        Notification.objects.bulk_create(
            [
                Notification(
                    kind="registered",
                    registration=row,
                    region_id=row.region_id,
                    queue="transactional",
                    due_at=NOW,
                    created_at=NOW,
                )
                for row in registrations
            ],
            1000,
        )
        Deed.objects.bulk_create(
            [
                Deed(by=staff, at=NOW, what="imported", table=Registration._meta.label_lower, row=str(row.pk))
                for row in registrations
            ],
            1000,
        )


def preview(people: int) -> None:
    from participants import tables
    from participants.import_forms import guess, read_row
    from participants.operations import import_work, imports
    from portal.accounts.models import User
    from programs.models import TrainingSession
    from tests.factories import DURING_REGISTRATION as NOW

    table = tables.read(listed(people))
    staff = User.objects.filter(is_staff=True).earliest("pk")
    session = TrainingSession.objects.get(slug="impor")
    batch = imports.stage(session=session, **table._asdict(), by=staff, now=NOW)
    imports.name_columns(batch=batch, mapping=guess(table.columns), by=staff, now=NOW)
    assert import_work.work_on(batch.pk, read=read_row, now=NOW)
    batch.refresh_from_db()
    assert batch.state == "checked"
    assert not any(row["errors"] for row in batch.found.values())


def write(people: int) -> None:
    from participants.import_forms import read_row
    from participants.models import RegistrationImport
    from participants.operations import import_work, imports
    from tests.factories import DURING_REGISTRATION as NOW

    batch = RegistrationImport.objects.get()
    imports.write(batch=batch, choices={}, is_partial=False, by=batch.by, now=NOW)
    assert import_work.work_on(batch.pk, read=read_row, now=NOW)
    batch.refresh_from_db()
    assert (batch.state, len(batch.made)) == ("done", people)


def yes(people: int) -> None:
    from participants.models import Approval, RegistrationImport
    from participants.operations import approvals, imports
    from portal.accounts.models import User
    from tests.factories import DURING_REGISTRATION as NOW

    batch = RegistrationImport.objects.get()
    waits = imports.undo(batch=batch, by=batch.by, now=NOW)
    assert isinstance(waits, Approval)
    second = User.objects.filter(is_staff=True).latest("pk")
    assert approvals.decide(approval=waits, yes=True, by=second, now=NOW) == batch
    assert len(waits.people) == people


def undo(people: int) -> None:
    from participants.import_forms import read_row
    from participants.models import Registration, RegistrationImport
    from participants.operations import import_work
    from tests.factories import DURING_REGISTRATION as NOW

    batch = RegistrationImport.objects.get()
    assert import_work.work_on(batch.pk, read=read_row, now=NOW)
    batch.refresh_from_db()
    assert (batch.state, batch.rows_done, batch.kept) == ("undone", people, {})
    assert not Registration.objects.live().filter(session=batch.session_id).exists()


def once(step: str, people: int) -> tuple[float, float, float]:
    """Seconds, and CPU-seconds of this process and of PostgreSQL, of one step."""
    from django.db import connection

    steps: dict[str, Any] = {"bulk": bulk, "preview": preview, "write": write, "yes": yes, "undo": undo}
    connection.ensure_connection()
    _none, *spent = measured(lambda: steps[step](people) if step in steps else None)
    return tuple(spent)  # type: ignore[return-value]


def peak_memory() -> float:
    """In MB, of this program alone: what `getrusage` says begins with the memory of whoever started it."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024  # type: ignore[index]


def apart(step: str, people: int) -> list[float]:
    """Of `once` in a process of its own, and its peak memory in MB."""
    command = [sys.executable, "-m", "benchmarks.imports", "--only", step, str(people)]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return [float(number) for number in said.split()]


def main(people: int) -> None:
    with embedded.running(durable=True):
        seed(people)
        told = {step: apart(step, people) for step in STEPS}
        idle, least = told["idle"][3], told["bulk"]
        print(
            f"{people} people\n{'':>8} {'seconds':>8} {'CPU-s':>7} {'PostgreSQL':>11} {'x bulk':>7} {'peak MB':>8} {'over idle':>10}"
        )
        for step in STEPS[1:]:
            seconds, ours, database, peak = told[step]
            ratio = (ours + database) / (least[1] + least[2])
            print(
                f"{step:>8} {seconds:>8.1f} {ours:>7.1f} {database:>11.1f} {ratio:>7.1f} {peak:>8.0f} {peak - idle:>10.0f}"
            )
    embedded.remove()


if __name__ == "__main__":
    prepare()
    if sys.argv[1:2] == ["--only"]:
        print(*once(sys.argv[2], int(sys.argv[3])), peak_memory())
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000)
