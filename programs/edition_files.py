"""An edition file: what it may say, and where in it something is wrong."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from django.core.exceptions import ValidationError as WrongWords
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from programs.links import check_links
from programs.models import Channel, Module, Partner, Partnership, ReminderRule
from programs.models.regions import INDONESIA_SOUTH_TO_NORTH, INDONESIA_WEST_TO_EAST, ZONE_ABBREVIATIONS
from programs.models.reminders import QUIET_FROM, QUIET_UNTIL, check_words, every_channel

Name = Annotated[str, Field(min_length=1, max_length=120)]
_HEADER = re.compile(r"\s*\[\[?\s*([\w-]+)\s*\]\]?\s*(#.*)?$")
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
RuleSlug = Annotated[str, Field(pattern=r"^[-\w]+$", max_length=40)]  # as staff may write one, too
Seats = Annotated[int, Field(ge=1, le=100_000)]

CLOSES_FIRST = "registration would close before it opens"

_UNIQUE = [("regions", "code"), ("regions", "name"), ("waves", "name"), ("reminders", "slug"), ("partners", "name")]


class WrongFile(Exception):
    """The file cannot be an edition. `problems` are pairs of line (1 is the first) and sentence."""

    def __init__(self, problems: list[tuple[int, str]]) -> None:
        super().__init__(problems)
        self.problems = problems


class WrongEdition(Exception):
    """The tables are no edition. `problems` are pairs of place (keys and numbers from the top) and sentence."""

    def __init__(self, problems: list[tuple[tuple[Any, ...], str]]) -> None:
        super().__init__(problems)
        self.problems = problems


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WallTime(Table):
    """A local wall time so many days from an anchor."""

    offset_days: int
    at: time


class Closing(Table):
    days_before: Annotated[int, Field(ge=0, le=60)]
    at: time


class Hours(Table):
    start: time
    end: time


class ProgramTable(Table):
    slug: Slug
    name_id: Name
    name_en: Name
    starts_on: date
    ends_on: date
    days_per_session: Annotated[int, Field(ge=1, le=31)]
    seats_per_session: Seats
    born_from: date
    born_until: date
    adult_age: Annotated[int, Field(ge=0, le=30)]
    registration_opens: datetime
    registration_closes: Closing
    guardian_hours: Annotated[int, Field(ge=1, le=720)]
    offer_hours: Annotated[int, Field(ge=0, le=24)]
    certificate_min_days: Annotated[int, Field(ge=1)]
    daily_hours: Hours

    @field_validator("registration_opens")
    @classmethod
    def names_its_offset(cls, instant: datetime) -> datetime:
        if instant.tzinfo is None:
            raise ValueError("the instant needs its offset from UTC, for example 2025-12-01T10:00:00+07:00")
        return instant


def _checked(text: str) -> str:
    try:
        check_words(text)
        check_links(text)
    except WrongWords as error:
        raise ValueError(error.messages[0]) from error
    return text


OwnWords = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_checked)]


class WordsTable(Table):
    """A reminder's own words, in both languages."""

    subject_id: Annotated[OwnWords, Field(max_length=90)]
    body_id: OwnWords
    subject_en: Annotated[OwnWords, Field(max_length=90)]
    body_en: OwnWords


class QuietHours(Table):
    """From when until when, by local wall time, a reminder waits; past midnight or not."""

    start: Annotated[time, Field(alias="from")]
    until: time

    @model_validator(mode="after")
    def end(self) -> QuietHours:
        if self.start == self.until:
            raise ValueError("they never end: for a reminder that goes at any hour write urgent = true")
        return self


class ReminderTable(Table):
    slug: RuleSlug
    anchor: ReminderRule.Anchor
    offset_days: int
    at: time
    audience: ReminderRule.Audience
    last_useful: WallTime
    urgent: bool = False
    quiet_hours: QuietHours = QuietHours(**{"from": QUIET_FROM, "until": QUIET_UNTIL})
    channels: Annotated[list[Channel], Field(min_length=1, default_factory=every_channel)]
    before_consent: bool = False
    optional: bool = False
    on: bool | None = None  # unsaid: a new one is on, and what staff did to one that stands is left
    words: WordsTable | None = None

    @field_validator("last_useful")
    @classmethod
    def is_after_the_due_time(cls, last_useful: WallTime, info: Any) -> WallTime:
        due = (info.data.get("offset_days", -999), info.data.get("at", time()))
        if (last_useful.offset_days, last_useful.at) <= due:
            raise ValueError("it lies before the reminder falls due, so nothing would ever be sent")
        return last_useful

    @model_validator(mode="after")
    def says_what_it_means(self) -> ReminderTable:
        if self.audience != ReminderRule.Audience.CONFIRMED and not self.words:
            raise ValueError(f"the usual words are for confirmed people; {self.audience.value} needs [reminders.words]")
        if self.audience == ReminderRule.Audience.ABSENT_YESTERDAY and self.anchor != ReminderRule.Anchor.EACH_DAY:
            raise ValueError('who was absent yesterday can be found on each day only: anchor = "each_day"')
        if self.audience == ReminderRule.Audience.AWAITING_GUARDIAN and not self.before_consent:
            raise ValueError("no guardian of theirs has answered: before_consent = true")
        return self


