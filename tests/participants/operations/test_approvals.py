"""What one alone may not do to many: it waits for a second person, and happens once."""

from collections import Counter
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from participants.models import Approval, Note, Notification, Registration
from participants.operations import approvals, moves, registrations, second_persons
from programs.models import TrainingSession
from tests.factories import DURING_REGISTRATION, make_program, make_region, make_registration, make_session
from tests.races import at_once, meeting
from tests.staff import make_staff

NOW = DURING_REGISTRATION
pytestmark = pytest.mark.django_db


class TestSecondPerson:
    def people(self, session, number):
        return [make_registration(session) for _ in range(number)]

    def test_few_are_cancelled_at_once(self):
        session, by = make_session(), make_staff("editor")
        rows = self.people(session, approvals.ALONE)
        assert approvals.cancel_people(session=session, people=rows, reason="x", by=by, now=NOW) == approvals.ALONE
        assert not Registration.objects.live().exists()
        assert Note.objects.count() == approvals.ALONE

    def test_many_wait_for_somebody_else_and_are_cancelled_once(self):
        session, first, second = make_session(), make_staff("editor"), make_staff("coordinator")
        rows = self.people(session, approvals.ALONE + 1)
        later = make_registration(session)
        asked = approvals.cancel_people(session=session, people=rows, reason="Gedung tutup", by=first, now=NOW)

        assert isinstance(asked, Approval)
        assert Registration.objects.live().count() == len(rows) + 1
        with pytest.raises(approvals.SamePerson):
            approvals.decide(approval=asked, yes=True, by=first, now=NOW)
        assert approvals.decide(approval=asked, yes=True, by=second, now=NOW) == len(rows)
        with pytest.raises(approvals.DecidedBefore):
            approvals.decide(approval=asked, yes=True, by=second, now=NOW)
        assert list(Registration.objects.live()) == [later]

    def test_no_or_a_day_gone_by_changes_nothing(self):
        session, first, second = make_session(), make_staff("editor"), make_staff("editor")
        rows = self.people(session, approvals.ALONE + 1)
        asked, late = (
            approvals.cancel_people(session=session, people=rows, reason="x", by=first, now=NOW) for _turn in range(2)
        )
        assert approvals.decide(approval=asked, yes=False, by=second, now=NOW) == 0
        with pytest.raises(approvals.DecidedBefore):
            approvals.decide(approval=late, yes=True, by=second, now=NOW + approvals.VALID)
        assert Registration.objects.live().count() == len(rows)

    def test_whole_session_with_many_people_waits_too(self):
        session, first, second = make_session(), make_staff("editor"), make_staff("editor")
        self.people(session, approvals.ALONE + 1)
        asked = approvals.cancel_session(session=session, reason="Banjir", by=first, now=NOW)
        assert TrainingSession.objects.get(pk=session.pk).status == "published"
        approvals.decide(approval=asked, yes=True, by=second, now=NOW)
        assert TrainingSession.objects.get(pk=session.pk).status == "cancelled"

    def test_raw_sql_cannot_make_one_person_two(self):
        session, by = make_session(), make_staff("editor")
        asked = approvals.cancel_people(
            session=session, people=self.people(session, approvals.ALONE + 1), reason="x", by=by, now=NOW
        )
        with pytest.raises(IntegrityError, match="approval_by_a_second_person"), transaction.atomic():
            Approval.objects.filter(pk=asked.pk).update(verdict="yes", decided_by=by, decided_at=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_who_say_yes_at_once_cancel_once():
    session, first = make_session(region=make_region()), make_staff("editor")
    rows = [make_registration(session) for _ in range(approvals.ALONE + 1)]
    asked = approvals.cancel_people(session=session, people=rows, reason="x", by=first, now=NOW)
    others = [make_staff("editor") for _ in range(3)]
    results = at_once([partial(approvals.decide, approval=asked, yes=True, by=other, now=NOW) for other in others])

    assert Counter(type(result) for result in results) == {int: 1, approvals.DecidedBefore: 2}
    assert Notification.objects.filter(kind="cancelled").count() == len(rows)


def test_ten_times_one_are_as_many_as_ten_at_once():
    session = make_session()
    people, by = [make_registration(session) for _ in range(12)], make_staff("coordinator", session.region)
    assert approvals.cancel_people(session=session, people=people[:10], reason="x", by=by, now=NOW) == 10

    again = approvals.cancel_people(session=session, people=people[10:11], reason="x", by=by, now=NOW)
    single = approvals.cancel_one(registration=people[11], reason="x", by=by, now=NOW)
    assert isinstance(again, Approval)
    assert isinstance(single, Approval)
    assert Registration.objects.live().filter(session=session).count() == 2
    tomorrow = NOW + timedelta(hours=25)
    assert approvals.cancel_one(registration=people[11], reason="x", by=by, now=tomorrow).place == "released"


def test_a_whole_session_counts_with_all_its_people():
    by, program = make_staff("editor"), make_program()
    sessions_of_it = [make_session(program=program) for _ in range(2)]
    for session in sessions_of_it:
        for _ in range(6):
            make_registration(session)

    first, second = (
        approvals.cancel_session(session=session, reason="x", by=by, now=NOW) for session in sessions_of_it
    )
    assert not isinstance(first, Approval)
    assert isinstance(second, Approval)


def test_who_was_the_second_person_has_taken_nothing_alone():
    session = make_session()
    people = [make_registration(session) for _ in range(22)]
    asker, other = make_staff("coordinator", session.region), make_staff("coordinator", session.region)
    asked = approvals.cancel_people(session=session, people=people[:12], reason="x", by=asker, now=NOW)
    assert approvals.decide(approval=asked, yes=True, by=other, now=NOW) == 12

    assert not approvals.needs_second(10, actor=other, now=NOW)
    assert approvals.cancel_people(session=session, people=people[12:], reason="x", by=other, now=NOW) == 10
    assert approvals.needs_second(1, actor=other, now=NOW)


def cancelled_at_once():
    """What becomes of ten from each of four sessions in the same instant."""
    region, program = make_region(), make_program()
    sessions_of_it = [make_session(region=region, program=program) for _ in range(4)]
    for session in sessions_of_it:
        for _ in range(10):
            make_registration(session)
    by = make_staff("coordinator", region)

    def cancel(session):
        people = list(session.registrations.order_by("pk"))
        return approvals.cancel_people(session=session, people=people, reason="x", by=by, now=NOW)

    done = at_once([partial(cancel, session) for session in sessions_of_it])
    return sorted(str(one) if isinstance(one, int) else type(one).__name__ for one in done)


@pytest.mark.django_db(transaction=True)
def test_at_once_are_one_after_another():
    assert cancelled_at_once() == ["10", "Approval", "Approval", "Approval"]


@pytest.mark.django_db(transaction=True)
def test_control_without_turns_all_of_them_go(monkeypatch):
    monkeypatch.setattr(approvals, "take_turns", lambda actor: None)
    monkeypatch.setattr(approvals, "_taken_alone", meeting(approvals._taken_alone, number=4))
    assert cancelled_at_once() == ["10"] * 4


class TestMoves:
    """Whoever puts many people somewhere else takes as many places as whoever cancels them."""

    @pytest.fixture
    def here(self):
        return make_session(region=make_region())

    @pytest.fixture
    def there(self, here):
        return make_session(program=here.program, region=here.region)

    def move(self, here, there, rows, by, now=NOW):
        return approvals.move_people(session=here, people=rows, to=there, form_key=uuid4(), by=by, now=now)

    def live(self, session):
        return Registration.objects.live().filter(session=session).count()

    def test_few_are_made_at_once_and_the_refused_are_named(self, here, there):
        rows = [make_registration(here) for _ in range(approvals.ALONE)]
        TrainingSession.objects.filter(pk=there.pk).update(capacity=8, seat_limit=8)

        done = self.move(here, there, rows, make_staff("editor"))

        assert (done.people, self.live(there), self.live(here)) == (8, 8, 2)
        assert [(row.pk, refusal.code) for row, refusal in done.refused] == [
            (row.pk, "no_seat_there") for row in rows[8:]
        ]

    def test_many_wait_for_somebody_else_and_are_made_once(self, here, there):
        first, second = make_staff("coordinator", here.region), make_staff("editor")
        rows = [make_registration(here) for _ in range(approvals.ALONE + 1)]
        asked = self.move(here, there, rows, first)

        assert (asked.kind, asked.target, self.live(there)) == ("move_people", there, 0)
        with pytest.raises(approvals.SamePerson):
            approvals.decide(approval=asked, yes=True, by=first, now=NOW)
        registrations.cancel(registration=rows[0], reason=Registration.Release.CANCELLED_BY_SELF, now=NOW)
        assert approvals.decide(approval=asked, yes=True, by=second, now=NOW) == approvals.ALONE
        with pytest.raises(approvals.DecidedBefore):
            approvals.decide(approval=asked, yes=True, by=second, now=NOW)
        assert (self.live(there), self.live(here)) == (approvals.ALONE, 0)
        assert Notification.objects.filter(kind="switched").count() == approvals.ALONE

    def test_a_no_moves_nobody(self, here, there):
        rows = [make_registration(here) for _ in range(approvals.ALONE + 1)]
        asked = self.move(here, there, rows, make_staff("editor"))

        assert approvals.decide(approval=asked, yes=False, by=make_staff("editor"), now=NOW) == 0
        assert self.live(there) == 0

    def test_count_with_what_was_cancelled_and_one_by_one(self, here, there):
        by = make_staff("coordinator", here.region)
        rows = [make_registration(here) for _ in range(13)]
        assert approvals.cancel_people(session=here, people=rows[:4], reason="x", by=by, now=NOW) == 4
        assert self.move(here, there, rows[4:9], by).people == 5

        one = approvals.move_one(registration=rows[9], session=there, form_key=uuid4(), by=by, now=NOW)
        assert one.session == there
        again = approvals.move_one(registration=rows[10], session=there, form_key=uuid4(), by=by, now=NOW)
        assert isinstance(again, Approval)
        assert isinstance(self.move(here, there, rows[11:12], by), Approval)
        assert isinstance(approvals.cancel_one(registration=rows[12], reason="x", by=by, now=NOW), Approval)
        tomorrow = NOW + timedelta(hours=25)
        assert self.move(here, there, rows[11:12], by, tomorrow).people == 1

    def test_of_a_second_person_are_not_theirs_alone(self, here, there):
        asker, other = (make_staff("coordinator", here.region) for _ in range(2))
        rows = [make_registration(here) for _ in range(12)]
        approvals.decide(approval=self.move(here, there, rows, asker), yes=True, by=other, now=NOW)

        assert not approvals.needs_second(approvals.ALONE, actor=other, now=NOW)

    def test_are_agreed_to_by_somebody_who_sees_both_sessions(self, here):
        there = make_session(program=here.program)
        rows = [make_registration(here) for _ in range(approvals.ALONE + 1)]
        asked = self.move(here, there, rows, make_staff("editor"))

        with pytest.raises(moves.NotOfferedHere):
            approvals.decide(approval=asked, yes=True, by=make_staff("coordinator", here.region), now=NOW)
        asked.refresh_from_db()
        assert (asked.verdict, self.live(there)) == ("", 0)
        assert approvals.decide(approval=asked, yes=True, by=make_staff("editor"), now=NOW) == len(rows)

    def test_of_an_asker_who_no_longer_sees_where_to_are_not_agreed_to(self, here):
        there = make_session(program=here.program)
        asker = make_staff("coordinator", here.region, there.region)
        rows = [make_registration(here) for _ in range(approvals.ALONE + 1)]
        asked = self.move(here, there, rows, asker)
        asker.coordinations.filter(region=there.region).delete()

        with pytest.raises(second_persons.AskerWithoutRight):
            approvals.decide(approval=asked, yes=True, by=make_staff("editor"), now=NOW)

    @pytest.mark.parametrize("fields", [{"kind": "move_people"}, {"target": True}])
    def test_always_name_where_to(self, here, there, fields):
        asked = approvals.cancel_people(
            session=here,
            people=[make_registration(here) for _ in range(11)],
            reason="x",
            by=make_staff("editor"),
            now=NOW,
        )
        changed = {name: there if value is True else value for name, value in fields.items()}
        with pytest.raises(IntegrityError, match="approval_of_a_move_names_where_to"), transaction.atomic():
            Approval.objects.filter(pk=asked.pk).update(**changed)


@pytest.mark.django_db(transaction=True)
def test_moves_and_cancellations_at_once_are_one_after_another():
    here = make_session(region=make_region())
    there, by = make_session(program=here.program, region=here.region), make_staff("coordinator", here.region)
    rows = [make_registration(here) for _ in range(24)]
    moved = [
        partial(
            approvals.move_people,
            session=here,
            people=rows[start : start + 8],
            to=there,
            form_key=uuid4(),
            by=by,
            now=NOW,
        )
        for start in (0, 8)
    ]
    cancelled = partial(approvals.cancel_people, session=here, people=rows[16:], reason="x", by=by, now=NOW)

    done = at_once([*moved, cancelled])

    assert sorted(isinstance(one, Approval) for one in done) == [False, True, True]
    assert Registration.objects.live().filter(session=here).count() == 16
