"""The likest pairs of names among many, without comparing each with each.

People with the very same name stand together. Of two other names that share a large enough part of their triples, each
has one of the shared ones among its rarest, so only those are looked up (prefix filtering, exact). Once as many pairs
are found as are asked for, a pair must be at least as like as the worst of them, and fewer triples are looked up.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, combinations, islice, product
from math import ceil

from participants.queries.names import SIMILAR, grams, likeness

Key = tuple[int, int]
Same = dict[frozenset[str], list[int]]  # the keys of those who have one name, in ascending order


def likest(groups: Iterable[Sequence[tuple[int, str]]], *, most: int) -> dict[Key, float]:
    """The `most` likest pairs of `SIMILAR` names within the `groups` of keys and names, and how like each is.

    Keys ascend in a group, and among equals the pair with the smaller ones comes first.
    """
    best = _Best(most)
    for group in groups:
        if len(group) > 1:
            same: Same = defaultdict(list)
            for key, name in group:
                same[grams(name)].append(key)
            same.pop(frozenset(), None)  # nothing of the name can be compared
            for keys in same.values():
                best.add(1.0, islice(combinations(keys, 2), most))
            _compare(same, best)
    return best.found()


class _Best:
    """The likest pairs so far, `most` at the most."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._heap: list[tuple[float, int, int]] = []  # the worst first: keys count downwards

    @property
    def least(self) -> float:
        """How like two names are at least that may come in."""
        return self._heap[0][0] if len(self._heap) == self.most else SIMILAR

    def add(self, alike: float, pairs: Iterable[Key]) -> None:
        """Take in `pairs`, which are in ascending order, as far as they are better than others."""
        for one, other in pairs:
            entry = (alike, -one, -other)
            if len(self._heap) < self.most:
                heapq.heappush(self._heap, entry)
            elif entry > self._heap[0]:
                heapq.heapreplace(self._heap, entry)
            else:
                return

    def found(self) -> dict[Key, float]:
        return {(-one, -other): alike for alike, one, other in self._heap}


def _compare(same: Same, best: _Best) -> None:
    """Take the likest pairs of two different names into `best`."""
    often = Counter(chain.from_iterable(same))
    names = sorted(same, key=len)
    holders: dict[str, list[int]] = defaultdict(list)
    for at, name in enumerate(names):
        rarest = sorted(name, key=lambda gram: (often[gram], gram))[: _looked_up(len(name), best.least)]
        for other in {other for gram in rarest for other in holders[gram]}:
            if len(names[other]) >= best.least * len(name):
                alike = likeness(name, names[other])
                if alike >= best.least:
                    best.add(alike, _first(same[name], same[names[other]], best.most))
        for gram in rarest:
            holders[gram].append(at)


def _looked_up(size: int, least: float) -> int:
    """Of how many of its `size` triples, by rarity, a name shares one with each that is `least` like it."""
    return size - ceil(least * size - 1e-9) + 1


def _first(ones: list[int], others: list[int], most: int) -> Iterator[Key]:
    """The first `most` pairs of one and another: none of them has a key beyond the first `most`."""
    pairs = product(ones[:most], others[:most])
    return iter(heapq.nsmallest(most, ((min(pair), max(pair)) for pair in pairs)))
