"""Making an edition: a file, or a copy of another edition, becomes a programme with all that is offered in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import time
from typing import Any, NamedTuple, TypeVar

from django.db import models, transaction
from django.utils.text import slugify

from programs.edition_files import Edition, RegionTable, read
from programs.models import (
    Module,
    Partner,
    Partnership,
    Program,
    Region,
    ReminderRule,
    TrainingDay,
    TrainingSession,
    Venue,
    venues,
)

Row = TypeVar("Row", bound=models.Model)


class SessionIsTaken(Exception):
    """The file changes a session that people are registered for: that is for staff to do, so that all are told."""

    def __init__(self, session: TrainingSession, differing: list[str]) -> None:
        super().__init__(
            f"{session.slug} has registrations and other {', '.join(differing)} than the file. Change it in the admin, "
            "where everybody registered is told, then load the file again."
        )


class SlugIsTaken(Exception):
    """There is an edition of this name already."""


@dataclass
class Loaded:
    """What loading did: how many rows of each kind were made and changed; nothing when the file was loaded before."""

    program: Program
    is_new_file: bool = True
    made: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)

    def count(self, row: models.Model, *, made: bool) -> None:
        counts, name = self.made if made else self.changed, type(row).__name__
        counts[name] = counts.get(name, 0) + 1


@transaction.atomic
def load(source: str) -> Loaded:
    """Make or update the edition that the TOML text `source` describes; all of it or nothing.

    A text that was loaded before changes nothing, so what staff corrected since stays. Raises WrongFile with every
    wrong line, SessionIsTaken when it would change a session that people are registered for. What an edition file does
    not name any more stays, and is removed in the admin.
    """
    edition = read(source)
    digest = hashlib.sha256(source.encode()).hexdigest()
    known = Program.objects.select_for_update(no_key=True).filter(slug=edition.program.slug).first()
    if known and known.source_digest == digest:
        return Loaded(known, is_new_file=False)
    return _write_edition(edition, known, {"source_digest": digest})


@transaction.atomic
def make(edition: Edition) -> Program:
    """Make a new edition, all of it or nothing, which nobody sees until it is published. Raises SlugIsTaken."""
    if Program.objects.filter(slug=edition.program.slug).exists():
        raise SlugIsTaken
    return _write_edition(edition, None, {"is_published": False}).program


def _write_edition(edition: Edition, known: Program | None, more: dict[str, Any]) -> Loaded:
    loaded = Loaded(known or Program(slug=edition.program.slug))
    before = _Rules.of(known) if known else None
    loaded.program = _write(loaded, Program, {"slug": edition.program.slug}, _program_fields(edition) | more)
    for rule in edition.reminders:
        _write(
            loaded,
            ReminderRule,
            {"program": loaded.program, "slug": rule.slug},
            {
                "anchor": rule.anchor,
                "offset_days": rule.offset_days,
                "at": rule.at,
                "audience": rule.audience,
                "useful_offset_days": rule.last_useful.offset_days,
                "useful_at": rule.last_useful.at,
                "is_urgent": rule.urgent,
                "quiet_from": rule.quiet_hours.start,
                "quiet_until": rule.quiet_hours.until,
                "channels": rule.channels,
                "before_consent": rule.before_consent,
                "is_optional": rule.optional,
                **({} if rule.on is None else {"is_on": rule.on}),
                **(rule.words.model_dump() if rule.words else {}),  # else those that staff wrote stand
            },
        )
    for position, module in enumerate(edition.modules):
        key = {"program": loaded.program, "pillar": module.pillar, "day": module.day}
        fields = {
            "title_id": module.title_id,
            "title_en": module.title_en,
            "topics": module.topics,
            "topics_en": module.topics_en,
            "position": position,
        }
        _write(loaded, Module, key, fields)
    for position, table in enumerate(edition.partners):
        partner = _write(loaded, Partner, {"name": table.name}, {"kind": table.kind})
        key = {"program": loaded.program, "partner": partner}
        _write(loaded, Partnership, key, {"role": table.role, "position": position})
    for region in edition.regions:
        _load_session(loaded, edition, region, before)
    return loaded


class _Rules(NamedTuple):
    """What every session of an edition begins with; staff may have changed a session since."""

    seats: int
    hours: tuple[time, time]

    @classmethod
    def of(cls, program: Program) -> _Rules:
        return cls(program.seats_per_session, (program.daily_start, program.daily_end))


def _program_fields(edition: Edition) -> dict[str, Any]:
    table = edition.program
    return {
        **table.model_dump(exclude={"slug", "registration_closes", "daily_hours"}),
        "closes_days_before": table.registration_closes.days_before,
        "closes_at": table.registration_closes.at,
        "daily_start": table.daily_hours.start,
        "daily_end": table.daily_hours.end,
        "hackathon_name": edition.hackathon.name if edition.hackathon else "",
    }


def _load_session(loaded: Loaded, edition: Edition, table: RegionTable, before: _Rules | None) -> None:
    region = _write(
        loaded,
        Region,
        {"code": table.code},
        {
            "name": table.name,
            "city_code": table.city_code,
            "city": table.city,
            "time_zone": table.time_zone,
            "is_confirmed": table.announced,
            **_place(table),
        },
    )
    if table.venue:
        fields = {"city": table.venue.city, "address": table.venue.address, "is_confirmed": table.venue.confirmed}
        venue = _write(loaded, Venue, {"region": region, "name": table.venue.name}, fields)
    else:
        venue = _write(
            loaded, Venue, {"region": region, "name": venues.UNKNOWN}, {"city": table.city, "is_confirmed": False}
        )
    days = edition.days_of(table)
    session = TrainingSession.objects.filter(program=loaded.program, region=region).prefetch_related("days").first()
    if session is None:
        session = TrainingSession.objects.create(
            program=loaded.program,
            region=region,
            venue=venue,
            slug=_free_slug(f"{slugify(table.city)}-{days[0]:%Y-%m}"),
            wave=table.wave,
            capacity=edition.seats_of(table),
        )
        loaded.count(session, made=True)
        _make_days(session, edition, table)
        return
    now = _Rules.of(loaded.program)
    own_hours = [(hours.start, hours.end) for hours in table.hours or []]
    differing = {
        "days": [day.date for day in session.days.all()] != days,
        "hours": [(day.starts_at, day.ends_at) for day in session.days.all()] != own_hours
        if own_hours
        else before is not None and now.hours != before.hours,
        "seats": session.capacity != table.seats if table.seats else before is not None and now.seats != before.seats,
        "venue": table.venue is not None and session.venue_id != venue.pk,
    }
    if not any(differing.values()):
        return
    if session.queue_issued or session.seats_taken:
        raise SessionIsTaken(session, [name for name, differs in differing.items() if differs])
    if differing["days"] or differing["hours"]:
        session.days.all().delete()
        _make_days(session, edition, table)
    if differing["seats"]:
        session.capacity = edition.seats_of(table)
    if differing["venue"]:
        session.venue = venue
    session.save(update_fields=["capacity", "venue"])
    loaded.count(session, made=False)


def _place(table: RegionTable) -> dict[str, Any]:
    """Where the region's city lies, if the file says so; a file that does not takes no region off the map."""
    return {} if table.latitude is None else {"latitude": table.latitude, "longitude": table.longitude}


def _make_days(session: TrainingSession, edition: Edition, table: RegionTable) -> None:
    days = zip(edition.days_of(table), edition.hours_of(table), strict=True)
    TrainingDay.objects.bulk_create(
        TrainingDay(session=session, number=number, date=day, starts_at=hours.start, ends_at=hours.end)
        for number, (day, hours) in enumerate(days, start=1)
    )


def _free_slug(wanted: str) -> str:
    taken = set(TrainingSession.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    return next(slug for slug in (wanted, *(f"{wanted}-{number}" for number in range(2, 100))) if slug not in taken)


def _write(loaded: Loaded, model: type[Row], key: dict[str, Any], fields: dict[str, Any]) -> Row:
    """Make the row of `key`, or change it where `fields` differ; count what was done."""
    row = model._default_manager.filter(**key).first()
    if row is None:
        row = model._default_manager.create(**key, **fields)
        loaded.count(row, made=True)
    elif changes := {name: value for name, value in fields.items() if getattr(row, name) != value}:
        for name, value in changes.items():
            setattr(row, name, value)
        row.save(update_fields=changes)
        loaded.count(row, made=False)
    return row
