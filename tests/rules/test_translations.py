"""Everything people read has its English, with the same values in it."""

import re

from portal import catalogue

ENGLISH = {(message.id, message.context): message for message in catalogue.read_english() if message.id}
CODE = [message for message in catalogue.read_code() if message.id]
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sdf]|%%|<\w+>")


def texts(value):
    return list(value) if isinstance(value, tuple) else [value]


def test_every_text_of_the_code_is_in_the_catalogue_and_no_other():
    code = {(message.id, message.context) for message in CODE}

    assert {"missing": code - ENGLISH.keys(), "unused": ENGLISH.keys() - code} == {"missing": set(), "unused": set()}


def test_english_is_complete_and_holds_the_same_values():
    wrong = []
    for message in ENGLISH.values():
        source, english = texts(message.id), texts(message.string)
        values = [{value for text in side for value in PLACEHOLDER.findall(text)} for side in (source, english)]
        if message.fuzzy or not all(english) or values[0] != values[1]:
            wrong.append(source[0])
    assert wrong == []


def test_no_text_assumes_the_rules_of_one_edition():
    """What an edition decides (age, days, regions, birth years) comes from the edition."""
    assumed = re.compile(r"\b(18 tahun|tiga hari|15 wilayah|1997|2012|72 jam|300 kursi)\b", re.IGNORECASE)

    assert [text.id for text in catalogue.read_english() if text.id and assumed.search(str(text.id))] == []
