"""An honest estimate of whether somebody in the queue will get a seat."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import (
    Min,
)

from participants.models import (
    Notification,
    Registration,
)


class Likelihood(StrEnum):
    """How likely somebody in a queue is to get a seat before registration closes."""

    LIKELY = "likely"
    POSSIBLE = "possible"
    SMALL = "small"


@dataclass(frozen=True)
class Chance:
    """An honest estimate and the numbers it comes from."""

    likelihood: Likelihood
    rank: int
    freed: int  # seats that this session's queue was given so far ...
    days: int  # ... in so many days
    days_left: int  # until registration closes


LEAST_DAYS, LEAST_FREED, DAYS_OF_SILENCE = 2, 3, 7


def chance(registration: Registration, *, rank: int, now: datetime) -> Chance | None:
    """What somebody who queues at `rank` may hope for at `now`; None while too little has happened to say anything."""
    session = registration.session
    began = Registration.objects.filter(session=session, queue_number__isnull=False).aggregate(at=Min("registered_at"))
    promoted = Notification.objects.filter(kind=Notification.Kind.PROMOTED, registration__session=session)
    watched, left = now - (began["at"] or now), session.closes - now
    return estimate(rank=rank, freed=promoted.count(), watched=watched, left=left)


def estimate(*, rank: int, freed: int, watched: timedelta, left: timedelta) -> Chance | None:
    """Whether `rank` seats will be freed in the time `left` at the pace of the time `watched`, as chance would have it.

    Seats freed in a while are taken to be Poisson distributed. None before two days and three seats, or seven days.
    """
    days, days_left = watched / timedelta(days=1), left / timedelta(days=1)
    if days < LEAST_DAYS or days_left <= 0 or (freed < LEAST_FREED and days < DAYS_OF_SILENCE):
        return None
    probability = _at_least(rank, expected=freed / days * days_left)
    if probability >= 0.7:
        likelihood = Likelihood.LIKELY
    else:
        likelihood = Likelihood.POSSIBLE if probability >= 0.25 else Likelihood.SMALL
    return Chance(likelihood, rank, freed, days=int(days), days_left=math.ceil(days_left))


def _at_least(number: int, *, expected: float) -> float:
    """How probable `number` events or more are where `expected` are to be expected."""
    fewer, term = 0.0, math.exp(-expected)
    for count in range(number):
        fewer += term
        term *= expected / (count + 1)
    return 1 - fewer
