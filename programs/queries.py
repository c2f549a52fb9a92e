"""Reads that join what is offered."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from programs.models import Module, Program, TrainingDay, TrainingSession


class OfferState(StrEnum):
    """What somebody who looks at a session can do now."""

    SOON = "soon"
    OPEN = "open"
    FULL = "full"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    FINISHED = "finished"


_FROM_BEST = [
    OfferState.OPEN,
    OfferState.FULL,
    OfferState.SOON,
    OfferState.CLOSED,
    OfferState.FINISHED,
    OfferState.CANCELLED,
]


class Offer(NamedTuple):
    """A session and what can be done with it now."""

    session: TrainingSession
    state: OfferState

    @property
    def can_register(self) -> bool:
        return self.state in (OfferState.OPEN, OfferState.FULL)


class AgendaDay(NamedTuple):
    """One day of a session, what is taught on it, and whether it is over or going on."""

    day: TrainingDay
    modules: list[Module]
    is_over: bool
    is_on: bool


def best_state(offers: list[Offer]) -> OfferState | None:
    """The most that any of the sessions allows; None without one."""
    states = {offer.state for offer in offers}
    return next((state for state in _FROM_BEST if state in states), None)


def offered(program: Program, *, now: datetime) -> list[Offer]:
    """The edition's public sessions by region, each with what can be done with it at `now`. Three queries."""
    sessions = TrainingSession.objects.published().with_places().filter(program=program)
    return [Offer(session, offer_state(session, now=now)) for session in sessions]


def offer_state(session: TrainingSession, *, now: datetime) -> OfferState:
    """What can be done at `now`; the days of `session` must be at hand."""
    if session.status == TrainingSession.Status.CANCELLED:
        return OfferState.CANCELLED
    if now < session.program.registration_opens:
        return OfferState.SOON
    if session.is_open(now):
        return OfferState.OPEN if session.seats_left else OfferState.FULL
    return OfferState.FINISHED if now >= session.ends else OfferState.CLOSED


def agenda(session: TrainingSession, *, now: datetime) -> list[AgendaDay]:
    """The session's days in order, each with the modules of the curriculum taught on it, as they stand at `now`."""
    modules = list(session.program.modules.all())
    return [
        AgendaDay(
            day,
            [module for module in modules if module.day == day.number],
            is_over=day.ends() <= now,
            is_on=day.starts() <= now < day.ends(),
        )
        for day in session.days.all()
    ]
