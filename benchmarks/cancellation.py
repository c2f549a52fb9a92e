"""Cancelling a session with everybody registered for it: seconds, and the same of whom staff cancel as one list.

    .venv/bin/python -m benchmarks.cancellation [seats [queue]]

Everybody is told in the same transaction; who is cancelled as a list frees seats, which go to the head of the queue at
once. The yardstick is the bare INSERT of as many rows of the ledger, without anything else. Of three turns, each taken
back, the fastest counts.
"""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from benchmarks import attendance_export
from portal import embedded

TURNS = 3


def seed(seats: int, queue: int) -> Any:
    """A session with `seats` people seated and `queue` in the queue, some days before it closes."""
    attendance_export.seed(0, seats + queue)
    from django.db import connection

    from participants.models import Participant, Registration
    from programs.models import TrainingSession

    session = TrainingSession.objects.select_related("program").order_by("pk").first()
    assert session is not None
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # facts and notes hang on it, which are never emptied
        cursor.execute("TRUNCATE participants_registration CASCADE")
        cursor.execute("SET session_replication_role = origin")
        cursor.execute(
            "UPDATE programs_trainingsession SET seats_taken = 0, capacity = %s, queue_issued = %s", [seats, queue]
        )
    people = list(Participant.objects.order_by("pk"))
    Registration.objects.bulk_create(
        (
            Registration(
                form_key=uuid.uuid4(),
                participant=person,
                session=session,
                program_id=session.program_id,
                region_id=session.region_id,
                birth_date=person.birth_date,
                born_from=session.program.born_from,
                born_until=session.program.born_until,
                place="seat" if number < seats else "queued",
                queue_number=number - seats + 1 if number >= seats else None,
                registered_at=session.program.registration_opens,
            )
            for number, person in enumerate(people)
        ),
        batch_size=1000,
    )
    return session


def fastest(call: Callable[[], object]) -> float:
    """Seconds of the fastest turn; what each did is taken back."""
    from django.db import transaction

    best = float("inf")
    for _turn in range(TURNS):
        with transaction.atomic():
            began = time.perf_counter()
            call()
            best = min(best, time.perf_counter() - began)
            transaction.set_rollback(True)
    return best


def measure(session: Any, now: datetime) -> None:
    from participants.models import Notification, Registration
    from participants.operations import approvals, sessions
    from portal.accounts.models import User

    by = User.objects.create_staff(email="editor@example.com", password=uuid.uuid4().hex, name="", now=now)
    rows = list(Registration.objects.filter(session=session).order_by("pk"))
    seated = [row.pk for row in rows if row.place == "seat"]

    def bare() -> None:
        Notification.objects.bulk_create(
            (
                Notification(kind="cancelled", registration=row, region_id=row.region_id, due_at=now, created_at=now)
                for row in rows
            ),
            batch_size=1000,
        )

    turns: dict[str, Callable[[], object]] = {
        f"bare INSERT of {len(rows)} messages": bare,
        f"the session, {len(rows)} people": lambda: sessions.cancel(session=session, by=by, now=now, reason="Banjir"),
        f"a list of {len(seated)} people": lambda: approvals._cancel_people(seated, session, "Banjir", by, now),
    }
    for what, call in turns.items():
        print(f"{what}: {fastest(call):.2f} s", flush=True)


def main(seats: int, queue: int) -> None:
    with embedded.running(durable=False):
        session = seed(seats, queue)
        measure(session, session.closes - timedelta(days=2))
    embedded.remove()


if __name__ == "__main__":
    attendance_export.prepare()
    main(*[int(word) for word in (sys.argv[1:] + ["300", "3000"][len(sys.argv) - 1 :])])
