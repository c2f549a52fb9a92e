"""Lists of people as staff bring them, taken step by step as their pages and the worker do."""

from __future__ import annotations

from collections.abc import Mapping

from participants.import_forms import guess, read_row
from participants.models import Participant, RegistrationImport
from participants.operations import import_work, imports
from portal.accounts.models import User
from programs.models import TrainingSession
from tests.factories import DURING_REGISTRATION, make_participant, make_program, make_registration, make_session

NOW = DURING_REGISTRATION
COLUMNS = ["Setuju", "HP", "Nama", "Email", "Tanggal lahir", "Pekerjaan", "Nama wali", "Hubungan wali"]


def row(
    name: str,
    *,
    email: str = "",
    agrees: str = "ya",
    phone: str = "0812-3456-7890",
    born: str = "2004-05-17",
    work: str = "Mahasiswa",
    guardian: tuple[str, str] = ("", ""),
) -> list[str]:
    return [agrees, phone, name, email or f"{name.split()[0].lower()}@example.com", born, work, *guardian]


def staged(
    session: TrainingSession, by: User, *rows: list[str], columns: list[str] | None = None
) -> RegistrationImport:
    numbers = list(range(2, len(rows) + 2))
    return imports.stage(session=session, columns=columns or COLUMNS, rows=list(rows), numbers=numbers, by=by, now=NOW)


def worked(*, read: import_work.Reader = read_row) -> bool:
    """Let a worker do what the oldest list that waits asks for, unless it cannot now. Returns whether it did one."""
    waiting = RegistrationImport.objects.waiting().order_by("pk").values_list("pk", flat=True)
    return any(import_work.work_on(pk, read=read, now=NOW) for pk in waiting)


def checked(session: TrainingSession, by: User, *rows: list[str]) -> RegistrationImport:
    batch = staged(session, by, *rows)
    imports.name_columns(batch=batch, mapping=guess(COLUMNS), by=by, now=NOW)
    assert worked()
    batch.refresh_from_db()
    return batch


def written(
    batch: RegistrationImport,
    *,
    choices: Mapping[str, int | None] | None = None,
    is_partial: bool = False,
    by: User | None = None,
) -> RegistrationImport:
    imports.write(batch=batch, choices=choices or {}, is_partial=is_partial, by=by or batch.by, now=NOW)
    worked()
    batch.refresh_from_db()
    return batch


def taken_back(batch: RegistrationImport) -> RegistrationImport:
    """What its undo has asked of a worker, done."""
    assert worked()
    batch.refresh_from_db()
    return batch


def known_twin(session: TrainingSession, full_name: str = "Siti Nur'aini") -> Participant:
    """Somebody known by name and birth date from an earlier session of the region."""
    known = make_participant(full_name=full_name, region=session.region)
    earlier = make_session(program=make_program(slug="x"), region=session.region, slug="x")
    make_registration(earlier, participant=known)
    return known
