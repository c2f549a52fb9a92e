"""Moving to another session: one step, nothing lost half-way, also when everybody moves at once."""

import threading
import uuid
from contextlib import nullcontext
from datetime import date, datetime, timedelta
from functools import partial
from types import SimpleNamespace

import pytest
from django.db import OperationalError

from participants.models import Notification, Registration
from participants.operations import beginnings, registrations, row_locks, switches, truths
from participants.operations.message_facts import read
from programs.models import TrainingSession
from tests.factories import (
    DURING_REGISTRATION,
    MINOR_BORN,
    WIB,
    make_participant,
    make_program,
    make_registration,
    make_session,
    register,
)
from tests.races import at_once

Place, Release = Registration.Place, Registration.Release
NOW = DURING_REGISTRATION
REAL = datetime(2026, 6, 1, 12, tzinfo=WIB)


def switch(registration, session, *, form_key=None, now=NOW):
    return switches.switch(registration=registration, session=session, form_key=form_key or uuid.uuid4(), now=now)


def two_sessions(*, capacity=300, **fields):
    program = make_program()
    left = make_session(program=program, capacity=capacity)
    return left, make_session(program=program, capacity=capacity, **fields)


def taken(session):
    return TrainingSession.objects.get(pk=session.pk).seats_taken


@pytest.mark.django_db
class TestSwitch:
    def test_gives_the_new_seat_and_the_old_one_to_the_head_of_the_queue(self):
        left, entered = two_sessions(capacity=1)
        old, waiting = register(left), register(left)

        new = switch(old, entered)

        old.refresh_from_db()
        waiting.refresh_from_db()
        assert (old.place, old.release_reason) == (Place.RELEASED, Release.SWITCHED)
        assert (new.place, new.participant_id, new.region_id) == (Place.SEAT, old.participant_id, entered.region_id)
        assert waiting.place == Place.SEAT
        assert (taken(left), taken(entered)) == (1, 1)

    def test_writes_one_message_and_lets_the_old_ones_die(self):
        left, entered = two_sessions()
        old = register(left)

        new = switch(old, entered)

        assert list(new.notifications.values_list("kind", flat=True)) == ["switched"]
        (row,) = read(old.notifications.values_list("pk", flat=True))
        assert truths.untrue(row, REAL) == "the registration was released"

    def test_repeats_its_answer_for_the_same_form(self):
        left, entered = two_sessions()
        old, key = register(left), uuid.uuid4()

        first = switch(old, entered, form_key=key)

        assert switch(old, entered, form_key=key, now=NOW + timedelta(hours=1)) == first
        assert Registration.objects.count() == 2

    def test_takes_somebody_out_of_a_queue_to_a_free_seat(self):
        left, entered = two_sessions(capacity=1)
        register(left)

        assert switch(register(left), entered).place == Place.SEAT
        assert (taken(left), taken(entered)) == (1, 1)

    def test_refused_by_a_full_session_changes_nothing(self):
        left, entered = two_sessions(capacity=1)
        old, _other = register(left), register(entered)
        before = list(Registration.objects.order_by("pk").values_list())

        with pytest.raises(switches.SessionFull) as refusal:
            switch(old, entered)

        assert "tetap di sesimu" in str(refusal.value.remedy)
        assert list(Registration.objects.order_by("pk").values_list()) == before

    @pytest.mark.parametrize(
        ("target", "refusal"),
        [
            ({"status": "cancelled"}, registrations.SessionCancelled),
            ({"status": "draft"}, registrations.RegistrationClosed),
            ({"first_day": date(2025, 12, 3)}, registrations.RegistrationClosed),
        ],
    )
    def test_is_refused_where_nobody_may_register(self, target, refusal):
        left, entered = two_sessions(**target)
        late = datetime(2025, 12, 2, 19, tzinfo=WIB)

        with pytest.raises(refusal):
            switch(register(left), entered, now=late)

    def test_is_refused_without_reason_to_move(self):
        left, entered = two_sessions()
        old = register(left)
        with pytest.raises(switches.SameSession):
            switch(old, left)
        with pytest.raises(switches.OtherEdition):
            switch(old, make_session())
        with pytest.raises(beginnings.AlreadyBegun):
            switch(old, entered, now=datetime(2025, 12, 16, 9, tzinfo=WIB))
        registrations.cancel(registration=old, now=NOW)
        with pytest.raises(registrations.NotLive):
            switch(old, entered)

    def test_is_refused_where_only_there_a_guardian_is_needed(self):
        left, entered = two_sessions(first_day=date(2025, 12, 10))
        old = register(left, make_participant(birth_date=date(2007, 12, 12)))

        with pytest.raises(switches.GuardianNeededThere):
            switch(old, entered)

    def test_is_refused_the_sixth_time_within_a_day(self):
        left, entered = two_sessions()
        row = register(left)
        for number in range(5):
            row = switch(row, left if number % 2 else entered)

        with pytest.raises(switches.TooManySwitches):
            switch(row, left)
        assert switch(row, left, now=NOW + timedelta(days=1)).place == Place.SEAT


