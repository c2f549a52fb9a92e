"""What staff write down for one another about a person."""

import pytest

from participants.models import Deed
from participants.operations import notes, registrations
from tests.factories import DURING_REGISTRATION, make_session, register
from tests.staff import make_staff

NOW = DURING_REGISTRATION
pytestmark = pytest.mark.django_db


class TestNotes:
    def test_note_keeps_its_author_and_the_reason_of_a_cancellation(self):
        session = make_session()
        row, by = register(session), make_staff("coordinator", session.region, name="Yohana")
        notes.write(registration=row, text="Datang terlambat.", by=by, now=NOW)
        registrations.cancel(registration=row, reason="cancelled_by_staff", why="Sakit.", by=by, now=NOW)

        assert list(row.notes.values_list("text", "written_by__name")) == [
            ("Sakit.", "Yohana"),
            ("Datang terlambat.", "Yohana"),
        ]
        assert "Sakit" not in str(list(Deed.objects.values()))
