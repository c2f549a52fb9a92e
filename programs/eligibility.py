"""Whether somebody may take part, and where: answered from a birth date and a region, of which nothing is kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from programs.maps import kilometres
from programs.models import Program, Region
from programs.queries import Offer, OfferState, best_state, offered

OLDEST = 120  # years: a birth date further back is a slip of the finger
NEARBY = 3  # how many sessions elsewhere are named


class Verdict(StrEnum):
    """The answer in one word. All but the first four say what the region of the person offers."""

    NOT_A_BIRTHDAY = "not_a_birthday"  # ahead of today, or too long ago for anybody alive
    TOO_OLD = "too_old"
    TOO_YOUNG = "too_young"
    NO_SESSION = "no_session"
    OPEN = "open"
    FULL = "full"
    SOON = "soon"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Eligibility(NamedTuple):
    """The answer: sessions of the region, those elsewhere that have a seat, and whether a guardian will be asked.

    `is_closed`: whoever may take part can register for no session of the edition, neither now nor later.
    """

    verdict: Verdict
    offers: list[Offer]
    elsewhere: list[Offer]
    needs_guardian: bool
    is_closed: bool = False

    @property
    def is_yes(self) -> bool:
        """Whether the person can do something now or later in the own region."""
        return self.verdict in (Verdict.OPEN, Verdict.FULL, Verdict.SOON)


def eligibility(program: Program, *, birth_date: date, region: Region, now: datetime) -> Eligibility:
    """What somebody born on `birth_date` who lives in `region` can do at `now`. Two queries, or none for a no."""
    today = now.astimezone(region.zone).date()
    if birth_date > today or birth_date.year < today.year - OLDEST:
        return Eligibility(Verdict.NOT_A_BIRTHDAY, [], [], needs_guardian=False)
    if not program.admits(birth_date):
        verdict = Verdict.TOO_OLD if birth_date < program.born_from else Verdict.TOO_YOUNG
        return Eligibility(verdict, [], [], needs_guardian=False)
    offers = offered(program, now=now)
    here = [offer for offer in offers if offer.session.region_id == region.pk]
    verdict = _verdict(best_state(here))
    elsewhere = [] if verdict in (Verdict.OPEN, Verdict.SOON) else nearest_open(offers, region)
    shown = [*here, *elsewhere]
    is_minor = any(program.needs_guardian(birth_date, on=offer.session.first_day) for offer in shown)
    is_closed = best_state(offers) in (OfferState.CLOSED, OfferState.FINISHED)
    return Eligibility(verdict, here, elsewhere, needs_guardian=is_minor, is_closed=is_closed)


def nearest_open(offers: Iterable[Offer], region: Region) -> list[Offer]:
    """Sessions in other regions that have a seat now, the nearest first; those without a place on the map last."""

    def distance(offer: Offer) -> float:
        there = offer.session.region.place
        return kilometres(region.place, there) if region.place and there else float("inf")

    with_seats = [offer for offer in offers if offer.state == OfferState.OPEN and offer.session.region_id != region.pk]
    return sorted(with_seats, key=distance)[:NEARBY]


def _verdict(state: OfferState | None) -> Verdict:
    """The answer that the best session of a region gives."""
    if state is None:
        return Verdict.NO_SESSION
    return Verdict.CLOSED if state == OfferState.FINISHED else Verdict(state.value)
