"""Names on paper: the typesetter brings letters of Latin script, so whatever else is in a name is written in those."""

from __future__ import annotations

import re
import unicodedata

from anyascii import anyascii

ABOUT = "≈"  # before a name that is not written here as its owner writes it
_PRINTED = re.compile(r"[ -~À-ÖØ-öø-ɏḀ-ỿ‘’ʻʼ–]")  # what every typeface of the typesetter has, and means in a name
_SYLLABLE = re.compile(r"(?<=[a-z])(?=[A-Z])")  # how letters that stand for a syllable come out, one after another


def in_latin(name: str) -> str:
    """`name` as it can be printed and read aloud: letters of other scripts by their sound, without pictures.

    What is not as its owner writes it begins with ABOUT, and is that alone where nothing of the name can be said.
    """
    name = unicodedata.normalize("NFC", name)
    written = "".join(letter if _PRINTED.match(letter) else _sound(letter) for letter in name)
    if written == name:
        return name
    return " ".join([ABOUT, *written.split()])


def _sound(letter: str) -> str:
    if unicodedata.category(letter)[0] not in "LMN":
        return " "
    sound = "".join(sign for sign in anyascii(letter) if sign.isalnum())
    return f" {sound} " if unicodedata.category(letter) == "Lo" and sound[:1].isupper() else sound
