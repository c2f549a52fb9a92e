"""Consents as staff read them."""

from __future__ import annotations

import pytest
from django.test import Client

from participants import consent_texts
from participants.models import Consent
from participants.operations import consents
from programs.models import TrainingSession
from tests.factories import DURING_REGISTRATION, make_registration
from tests.participants.admin.workplace import client, session

__all__ = ["client", "session"]

pytestmark = pytest.mark.django_db


def test_staff_read_the_words_that_were_agreed_to(client: Client, session: TrainingSession) -> None:
    person = make_registration(session).participant
    consents.give(participant=person, purposes=["training"], language="en", now=DURING_REGISTRATION)

    page = client.get(f"/staf/participants/consent/{person.consents.get().pk}/change/").content.decode()

    assert consent_texts.shown(Consent.Purpose.TRAINING, "en").words in page
