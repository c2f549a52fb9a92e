"""A day is said in the language that is being written, whoever asked for it before."""

from datetime import UTC, date, datetime

import pytest
from django.utils import translation

from programs.dates import in_words

DAY = date(2025, 12, 16)


@pytest.mark.parametrize("_asked", ["first", "again"])
@pytest.mark.parametrize(
    ("language", "pattern", "said"),
    [
        ("id", "l, j F Y", "Selasa, 16 Desember 2025"),
        ("en", "l, j F Y", "Tuesday, 16 December 2025"),
        ("id", "j M", "16 Des"),
        ("en", "j M", "16 Dec"),
    ],
)
def test_each_language_says_it_in_its_own_words(language, pattern, said, _asked):
    with translation.override(language):
        assert in_words(DAY, pattern) == said


def test_of_an_instant_it_says_the_day_there():
    with translation.override("id"):
        assert in_words(datetime(2025, 12, 16, 23, 59, tzinfo=UTC)) == "Selasa, 16 Desember 2025"
