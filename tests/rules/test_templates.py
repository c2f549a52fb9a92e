"""No template of ours holds a script or a style in the page: the policy of every answer forbids both."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
INLINE = re.compile(
    r"""<style\b
      | <script\b(?![^>]*\bsrc=)
      | <[^>]*\s(style|on[a-z]+)\s*=
      | (href|src|action|formaction)\s*=\s*["']?\s*(javascript|data):
    """,
    re.IGNORECASE | re.VERBOSE,
)
ELSEWHERE = re.compile(
    r"""<(script|link|img|iframe|source|form)\b[^>]*\b(src|href|action)\s*=\s*["']?(https?:)?//""", re.IGNORECASE
)
# Mails cannot bring a style sheet; their styles stand in the elements, and no page policy reaches them.
MAILS = "messages"


def pages() -> list[Path]:
    return [path for path in TEMPLATES if MAILS not in path.relative_to(ROOT / "templates").parts]


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_template_holds_no_script_and_no_style(path: Path) -> None:
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
    assert [match.group() for match in INLINE.finditer(text)] == []
    assert [match.group() for match in ELSEWHERE.finditer(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "<style>p{}</style>",
        "<script>1</script>",
        '<p style="color: red">',
        "<button onclick=x()>",
        '<a href="javascript:x()">',
        '<img src="data:image/png;base64,">',
    ],
)
def test_rule_finds_what_the_policy_forbids(text: str) -> None:
    assert INLINE.search(text)


def test_buttons_of_the_workplace_have_one_spelling_for_each_look() -> None:
    pages = "".join(path.read_text() for path in (ROOT / "templates" / "admin").rglob("*.html"))
    rules = (ROOT / "static" / "css" / "admin.css").read_text()

    worn = {look for looks in re.findall(r'class="button ([^"]*)"', pages) for look in looks.split()}
    styled = {look for looks in re.findall(r"\.button((?:\.[a-z]+)+)", rules) for look in looks[1:].split(".")}

    assert worn | styled == {"quiet", "danger"}
