"""Portions of many people are all of them, once, in the order of the file."""

import random

import pytest

from participants.exports import portions
from participants.models import Registration
from participants.queries.person_days import Selection
from tests.factories import make_participant, make_program, make_region, make_registration, make_session
from tests.participants.operations.exporting import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    """Confirmed people of four sessions, one of them large; in between, some of whom no file tells."""
    chance, program, kept = random.Random(3), make_program(), {}
    sessions = [make_session(program=program, region=make_region()) for _session in range(4)]
    for many, session in zip([3, 14, 1, 5], sessions, strict=True):
        rows = []
        for _number in range(many):
            person = make_participant(region=session.region)
            rows.append(make_registration(session, participant=person).pk)
            if chance.random() < 0.3:
                make_registration(session, participant=make_participant(region=session.region), guardian="asked")
        kept[session.pk] = rows
    return kept


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("most", [1, 2, 5, 7, 100])
def test_everybody_is_in_one_portion_and_in_order(people, monkeypatch, most, rows):
    monkeypatch.setattr(portions, "SIDE_BY_SIDE", 2)
    monkeypatch.setattr(portions, "MOST_ROWS", most)
    in_order = [pk for pks in people.values() for pk in pks]

    parts = portions.portions(
        Selection(Registration.objects.all(), NOW), {session: len(pks) for session, pks in people.items()}, rows=rows
    )

    found = [set(part.chosen().values_list("pk", flat=True)) for part in parts]
    assert len(parts) % 2 == 0
    assert [pk for part in found for pk in sorted(part, key=in_order.index)] == in_order
    assert sum(map(len, found)) == len(in_order)
    assert max(map(len, found)) <= max(1, -(-most // rows))


def test_few_are_one_portion(people):
    selection = Selection(Registration.objects.all(), NOW)
    assert portions.portions(selection, {session: len(pks) for session, pks in people.items()}, rows=3) == [selection]
