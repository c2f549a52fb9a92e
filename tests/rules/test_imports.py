"""The import contracts refuse what they are named for: each is broken here, in a copy, and must say so."""

import pkgutil
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from portal import embedded

LINT = Path(sys.executable).parent / "lint-imports"
BREACHES = [
    ("participants/operations/refusals.py", "participants.forms"),
    ("participants/messages/words/parts.py", "participants.views.door"),
    ("participants/documents/calendars.py", "portal.clock"),
    ("participants/operations/refusals.py", "portal.languages"),
    ("participants/queries/chances.py", "portal.accounts.views"),
    ("portal/accounts/models.py", "programs.models"),
    ("participants/models/consents.py", "participants.queries"),
    ("programs/models/venues.py", "participants.models"),
    ("programs/queries.py", "programs.views.pages"),
    ("participants/views/typed.py", "participants.admin.sessions"),
    ("participants/admin/sessions.py", "participants.views.door"),
    ("participants/tasks.py", "participants.views.door"),
    ("programs/management/commands/load_edition.py", "programs.admin.catalogue"),
]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A copy of the code, to be broken."""
    copy = tmp_path_factory.mktemp("house")
    for package in ("portal", "programs", "participants"):
        shutil.copytree(embedded.ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(embedded.ROOT / "pyproject.toml", copy)
    return copy


def lint(house):
    return subprocess.run([LINT, "--no-cache"], cwd=house, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("module", "imported"), BREACHES)
def test_contracts_refuse(house, module, imported):
    file = house / module
    kept = file.read_text()
    file.write_text(f"{kept}\nimport {imported}\n")
    try:
        result = lint(house)
    finally:
        file.write_text(kept)

    assert result.returncode == 1, result.stdout
    assert f"{module.removesuffix('.py').replace('/', '.')} -> {imported} (" in result.stdout


def test_contracts_keep_the_house_as_it_stands(house):
    assert lint(house).returncode == 0


def test_the_domain_is_kept_from_every_module_of_the_portal_but_the_rows_of_its_accounts():
    contracts = tomllib.loads((embedded.ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    domain = next(contract for contract in contracts if contract["name"].startswith("The domain"))

    modules = {
        f"{package}.{module.name}"
        for package in ("portal", "portal.accounts")
        for module in pkgutil.iter_modules([embedded.ROOT / package.replace(".", "/")])
    }
    kept_from = {name for name in domain["forbidden_modules"] if name.startswith("portal.")}
    allowed = {"portal.accounts", "portal.accounts.models", "portal.migrations", "portal.accounts.migrations"}
    assert kept_from == modules - allowed


def test_nothing_of_ours_fetches_an_address():
    """No picture, page or address that somebody typed is asked for; the supervisor asks its own web server, and what
    goes to providers, whose addresses the settings name, goes through one file.
    """
    fetches = re.compile(r"^ *(from|import) (urllib\.request|http\.client|requests|httpx|urllib3|aiohttp)\b", re.M)
    files = [
        file for package in ("portal", "programs", "participants") for file in (embedded.ROOT / package).rglob("*.py")
    ]
    assert len(files) > 100

    assert {str(file.relative_to(embedded.ROOT)) for file in files if fetches.search(file.read_text())} == {
        "participants/messages/channels/https.py",
        "portal/processes.py",
    }
