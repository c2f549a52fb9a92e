"""What the tests of scans begin with: a session, a phone at its door, and what it sees."""

import uuid
from datetime import datetime

import pytest

from participants.documents import tickets
from participants.models import Attendance, DoubtfulScan
from participants.operations import scans
from participants.operations.scans import Seen
from tests.factories import WIB, make_session
from tests.scanning import paired

MORNING = datetime(2025, 12, 16, 8, 30, tzinfo=WIB)


@pytest.fixture
def session():
    return make_session()


@pytest.fixture
def token(session):
    return paired(session, gate="Pintu 1", now=MORNING)


def seen(registration, at=MORNING, **fields):
    return Seen(uuid.uuid4(), at, ticket=tickets.ticket_text(registration), **fields)


def take(token, *scanned, now=MORNING, sent_at=None):
    return scans.take(token=token, scans=scanned, sent_at=sent_at or now, now=now, machine_now=now)[1]


def outcomes(token, *scanned, **options):
    return [answer.outcome for answer in take(token, *scanned, **options)]


def derived():
    """What holds of everybody on every day, with all that a scan brings along."""
    return sorted(
        Attendance.objects.values_list("registration", "day", "mark", "kind", "happened_at", "gate"), key=repr
    )


def reasons():
    return DoubtfulScan.objects.values_list("public_id", "reason")
