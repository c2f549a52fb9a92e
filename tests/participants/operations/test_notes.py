"""What staff write down for one another about a person."""

import pytest

from participants.models import Deed
from participants.operations import erasures, notes, registrations
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

    def test_note_goes_with_what_a_minor_said_whose_consent_was_taken_back(self):
        session = make_session()
        row = register(session)
        notes.write(registration=row, text="Datang terlambat.", by=make_staff("coordinator", session.region), now=NOW)

        erasures.empty_profile(row.participant, now=NOW)

        assert not row.notes.exists()
