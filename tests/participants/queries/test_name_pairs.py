"""The likest pairs of names: the same as when each is compared with each, and found by far fewer comparisons."""

import random
from itertools import combinations

import pytest

from participants.queries import name_pairs
from participants.queries.names import SIMILAR, grams, likeness

FIRST = ["Siti", "Muhammad", "Muhamad", "M.", "Ayu", "Dewi", "Budi", "Nur", "Rizki", "Putri", "Agus", "Sri", "—"]
LAST = ["Nuraini", "Nur'aini", "Lestari", "Lestary", "Santoso", "Rahayu", "Hidayat", "Hidayah", "Pratama", "Wati", ""]


def each_with_each(groups, most):
    found = {}
    for group in groups:
        named = [(key, grams(name)) for key, name in group]
        for (one, name), (other, others_name) in combinations(named, 2):
            if (alike := likeness(name, others_name)) >= SIMILAR:
                found[one, other] = alike
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))[:most])


@pytest.mark.parametrize("seed", range(200))
def test_finds_what_comparing_each_with_each_finds(seed):
    dice = random.Random(seed)
    people = [
        (key, " ".join(dice.choice(words) for words in (FIRST, LAST, LAST)[: dice.choice([1, 2, 3])]))
        for key in range(dice.choice([2, 20, 120]))
    ]
    groups = [people[start :: dice.choice([1, 3])] for start in range(2)]
    groups = [groups[0], [(key + 1000, name) for key, name in groups[1]]]

    for most in (1, 5, 50, 10_000):
        assert name_pairs.likest(groups, most=most) == each_with_each(groups, most)


def compared(monkeypatch, group):
    """How often two names were compared while the likest pairs of `group` were found."""
    times = []
    monkeypatch.setattr(name_pairs, "likeness", lambda one, other: times.append(1) or likeness(one, other))
    name_pairs.likest([group], most=50)
    return len(times)


def test_a_thousand_of_one_day_are_not_compared_each_with_each(monkeypatch):
    dice = random.Random(1)

    def word():
        return "".join(dice.choice(("aeiou", "bcdghjklmnprstwy")[at % 2]) for at in range(dice.randint(4, 9)))

    group = [(key, f"{word()} {word()}") for key in range(1000)]

    assert compared(monkeypatch, group) < 1000 * 999 / 2 / 10


def test_a_thousand_of_one_name_are_not_compared_at_all(monkeypatch):
    group = [(key, "Siti Nuraini") for key in range(1000)]

    assert compared(monkeypatch, group) == 0
