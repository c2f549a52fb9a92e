"""Somebody registered, an adult or a minor, in a session far to the east, and where their place then stands."""

import uuid

import pytest

from participants.operations import registrations
from tests.factories import DURING_REGISTRATION, MINOR_BORN, make_participant, make_region, make_session

NOW = DURING_REGISTRATION


@pytest.fixture
def session(db):
    """In Jayapura, three days from 16 December 2025, 09:00 to 16:00 WIT."""
    return make_session(region=make_region(time_zone="Asia/Jayapura"))


def person(session, **fields):
    return make_participant(region=session.region, full_name="Canary Satu", **fields)


def register(session, participant=None, **options):
    return registrations.register(
        participant=participant or person(session), session=session, form_key=uuid.uuid4(), now=NOW, **options
    )


def minor(session):
    return register(
        session,
        person(session, birth_date=MINOR_BORN, phone="", occupation=""),
        guardian_email="ibu@example.com",
    )


def place_of(registration):
    registration.refresh_from_db()
    return registration.place, registration.release_reason


def is_private(response):
    names = ["Referrer-Policy", "X-Robots-Tag", "Cache-Control"]
    return [response[name] for name in names] == ["strict-origin", "noindex, nofollow", "private, no-store"]
