"""The list of people: found by their number however it is typed."""

from __future__ import annotations

import pytest
from django.test import Client

from programs.models import TrainingSession
from tests.factories import make_participant, make_registration
from tests.participants.admin.workplace import client, session

__all__ = ["client", "session"]

pytestmark = pytest.mark.django_db


def test_number_is_shown_as_it_is_dialled_and_found_so(client: Client, session: TrainingSession) -> None:
    person = make_participant(region=session.region, full_name="Theys Eluay", phone="+6281234567890")
    make_registration(session, participant=person)
    for word in ("", "0812-3456-7890", "0812 3456", "%2B62 812"):
        page = client.get(f"/staf/participants/participant/?q={word}").content.decode()
        assert "0812-3456-7890</td>" in page
        assert "+6281234567890" not in page.replace('value="', "")
    assert "Theys Eluay" not in client.get("/staf/participants/participant/?q=0813").content.decode()
    assert "0812-3456-7890" in client.get(f"/staf/participants/participant/{person.pk}/change/").content.decode()
