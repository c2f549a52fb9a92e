"""Everything people read has its English, with the same values in it."""

import re
from functools import cache

from portal import catalogue

PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sdf]|%%|<\w+>")


@cache  # not with the module: every process of a run collects the tests, one asks
def english():
    return {(message.id, message.context): message for message in catalogue.read_english() if message.id}


def texts(value):
    return list(value) if isinstance(value, tuple) else [value]


def test_every_text_of_the_code_is_in_the_catalogue_and_no_other():
    code = {(message.id, message.context) for message in catalogue.read_code() if message.id}

    assert {"missing": code - english().keys(), "unused": english().keys() - code} == {
        "missing": set(),
        "unused": set(),
    }


def test_english_is_complete_and_holds_the_same_values():
    wrong = []
    for message in english().values():
        source, translated = texts(message.id), texts(message.string)
        values = [{value for text in side for value in PLACEHOLDER.findall(text)} for side in (source, translated)]
        if message.fuzzy or not all(translated) or values[0] != values[1]:
            wrong.append(source[0])
    assert wrong == []


def test_no_text_assumes_the_rules_of_one_edition():
    """What an edition decides (age, days, regions, birth years) comes from the edition."""
    assumed = re.compile(r"\b(18 tahun|tiga hari|15 wilayah|1997|2012|72 jam|300 kursi)\b", re.IGNORECASE)

    assert [text for text, _context in english() if assumed.search(str(text))] == []


def test_no_text_goes_by_a_name_that_the_catalogue_does_not_know():
    named = re.compile(r"gettext(?:_lazy|_noop)? as (\w+)")
    names = {name for _path, source in catalogue._sources() for name in named.findall(source.decode())}

    assert "_" in names
    assert names <= catalogue.KEYWORDS.keys()
