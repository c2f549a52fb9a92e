"""No request decides which column is asked or sorted by: the code names columns, only values come from outside."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ASKING = {"filter", "exclude", "get", "annotate", "alias", "aggregate", "order_by", "values", "values_list", "only"}
ASKING |= {"defer", "distinct", "create", "update", "get_or_create", "update_or_create", "extra", "raw", "earliest"}
FROM_OUTSIDE = {"request", "GET", "POST", "cleaned_data", "COOKIES", "headers", "body"}
SOURCES = [path for app in ("portal", "programs", "participants") for path in sorted((ROOT / app).rglob("*.py"))]


def names_taken_from_outside(tree: ast.AST) -> set[int]:
    """Lines where a query's keywords are unpacked, or its columns named, straight from what was sent."""
    lines = set()
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in ASKING):
            continue
        unpacked = [keyword.value for keyword in call.keywords if keyword.arg is None]
        named = [argument for argument in call.args if call.func.attr in ("order_by", "values", "values_list", "only")]
        named += [argument.value for argument in call.args if isinstance(argument, ast.Starred)]
        for part in [*unpacked, *named]:
            words = {node.id for node in ast.walk(part) if isinstance(node, ast.Name)}
            words |= {node.attr for node in ast.walk(part) if isinstance(node, ast.Attribute)}
            if words & FROM_OUTSIDE:
                lines.add(call.lineno)
    return lines


def test_no_query_takes_its_columns_from_a_request() -> None:
    found = {path: names_taken_from_outside(ast.parse(path.read_text())) for path in SOURCES}
    assert {path: lines for path, lines in found.items() if lines} == {}
    assert len(found) > 100


@pytest.mark.parametrize(
    "code",
    [
        "rows.filter(**request.GET.dict())",
        "rows.filter(**{request.GET['by']: 1})",
        "rows.order_by(request.GET.get('o', 'pk'))",
        "rows.annotate(**form.cleaned_data)",
        "rows.values(*request.POST.getlist('columns'))",
    ],
)
def test_rule_finds_what_it_forbids(code: str) -> None:
    assert names_taken_from_outside(ast.parse(code)) == {1}
