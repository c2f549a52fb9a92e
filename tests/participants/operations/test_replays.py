"""A restored copy forgets again whom the erased had been."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from participants.models import Consent, Participant
from participants.operations import consents, erasures, replays
from tests.factories import ADULT_BORN, make_coordinator, make_participant
from tests.participants.operations.keeping import OVER, keep, place

__all__ = ["place"]


@pytest.mark.django_db
class TestReplay:
    def test_a_restored_copy_forgets_again(self, place):
        keep(OVER)
        ledger = list(replays.lines())
        Participant.objects.update(full_name="Kanari kembali", birth_date=ADULT_BORN)  # what a restore brings back

        assert replays.replay(ledger, now=OVER) == 2
        assert replays.replay(ledger, now=OVER) == 0
        assert {person.is_erased for person in Participant.objects.all()} == {True}

    def test_leaves_alone_who_has_agreed_anew_since(self, place):
        staff = make_participant(user=make_coordinator())
        erasures.erase([staff.pk], now=OVER)
        ledger = list(replays.lines())
        Participant.objects.filter(pk=staff.pk).update(full_name="Budi")
        again = OVER + timedelta(days=1)
        consents.give(participant=staff, purposes=[Consent.Purpose.TRAINING], language="id", now=again)

        assert replays.replay(ledger, now=again) == 0
        assert Participant.objects.get(pk=staff.pk).full_name == "Budi"

    def test_nothing_is_changed_by_a_line_that_is_none(self, place):
        good = f"{place['participants.Participant'].public_id} retention {OVER.isoformat()}"

        with pytest.raises(ValueError, match="badly formed"):
            replays.replay([good, "siapa retention 2027-12-21"], now=OVER)

        assert not Participant.objects.get(pk=place["participants.Participant"].pk).is_erased

    def test_the_command_writes_and_replays(self, place, tmp_path):
        file = tmp_path / "erasures"
        keep(OVER)
        out = StringIO()

        call_command("replay_erasures", file, write=True)
        call_command("replay_erasures", file, stdout=out)

        assert len(file.read_text().splitlines()) == 3  # an adult, the record that went into theirs, a minor
        assert out.getvalue() == "0 erased again\n"
