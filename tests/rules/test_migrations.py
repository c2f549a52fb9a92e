"""Migrations are complete, linear and named by intent. No database is asked."""

import re

import pytest
from django.apps import apps
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.core.management.commands.makemigrations import Command as MakeMigrations
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddConstraint, AddIndex, CreateModel
from django.db.migrations.state import ProjectState
from django.utils import translation

OURS = ["accounts", "portal", "programs", "participants"]
BEFORE_THE_RULE = {
    "0021_let_messages_go_by_several_channels",
    "0024_find_messages_by_fewer_indexes",
    "0044_find_people_by_beginnings",
}
FROM_THEN_ON = "0056"  # of participants; the other applications have not come so far
MADE_UP_BY_DJANGO = re.compile(r"_auto_|_and_more$|^\d{4}_(alter|add_field|remove)_")


@pytest.fixture(scope="module")
def loader() -> MigrationLoader:
    return MigrationLoader(None)


def test_migrations_hold_every_change_of_the_models(loader: MigrationLoader) -> None:
    autodetector = getattr(MakeMigrations, "autodetector", MigrationAutodetector)
    with translation.override(None):  # as makemigrations does: names of fields are not to be translated
        changes = autodetector(loader.project_state(), ProjectState.from_apps(apps)).changes(graph=loader.graph)
    missing = {app: [str(op.describe()) for m in changes.get(app, []) for op in m.operations] for app in OURS}
    assert missing == {app: [] for app in OURS}, "run manage.py makemigrations"


@pytest.mark.parametrize("app", OURS)
def test_migrations_are_linear(app: str, loader: MigrationLoader) -> None:
    ours = sorted(key for key in loader.disk_migrations if key[0] == app)
    parents = {key: [d for d in loader.disk_migrations[key].dependencies if d[0] == app] for key in ours}
    assert parents == {key: ours[number - 1 : number] if number else [] for number, key in enumerate(ours)}


@pytest.mark.parametrize("app", OURS)
def test_migrations_are_named_by_intent(app: str, loader: MigrationLoader) -> None:
    names = [name for label, name in loader.disk_migrations if label == app]
    assert [name for name in names if MADE_UP_BY_DJANGO.search(name)] == []


@pytest.mark.parametrize("app", OURS)
def test_migrations_say_what_they_do(app: str, loader: MigrationLoader) -> None:
    """A first migration speaks for itself; whatever comes later has a sentence."""
    later = [m for (label, name), m in loader.disk_migrations.items() if label == app and not name.startswith("0001")]
    modules = [__import__(type(m).__module__, fromlist=["_"]) for m in later]
    assert [m.__name__ for m in modules if not m.__doc__] == []


@pytest.mark.parametrize("app", OURS)
def test_migrations_can_be_taken_back(app: str, loader: MigrationLoader) -> None:
    migrations = [(name, m) for (label, name), m in loader.disk_migrations.items() if label == app]
    one_way = [f"{name}: {op.describe()}" for name, m in migrations for op in m.operations if not op.reversible]
    assert one_way == []


@pytest.mark.parametrize("app", OURS)
def test_migrations_that_are_broken_off_can_be_run_once_more(app: str, loader: MigrationLoader) -> None:
    """What is no transaction stays half done: indexes are then built anew, a column would be there already."""
    in_steps = {name: m for (label, name), m in loader.disk_migrations.items() if label == app and not m.atomic}
    again = (AddIndexConcurrently, RemoveIndexConcurrently)
    others = {name for name, m in in_steps.items() if not all(isinstance(op, again) for op in m.operations)}
    assert others - BEFORE_THE_RULE == set()


@pytest.mark.parametrize("app", OURS)
def test_what_looks_through_a_table_that_is_there_stops_nobody_who_writes(app: str, loader: MigrationLoader) -> None:
    """Indexes are built beside whoever writes, and a constraint is looked for in old rows by a migration of its own."""
    wrong = []
    for (label, name), migration in sorted(loader.disk_migrations.items()):
        made = {op.name_lower for op in migration.operations if isinstance(op, CreateModel)}
        for op in migration.operations:
            is_plain = type(op) in (AddIndex, AddConstraint) and op.model_name_lower not in made
            if label == app and is_plain and name > FROM_THEN_ON:
                wrong.append(f"{name}: {op.describe()}")
    assert wrong == []
