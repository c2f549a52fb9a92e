"""What staff change in an edition's rules reaches the people who are in it."""

import uuid
from datetime import datetime, time, timedelta

import pytest

from participants.operations import programs, registrations
from tests.factories import DURING_REGISTRATION, MINOR_BORN, WIB, make_coordinator, make_participant, make_session

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("rule", "expires_at"),
    [
        ({"guardian_hours": 24}, DURING_REGISTRATION + timedelta(hours=24)),
        ({"guardian_hours": 720, "closes_at": time(9)}, datetime(2025, 12, 15, 9, tzinfo=WIB)),
    ],
)
def test_change_lets_open_questions_to_guardians_follow(rule, expires_at):
    session = make_session()
    minor = registrations.register(
        participant=make_participant(birth_date=MINOR_BORN),
        session=session,
        form_key=uuid.uuid4(),
        guardian_email="ibu@example.com",
        now=DURING_REGISTRATION,
    )
    for name, value in rule.items():
        setattr(session.program, name, value)

    programs.change(program=session.program, now=DURING_REGISTRATION, by=make_coordinator())

    assert minor.guardian_requests.get().expires_at == expires_at
