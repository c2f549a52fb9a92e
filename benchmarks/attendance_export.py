"""Attendance export of many people: seconds and peak memory, against PostgreSQL's COPY of the same rows.

    .venv/bin/python -m benchmarks.attendance_export [people]

Each export runs in a process of its own, so that its peak memory is its own; idle is the same process without an
export. COPY writes the same facts (name, phone, region, session and three marks a person) to a file, in the same run.
"""

from __future__ import annotations

import os
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from typing import Any

import django

from portal import embedded

ROWS = """
    SELECT program.name_id, region.name, region.city, session.slug, person.full_name, person.phone,
           array_agg(coalesce(attendance.mark, 'absent') ORDER BY days.number),
           array_agg(attendance.recorded_at AT TIME ZONE region.time_zone ORDER BY days.number)
    FROM participants_registration registration
    JOIN participants_participant person ON person.id = registration.participant_id
    JOIN programs_trainingsession session ON session.id = registration.session_id
    JOIN programs_program program ON program.id = session.program_id
    JOIN programs_region region ON region.id = session.region_id
    JOIN programs_trainingday days ON days.session_id = session.id
    LEFT JOIN participants_attendance attendance
        ON attendance.registration_id = registration.id AND attendance.day_id = days.id
    WHERE registration.place = 'seat' AND registration.guardian IN ('not_needed', 'given')
    GROUP BY registration.id, person.id, session.id, program.id, region.id ORDER BY registration.id
"""
SEED = """
    INSERT INTO accounts_user (id, password, is_superuser, email, name, is_staff, is_active, joined_at)
        SELECT 1000 + n, '!', false, 'b' || n || '@example.com', '', false, true, now() FROM generate_series(1, {people}) n;
    INSERT INTO participants_participant (id, public_id, user_id, full_name, birth_date, region_id, language, phone,
                                          occupation, gender, created_at)
        SELECT n, gen_random_uuid(), 1000 + n, 'Peserta ' || n, '2004-05-17', (SELECT min(id) FROM programs_region), 'id',
               '+62812' || lpad(n::text, 8, '0'), 'university', '', now() FROM generate_series(1, {people}) n;
    UPDATE programs_trainingsession SET capacity = {people};
    ALTER TABLE participants_registration DISABLE TRIGGER count_seats;
    INSERT INTO participants_registration (id, public_id, form_key, participant_id, session_id, program_id, region_id,
                                           birth_date, born_from, born_until, place, guardian, registered_at, release_reason)
        SELECT n, gen_random_uuid(), gen_random_uuid(), n, session.id, session.program_id, session.region_id,
               '2004-05-17', '1997-01-01', '2012-12-31', 'seat', 'not_needed', now(), ''
        FROM generate_series(1, {people}) n
        JOIN (SELECT *, row_number() OVER (ORDER BY id) AS number FROM programs_trainingsession) AS session
            ON session.number = 1 + n %% 15;
    ALTER TABLE participants_registration ENABLE TRIGGER count_seats;
    INSERT INTO participants_attendancefact (public_id, registration_id, day_id, session_id, kind, source, mark, recorded_at)
        SELECT gen_random_uuid(), registration.id, days.id, days.session_id, 'correction', 'grid', 'present', now()
        FROM participants_registration registration JOIN programs_trainingday days USING (session_id)
        WHERE (registration.id + days.number) %% 7 <> 0;
    ANALYZE;
"""


def prepare() -> None:
    os.environ.setdefault("PORTAL_STATE_DIR", tempfile.mkdtemp(prefix="portal-bench-", dir="/tmp"))
    os.environ |= {"PORTAL_ENV": "local", "BASE_URL": "http://bench", "EMAIL_URL": "smtp://127.0.0.1:9"}
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(60))
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    django.setup()


def seed(people: int) -> None:
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    call_command("load_edition", "programs/editions/2025_12.toml")
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for statement in SEED.format(people=people).replace("%%", "%").split(";"):
            if statement.strip():
                cursor.execute(statement)


def copy() -> float:
    """Seconds that PostgreSQL takes to write the same facts to a file."""
    from django.db import connection

    with connection.cursor() as cursor, tempfile.TemporaryFile() as file:
        cursor.execute("SET statement_timeout = 0")
        began = time.monotonic()
        cursor.copy_expert(f"COPY ({ROWS}) TO STDOUT WITH (FORMAT csv, HEADER)", file)
        return time.monotonic() - began


def export(kind: str) -> None:
    """Export once in this process; print rows, seconds and this process's peak memory in MB."""
    from django.db import connection

    from participants.exports import attendance
    from participants.models import Registration
    from portal import clock

    rows: Any = Registration.objects.all()
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    began, count = time.monotonic(), 0
    if kind != "idle":
        request = attendance.Request(rows, clock.machine_now(), "benchmark", {}, frozenset({"phone"}))
        with tempfile.TemporaryFile() as file:
            count = (attendance.write_csv if kind == "csv" else attendance.write_xlsx)(request, file).row_count
    seconds = time.monotonic() - began
    print(count, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main(people: int) -> None:
    with embedded.running(durable=False):
        seed(people)
        yardstick = min(copy() for _ in range(3))
        print(f"{people} people\n{'':>6} {'seconds':>8} {'x COPY':>7} {'peak MB':>8} {'over idle':>10}")
        print(f"{'COPY':>6} {yardstick:>8.2f} {1:>7.1f}")
        idle = 0.0
        for kind in ("idle", "csv", "xlsx"):
            command = [sys.executable, "-m", "benchmarks.attendance_export", "--only", kind]
            said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
            seconds, peak = float(said[1]), float(said[2])
            idle = idle or peak
            if kind != "idle":
                print(
                    f"{kind:>6} {seconds:>8.2f} {seconds / yardstick:>7.1f} {peak:>8.0f} {peak - idle:>10.0f}",
                    flush=True,
                )
    embedded.remove()


if __name__ == "__main__":
    prepare()
    if sys.argv[1:2] == ["--only"]:
        export(sys.argv[2])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
