"""Attendance export of many people: seconds and peak memory, against what is the least possible of the same rows.

    .venv/bin/python -m benchmarks.attendance_export [days] [people [people …]]

With `days` a row is a person and a day, three times as many as people. CSV is measured against a bare `COPY` of the same
query with nothing made safe, XLSX against its writer fed with rows that are ready in memory. Each export runs in a process
of its own, so that its peak memory is its own; idle is the same process without an export. All take turns, and of three
turns (one above 100,000 people) the fastest counts.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
import time
from typing import Any

import django

from portal import embedded

SEED = """
    INSERT INTO accounts_user (id, password, is_superuser, email, name, is_staff, is_active, joined_at)
        SELECT 1000 + n, '!', false, 'b' || n || '@example.com', '', false, true, now() FROM generate_series({first}, {people}) n;
    INSERT INTO participants_participant (id, public_id, user_id, full_name, birth_date, region_id, language, phone,
                                          occupation, gender, created_at)
        SELECT n, gen_random_uuid(), 1000 + n, 'Peserta ' || n, '2004-05-17', (SELECT min(id) FROM programs_region), 'id',
               '+62812' || lpad(n::text, 8, '0'), 'university', '', now() FROM generate_series({first}, {people}) n;
    UPDATE programs_trainingsession SET capacity = {people};
    ALTER TABLE participants_registration DISABLE TRIGGER count_seats;
    INSERT INTO participants_registration (id, public_id, form_key, participant_id, session_id, program_id, region_id,
                                           birth_date, born_from, born_until, place, guardian, registered_at, release_reason)
        SELECT n, gen_random_uuid(), gen_random_uuid(), n, session.id, session.program_id, session.region_id,
               '2004-05-17', '1997-01-01', '2012-12-31', 'seat', 'not_needed', now(), ''
        FROM generate_series({first}, {people}) n
        JOIN (SELECT *, row_number() OVER (ORDER BY id) AS number FROM programs_trainingsession) AS session
            ON session.number = 1 + n %% 15;
    ALTER TABLE participants_registration ENABLE TRIGGER count_seats;
    INSERT INTO participants_attendancefact (public_id, registration_id, day_id, session_id, kind, source, mark, recorded_at)
        SELECT gen_random_uuid(), registration.id, days.id, days.session_id, 'correction', 'grid', 'present', now()
        FROM participants_registration registration JOIN programs_trainingday days USING (session_id)
        WHERE registration.id >= {first} AND (registration.id + days.number) %% 7 <> 0;
    ANALYZE;
"""


def prepare() -> None:
    if "PORTAL_STATE_DIR" not in os.environ:
        os.environ["PORTAL_STATE_DIR"] = tempfile.mkdtemp(prefix="portal-bench-", dir="/tmp")
    os.environ |= {"PORTAL_ENV": "local", "BASE_URL": "http://bench", "EMAIL_URL": "smtp://127.0.0.1:9"}
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(60))
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    django.setup()


def seed(already: int, people: int) -> None:
    from django.core.management import call_command
    from django.db import connection

    if not already:
        call_command("migrate", verbosity=0)
        call_command("load_edition", "programs/editions/2025_12.toml")
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for statement in SEED.format(first=already + 1, people=people).replace("%%", "%").split(";"):
            if statement.strip():
                cursor.execute(statement)


def request(layout: Any) -> Any:
    from participants.exports import attendance
    from participants.models import Registration
    from participants.queries.person_days import Selection
    from portal import clock

    return attendance.Request(Selection(Registration.objects.all(), clock.machine_now()), "benchmark", {}, layout)


def ready(columns: list[Any]) -> list[str]:
    """What the yardstick's writer is fed with: days as Excel's numbers, everything else as it stands."""
    from participants.exports.columns import Kind

    told = []
    for column in columns:
        match column.kind:
            case Kind.DATE:
                told.append(f"{column.reads} - DATE '1899-12-30'")
            case Kind.TIME:
                told.append(f"date_part('epoch', date_trunc('minute', {column.reads})) / 86400 + 25569")
            case _:
                told.append(column.reads)
    return told


def once(kind: str, layout: str) -> tuple[float, float]:
    """Seconds, and CPU-seconds of this process without PostgreSQL, of one `copy`, `csv`, `xlsx` or `ready` (the writer alone, its rows at hand); `idle` does nothing."""
    from django.db import connection
    from rustpy_xlsxwriter import write_worksheets

    from participants.exports import attendance
    from participants.exports.snapshots import snapshot
    from participants.queries import person_days

    asked = request(layout)
    with tempfile.TemporaryFile() as file:
        if kind in ("csv", "xlsx"):
            began, cpu = time.monotonic(), time.process_time()
            (attendance.write_csv if kind == "csv" else attendance.write_xlsx)(asked, file)
            return time.monotonic() - began, time.process_time() - cpu
        if kind in ("copy", "ready"):
            with snapshot(), person_days.planned(asked.selection), connection.cursor() as cursor:
                reading = attendance.Reading.begin(asked)
                reads = [column.reads for column in reading.columns] if kind == "copy" else ready(reading.columns)
                bare = reading.statement(", ".join(reads), str, asked.selection)
                began, cpu = time.monotonic(), time.process_time()
                if kind == "copy":
                    cursor.copy_expert(f"COPY ({bare}) TO STDOUT (FORMAT csv, HEADER)", file)
                    return time.monotonic() - began, time.process_time() - cpu
                cursor.execute(bare)
                rows = [dict(zip([one.heading for one in reading.columns], row, strict=True)) for row in cursor]
            began, cpu = time.monotonic(), time.process_time()
            write_worksheets([("Kehadiran", iter(rows))], file)
            return time.monotonic() - began, time.process_time() - cpu
    return 0.0, 0.0


def peak() -> float:
    """The most memory that this process had in MB, without what it had of its parent's before it became itself."""
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) / 1024


def apart(kind: str, layout: str) -> tuple[float, float, float]:
    """Seconds, CPU-seconds and peak memory in MB of `kind` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.attendance_export", "--only", kind, layout]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(said[0]), float(said[1]), float(said[2])


def main(sizes: list[int], layout: str) -> None:
    with embedded.running(durable=False):
        already = 0
        for people in sizes:
            seed(already, people)
            already = people
            kinds = ["idle", "copy", "csv", "ready", "xlsx"]
            turns = [{kind: apart(kind, layout) for kind in kinds} for _turn in range(3 if people <= 100_000 else 1)]
            best = {kind: min(turn[kind] for turn in turns) for kind in kinds}
            idle = best["idle"][2]
            print(
                f"{people} people, a row for each of the {layout}, load {os.getloadavg()[0]:.1f}\n{'':>6} {'seconds':>8} {'ratio':>6} {'own CPU':>8} {'ratio':>6} {'peak MB':>8} {'over idle':>10}"
            )
            for kind in kinds[1:]:
                seconds, cpu, peak = best[kind]
                least = best["copy" if kind in ("copy", "csv") else "ready"]
                told = f"{seconds:>8.2f} {seconds / least[0]:>6.2f} {cpu:>8.2f} {cpu / least[1]:>6.2f}"
                print(f"{kind:>6} {told} {peak:>8.0f} {peak - idle:>10.0f}", flush=True)
    embedded.remove()


if __name__ == "__main__":
    prepare()
    if sys.argv[1:2] == ["--only"]:
        print(*once(*sys.argv[2:]), peak())
    else:
        words = sys.argv[1:]
        main([int(word) for word in words if word.isdigit()] or [100_000], "days" if "days" in words else "people")
