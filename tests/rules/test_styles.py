"""The style sheet holds nothing that no page wears."""

import re

import pytest

from portal import embedded

CSS = embedded.ROOT / "static/css/portal.css"
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
WORN = re.compile(r"""(?:class(?:Name)?\s*[=:]|"class":|classList\.\w+\()\s*["']?([^"'<>]*)""")


def named(css):
    """The classes that selectors name."""
    css = re.sub(r'url\("[^"]*"\)|/\*.*?\*/', "", css, flags=re.DOTALL)
    return {name for selector in re.findall(r"([^{}]+){", css) for name in re.findall(r"\.([a-zA-Z][\w-]*)", selector)}


def worn(text):
    """The classes in `text`, of a template or code; one that a value completes ends with its hyphen, as `card-`."""
    text = TAG.sub(" ", text.replace("{% block main_class %}", "class="))
    return {name for found in WORN.findall(text) for name in found.split()}


@pytest.fixture(scope="module")
def pages():
    """What writes the portal's own pages; the workplace has a style sheet of its own."""
    kinds = {"templates": "html", "static/js": "js", "portal": "py", "programs": "py", "participants": "py"}
    files = [file for folder, kind in kinds.items() for file in (embedded.ROOT / folder).rglob(f"*.{kind}")]
    return "\n".join(file.read_text() for file in files if "templates/admin/" not in str(file))


def unworn(css, pages):
    known = worn(pages)
    return {name for name in named(css) - known if not any(name.startswith(one) for one in known if one.endswith("-"))}


def test_every_class_of_the_style_sheet_is_worn_somewhere(pages):
    assert unworn(CSS.read_text(), pages) == set()


def test_a_class_that_nothing_wears_is_found(pages):
    assert unworn(".card, .never-worn > .says-full { color: red }", pages) == {"never-worn"}
