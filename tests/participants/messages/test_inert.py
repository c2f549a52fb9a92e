"""What people typed is only ever text."""

import re

import pytest

from participants.messages.inert import header, inert, initials

# What mail programs look for when they make links by themselves.
LINK = re.compile(r"[a-z]+://|www\.|\w[.。．｡]\w|\w@\w", re.I)


@pytest.mark.parametrize(
    "value",
    [
        "http://evil.example/x",
        "www.evil.example",
        "evil.example",
        "evil。example",
        "evil．example",
        "evil｡example",
        "ｅｖｉｌ．ｅｘａｍｐｌｅ",
        "a@b.co",
        "Ani, A.Md. (evil.example)",
        "mailto:a@b.co",
    ],
)
def test_inert_leaves_nothing_to_make_a_link_of(value):
    assert LINK.search(value) or "ｅ" in value
    assert not LINK.search(inert(value))


@pytest.mark.parametrize("value", ["a\r\nBcc: x", "a\x00b", "a\u202eb", "a\u2028b"])
def test_inert_keeps_to_one_line_and_one_direction(value):
    assert not re.search(r"[\x00-\x1f\u2028-\u202e]", inert(value))


def test_inert_is_short():
    assert inert("x" * 41) == "x" * 39 + "…"
    assert inert("x" * 40) == "x" * 40


@pytest.mark.parametrize("value", ["Siti Nur'aini", "José Ñandú", "Ma‘ruf", "夏目 漱石"])
def test_inert_leaves_names_alone(value):
    assert inert(value) == value


def test_header_replaces_and_never_raises():
    assert header("a\r\nBcc: x@example.com\x00 b") == "a Bcc: x@example.com b"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Siti Nur'aini", "S. N."),
        ("siti nur aini binti ahmad", "S. N. A."),
        ("http://evil.example klik sini", "H. K. S."),
        ("<b> 123", "…"),
    ],
)
def test_initials_hold_no_word(name, expected):
    assert initials(name) == expected
