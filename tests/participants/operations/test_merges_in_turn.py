"""Of several merges the last one is undone first, and who may not do that is told whom to ask."""

from datetime import timedelta

import pytest

from participants.models import Merge
from participants.operations import merges
from tests.factories import WIB, make_participant, make_region, make_registration, make_session
from tests.participants.operations.merging import NOW, by, consent, everything, session
from tests.staff import make_staff

pytestmark = pytest.mark.django_db
__all__ = ["by", "session"]


def test_of_several_merges_the_last_one_is_undone_first(session):
    """Into a third record, and another one into that; who has no registration is the ministry's."""
    by = make_staff("editor")
    people = [make_participant(region=session.region, full_name=f"Siti {number}") for number in range(5)]
    for person in people:
        consent(person)
    before, at = everything(), NOW
    made = []
    for gone, kept in [(0, 1), (2, 1), (1, 3), (4, 3)]:
        at += timedelta(minutes=1)
        made.append(merges.merge(kept=people[kept], gone=people[gone], chosen=["full_name"], by=by, now=at))

    for first in reversed(made):
        for earlier in made[: made.index(first)]:
            with pytest.raises(merges.LaterMergeFirst) as refused:
                merges.undo(merge=earlier, by=by, now=at)
            assert f"peleburan #{first.pk}, 2 Des 2025, {first.at.astimezone(WIB):%H.%M} WIB." in str(
                refused.value.sentence
            )
            assert refused.value.remedy == f"Kembalikan dulu peleburan #{first.pk}, lalu yang ini."
        merges.undo(merge=first, by=by, now=at)

    assert everything() == before


def test_the_later_merge_is_told_in_the_time_of_its_region(by):
    region = make_region(time_zone="Asia/Jayapura")
    kept, *gone = [make_participant(region=region) for _ in range(3)]
    make_registration(make_session(region=region), participant=kept)
    editor = make_staff("editor")
    made, later = [merges.merge(kept=kept, gone=person, chosen=[], by=editor, now=NOW) for person in gone]

    with pytest.raises(merges.LaterMergeFirst, match=rf"#{later.pk}, 2 Des 2025, \d\d\.\d\d WIT\."):
        merges.undo(merge=made, by=make_staff("coordinator", region), now=NOW)


@pytest.mark.parametrize("registered", [True, False])
def test_a_later_merge_that_is_not_theirs_to_undo_is_not_named_to_them(session, by, registered):
    elsewhere = make_session(program=session.program)
    people = [make_participant(region=session.region) for _ in range(3)]
    editor = make_staff("editor")
    made = merges.merge(kept=people[1], gone=people[0], chosen=[], by=editor, now=NOW)
    if registered:
        make_registration(elsewhere, participant=people[2])
    later = merges.merge(kept=people[2], gone=people[1], chosen=[], by=editor, now=NOW)

    with pytest.raises(merges.LaterMergeElsewhere) as refused:
        merges.undo(merge=made, by=by, now=NOW)

    assert f"#{later.pk}" not in str(refused.value)
    assert "pengelola program" in refused.value.remedy
    with pytest.raises(merges.LaterMergeFirst):
        merges.undo(merge=made, by=editor, now=NOW)


def test_where_the_later_merge_stays_the_earlier_one_does(session, by):
    people = [make_participant(region=session.region) for _ in range(3)]
    made = merges.merge(kept=people[1], gone=people[0], chosen=[], by=by, now=NOW)
    later = merges.merge(kept=people[2], gone=people[1], chosen=[], by=by, now=NOW)
    Merge.objects.filter(pk=later.pk).update(undo_until=None)

    with pytest.raises(merges.ChangedSince):
        merges.undo(merge=made, by=by, now=NOW)
