"""Every column of the database says why it is there, for how long, and what erasing a person does to it."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from participants.operations import retention_rules

MAP: dict[str, Any] = tomllib.loads((Path(__file__).parents[2] / "portal" / "data_map.toml").read_text())
RULES = {rule.name: rule.term for rule in retention_rules.RULES}
BY_HAND = {"roles"}  # what staff hold until it is taken from them, and what expires by itself within minutes
PEOPLE = {"participant", "guardian", "staff", "nobody"}


def answers(table: str, column: str) -> dict[str, str]:
    own = MAP[table]["columns"][column]
    return {key: MAP[table][key] for key in ("retention", "erasure")} | (
        own if isinstance(own, dict) else {"purpose": own}
    )


@pytest.mark.django_db
def test_data_map_names_the_columns_of_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'")
        columns = set(cursor.fetchall())
    mapped = {(table, column) for table in MAP for column in MAP[table]["columns"]}
    assert {"missing": columns - mapped, "gone": mapped - columns} == {"missing": set(), "gone": set()}


@pytest.mark.parametrize("table", MAP)
def test_data_map_answers_every_question(table: str) -> None:
    assert set(MAP[table]["person"].split(" or ")) <= PEOPLE
    for column in MAP[table]["columns"]:
        answer = answers(table, column)
        assert answer.keys() - {"rule"} == {"purpose", "retention", "erasure"}
        assert all(answer.values()), column


def personal() -> dict[str, str]:
    """The rule of every table and column that holds somebody's data; nothing where none is named."""
    found = {}
    for table, entry in MAP.items():
        if entry["person"] != "nobody":
            for column, own in entry["columns"].items():
                own = own if isinstance(own, dict) else {}
                found[f"{table}.{column}"] = own.get("rule", entry.get("rule", ""))
    return found


def test_every_personal_column_has_a_rule_that_ends_it() -> None:
    unknown = {column: rule for column, rule in personal().items() if rule not in RULES.keys() | BY_HAND}
    assert unknown == {}


def test_every_rule_ends_something_that_the_map_names() -> None:
    named = {rule for entry in MAP.values() for rule in [entry.get("rule"), *_rules_of_columns(entry)] if rule}
    assert RULES.keys() - named == set()


@pytest.mark.parametrize("table", [table for table in MAP if MAP[table].get("rule") not in {None, *BY_HAND}])
def test_the_map_promises_the_term_of_the_rule(table: str) -> None:
    for entry in [MAP[table], *(own for own in MAP[table]["columns"].values() if isinstance(own, dict))]:
        if {"rule", "retention"} <= entry.keys():
            assert RULES[entry["rule"]] in entry["retention"]


def _rules_of_columns(entry: dict[str, Any]) -> list[str]:
    return [own["rule"] for own in entry["columns"].values() if isinstance(own, dict) and "rule" in own]


def test_no_column_is_for_a_national_number() -> None:
    """Nobody is asked for one: a name and a birth date are enough."""
    columns = {column for table in MAP for column in MAP[table]["columns"]}
    assert {column for column in columns if re.search(r"(^|_)(nik|ktp|nisn|npwp|passport|national)", column)} == set()


@pytest.mark.parametrize("table", [name for name in MAP if re.search("participant|guardian", MAP[name]["person"])])
def test_data_map_says_how_a_person_finds_their_own(table: str) -> None:
    assert "own" in MAP[table], "or which columns are withheld, with own = []"
    withheld = MAP[table].get("withheld", {})
    assert set(withheld) <= set(MAP[table]["columns"])
    assert all(withheld.values())
    model = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    given = {field.column for field in model[table]._meta.concrete_fields} if MAP[table]["own"] else set()
    assert (given - set(withheld)) | set(withheld) == set(MAP[table]["columns"])