class WaveTable(Table):
    name: Annotated[str, Field(min_length=1, max_length=8)]
    days: list[date]


class VenueTable(Table):
    name: Name
    city: Annotated[str, Field(min_length=1, max_length=80)]
    address: Annotated[str, Field(max_length=240)] = ""
    confirmed: bool = True


class RegionTable(Table):
    code: Annotated[str, Field(pattern=r"^\d{2}$")]
    name: Annotated[str, Field(min_length=1, max_length=80)]
    city_code: Annotated[str, Field(pattern=r"^\d{2}\.\d{2}$")]
    city: Annotated[str, Field(min_length=1, max_length=80)]
    time_zone: str
    wave: str
    announced: bool
    latitude: Annotated[float, Field(ge=INDONESIA_SOUTH_TO_NORTH[0], le=INDONESIA_SOUTH_TO_NORTH[1])] | None = None
    longitude: Annotated[float, Field(ge=INDONESIA_WEST_TO_EAST[0], le=INDONESIA_WEST_TO_EAST[1])] | None = None
    venue: VenueTable | None = None
    seats: Seats | None = None  # of its session; unsaid: `seats_per_session`
    hours: list[Hours] | None = None  # of each day of its session; unsaid: `daily_hours`

    @field_validator("time_zone")
    @classmethod
    def is_indonesian(cls, name: str) -> str:
        if name not in ZONE_ABBREVIATIONS:
            raise ValueError(f"{name!r} is none of {', '.join(ZONE_ABBREVIATIONS)}")
        return name


class ModuleTable(Table):
    pillar: Module.Pillar
    day: Annotated[int, Field(ge=1)]
    title_id: Name
    title_en: Name
    topics: list[Name] = []
    topics_en: list[Name] = []


class PartnerTable(Table):
    name: Name
    kind: Partner.Kind
    role: Partnership.Role


class HackathonTable(Table):
    name: Name
    linked_to: Slug


