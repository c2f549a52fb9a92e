"""When editions are counted anew."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from participants.models import Tally, TallyCount
from participants.operations import tallies
from tests.factories import DURING_REGISTRATION, WIB, make_program, make_registration, make_session

pytestmark = pytest.mark.django_db
MACHINE = datetime(2026, 1, 1, tzinfo=UTC)
AT = {"now": DURING_REGISTRATION}


def test_count_due_counts_an_edition_once_in_two_minutes():
    make_program()

    assert tallies.count_due(**AT, machine_now=MACHINE) == 1
    assert tallies.count_due(**AT, machine_now=MACHINE + timedelta(seconds=119)) == 0
    assert tallies.count_due(**AT, machine_now=MACHINE + timedelta(seconds=120)) == 1


def test_due_lets_a_slow_count_rest():
    program = make_program()
    TallyCount.objects.create(program=program, counted_at=MACHINE, seconds=30)

    assert tallies.due(**AT, machine_now=MACHINE + timedelta(minutes=9)) == []
    assert tallies.due(**AT, machine_now=MACHINE + timedelta(minutes=10)) == [program]


def test_due_names_an_edition_that_is_long_over_once_a_day():
    program = make_program()
    TallyCount.objects.create(program=program, counted_at=MACHINE, seconds=0)
    late = {"now": DURING_REGISTRATION + timedelta(days=60)}

    assert tallies.due(**late, machine_now=MACHINE + timedelta(hours=23)) == []
    assert tallies.due(**late, machine_now=MACHINE + timedelta(hours=24)) == [program]


@pytest.mark.parametrize(("hour", "minute", "is_due"), [(23, 59, True), (24, 0, False)])
def test_due_judges_that_an_edition_is_long_over_by_the_day_in_jakarta(hour, minute, is_due):
    program = make_program()
    TallyCount.objects.create(program=program, counted_at=MACHINE, seconds=0)
    last = datetime.combine(program.ends_on + timedelta(days=14), time(), tzinfo=WIB)
    now = last + timedelta(hours=hour, minutes=minute)

    assert bool(tallies.due(now=now.astimezone(UTC), machine_now=MACHINE + timedelta(minutes=2))) == is_due


def test_count_replaces_what_was_counted():
    session = make_session()
    make_registration(session)
    for _turn in range(2):
        tallies.count(program=session.program, now=DURING_REGISTRATION, machine_now=MACHINE)

    assert [(row.registered, row.there) for row in Tally.objects.filter(dimension="")] == [(1, [0, 0, 0])]
