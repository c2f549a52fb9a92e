"""People moved to another session and seats given by staff; and the race for the last seat."""

import uuid
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection

from participants.models import Deed, Notification, Registration
from participants.operations import moves, registrations, row_locks, switches, walk_ins
from programs.models import TrainingSession
from tests.factories import (
    DURING_REGISTRATION,
    kinds,
    make_participant,
    make_program,
    make_registration,
    make_session,
    register,
)
from tests.races import at_once, meeting
from tests.staff import make_staff

NOW = DURING_REGISTRATION
pytestmark = pytest.mark.django_db


class TestMoves:
    def move(self, row, session, *, by=None, now=NOW, key=None):
        by = by or make_staff("editor")
        return moves.move(registration=row, session=session, form_key=key or uuid.uuid4(), by=by, now=now)

    def test_moved_once_told_once_and_the_seat_goes_to_the_head(self):
        left = make_session(capacity=1)
        entered = make_session(program=left.program, capacity=1)
        row, head = register(left), register(left)
        key = uuid.uuid4()
        new = self.move(row, entered, key=key)
        assert self.move(row, entered, key=key) == new

        assert (new.place, new.session) == ("seat", entered)
        assert Registration.objects.get(pk=row.pk).release_reason == "switched"
        assert Registration.objects.get(pk=head.pk).place == "seat"
        assert kinds(new) == ["switched"]
        noted = Deed.objects.filter(what="switched").values_list("session", flat=True)
        assert set(noted) == {left.pk, entered.pk}
        assert len(noted) == 2

    def test_staff_move_after_closing_and_oftener_than_people_themselves(self):
        left = TrainingSession.objects.with_places().get(pk=make_session().pk)
        entered = make_session(program=left.program)
        row = register(left)
        for _turn in range(switches.SWITCHES_A_DAY + 1):
            there = entered if row.session_id == left.pk else left
            row = self.move(row, there, now=left.closes + timedelta(minutes=1))
        assert row.place == "seat"

    def test_every_refusal_leaves_all_as_it_was(self):
        left = TrainingSession.objects.with_places().get(pk=make_session().pk)
        row, program = register(left), left.program
        other = make_session(program=program)
        mine = make_staff("coordinator", left.region)
        cancelled = make_session(program=program, status="cancelled")
        for refusal, session, options in (
            (moves.InThatSession, left, {}),
            (moves.NotOfferedHere, make_session(), {}),
            (moves.NotOfferedHere, cancelled, {}),
            (moves.NotOfferedHere, other, {"by": mine}),
            (moves.NoSeatThere, make_session(program=program, capacity=0), {}),
            (moves.TrainingBegan, other, {"now": left.starts}),
        ):
            with pytest.raises(refusal):
                self.move(row, session, **options)
        assert Registration.objects.live().get() == row
        registrations.cancel(registration=row, now=NOW)
        with pytest.raises(moves.ReleasedBefore):
            self.move(row, other)
        assert not Deed.objects.filter(what="switched").exists()

    def test_who_would_be_a_minor_there_is_not_moved(self):
        program = make_program()
        left = make_session(program=program)
        born = TrainingSession.objects.with_places().get(pk=left.pk).first_day
        person = make_participant(birth_date=born.replace(year=born.year - 18))
        row = register(left, person)
        earlier = make_session(program=program, first_day=born - timedelta(days=1))
        with pytest.raises(moves.GuardianMissingThere):
            self.move(row, earlier)

    def test_seat_is_given_from_the_offer_and_from_the_queue_while_one_is_free(self):
        session = make_session(capacity=3)
        by = make_staff("coordinator", session.region)
        offered = make_registration(session, place="offered", offered_until=NOW + timedelta(hours=1))
        second, third = (make_registration(session, place="queued", queue_number=n) for n in (1, 2))
        for row in (offered, third):
            assert moves.give_seat(registration=row, by=by, now=NOW).place == "seat"
        make_registration(session)
        with pytest.raises(walk_ins.NoSeatLeft):
            moves.give_seat(registration=second, by=by, now=NOW)
        with pytest.raises(moves.NotWaiting):
            moves.give_seat(registration=third, by=by, now=NOW)
        assert kinds(third) == ["promoted"]
        assert Deed.objects.filter(what="confirmed").count() == 2


@pytest.mark.django_db(transaction=True)
class TestRacesForTheLastSeat:
    RACERS = 6

    def race(self):
        """Staff move people from several sessions into the last seat of one, while somebody registers there."""
        program = make_program()
        target = make_session(program=program, capacity=1)
        by = make_staff("editor")
        rows = [register(make_session(program=program, capacity=1)) for _ in range(self.RACERS - 1)]
        newcomer = make_participant(region=target.region)
        calls = [
            partial(moves.move, registration=row, session=target, form_key=uuid.uuid4(), by=by, now=NOW) for row in rows
        ]
        results = at_once([*calls, partial(register, target, newcomer)])
        return target, rows, results

    def test_one_gets_it_all_others_keep_their_place_and_only_the_mover_is_told(self):
        target, rows, results = self.race()

        target.refresh_from_db()
        assert (target.seats_taken, Registration.objects.taking_seats().filter(session=target).count()) == (1, 1)
        assert {type(r) for r in results if isinstance(r, Exception)} <= {moves.NoSeatThere}
        assert Registration.objects.live().count() == self.RACERS  # nobody was lost between two sessions
        moved = Registration.objects.filter(session=target, place="seat", participant__in=[r.participant for r in rows])
        assert Notification.objects.filter(kind="switched").count() == moved.count()
        for row in rows:
            session = TrainingSession.objects.get(pk=row.session_id)
            assert session.seats_taken == Registration.objects.taking_seats().filter(session=session).count()

    def test_control_without_lock_and_trigger_the_seat_is_given_twice(self, monkeypatch):
        def unlocked(left, entered):
            rows = TrainingSession.objects.with_places().in_bulk([left.pk, entered.pk])
            return rows[left.pk], rows[entered.pk]

        monkeypatch.setattr(row_locks, "lock_sessions", meeting(unlocked, number=self.RACERS - 1))
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE participants_registration DISABLE TRIGGER count_seats")
        try:
            target, _rows, _results = self.race()
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE participants_registration ENABLE TRIGGER count_seats")

        assert Registration.objects.taking_seats().filter(session=target).count() > 1
