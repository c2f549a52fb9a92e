"""Many press at once: no seat is given twice, none is lost, and the controls show what holds them."""

import uuid
from contextlib import contextmanager
from functools import partial

import pytest
from django.db import connection

from participants.models import Registration
from participants.operations import registrations, row_locks
from tests.factories import DURING_REGISTRATION, make_participant, make_program, make_session, register
from tests.races import at_once, meeting

NOW = DURING_REGISTRATION


RACERS = 24


def read_session(session):
    return type(session).objects.with_places().get(pk=session.pk)


@contextmanager
def without_lock(monkeypatch):
    """The operation reads the session and takes no lock; everybody has read before anybody writes."""
    with monkeypatch.context() as patch:
        patch.setattr(row_locks, "lock_session", meeting(read_session, number=RACERS))
        yield


@contextmanager
def without_trigger():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE participants_registration DISABLE TRIGGER count_seats")
        try:
            yield
        finally:
            cursor.execute("ALTER TABLE participants_registration ENABLE TRIGGER count_seats")


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def race(self, session):
        people = [make_participant(region=session.region) for _ in range(RACERS)]
        results = at_once([partial(register, session, person) for person in people])
        seats = Registration.objects.taking_seats().filter(session=session).count()
        numbers = list(Registration.objects.queued().filter(session=session).values_list("queue_number", flat=True))
        return results, seats, numbers

    def test_one_seat_goes_to_one_and_numbers_to_the_others(self):
        results, seats, numbers = self.race(make_session(capacity=1))

        assert [result for result in results if isinstance(result, Exception)] == []
        assert seats == 1
        assert numbers == list(range(1, RACERS))

    def test_two_hundred_for_thirty_seats_are_served_in_the_order_of_their_commits(self):
        session = make_session(capacity=30)
        people = [make_participant(region=session.region) for _ in range(200)]

        results = at_once([partial(self.one_after_another, session, people[start::20]) for start in range(20)])

        assert [result for result in results if isinstance(result, Exception)] == []
        rows = Registration.objects.filter(session=session).order_by("pk")  # given out while the session's row is held
        assert [row.place for row in rows] == ["seat"] * 30 + ["queued"] * 170
        assert [row.queue_number for row in rows if row.place == "queued"] == list(range(1, 171))

    def one_after_another(self, session, people):
        for person in people:
            register(session, person)

    def test_the_database_holds_the_limit_without_the_lock(self, monkeypatch):
        session = make_session(capacity=1)
        with without_lock(monkeypatch):
            _results, seats, _numbers = self.race(session)

        assert seats == 1

    def test_control_without_lock_and_trigger_seats_are_oversold(self, monkeypatch):
        session = make_session(capacity=1)
        with without_lock(monkeypatch), without_trigger():
            _results, seats, _numbers = self.race(session)

        assert seats > 1

    def test_one_form_sent_five_times_at_once_registers_once(self):
        session, participant, key = make_session(), make_participant(), uuid.uuid4()

        results = at_once([partial(register, session, participant, form_key=key)] * 5)

        assert results == [Registration.objects.get()] * 5

    def test_two_sessions_of_an_edition_at_once_register_once(self):
        program, participant = make_program(), make_participant()
        sessions = [make_session(program=program) for _ in range(4)]

        results = at_once([partial(register, session, participant) for session in sessions])

        assert Registration.objects.live().count() == 1
        refused = [result for result in results if isinstance(result, Exception)]
        assert {type(result) for result in refused} == {registrations.AlreadyRegistered}
        assert len(refused) == 3

    def test_cancelling_while_others_register_loses_no_seat(self):
        session = make_session(capacity=5)
        seated = [register(session) for _ in range(5)]
        people = [make_participant(region=session.region) for _ in range(10)]

        at_once(
            [partial(registrations.cancel, registration=row, now=NOW) for row in seated]
            + [partial(register, session, person) for person in people]
        )

        session.refresh_from_db()
        assert session.seats_taken == 5
        assert Registration.objects.taking_seats().count() == 5
        assert Registration.objects.queued().count() == 5
