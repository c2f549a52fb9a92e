"""Every column of the database says why it is there, for how long, and what erasing a person does to it."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

MAP: dict[str, Any] = tomllib.loads((Path(__file__).parents[2] / "portal" / "data_map.toml").read_text())
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
        assert answer.keys() == {"purpose", "retention", "erasure"}
        assert all(answer.values()), column


def test_no_column_is_for_a_national_number() -> None:
    """Nobody is asked for one: a name and a birth date are enough."""
    columns = {column for table in MAP for column in MAP[table]["columns"]}
    assert {column for column in columns if re.search(r"(^|_)(nik|ktp|nisn|npwp|passport|national)", column)} == set()
