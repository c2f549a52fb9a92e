"""Who was there on which day, as one relation in SQL. Files, totals and the certificate's rule are read from it.

It is written as text because it is given to `COPY`, which takes no parameters, and because Django cannot join what is
grouped. Whom it is about comes from a queryset, so region and role are kept where they are kept everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Max

from participants.models import Mark
from participants.models.registrations import RegistrationQuerySet
from participants.queries.attendance import THERE

FEW = 5_000  # people: up to so many each is looked up, above it the whole table is read once
AGE_BANDS = {"0-17": (0, 17), "18-20": (18, 20), "21-24": (21, 24), "25+": (25, 200)}


def bands(age: str) -> str:
    """The key of `AGE_BANDS` for an expression of whole years, as SQL."""
    return (
        "CASE "
        + " ".join(f"WHEN {age} BETWEEN {low} AND {high} THEN '{key}'" for key, (low, high) in AGE_BANDS.items())
        + " END"
    )


GROUPS = {
    "program": "wanted.program_id",
    "region": "wanted.region_id",
    "session": "wanted.session_id",
    "gender": "person.gender",
    "occupation": "person.occupation",
    "age": bands("wanted.age"),
}

RELATION = """
WITH chosen AS MATERIALIZED ({chosen}),
days AS MATERIALIZED (
    SELECT day.id AS day_id, day.session_id, day.number, day.date, region.time_zone,
           participants_silence(day.date, region.time_zone, {now}) AS silence, {in_range} AS is_in_range
    FROM programs_trainingday day
    JOIN programs_trainingsession session ON session.id = day.session_id
    JOIN programs_region region ON region.id = session.region_id
    WHERE day.session_id IN (SELECT session_id FROM chosen)
),
marked AS (
    SELECT chosen.*, days.day_id, days.number, days.date, days.time_zone, days.is_in_range,
           coalesce(said.mark, days.silence) AS mark, said.source, said.recorded_at
    FROM chosen LEFT JOIN days USING (session_id) LEFT JOIN {said} ON {ties}
),
person_days AS (SELECT marked.*, {is_wanted} AS is_wanted FROM marked),
people AS (
    SELECT registration_id, bool_or(is_wanted) AS is_wanted, min(date) AS first_day, count(day_id) AS days,
           count(*) FILTER (WHERE mark IN ({there})) AS present, count(*) FILTER (WHERE mark = '') AS ahead{pivot}
    FROM person_days GROUP BY registration_id
),
wanted AS (
    SELECT * FROM (
        SELECT chosen.*, first_day, days, present, ahead, is_wanted{pivoted},
               present >= program.certificate_min_days AS is_complete,
               extract(year FROM age(first_day, chosen.birth_date))::int AS age
        FROM people JOIN chosen USING (registration_id) JOIN programs_program program ON program.id = chosen.program_id
    ) AS judged
    WHERE is_wanted{of_people}
)
"""
TIES = "said.registration_id = chosen.registration_id AND said.day_id = days.day_id"
EACH = f"LATERAL (SELECT * FROM participants_attendance said WHERE {TIES}) AS said"


@dataclass(frozen=True)
class Filter:
    """What is asked for, as staff choose it; plain values, so that it can be kept and asked again.

    `first` and `last` mean training days. `marks` (with "" for "nothing yet") mean days in that range on which one of
    them holds; a person is meant by any such day. `complete` is the certificate's rule, `ages` a key of `AGE_BANDS`.
    """

    program: int | None = None
    region: int | None = None
    session: int | None = None
    first: date | None = None
    last: date | None = None
    marks: tuple[str, ...] = ()
    complete: bool | None = None
    gender: str | None = None
    ages: str = ""

    def as_json(self) -> dict[str, Any]:
        """Only what was chosen, in JSON's types."""
        dates = {name: value.isoformat() for name in ("first", "last") if (value := getattr(self, name))}
        chosen = {name: value for name, value in vars(self).items() if value not in (None, "", ()) or name == "gender"}
        return {name: value for name, value in (chosen | dates).items() if value is not None} | (
            {"marks": list(self.marks)} if self.marks else {}
        )

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Filter:
        dates = {name: date.fromisoformat(kept[name]) for name in ("first", "last") if name in kept}
        return cls(**kept | dates | {"marks": tuple(kept.get("marks", ()))})


@dataclass(frozen=True)
class Selection:
    """Whom and what a reading is about, and at which moment: rows that the reader may see, and what they asked for."""

    registrations: RegistrationQuerySet
    now: datetime
    filter: Filter = field(default_factory=Filter)

    def chosen(self) -> RegistrationQuerySet:
        """The confirmed ones of the places asked for: of whom nobody is shown before a guardian's yes."""
        wanted = self.filter
        lookups = {"program": wanted.program, "region": wanted.region, "session": wanted.session}
        rows = self.registrations.confirmed().filter(**{name: value for name, value in lookups.items() if value})
        return rows if wanted.gender is None else rows.filter(participant__gender=wanted.gender)


