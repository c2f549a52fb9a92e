"""Who was there on which day, as one relation in SQL. Files, totals and the certificate's rule are read from it.

It is written as text because it is given to `COPY`, which takes no parameters, and because Django cannot join what is
grouped. Whom it is about comes from a queryset, so region and role are kept where they are kept everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db import connection, transaction
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
held AS MATERIALIZED (
    SELECT session_id, time_zone, min(date) AS first_day, count(*) FILTER (WHERE {silence_meets}) AS silences{dates}
    FROM days GROUP BY session_id, time_zone
),
person_days AS (
    SELECT chosen.registration_id, days.*, coalesce(said.mark, days.silence) AS mark, said.source, said.recorded_at,
           {mark_meets} AS is_wanted
    FROM chosen JOIN days USING (session_id) LEFT JOIN {of_day}
),
wanted AS (
    SELECT * FROM (
        SELECT chosen.*, held.first_day, coalesce(told.present, 0) AS present, {is_wanted} AS is_wanted{marks},
               coalesce(told.present, 0) >= program.certificate_min_days AS is_complete,
               extract(year FROM age(held.first_day, chosen.birth_date))::int AS age
        FROM chosen
        JOIN programs_program program ON program.id = chosen.program_id
        LEFT JOIN held ON held.session_id = chosen.session_id
        LEFT JOIN {of_person}
    ) AS judged
    WHERE is_wanted{of_people}
)
"""
# What was said of people is added up on its own and then joined to them, a row each: what nobody said is known of the
# session alone, so no row is made for each person and day. `meets` counts what the words of somebody change in what
# silence would have met of the filter.
TOLD = """
SELECT {key}count(*) FILTER (WHERE said.mark IN ({there})) AS present,
       sum(({said_meets})::int - ({silence_meets})::int) AS meets{pivot}
FROM participants_attendance said JOIN days USING (day_id)
"""
# Few people are looked up one by one, of many the facts of all these days are read once.
OF_ONE = "LATERAL ({told}WHERE said.registration_id = chosen.registration_id) AS told ON true"
OF_ALL = "({told}WHERE {days}GROUP BY 1) AS told ON told.registration_id = chosen.registration_id"
TIES = "said.registration_id = chosen.registration_id AND said.day_id = days.day_id"
EACH_DAY = f"LATERAL (SELECT * FROM participants_attendance said WHERE {TIES}) AS said ON true"
ALL_DAYS = f"participants_attendance said ON {TIES} AND {{days}}"
THESE_DAYS = "said.day_id = ANY (ARRAY(SELECT day_id FROM days)) "


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

    @property
    def tells(self) -> frozenset[str]:
        """The personal columns that are known of everybody whom this lets through."""
        return frozenset({"gender"} if self.gender is not None else ()) | ({"age"} if self.ages else frozenset())

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

    @cached_property
    def is_few(self) -> bool:
        """Whether each of them is looked up; asked of the database once."""
        return self.chosen().order_by()[: FEW + 1].count() <= FEW


def sql(selection: Selection, select: str, *, days: int = 0) -> str:
    """`select` over the relations `wanted` (people) and `person_days`, as one statement without parameters.

    With `days`, people have `date_1`, `mark_1`, `at_1` … side by side. Of person-days those with `is_wanted` are meant.
    """
    wanted, numbers = selection.filter, range(1, days + 1)
    told = TOLD.format(
        key="" if selection.is_few else "said.registration_id, ",
        there=literals(THERE),
        said_meets=_meets(wanted, "said.mark"),
        silence_meets=_meets(wanted, "days.silence"),
        pivot="".join(
            f", max({column}) FILTER (WHERE days.number = {number}) AS {side}_{number}"
            for number in numbers
            for side, column in (("mark", "said.mark"), ("at", "said.recorded_at"))
        ),
    )
    relation = RELATION.format(
        chosen=_chosen(selection),
        now=literal(selection.now),
        in_range=_in_range(wanted),
        silence_meets=_meets(wanted, "silence"),
        mark_meets=_meets(wanted, "coalesce(said.mark, days.silence)"),
        dates="".join(
            f", max({side}) FILTER (WHERE number = {number}) AS {side}_{number}"
            for number in numbers
            for side in ("date", "silence")
        ),
        of_day=EACH_DAY if selection.is_few else ALL_DAYS.format(days=THESE_DAYS),
        of_person=(OF_ONE if selection.is_few else OF_ALL).format(told=told, days=THESE_DAYS),
        is_wanted=_is_wanted(wanted),
        marks="".join(
            f", held.date_{n}, coalesce(told.mark_{n}, held.silence_{n}) AS mark_{n},"
            f" told.at_{n} AT TIME ZONE held.time_zone AS at_{n}"
            for n in numbers
        ),
        of_people=_of_people(wanted),
    )
    return relation + select


@contextmanager
def planned(selection: Selection) -> Iterator[None]:
    """What is read of these people within is planned so that nothing which the planner does not know costs hours.

    Right after many rows came, or where nobody has analysed, it takes many people for a handful and reads all their
    facts anew for each of them. Of many people every join is one that reads both sides once, whatever it believes.
    """
    if selection.is_few:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        yield
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")


def most_days(selection: Selection) -> int:
    """How many days the longest session has of those that people are in."""
    sessions = selection.chosen().order_by().values("session")
    longest = sessions.model._meta.get_field("session").related_model.objects.filter(pk__in=sessions)
    return longest.aggregate(most=Max("days__number"))["most"] or 0


def count(selection: Selection) -> tuple[int, int]:
    """How many people and how many person-days are asked for."""
    days = (
        "SELECT count(*) FROM person_days WHERE is_wanted AND registration_id IN (SELECT registration_id FROM wanted)"
    )
    ((people, person_days),) = _read(selection, f"SELECT (SELECT count(*) FROM wanted), ({days})")
    return people, person_days


def count_people(selection: Selection) -> int:
    """How many people are asked for."""
    ((people,),) = _read(selection, "SELECT count(*) FROM wanted")
    return people


def certificate_ids(selection: Selection) -> set[int]:
    """The registrations that meet the rule for a certificate."""
    return {pk for (pk,) in _read(selection, "SELECT registration_id FROM wanted WHERE is_complete")}


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
    return [dict(zip(names, row, strict=True)) for row in _read(selection, select, days=days)]


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


def _meets(wanted: Filter, mark: str) -> str:
    """Whether a day on which `mark` holds is one of those asked for."""
    if not wanted.marks:
        return "is_in_range"
    known = [one for one in ("", *Mark.values) if one in wanted.marks]
    return f"(is_in_range AND {mark} IN ({literals(known)}))"


def _is_wanted(wanted: Filter) -> str:
    """A session without days counts only where nothing is asked of days."""
    if wanted.marks:
        return "coalesce(held.silences, 0) + coalesce(told.meets, 0) > 0"
    return "coalesce(held.silences, 0) > 0" if wanted.first or wanted.last else "true"


def _of_people(wanted: Filter) -> str:
    told = "" if wanted.complete is None else f" AND is_complete = {literal(wanted.complete)}"
    if wanted.ages:
        low, high = AGE_BANDS[wanted.ages]
        told += f" AND age BETWEEN {low} AND {high}"
    return told


def _read(selection: Selection, select: str, *, days: int = 0) -> list[tuple[Any, ...]]:
    with planned(selection), connection.cursor() as cursor:
        cursor.execute(sql(selection, select, days=days))
        return cursor.fetchall()
