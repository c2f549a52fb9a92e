"""A cohort divided into groups alike in size and kind."""

from collections import Counter

import pytest

from participants.models import Deed, Registration
from participants.operations import groups, registrations
from tests.factories import DURING_REGISTRATION, MINOR_BORN, make_participant, make_registration, make_session
from tests.staff import make_staff

NOW = DURING_REGISTRATION
pytestmark = pytest.mark.django_db


class TestGroups:
    def cohort(self, session, number):
        for place in range(number):
            gender = ("female", "male", "")[place % 3 if place % 5 else 0]
            person = make_participant(gender=gender, region=session.region, occupation=("school", "other")[place % 2])
            make_registration(session, participant=person)

    def groups(self, session):
        rows = Registration.objects.filter(session=session).exclude(group_number=None)
        sizes = Counter(rows.values_list("group_number", flat=True))
        genders = Counter(rows.values_list("participant__gender", "group_number"))
        return sizes, genders

    @pytest.mark.parametrize(("people", "number"), [(23, 4), (6, 6), (10, 1), (31, 7)])
    def test_no_two_groups_differ_by_more_than_one_nor_their_genders(self, people, number):
        session, by = make_session(), make_staff("editor")
        self.cohort(session, people)
        told = groups.divide(session=session, number=number, keep=False, by=by, now=NOW)

        sizes, genders = self.groups(session)
        assert told == dict(sizes)
        assert sorted(sizes) == list(range(1, number + 1))
        assert max(sizes.values()) - min(sizes.values()) <= 1
        for gender in ("female", "male", ""):
            counts = [genders[gender, group] for group in range(1, number + 1)]
            assert max(counts) - min(counts) <= 1

    def test_whoever_has_a_group_stays_and_newcomers_fill_the_smallest(self):
        session, by = make_session(), make_staff("editor")
        self.cohort(session, 8)
        groups.divide(session=session, number=4, keep=False, by=by, now=NOW)
        before = dict(Registration.objects.values_list("pk", "group_number"))
        first = Registration.objects.filter(group_number=2)[0]
        registrations.cancel(registration=first, now=NOW)
        self.cohort(session, 1)
        groups.divide(session=session, number=4, keep=True, by=by, now=NOW)

        after = dict(Registration.objects.values_list("pk", "group_number"))
        assert before.items() <= after.items()
        (newcomer,) = after.keys() - before.keys()
        assert after[newcomer] == 2

    def test_who_is_not_confirmed_has_no_group_and_too_many_groups_are_refused(self):
        session, by = make_session(), make_staff("editor")
        make_registration(session, place="queued", queue_number=1)
        make_registration(session, participant=make_participant(birth_date=MINOR_BORN), guardian="asked")
        for number in (0, 1, 2):
            with pytest.raises(groups.TooManyGroups):
                groups.divide(session=session, number=number, keep=False, by=by, now=NOW)
        assert not Registration.objects.exclude(group_number=None).exists()

    def test_every_person_whose_group_changed_has_it_in_their_history(self):
        session, by = make_session(), make_staff("editor")
        self.cohort(session, 4)
        groups.divide(session=session, number=2, keep=False, by=by, now=NOW)
        groups.divide(session=session, number=2, keep=True, by=by, now=NOW)

        for row in Registration.objects.all():
            assert [deed.changed for deed in Deed.objects.about(row)] == [{"group_number": [None, row.group_number]}]
        assert Deed.objects.about(session).count() == 2