def sql(selection: Selection, select: str, *, days: int = 0) -> str:
    """`select` over the relations `wanted` (people) and `person_days`, as one statement without parameters.

    With `days`, people have `date_1`, `mark_1`, `at_1` … side by side. Of person-days those with `is_wanted` are meant.
    """
    wanted, numbers = selection.filter, range(1, days + 1)
    few = selection.chosen().order_by()[: FEW + 1].count() <= FEW
    sides = [f"{side}_{number}" for number in numbers for side in ("date", "mark", "at")]
    relation = RELATION.format(
        chosen=_chosen(selection),
        now=literal(selection.now),
        in_range=_in_range(wanted),
        said=EACH if few else "participants_attendance said",
        ties="true" if few else TIES,
        is_wanted=_is_wanted(wanted),
        there=literals(THERE),
        pivot="".join(
            f", max({column}) FILTER (WHERE number = {number}) AS {side}_{number}"
            for number in numbers
            for side, column in (("date", "date"), ("mark", "mark"), ("at", "recorded_at AT TIME ZONE time_zone"))
        ),
        pivoted="".join(f", {side}" for side in sides),
        of_people=_of_people(wanted),
    )
    return relation + select


def most_days(selection: Selection) -> int:
    """How many days the longest session has of those that people are in."""
    sessions = selection.chosen().order_by().values("session")
    longest = sessions.model._meta.get_field("session").related_model.objects.filter(pk__in=sessions)
    return longest.aggregate(most=Max("days__number"))["most"] or 0


def count(selection: Selection) -> tuple[int, int]:
    """How many people and how many person-days are asked for."""
    days = "SELECT count(*) FROM person_days WHERE is_wanted AND day_id IS NOT NULL"
    days += " AND registration_id IN (SELECT registration_id FROM wanted)"
    ((people, person_days),) = _read(sql(selection, f"SELECT (SELECT count(*) FROM wanted), ({days})"))
    return people, person_days


def certificate_ids(selection: Selection) -> set[int]:
    """The registrations that meet the rule for a certificate."""
    return {pk for (pk,) in _read(sql(selection, "SELECT registration_id FROM wanted WHERE is_complete"))}


def totals(selection: Selection, *, by: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """People, days present and people who are complete, for each group of `by` (keys of `GROUPS`).

    `there_1`, `there_2` … count who was there on that day of their session.
    """
    days = most_days(selection)
    there = [f"count(*) FILTER (WHERE mark_{n} IN ({literals(THERE)})) AS there_{n}" for n in range(1, days + 1)]
    names = [*by, "people", "present", "complete", *(f"there_{n}" for n in range(1, days + 1))]
    columns = [*(f"{GROUPS[name]} AS {name}" for name in by), "count(*)", "coalesce(sum(present), 0)"]
    columns += ["count(*) FILTER (WHERE is_complete)", *there]
    grouped = f" GROUP BY {', '.join(GROUPS[name] for name in by)}" if by else ""
    person = "JOIN participants_participant person ON person.id = wanted.participant_id"
    select = f"SELECT {', '.join(columns)} FROM wanted {person}{grouped}"
    return [dict(zip(names, row, strict=True)) for row in _read(sql(selection, select, days=days))]


def literal(value: Any) -> str:
    """`value` as it is written in SQL."""
    return composed("%s", [value])


def composed(text: str, parameters: Iterable[Any]) -> str:
    """`text` with its parameters written into it, quoted by the driver."""
    with connection.cursor() as cursor:
        return cursor.mogrify(text, tuple(parameters)).decode()


def literals(values: Iterable[Any]) -> str:
    """A list for `IN`."""
    return ", ".join(literal(str(value)) for value in values)


def _chosen(selection: Selection) -> str:
    rows = selection.chosen().order_by().values_list("pk", "session", "program", "region", "participant", "birth_date")
    text, parameters = rows.query.get_compiler(connection=connection, elide_empty=False).as_sql()
    names = "registration_id, session_id, program_id, region_id, participant_id, birth_date"
    return f"SELECT * FROM ({composed(text, parameters)}) AS chosen ({names})"


def _in_range(wanted: Filter) -> str:
    first = [f"day.date >= {literal(wanted.first)}"] if wanted.first else []
    last = [f"day.date <= {literal(wanted.last)}"] if wanted.last else []
    return " AND ".join(first + last) or "true"


def _is_wanted(wanted: Filter) -> str:
    """A session without days counts only where nothing is asked of days."""
    if wanted.marks:
        known = [mark for mark in ("", *Mark.values) if mark in wanted.marks]
        return f"coalesce(is_in_range AND mark IN ({literals(known)}), false)"
    return "coalesce(is_in_range, false)" if wanted.first or wanted.last else "true"


def _of_people(wanted: Filter) -> str:
    told = "" if wanted.complete is None else f" AND is_complete = {literal(wanted.complete)}"
    if wanted.ages:
        low, high = AGE_BANDS[wanted.ages]
        told += f" AND age BETWEEN {low} AND {high}"
    return told


def _read(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()
