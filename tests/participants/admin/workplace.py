"""A session of one seat far ahead, its coordinator's browser, and pages read as people read them."""

from __future__ import annotations

from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from participants.models import Registration
from programs.models import TrainingSession
from tests.factories import make_session
from tests.staff import make_staff, sign_in


@pytest.fixture
def session() -> TrainingSession:
    return make_session(first_day=date(2100, 12, 14), capacity=1)


@pytest.fixture
def client(session: TrainingSession) -> Client:
    return sign_in(Client(), make_staff("coordinator", session.region, name="Koordinator"))


def path(row: Registration) -> str:
    return f"/staf/participants/registration/{row.pk}/batal/"


def soup(client: Client, address: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(address).content, "html.parser")