@pytest.mark.django_db
class TestGuardian:
    def test_open_question_follows_with_its_link_and_ends_by_the_new_closing_time(self):
        left, entered = two_sessions(first_day=date(2025, 12, 4))
        old = register(left, make_participant(birth_date=MINOR_BORN), guardian_email="ibu@example.com")
        request = old.guardian_requests.get()

        new = switch(old, entered)

        request.refresh_from_db()
        assert (request.registration, request.answer) == (new, "")
        assert (new.guardian, request.expires_at) == ("asked", datetime(2025, 12, 3, 18, tzinfo=WIB))
        assert not old.guardian_requests.exists()
        told = Notification.objects.filter(guardian_request=request).order_by("pk")
        assert [(row.kind, row.region_id) for row in told] == [
            ("guardian_asked", entered.region_id),
            ("guardian_moved", entered.region_id),
        ]

    def test_queued_minors_guardian_gets_the_full_time(self):
        left, entered = two_sessions(capacity=1)
        register(left)
        old = register(left, make_participant(birth_date=MINOR_BORN), guardian_email="ibu@example.com")
        later = NOW + timedelta(hours=100)

        new = switch(old, entered, now=later)

        assert new.guardian_requests.get().expires_at == later + timedelta(hours=72)

    def test_yes_that_was_given_stands(self):
        left, entered = two_sessions()
        old = register(left, make_participant(birth_date=MINOR_BORN), guardian_email="ibu@example.com")
        old.guardian_requests.update(answer="given", answered_at=NOW, signer_name="Wati")
        Registration.objects.filter(pk=old.pk).update(guardian="given")

        new = switch(old, entered)

        assert new.is_confirmed
        assert new.guardian_requests.get().answer == "given"


def careless_locks(left, entered, *, between=lambda: None, locked=True):
    """One row after the other, in the order in which somebody goes."""
    rows = TrainingSession.objects.with_places()
    if locked:
        rows = rows.select_for_update(of=("self",), no_key=True)
    first = rows.get(pk=left.pk)
    between()
    return first, rows.get(pk=entered.pk)


@pytest.mark.django_db(transaction=True)
class TestRaces:
    PAIRS = 10

    def there_and_back(self, pairs):
        left, entered = two_sessions(capacity=pairs * 2)
        going = [register(left) for _ in range(pairs)]
        coming = [register(entered) for _ in range(pairs)]
        calls = [partial(switch, row, entered) for row in going] + [partial(switch, row, left) for row in coming]
        results = at_once(calls)
        return [result for result in results if isinstance(result, Exception)], taken(left), taken(entered)

    def test_both_directions_at_once_lose_nobody(self):
        errors, left, entered = self.there_and_back(self.PAIRS)

        assert errors == []
        assert (left, entered) == (self.PAIRS, self.PAIRS)
        assert Registration.objects.live().count() == self.PAIRS * 2

    def test_control_with_locks_in_the_order_of_going_they_wait_in_a_ring(self, monkeypatch):
        barrier = threading.Barrier(2)
        monkeypatch.setattr(row_locks, "lock_sessions", partial(careless_locks, between=partial(barrier.wait, 10)))

        errors, _left, _entered = self.there_and_back(1)

        assert [type(error) for error in errors] == [OperationalError]

    def race_for_the_last_seat(self, racers=20):
        left, entered = two_sessions(capacity=racers)
        for _ in range(racers - 1):
            make_registration(entered)
        rows = [register(left) for _ in range(racers)]
        results = at_once([partial(switch, row, entered) for row in rows])
        placeless = [row for row in rows if not row.participant.registrations.live().exists()]
        return results, placeless, taken(left), taken(entered)

    def test_twenty_for_the_last_seat_move_one_and_keep_the_others(self):
        results, placeless, left, entered = self.race_for_the_last_seat()

        assert sorted(type(result).__name__ for result in results) == ["Registration"] + ["SessionFull"] * 19
        assert (placeless, left, entered) == ([], 19, 20)

    def test_control_without_the_transaction_somebody_ends_without_a_place(self, monkeypatch):
        barrier = threading.Barrier(20)
        unlocked = partial(careless_locks, between=partial(barrier.wait, 10), locked=False)
        monkeypatch.setattr(row_locks, "lock_sessions", unlocked)
        monkeypatch.setattr(row_locks, "lock_registration", lambda row: Registration.objects.get(pk=row.pk))
        monkeypatch.setattr(switches, "transaction", SimpleNamespace(atomic=nullcontext))

        _results, placeless, _left, entered = self.race_for_the_last_seat()

        assert placeless != []
        assert entered == 20  # the database holds the limit all the same
