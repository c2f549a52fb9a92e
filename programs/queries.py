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


class Offer(NamedTuple):
    """A session and what can be done with it now."""

    session: TrainingSession
    state: OfferState

    @property
    def can_register(self) -> bool:
        return self.state in (OfferState.OPEN, OfferState.FULL)


class AgendaDay(NamedTuple):
    """One day of a session and what is taught on it."""

    day: TrainingDay
    modules: list[Module]


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


def agenda(session: TrainingSession) -> list[AgendaDay]:
    """The session's days in order, each with the modules of the curriculum taught on it."""
    modules = list(session.program.modules.all())
    return [AgendaDay(day, [m for m in modules if m.day == day.number]) for day in session.days.all()]
