"""What the pages of an edition and of a session show: the same to the public and to staff who look before it opens."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from programs import maps, queries
from programs.eligibility import nearest_open
from programs.forms import EligibilityForm
from programs.models import Program, TrainingSession
from programs.models.regions import ZONE_ABBREVIATIONS
from programs.templatetags.session_time import ZONE_NAMES

WEST_TO_EAST = list(dict.fromkeys(ZONE_ABBREVIATIONS.values()))


class Zone(NamedTuple):
    """The sessions with one civil time: of each region its own, the earliest first."""

    abbreviation: str
    regions: list[list[queries.Offer]]

    @property
    def name(self) -> str:
        return str(ZONE_NAMES[self.abbreviation])

    @property
    def size(self) -> int:
        return sum(map(len, self.regions))


def by_zone(offers: list[queries.Offer]) -> list[Zone]:
    """The sessions of an edition as one looks for them: from west to east, then by region, then by day."""

    def zone(offer: queries.Offer) -> int:
        return WEST_TO_EAST.index(offer.session.region.zone_abbreviation)

    def region(offer: queries.Offer) -> str:
        return offer.session.region.name

    in_order = sorted(offers, key=lambda offer: (zone(offer), region(offer), offer.session.first_day))
    return [
        Zone(WEST_TO_EAST[number], [list(own) for _name, own in groupby(there, key=region)])
        for number, there in groupby(in_order, key=zone)
    ]


def of_edition(program: Program, offers: list[queries.Offer]) -> dict[str, Any]:
    return {
        "program": program,
        "offers": offers,
        "state": queries.best_state(offers),
        "form": EligibilityForm(),
        "pins": maps.pins(offers),
        "drawing": maps.DRAWING,
        "partnerships": program.partnerships.select_related("partner"),
    }


def of_editions(editions: list[tuple[Program, list[queries.Offer]]], *, now: datetime) -> dict[str, Any]:
    """Their sessions by zone, the most that any of all allows, and when registration opens next."""
    ahead = [program.registration_opens for program, _offers in editions if program.registration_opens > now]
    return {
        "editions": [(program, by_zone(offers)) for program, offers in editions],
        "state": queries.best_state([offer for _program, offers in editions for offer in offers]),
        "opens": min(ahead, default=None),
    }


def of_session(offer: queries.Offer, *, now: datetime, offers: list[queries.Offer] | None = None) -> dict[str, Any]:
    """With `offers`, the sessions nearby are looked for among them instead of what the edition offers the public."""
    session = offer.session
    has_seat_or_will = offer.state in (queries.OfferState.OPEN, queries.OfferState.SOON)
    return {
        "offer": offer,
        "session": session,
        "program": session.program,
        "agenda": queries.agenda(session, now=now),
        "partnerships": queries.partnerships_at(session),
        "nearby": [] if has_seat_or_will else _nearby(session, now, offers),
    }


def _nearby(session: TrainingSession, now: datetime, offers: list[queries.Offer] | None) -> list[queries.Offer]:
    return nearest_open(queries.offered(session.program, now=now) if offers is None else offers, session.region)
