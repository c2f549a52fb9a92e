"""The ministry's page in numbers: an edition, one of its regions or sessions, as its reader may see it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, F, Q, Sum, When

from participants.models import Tally, TallyCount
from participants.queries.masks import Masked, mask
from participants.queries.tallies import longest
from portal.accounts.models import User
from programs.models import Program, Region, TrainingSession, Visits
from programs.models.programs import WESTERNMOST
from programs.scoping import assigned_regions

Number = int | None  # None: masked
Dimension = Tally.Dimension
TRAITS = (Dimension.GENDER, Dimension.AGE, Dimension.OCCUPATION)
MESSAGES = "messages"
PUBLIC = [Visits.Page.HOME, Visits.Page.SESSIONS]


def in_a_hundred(part: Number, whole: Number) -> int | None:
    """`part` of `whole`; 100 says all of them and 0 none: 299 of 300 are 99, and one of 300 is 1."""
    if part is None or not whole:
        return None
    least, most = (1 if part else 0), (99 if part < whole else 100)
    return min(max(round(part * 100 / whole), least), most)


@dataclass(frozen=True)
class Row:
    """One line of a table: what it is about, and a number for each stage."""

    key: Any
    numbers: dict[str, Number]

    def share(self, stage: str, of: str) -> int | None:
        """How many in a hundred; None where one of the two is masked or nobody is there."""
        return in_a_hundred(self.numbers.get(stage), self.numbers.get(of))


@dataclass(frozen=True)
class Board:
    """All that the page shows. `all` is the edition, the region or the session that was asked for."""

    stages: list[str]
    days: int
    all: Row
    visits: int
    public_visits: int | None
    regions: list[Row]
    sessions: list[Row]
    traits: dict[Tally.Dimension, list[Row]]
    reminders: dict[str, Number]
    counted_at: datetime | None
    is_masked: bool

    @property
    def funnel(self) -> list[tuple[str, Number, int | None]]:
        """Each stage from registered on, its number, and how many in a hundred of those registered."""
        steps = [stage for stage in self.stages if stage != "queued"]
        return [(stage, self.all.numbers[stage], self.all.share(stage, "registered")) for stage in steps]


def board(
    user: User, program: Program, *, region: Region | None = None, session: TrainingSession | None = None
) -> Board:
    """The numbers of an edition as last counted, masked where they are few and not of a region of the reader's own.

    A coordinator sees the own regions and these only. Whoever sees every region sees few people masked, since the page
    is shown to others; a region that they are assigned to is whole. The same number of queries for any edition.
    """
    days = longest(program)
    own: set[Hashable] = set(assigned_regions(user).values_list("region_id", flat=True))
    rows = Tally.objects.visible_to(user).filter(program=program)
    count = TallyCount.objects.filter(program=program).first()
    stages = ["registered", "queued", "confirmed", *(f"there_{n}" for n in range(1, days + 1)), "complete"]
    cells, sessions = _cells(rows, "region", days)
    masks = {stage: _mask(cells, sessions, stage, own) for stage in stages}
    regions = sorted({unit for unit, _dimension, _key in cells})
    by_region = [Row(unit, {s: _of_unit(cells, masks[s], unit, s) for s in stages}) for unit in regions]
    place = session.region_id if session else region.pk if region else None
    by_session = _sessions(sessions.get(place, {}), stages, masks, place) if place else []
    one = {row.key: row.numbers for row in by_session}
    if session:
        whole = one.get(session.pk, dict.fromkeys(stages, 0))
        is_shown = place in own
        within = _cells(rows.filter(session=session), "session", days)[0] if is_shown else {}
        traits = {trait: _of_one(within, session.pk, trait, stages) for trait in TRAITS} if is_shown else {}
        reminders = _states(within, session.pk) if is_shown else {}
    elif region:
        whole = next((row.numbers for row in by_region if row.key == region.pk), dict.fromkeys(stages, 0))
        traits = {trait: _of_region(cells, masks, region.pk, trait, stages) for trait in TRAITS}
        reminders = _reminders(cells, own, region.pk)
    else:
        whole = {stage: _of_all(cells, masks[stage], stage) for stage in stages}
        traits = {trait: _of_edition(cells, masks, trait, stages) for trait in TRAITS}
        reminders = _reminders(cells, own, None)
    visits, public = _visits(user, program, place, session)
    is_masked = any(unit not in own for unit in regions)
    return Board(
        stages,
        days,
        Row(None, whole),
        visits,
        public if place is None and user.sees_all_regions else None,
        by_region,
        by_session,
        traits,
        reminders,
        count.counted_at if count else None,
        is_masked,
    )


Cells = dict[tuple[int, str, str], Counter[str]]  # the numbers by unit, trait and its value
Sessions = dict[int, dict[int, Counter[str]]]  # of everybody in each session, by unit


def _cells(rows: Any, unit: str, days: int) -> tuple[Cells, Sessions]:
    """The numbers by unit, trait and its value, and those of everybody by session too, in one query."""
    sums = {name: Sum(name) for name in ("registered", "queued", "confirmed", "complete", MESSAGES)}
    sums |= {f"there_{number}": Sum(f"there__{number - 1}") for number in range(1, days + 1)}
    named = {f"sum_{name}": total for name, total in sums.items()}
    of_everybody = Case(When(dimension=Dimension.ALL, then=F("session")))
    cells: Cells = defaultdict(Counter)
    sessions: Sessions = defaultdict(dict)
    for row in rows.order_by().annotate(part=of_everybody).values(unit, "dimension", "key", "part").annotate(**named):
        numbers = Counter({name: row[f"sum_{name}"] or 0 for name in sums})
        cells[row[unit], row["dimension"], row["key"]].update(numbers)
        if row["part"]:
            sessions[row[unit]][row["part"]] = numbers
    return dict(cells), sessions


def _matrix(cells: Cells, trait: str, stage: str) -> dict[Hashable, dict[Hashable, int]]:
    matrix: dict[Hashable, dict[Hashable, int]] = defaultdict(dict)
    for (unit, dimension, key), numbers in cells.items():
        if dimension == trait:
            matrix[unit][key] = numbers[stage]
    return matrix


def _mask(cells: Cells, sessions: Sessions, stage: str, own: set[Hashable]) -> Masked:
    """What is left out of one stage on any page: regions, their sessions, and the groups of each."""
    units: dict[Hashable, int] = {unit: row.get("", 0) for unit, row in _matrix(cells, Dimension.ALL, stage).items()}
    tables: dict[Hashable, dict[Hashable, dict[Hashable, int]]] = {
        trait: _matrix(cells, trait, stage) for trait in TRAITS
    }
    parts: dict[Hashable, dict[Hashable, int]] = {
        region: {session: numbers[stage] for session, numbers in within.items()} for region, within in sessions.items()
    }
    return mask(units, tables, parts, own=own)


def _of_unit(cells: Any, masked: Masked, unit: int, stage: str) -> Number:
    return None if unit in masked.units else cells[unit, "", ""][stage] if (unit, "", "") in cells else 0


def _of_all(cells: Any, masked: Masked, stage: str) -> Number:
    if masked.total:
        return None
    return sum(numbers[stage] for (_unit, dimension, _key), numbers in cells.items() if dimension == "")


def _keys(cells: Any, trait: str) -> list[str]:
    return sorted({key for _unit, dimension, key in cells if dimension == trait})


def _of_edition(cells: Any, masks: Any, trait: str, stages: list[str]) -> list[Row]:
    rows = []
    for key in _keys(cells, trait):
        of_key = [numbers for (_unit, dimension, name), numbers in cells.items() if (dimension, name) == (trait, key)]
        rows.append(
            Row(
                key,
                {s: None if key in masks[s].groups[trait] else sum(numbers[s] for numbers in of_key) for s in stages},
            )
        )
    return rows


def _of_region(cells: Any, masks: Any, unit: int, trait: str, stages: list[str]) -> list[Row]:
    def number(key: str, stage: str) -> Number:
        is_hidden = (unit, key) in masks[stage].cells[trait]
        return None if is_hidden else cells[unit, trait, key][stage] if (unit, trait, key) in cells else 0

    return [Row(key, {stage: number(key, stage) for stage in stages}) for key in _keys(cells, trait)]


def _of_one(cells: Any, unit: int, trait: str, stages: list[str]) -> list[Row]:
    return [Row(key, {s: cells[unit, trait, key][s] for s in stages}) for key in _keys(cells, trait)]


def _sessions(sessions: dict[int, Counter[str]], stages: list[str], masks: dict[str, Masked], region: int) -> list[Row]:
    """The sessions of one region."""
    return [
        Row(unit, {stage: None if (region, unit) in masks[stage].parts else counts[stage] for stage in stages})
        for unit, counts in sorted(sessions.items())
    ]


def _reminders(cells: Any, own: set[Hashable], unit: int | None) -> dict[str, Number]:
    """The messages by what became of them; of a region, or of all. Masked as a table of people is."""
    matrix = _matrix(cells, Dimension.REMINDER, MESSAGES)
    masked = mask({unit: sum(row.values()) for unit, row in matrix.items()}, {MESSAGES: matrix}, own=own)
    found: dict[str, Number] = {}
    for key in _keys(cells, Dimension.REMINDER):
        if unit is None:
            is_hidden, number = key in masked.groups[MESSAGES], sum(row.get(key, 0) for row in matrix.values())
        else:
            is_hidden, number = (unit, key) in masked.cells[MESSAGES], matrix.get(unit, {}).get(key, 0)
        found[key] = None if is_hidden else number
    return found


def _states(cells: Any, unit: int) -> dict[str, Number]:
    return {key: cells[unit, Dimension.REMINDER, key][MESSAGES] for key in _keys(cells, Dimension.REMINDER)}


def _visits(user: User, program: Program, place: int | None, session: TrainingSession | None) -> tuple[int, int]:
    """How often the pages of the sessions were opened, and home and the list while the edition was on offer.

    On offer by the days of Jakarta, as visits are counted.
    """
    seen = TrainingSession.objects.visible_to(user).filter(program=program)
    seen = seen.filter(pk=session.pk) if session else seen.filter(region=place) if place else seen
    since = program.registration_opens.astimezone(WESTERNMOST).date()
    offered = Q(page__in=PUBLIC, day__range=(since, program.ends_on))
    sums = Visits.objects.filter(Q(session__in=seen) | offered).aggregate(
        sessions=Sum("number", filter=Q(page="session"), default=0),
        public=Sum("number", filter=Q(page__in=PUBLIC), default=0),
    )
    return sums["sessions"], sums["public"]
