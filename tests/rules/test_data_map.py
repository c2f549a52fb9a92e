"""Every column of the database says why it is there, for how long, and what erasing a person does to it."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
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


@pytest.mark.parametrize("table", [name for name in MAP if re.search("participant|guardian", MAP[name]["person"])])
def test_data_map_says_how_a_person_finds_their_own(table: str) -> None:
    assert "own" in MAP[table], "or which columns are withheld, with own = []"
    withheld = MAP[table].get("withheld", {})
    assert set(withheld) <= set(MAP[table]["columns"])
    assert all(withheld.values())
    model = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}[table]
    given = {field.column for field in model._meta.concrete_fields} if MAP[table]["own"] else set()
    assert (given - set(withheld)) | set(withheld) == set(MAP[table]["columns"])
