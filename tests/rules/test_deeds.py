"""Whatever staff do is written down: each operation that says who does it notes the deed, or another place does."""

import ast
import re
from pathlib import Path

import pytest

OPERATIONS = Path(__file__).parents[2] / "participants" / "operations"
# Operations with `by: User` that note nothing themselves, and why nothing is lost by it.
ELSEWHERE = {
    "attendance.record": "attendance facts are final rows themselves, each with who recorded it",
    "attendance.mark_rest_present": "it calls record",
    "attendance.undo": "what undoes is a fact of its own",
    "attendance.undoable": "it only asks",
    "programs.change": "the admin's form notes what it changed (programs.admin.deeds)",
    "venues.change": "the admin's form notes what it changed (programs.admin.deeds)",
    "recoveries.replace": "its callers note it, and the change of an address is a final row itself",
    "account_requests.ask": "its callers note it, with whatever else they ask",
    "deeds.note": "it is the place",
    "deeds.note_all": "it is the place",
    "imports.stage": "the file is a row of the list of imports itself; each registration that comes of it notes a deed",
    "imports.undo": "import_undos notes it once it is done; what waits for a second person is noted by approvals",
    "exports.ask": "what is asked for is a row of the list of files itself, with who asked, when and why",
    "export_files.fetch": "the same row says when its file was fetched",
}
NOTES = re.compile(r"\bdeeds\.note(_all)?\(")


def silent(path: Path) -> set[str]:
    """Operations of a module that take `by: User` and note no deed, neither themselves nor by the module's own."""
    tree = ast.parse(path.read_text())
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    found = set()
    for name, function in functions.items():
        if name.startswith("_"):
            continue
        by = [a for a in [*function.args.args, *function.args.kwonlyargs] if a.arg == "by" and a.annotation]
        if any("User" in ast.unparse(a.annotation) for a in by if a.annotation) and not _notes(function, functions):
            found.add(f"{path.stem}.{name}")
    return found


def _notes(function: ast.FunctionDef, functions: dict[str, ast.FunctionDef]) -> bool:
    """Whether it, or a function of its module that it names, notes a deed."""
    told = ast.unparse(function)
    if NOTES.search(told):
        return True
    named = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)} - {function.name}
    return any(NOTES.search(ast.unparse(functions[name])) for name in named & functions.keys())


def test_every_operation_of_staff_is_written_down() -> None:
    found = set.union(*(silent(path) for path in OPERATIONS.glob("*.py")))
    assert found == set(ELSEWHERE)


@pytest.mark.parametrize("body", ["pass", "deeds.forget(by)"])
def test_rule_finds_an_operation_that_keeps_silent(tmp_path: Path, body: str) -> None:
    module = tmp_path / "things.py"
    module.write_text(f"def do(*, by: User, now: datetime) -> None:\n    {body}\n")
    assert silent(module) == {"things.do"}


def test_nothing_of_ours_writes_to_the_log_that_can_be_altered() -> None:
    root = OPERATIONS.parents[1]
    sources = [path for app in ("portal", "programs", "participants") for path in (root / app).rglob("*.py")]
    assert [str(path) for path in sources if "LogEntry.objects.create" in path.read_text()] == []
