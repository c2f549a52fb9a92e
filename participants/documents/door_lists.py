"""What a device at the door is given for the day: as little of each person as it takes to greet the right one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db.models.functions import Coalesce

from participants.documents import tickets
from participants.models import Attendance, AttendanceFact, DoorRule, Registration, TicketChange
from programs.models import TrainingDay, TrainingSession


def door_list(session: TrainingSession, rule: DoorRule) -> dict[str, Any]:
    """The cohort of `session` (days and region at hand): its id, short code, masked name; the released; days.

    A ticket's id is the registration's, but of those that were made anew (`reissued`); what they replaced is dead.
    No phone, no address, no birth date, no full name. `version` names the very content.
    """
    rows = Registration.objects.filter(session=session.pk).select_related("participant")
    confirmed = list(rows.confirmed().order_by("participant__full_name", "pk"))
    cohort = [[row.public_id.hex, tickets.short_code(row), row.name_at_the_door] for row in confirmed]
    gone = Registration.objects.filter(session=session.pk, place=Registration.Place.RELEASED).only(
        "public_id", "ticket_id"
    )
    released = list(gone)
    replaced = list(TicketChange.objects.filter(registration__session=session.pk).values_list("old", flat=True))
    content = {
        "cohort": cohort,
        "released": sorted(row.public_id.hex for row in released),
        "released_codes": _codes(row.ticket for row in released),
        "reissued": {row.ticket_id.hex: row.public_id.hex for row in [*confirmed, *released] if row.ticket_id},
        "replaced": sorted(ticket.hex for ticket in replaced),
        "replaced_codes": _codes(replaced),
        "days": [_day(day, rule) for day in session.days.all()],
        "mark": tickets.session_mark(session).hex(),
        "keys": {
            key_id.hex(): key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
            for key_id, key in tickets.public_keys().items()
        },
    }
    version = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
    return content | {"version": version}


def marks_since(session: TrainingSession, since: int) -> tuple[int, list[list[Any]]]:
    """The number of the newest fact, and what holds of everybody touched after the fact `since`.

    Each row: ticket's id, day's number, mark ("" when nothing holds any more), when (ms), gate.
    """
    facts = AttendanceFact.objects.filter(session=session.pk)
    newest = facts.order_by("-pk").values_list("pk", flat=True).first() or 0  # first: what comes in while reading
    touched = facts.filter(pk__gt=since).values_list("registration", "day", "registration__public_id", "day__number")
    cells = {(registration, day): (public_id, number) for registration, day, public_id, number in touched.distinct()}
    if not cells:
        return newest, []
    seen = Coalesce("happened_at", "recorded_at")
    holding = Attendance.objects.filter(session=session.pk, registration__in={key[0] for key in cells})
    held = {
        (row.registration_id, row.day_id): [row.mark, milliseconds(row.seen), row.gate]
        for row in holding.annotate(seen=seen)
    }
    return newest, [
        [public_id.hex, number, *held.get(cell, ["", 0, ""])] for cell, (public_id, number) in cells.items()
    ]


def _codes(ids: Iterable[UUID]) -> dict[str, str]:
    """The tickets with these ids by their codes."""
    return {tickets.code_of(ticket): ticket.hex for ticket in sorted(ids)}


def milliseconds(instant: datetime) -> int:
    """As a device's clock counts."""
    return int(instant.timestamp() * 1000)


def _day(day: TrainingDay, rule: DoorRule) -> dict[str, Any]:
    zone = day.session.region.zone
    instants = {
        "from": _midnight(day.date, zone),
        "until": _midnight(day.date + timedelta(days=1), zone),
        "opens": rule.opens(day),
        "late": rule.late_from(day),
        "ends": day.ends(),
        "closes": rule.closes(day),
    }
    return {"number": day.number} | {name: milliseconds(instant) for name, instant in instants.items()}


def _midnight(day: date, zone: Any) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
