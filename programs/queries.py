"""Reads that join what is offered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from programs.models import (
    Coordination,
    Module,
    Partner,
    Partnership,
    Program,
    Region,
    TrainingDay,
    TrainingSession,
)


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


def offered_once_published(program: Program, *, now: datetime) -> list[Offer]:
    """The same of an edition that may not be published yet, as it would be if it were. Changes no row."""
    program.is_published = True  # of this object alone, which is not saved
    rows = program.sessions.exclude(status=TrainingSession.Status.DRAFT).with_places()
    for session in rows:
        session.program = program
    return [Offer(session, offer_state(session, now=now)) for session in rows]


class Clash(NamedTuple):
    """A day on which a region has a session already."""

    region_id: int
    date: date
    program: Program


def clashes(planned: Mapping[int, Iterable[date]]) -> list[Clash]:
    """On which of the days planned for each region another session, not cancelled, is held there. One query."""
    wanted = {(region, day) for region, days in planned.items() for day in days}
    days = TrainingDay.objects.filter(session__region__in=planned, date__in={day for _region, day in wanted})
    held = days.exclude(session__status=TrainingSession.Status.CANCELLED).select_related("session__program")
    found = [Clash(day.session.region_id, day.date, day.session.program) for day in held.order_by("date", "pk")]
    return [clash for clash in found if (clash.region_id, clash.date) in wanted]


def offer_state(session: TrainingSession, *, now: datetime) -> OfferState:
    """What can be done at `now`; the days of `session` must be at hand."""
    if session.status == TrainingSession.Status.CANCELLED:
        return OfferState.CANCELLED
    if now < session.program.registration_opens:
        return OfferState.SOON
    if session.is_open(now):
        return OfferState.OPEN if session.seats_left else OfferState.FULL
    return OfferState.FINISHED if now >= session.ends else OfferState.CLOSED


def partnerships_at(session: TrainingSession) -> list[Partnership]:
    """Who carries the session: the edition's partners, of local governments only that of its region as host."""
    rows = session.program.partnerships.select_related("partner")
    host, local = Partnership.Role.HOST, Partner.Kind.LOCAL_GOVERNMENT
    return [
        row for row in rows if (row.role, row.partner.kind) != (host, local) or session.region.name in row.partner.name
    ]


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


def coordinators_of(region: Region) -> list[str]:
    """The names of those who look after `region`, whose accounts are on; no address and no number. One query."""
    rows = Coordination.objects.filter(region=region, user__is_active=True).exclude(user__name="")
    return list(rows.order_by("user__name").values_list("user__name", flat=True))
