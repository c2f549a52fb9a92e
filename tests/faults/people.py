"""Many people at once, and a reminder that is about to fall due for them."""

from __future__ import annotations

import uuid
from datetime import datetime

from participants.models import Participant, Registration
from participants.operations import login_codes
from portal import clock
from portal.accounts.models import User
from portal.models import Rehearsal
from programs.models import TrainingSession
from tests.factories import ADULT_BORN, DURING_REGISTRATION, OPENS, WIB, make_program, make_rule, make_session

EVE = datetime(2025, 12, 15, 18, tzinfo=WIB)


def confirm_many(number: int, *, first: int = 0) -> TrainingSession:
    """A session with `number` people who have said that they come, p0@example.com (or p`first`) and so on, reminded at
    EVE."""
    program = make_program()
    make_rule(program)
    session = make_session(program=program, capacity=number)
    confirm(session, number, first=first, answered_at=DURING_REGISTRATION)
    return session


def confirm(session: TrainingSession, number: int, *, first: int = 0, answered_at: datetime | None = None) -> None:
    """`number` confirmed people in `session`, p0@example.com (or p`first`) and so on."""
    program = session.program
    users = User.objects.bulk_create(
        User(email=f"p{n}@example.com", joined_at=OPENS, password="!") for n in range(first, first + number)
    )
    people = Participant.objects.bulk_create(
        Participant(user=user, full_name="Siti", birth_date=ADULT_BORN, region_id=session.region_id, created_at=OPENS)
        for user in users
    )
    Registration.objects.bulk_create(
        Registration(
            form_key=uuid.uuid4(),
            participant=person,
            session=session,
            program_id=session.program_id,
            region_id=session.region_id,
            birth_date=ADULT_BORN,
            born_from=program.born_from,
            born_until=program.born_until,
            place=Registration.Place.SEAT,
            registered_at=DURING_REGISTRATION,
            coming_answered_at=answered_at,
        )
        for person in people
    )


def rehearse_from(instant: datetime) -> None:
    """For the processes of a fleet it is now `instant`."""
    Rehearsal.objects.create(lead=instant - clock.database_machine_now())


def ask_for_code(address: str) -> None:
    """Somebody at the door asks for a code, and the bell is rung."""
    machine_now = clock.database_machine_now()
    login_codes.ask(email=address, browser="b" * 32, language="id", machine_now=machine_now, now=EVE)
