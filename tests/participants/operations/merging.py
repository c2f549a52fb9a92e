"""Who merges, in which session, and everything that a merge may touch: what tests of merges share."""

import pytest

from participants.models import Appeal, Consent, OpeningAlert, OptOut, Participant, Registration
from portal.accounts.models import User
from tests.factories import DURING_REGISTRATION, make_session
from tests.staff import make_staff

NOW = DURING_REGISTRATION
TABLES = (Participant, Registration, Consent, Appeal, OpeningAlert, OptOut)


@pytest.fixture
def session():
    return make_session()


@pytest.fixture
def by(session):
    return make_staff("coordinator", session.region)


def consent(person, purpose="training", **fields):
    given = {"text_version": "1", "text_hash": "0" * 64, "language": "id", "given_at": NOW}
    return Consent.objects.create(participant=person, purpose=purpose, **given | fields)


def everything():
    return [list(table.objects.order_by("pk").values()) for table in TABLES] + [
        list(User.objects.filter(is_staff=False).order_by("pk").values("pk", "email", "is_active", "language"))
    ]
