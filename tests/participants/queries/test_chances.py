"""What somebody in the queue may hope for, with the numbers it comes from, or nothing."""

import uuid
from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from participants import queries
from participants.operations import registrations
from participants.queries import Chance, Likelihood, estimate
from tests.factories import DURING_REGISTRATION, make_participant, make_session

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("rank", "freed", "watched", "left", "likelihood"),
    [
        (1, 3, 2 * DAY, 5 * DAY, Likelihood.LIKELY),  # 7.5 to be expected
        (6, 6, 4 * DAY, 4 * DAY, Likelihood.POSSIBLE),  # 6 to be expected
        (10, 6, 4 * DAY, 4 * DAY, Likelihood.SMALL),
        (300, 900, 3 * DAY, 3 * DAY, Likelihood.LIKELY),
        (1, 0, 7 * DAY, 7 * DAY, Likelihood.SMALL),  # a week in which nothing was freed says something
    ],
)
def test_estimate_compares_the_rank_with_what_is_to_be_expected(rank, freed, watched, left, likelihood):
    assert estimate(rank=rank, freed=freed, watched=watched, left=left) == Chance(
        likelihood, rank, freed, watched.days, left.days
    )


@pytest.mark.parametrize(
    ("freed", "watched", "left"),
    [
        (9, 2 * DAY - timedelta(seconds=1), DAY),  # too short
        (2, 7 * DAY - timedelta(seconds=1), DAY),  # too few
        (9, 3 * DAY, timedelta()),  # closed
    ],
)
def test_estimate_says_nothing_of_too_little(freed, watched, left):
    assert estimate(rank=1, freed=freed, watched=watched, left=left) is None


@pytest.mark.django_db
def test_chance_counts_what_the_queue_of_this_session_was_given():
    session, other = make_session(capacity=3), make_session(capacity=1)

    def register(where):
        return registrations.register(
            participant=make_participant(), session=where, form_key=uuid.uuid4(), now=DURING_REGISTRATION
        )

    seated, queued = [register(session) for _ in range(3)], [register(session) for _ in range(5)]
    elsewhere = [register(other) for _ in range(2)]
    for row in [*seated, elsewhere[0]]:
        registrations.cancel(registration=row, now=DURING_REGISTRATION)
    queued[4].refresh_from_db()

    found = queries.chance(queued[4], rank=2, now=DURING_REGISTRATION + 3 * DAY)

    assert found == Chance(Likelihood.LIKELY, rank=2, freed=3, days=3, days_left=11)
    assert queries.chance(queued[4], rank=2, now=DURING_REGISTRATION) is None


@pytest.mark.parametrize(
    ("freed", "days_left", "words"),
    [
        (1, 1, ["In the past 7 days 1 seat reached the queue.", "registration closes in 1 day."]),
        (3, 2, ["In the past 7 days 3 seats reached the queue.", "registration closes in 2 days."]),
    ],
)
def test_chance_is_said_in_the_right_number(freed, days_left, words):
    chance = Chance(Likelihood.SMALL, rank=9, freed=freed, days=7, days_left=days_left)
    with translation.override("en"):
        said = render_to_string("participants/controls/chance.html", {"chance": chance})

    assert [word for word in words if word not in said] == []
