"""How alike two names are: by triples of letters, as PostgreSQL's pg_trgm does, which not every PostgreSQL brings."""

from __future__ import annotations

import re
import unicodedata

SIMILAR = 0.45  # `Siti Nuraini` and `Siti Nur'aini` have 0.87, `Muhamad Rizki` and `M. Rizki` 0.53
_TITLES = {"h", "hj", "dr", "drs", "ir", "st", "se", "sh", "spd", "amd", "skom", "ssos"}


def normal(name: str) -> str:
    """The words of a name in small letters without accents, marks and titles, in order of the alphabet."""
    bare = unicodedata.normalize("NFKD", name).casefold().replace(".", "")
    words = re.sub(r"[^\w\s]|_", "", "".join(letter for letter in bare if not unicodedata.combining(letter))).split()
    return " ".join(sorted(word for word in words if word not in _TITLES) or sorted(words))


def grams(name: str) -> frozenset[str]:
    """The triples of letters of each word of a name, blanks around it included."""
    padded = (f"  {word} " for word in normal(name).split())
    return frozenset(word[at : at + 3] for word in padded for at in range(len(word) - 2))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """What share of their triples two names have in common: 0 to 1."""
    common = len(one & other)
    return common / (len(one) + len(other) - common) if common else 0.0
