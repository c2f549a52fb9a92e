"""What the pages of an edition and of a session show: the same to the public and to staff who look before it opens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from programs import maps, queries
from programs.eligibility import nearest_open
from programs.forms import EligibilityForm
from programs.models import Program, TrainingSession


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
