"""What the walks look with: whether tables changed, and where pages lead."""

from __future__ import annotations

import pytest
from django.db import transaction

from tests.factories import make_region
from tests.rules.goals import goals_of
from tests.rules.visits import Watch


def test_watch_sees_what_was_written_and_not_what_was_taken_back(db: None) -> None:
    region = make_region()
    tables = Watch()
    assert not tables.is_changed()

    with transaction.atomic():
        make_region()
        assert tables.is_changed()
        transaction.set_rollback(True)
    assert not tables.is_changed()

    region.name += " Raya"
    region.save()
    assert tables.is_changed()


@pytest.mark.parametrize(
    "html",
    [
        '<a class="x" href="/a?b=1&amp;c=2">x</a>',
        "<A HREF='/a?b=1&c=2'>x</A>",
        "<a title='1 > 0' href=/a?b=1&c=2 >x</a>",
        '<a\n  data-x="a>b"\n  href = "/a?b=1&amp;c=2"/>',
    ],
)
def test_goals_are_read_as_a_browser_reads_them(html: str) -> None:
    assert list(goals_of(html, ["a"], ["href"])) == ["/a?b=1&c=2"]


def test_only_the_named_attributes_of_the_named_tags_lead_anywhere() -> None:
    html = '<p data-href="/no">href="/no"</p><link href="/style"><button formaction="/send"></button><a name="/no">x'

    assert list(goals_of(html, ["a"], ["href"])) == []
    assert list(goals_of(html, [], ["href", "formaction"])) == ["/style", "/send"]
