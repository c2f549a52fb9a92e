"""Which edition is shown when several stand side by side."""

from datetime import date, datetime

import pytest

from programs.models import Program
from tests.factories import WIB, make_program

pytestmark = pytest.mark.django_db


@pytest.fixture
def december():
    return make_program()


@pytest.fixture
def january():
    opens = datetime(2025, 12, 15, 10, tzinfo=WIB)
    return make_program(starts_on=date(2026, 1, 12), ends_on=date(2026, 1, 16), registration_opens=opens)


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        (datetime(2025, 11, 1, tzinfo=WIB), "december"),
        (datetime(2025, 12, 2, tzinfo=WIB), "december"),
        (datetime(2025, 12, 20, 23, 59, tzinfo=WIB), "december"),
        (datetime(2025, 12, 21, tzinfo=WIB), "january"),
        (datetime(2026, 3, 1, tzinfo=WIB), "january"),
    ],
)
def test_current_is_the_first_that_is_not_over(december, january, now, shown):
    assert Program.objects.current(now) == {"december": december, "january": january}[shown]


def test_current_prefers_an_edition_that_is_open(december, january):
    Program.objects.filter(pk=december.pk).update(registration_opens=datetime(2025, 12, 10, tzinfo=WIB))
    Program.objects.filter(pk=january.pk).update(registration_opens=datetime(2025, 12, 1, tzinfo=WIB))

    assert Program.objects.current(datetime(2025, 12, 5, tzinfo=WIB)) == january


def test_current_shows_nothing_that_is_not_published(december):
    Program.objects.update(is_published=False)

    assert Program.objects.current(datetime(2025, 12, 5, tzinfo=WIB)) is None


def test_unfinished_are_all_that_are_not_over(december, january):
    assert list(Program.objects.unfinished(datetime(2025, 12, 20, tzinfo=WIB))) == [december, january]
    assert list(Program.objects.unfinished(datetime(2025, 12, 21, tzinfo=WIB))) == [january]
