"""Who may fail once: what waits for a browser or for a whole portal, and no race."""

import pytest

from tests.conftest import pytest_collection_modifyitems


@pytest.fixture
def item(request):
    """A test that nobody runs."""
    return pytest.Function.from_parent(request.node.parent, name="nobody", callobj=lambda: None)


@pytest.mark.parametrize(
    ("fixtures", "marks", "again"),
    [
        (["browser", "portal"], [], True),
        (["fleet"], [], True),
        (["settings", "client", "db"], [], False),
        (["db"], [pytest.mark.django_db(transaction=True)], False),
        (["portal"], [pytest.mark.django_db(transaction=True)], False),
    ],
)
def test_only_what_waits_for_a_browser_or_a_portal_is_run_again(item, fixtures, marks, again):
    item.fixturenames[:] = fixtures
    for mark in marks:
        item.add_marker(mark)

    pytest_collection_modifyitems([item])

    assert (item.get_closest_marker("flaky") is not None) is again
