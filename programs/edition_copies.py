"""An edition as the tables of an edition file: to be written out, or made anew with other dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import chain, count
from typing import Any, NamedTuple

from programs.models import Program, Region, ReminderRule, TrainingDay, TrainingSession, venues
from programs.models.programs import WESTERNMOST


class SessionPlan(NamedTuple):
    """One session as it is to be: when its first day is, how many seats it has, whether its place is kept."""

    session: TrainingSession
    first_day: date
    seats: int
    keeps_venue: bool = True

    @property
    def days(self) -> list[date]:
        """Its days, as far from one another as they were; those of the session must be at hand."""
        moved = self.first_day - self.session.first_day
        return [day.date + moved for day in self.session.days.all()]


def sessions_of(program: Program) -> list[TrainingSession]:
    """The sessions of an edition in the order in which its file names their regions. Two queries."""
    return list(program.sessions.with_places().order_by("region__name", "pk"))


def as_it_is(session: TrainingSession) -> SessionPlan:
    return SessionPlan(session, session.first_day, session.capacity)


def described(program: Program, plans: Sequence[SessionPlan]) -> dict[str, Any]:
    """The tables of the edition with these sessions, as `edition_files.judged` takes them. Three queries.

    What a table may leave unsaid is left out where it is the usual.
    """
    waves = _waves(plans)
    tables: dict[str, Any] = {
        "program": _program(program),
        "reminders": [_rule(rule) for rule in program.reminder_rules.order_by("offset_days", "at", "pk")],
        "waves": [{"name": name, "days": list(days)} for (_wave, days), name in waves.items()],
        "regions": [_region(plan, program, waves[_wave_key(plan)]) for plan in plans],
        "modules": [
            {
                "pillar": module.pillar,
                "day": module.day,
                "title_id": module.title_id,
                "title_en": module.title_en,
                "topics": module.topics,
                "topics_en": module.topics_en,
            }
            for module in program.modules.order_by("position", "pk")
        ],
        "partners": [
            {"name": row.partner.name, "kind": row.partner.kind, "role": row.role}
            for row in program.partnerships.select_related("partner")
        ],
    }
    if program.hackathon_name:
        tables["hackathon"] = {"name": program.hackathon_name, "linked_to": program.slug}
    return tables


def _program(program: Program) -> dict[str, Any]:
    same = (
        *("slug", "name_id", "name_en", "starts_on", "ends_on", "days_per_session", "seats_per_session"),
        *("born_from", "born_until", "adult_age", "guardian_hours", "offer_hours", "certificate_min_days"),
    )
    return {name: getattr(program, name) for name in same} | {
        "registration_opens": program.registration_opens.astimezone(WESTERNMOST),
        "registration_closes": {"days_before": program.closes_days_before, "at": program.closes_at},
        "daily_hours": {"start": program.daily_start, "end": program.daily_end},
    }


def _rule(rule: ReminderRule) -> dict[str, Any]:
    words = {name: getattr(rule, name) for name in ("subject_id", "body_id", "subject_en", "body_en")}
    return {
        "slug": rule.slug,
        "anchor": rule.anchor,
        "offset_days": rule.offset_days,
        "at": rule.at,
        "audience": rule.audience,
        "last_useful": {"offset_days": rule.useful_offset_days, "at": rule.useful_at},
        "urgent": rule.is_urgent,
        "quiet_hours": {"from": rule.quiet_from, "until": rule.quiet_until},
        "channels": rule.channels,
        "before_consent": rule.before_consent,
        "optional": rule.is_optional,
        "on": rule.is_on,
    } | ({"words": words} if any(words.values()) else {})


def _region(plan: SessionPlan, program: Program, wave: str) -> dict[str, Any]:
    region, days = plan.session.region, list(plan.session.days.all())
    table: dict[str, Any] = {
        "code": region.code,
        "name": region.name,
        "city_code": region.city_code,
        "city": region.city,
        "time_zone": region.time_zone,
        "wave": wave,
        "announced": region.is_confirmed,
        **_place(region),
    }
    venue = plan.session.venue
    if plan.keeps_venue and venue.name != venues.UNKNOWN:
        said = {"name": venue.name, "city": venue.city, "address": venue.address}
        table["venue"] = said | ({} if venue.is_confirmed else {"confirmed": False})
    if plan.seats != program.seats_per_session:
        table["seats"] = plan.seats
    if any((day.starts_at, day.ends_at) != (program.daily_start, program.daily_end) for day in days):
        table["hours"] = [_hours(day) for day in days]
    return table


def _place(region: Region) -> dict[str, float]:
    return {"latitude": region.place[0], "longitude": region.place[1]} if region.place else {}


def _hours(day: TrainingDay) -> dict[str, Any]:
    return {"start": day.starts_at, "end": day.ends_at}


def _wave_key(plan: SessionPlan) -> tuple[str, tuple[date, ...]]:
    return plan.session.wave or "A", tuple(plan.days)


def _waves(plans: Sequence[SessionPlan]) -> dict[tuple[str, tuple[date, ...]], str]:
    """A name for each set of days: that of the sessions' wave, with a number where some of them were moved apart."""
    names: dict[tuple[str, tuple[date, ...]], str] = {}
    for wave, days in sorted({_wave_key(plan) for plan in plans}):
        numbered = chain([wave], (f"{wave[:6]}{number}" for number in count(2)))
        names[wave, days] = next(name for name in numbered if name not in names.values())
    return names
