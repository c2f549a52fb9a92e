"""The job that keeps what was promised: at once with itself, with others at work, and when a rule fails."""

import threading
import uuid
from datetime import date, timedelta
from functools import partial

import pytest
from django.db import connection, transaction

from participants.models import Erasure, Participant
from participants.operations import erasures, registrations, retention
from tests.factories import ADULT_BORN, make_program, make_registration, make_session, make_user
from tests.participants.operations.keeping import OVER, REAL, dump, place
from tests.races import at_once

__all__ = ["place"]


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_three_runs_erase_everybody_once(self):
        session = make_session()
        for _ in range(7):
            make_registration(session)
        monthly = partial(retention.run, now=OVER, machine_now=REAL)

        results = at_once([monthly] * 3)

        assert sum(result["people"] for result in results) == 7 == Erasure.objects.count()
        assert Participant.objects.filter(full_name=Participant.ERASED).count() == 7
        session.refresh_from_db()
        assert session.seats_taken == 7

    def test_somebody_who_registers_at_this_moment_is_passed_over(self):
        old = make_registration(make_session())
        later = make_program(
            starts_on=date(2027, 12, 28), ends_on=date(2027, 12, 30), registration_opens=OVER - timedelta(days=9)
        )
        session = make_session(program=later, first_day=date(2027, 12, 28))
        counts = []

        def nightly():
            counts.append(retention.run(now=OVER, machine_now=REAL)["people"])
            connection.close()

        with transaction.atomic():
            registrations.enrol(
                user=old.participant.user,
                session=session,
                profile=registrations.Profile("Siti", ADULT_BORN, session.region, "id", "+6281234567890", "school"),
                purposes={"training"},
                form_key=uuid.uuid4(),
                now=OVER,
            )
            thread = threading.Thread(target=nightly)
            thread.start()
            thread.join(timeout=20)

        assert counts == [0]
        assert retention.run(now=OVER, machine_now=REAL)["people"] == 0


@pytest.mark.django_db
class TestRules:
    def test_one_rule_that_fails_does_not_stop_the_others(self, monkeypatch, place):
        def fail(*_args, **_options):
            raise RuntimeError

        monkeypatch.setattr(erasures, "erase", fail)
        make_user()

        counts = retention.run(now=OVER, machine_now=REAL)

        assert (counts["people"], counts["accounts"]) == (None, 1)

    def test_a_dry_run_says_what_would_be_done_and_does_nothing(self, place):
        before = dump()
        planned = retention.planned(now=OVER, machine_now=REAL)

        assert planned["people"] == 2
        assert dump() == before