class Edition(Table):
    """A whole file: one programme edition with everything that is offered in it."""

    program: ProgramTable
    reminders: list[ReminderTable]
    waves: Annotated[list[WaveTable], Field(min_length=1)]
    regions: Annotated[list[RegionTable], Field(min_length=1)]
    modules: list[ModuleTable]
    partners: list[PartnerTable] = []
    hackathon: HackathonTable | None = None

    @model_validator(mode="after")
    def holds_together(self) -> Edition:
        problems = list(self._contradictions())
        if problems:
            raise _Contradictions(problems)
        return self

    def days_of(self, region: RegionTable) -> list[date]:
        return next(wave.days for wave in self.waves if wave.name == region.wave)

    def hours_of(self, region: RegionTable) -> list[Hours]:
        """The hours of each day of the region's session."""
        return region.hours or [self.program.daily_hours] * self.program.days_per_session

    def seats_of(self, region: RegionTable) -> int:
        return region.seats or self.program.seats_per_session

    def _contradictions(self) -> Iterable[tuple[tuple[Any, ...], str]]:
        program = self.program
        if program.ends_on < program.starts_on:
            yield ("program", "ends_on"), f"{program.ends_on} is before starts_on {program.starts_on}"
        if program.born_until < program.born_from:
            yield ("program", "born_until"), f"{program.born_until} is before born_from {program.born_from}"
        if program.daily_hours.end <= program.daily_hours.start:
            yield ("program", "daily_hours"), "the day ends before it starts"
        if program.certificate_min_days > program.days_per_session:
            yield ("program", "certificate_min_days"), f"a session has only {program.days_per_session} days"
        for number, wave in enumerate(self.waves):
            yield from self._wrong_wave(number, wave)
        names = {wave.name for wave in self.waves}
        for number, region in enumerate(self.regions):
            if region.wave not in names:
                yield ("regions", number, "wave"), f"there is no wave {region.wave!r}; the file has {sorted(names)}"
            if (region.latitude is None) != (region.longitude is None):
                yield ("regions", number, "code"), "latitude and longitude belong together: give both or neither"
            if region.hours and len(region.hours) != program.days_per_session:
                yield (
                    ("regions", number, "hours"),
                    f"{len(region.hours)}, but days_per_session is {program.days_per_session}",
                )
            if any(hours.end <= hours.start for hours in region.hours or []):
                yield ("regions", number, "hours"), "a day ends before it starts"
        for number, module in enumerate(self.modules):
            if module.day > program.days_per_session:
                yield ("modules", number, "day"), f"a session has only {program.days_per_session} days"
        for table, key in _UNIQUE:
            seen: Counter[str] = Counter()
            for number, row in enumerate(getattr(self, table)):
                value = getattr(row, key)
                seen[value] += 1
                if seen[value] > 1:
                    yield (table, number, key), f"{value!r} stands in the file already"
        if self.hackathon and self.hackathon.linked_to != program.slug:
            yield ("hackathon", "linked_to"), f"this file's edition is {program.slug!r}"

    def _wrong_wave(self, number: int, wave: WaveTable) -> Iterable[tuple[tuple[Any, ...], str]]:
        program, place = self.program, ("waves", number, "days")
        if len(wave.days) != program.days_per_session:
            yield place, f"{len(wave.days)} days, but days_per_session is {program.days_per_session}"
        if wave.days != sorted(set(wave.days)):
            yield place, "the days must be different and in order"
        for day in wave.days:
            if not program.starts_on <= day <= program.ends_on:
                yield place, f"{day} lies outside the edition ({program.starts_on} to {program.ends_on})"
        closing_days = [day - timedelta(days=program.registration_closes.days_before) for day in wave.days[:1]]
        if any(program.registration_opens.date() > day for day in closing_days):
            yield place, CLOSES_FIRST


class _Contradictions(Exception):
    def __init__(self, problems: list[tuple[tuple[Any, ...], str]]) -> None:
        super().__init__(problems)
        self.problems = problems


def read(source: str) -> Edition:
    """Return the edition that `source` (TOML) describes. Raises WrongFile, which names every wrong line."""
    try:
        return judged(tomllib.loads(source))
    except tomllib.TOMLDecodeError as error:
        message = re.sub(r" \(at .*\)$", "", str(error))
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else len(source.splitlines()) or 1
        raise WrongFile([(line, f"this is not TOML: {message}")]) from error
    except WrongEdition as error:
        raise WrongFile(sorted((line_of(source, place), sentence) for place, sentence in error.problems)) from error


def judged(tables: Mapping[str, Any]) -> Edition:
    """Return the edition that `tables` describe, as a file would. Raises WrongEdition, which names what is wrong."""
    try:
        return Edition.model_validate(tables)
    except ValidationError as error:
        problems = [(problem["loc"], _sentence(problem)) for problem in error.errors()]
    except _Contradictions as error:
        problems = [(place, f"{place[-1]}: {sentence}") for place, sentence in error.problems]
    raise WrongEdition(problems)


def line_of(source: str, place: tuple[Any, ...]) -> int:
    """The line (1 is the first) of the deepest part of `place` that the file writes out: its key, else its table."""
    table, index, key = (*place, "", "")[0], 0, ""
    for part in place[1:]:
        if isinstance(part, int) and not key:
            index = part
        elif isinstance(part, str) and not key:
            key = part
    seen: Counter[str] = Counter()
    here, line_of_table = ("", 0), 1
    for number, line in enumerate(source.splitlines(), start=1):
        if header := _HEADER.match(line):
            here = (header[1], seen[header[1]])
            seen[header[1]] += 1
            if here == (table, index):
                line_of_table = number
        elif here == (table, index) and key and re.match(rf"\s*{re.escape(key)}\s*=", line):
            return number
    return line_of_table


def _sentence(problem: Any) -> str:
    name = next((str(part) for part in reversed(problem["loc"]) if isinstance(part, str)), "file")
    match problem["type"]:
        case "missing":
            return f"{name} is missing: add it"
        case "extra_forbidden":
            return f"{name} is not known here: remove it or correct its spelling"
        case "value_error":
            return f"{name}: {problem['ctx']['error']}"
        case _:
            return f"{name}: {problem['msg'][0].lower()}{problem['msg'][1:]}, found {problem['input']!r}"
