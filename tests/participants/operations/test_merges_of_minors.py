"""Two records of one person for whom a guardian decides: until when goes along, and comes back."""

from datetime import date

import pytest

from participants.models import Merge, Participant
from participants.operations import merges
from tests.factories import DURING_REGISTRATION, make_participant, make_program, make_registration, make_session
from tests.participants.operations.merging import by, session

pytestmark = pytest.mark.django_db
NOW = DURING_REGISTRATION
__all__ = ["by", "session"]


@pytest.fixture
def kept(session):
    return make_registration(session, participant=make_participant(region=session.region)).participant


@pytest.fixture
def gone(session):
    earlier = make_session(program=make_program(slug="lalu"), region=session.region, slug="lalu")
    return make_registration(earlier, participant=make_participant(region=session.region)).participant


@pytest.mark.parametrize("whose", ["kept", "gone"])
def test_until_when_a_guardian_decides_holds_for_both(kept, gone, by, whose):
    until = date(2027, 4, 1)
    Participant.objects.filter(pk={"kept": kept, "gone": gone}[whose].pk).update(guardian_until=until)

    merges.merge(kept=kept, gone=gone, chosen=[], by=by, now=NOW)

    kept.refresh_from_db()
    assert kept.guardian_until == until


@pytest.mark.parametrize("own", [None, date(2027, 4, 1), date(2028, 4, 1)])
def test_undo_gives_back_until_when_a_guardian_decides(kept, gone, by, own):
    theirs = date(2028, 1, 1)
    Participant.objects.filter(pk=kept.pk).update(guardian_until=own)
    Participant.objects.filter(pk=gone.pk).update(guardian_until=theirs)
    made = merges.merge(kept=kept, gone=gone, chosen=["full_name"], by=by, now=NOW)

    merges.undo(merge=made, by=by, now=NOW)

    kept.refresh_from_db()
    gone.refresh_from_db()
    assert (kept.guardian_until, gone.guardian_until) == (own, theirs)


def test_undo_leaves_until_when_a_guardian_decides_where_staff_wrote_it_since(kept, gone, by):
    Participant.objects.filter(pk=gone.pk).update(guardian_until=date(2028, 1, 1))
    made = merges.merge(kept=kept, gone=gone, chosen=[], by=by, now=NOW)
    Participant.objects.filter(pk=kept.pk).update(guardian_until=date(2027, 4, 1))

    merges.undo(merge=made, by=by, now=NOW)

    kept.refresh_from_db()
    assert kept.guardian_until == date(2027, 4, 1)


def test_undo_of_a_merge_that_noted_no_such_month_leaves_it(kept, gone, by):
    until = date(2028, 1, 1)
    Participant.objects.filter(pk=gone.pk).update(guardian_until=until)
    made = merges.merge(kept=kept, gone=gone, chosen=[], by=by, now=NOW)
    Merge.objects.filter(pk=made.pk).update(before={})

    merges.undo(merge=made, by=by, now=NOW)

    kept.refresh_from_db()
    assert kept.guardian_until == until
