"""Many people in portions that follow one another as the file has them, so that several can be read at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from django.db.models import Q

from participants.queries.person_days import Selection

SIDE_BY_SIDE = 10_000  # people from whom on it pays that two processes read them
MOST_ROWS = 100_000  # of a portion, if all of its people have all of their rows


def portions(selection: Selection, people: Mapping[int, int], *, rows: int) -> list[Selection]:
    """`selection` in as many portions as its size asks for, the people of a session by their registrations' keys.

    `people` has how many of them each session has, in the order of the file; a person has at most `rows` rows.
    """
    everybody = sum(people.values())
    if everybody <= SIDE_BY_SIDE:
        return [selection]
    pairs = max(1, -(-everybody * rows // (2 * MOST_ROWS)))
    edges = [everybody * number // (2 * pairs) for number in range(2 * pairs + 1)]
    return [_portion(selection, people, *ends) for ends in pairwise(edges)]


def _portion(selection: Selection, people: Mapping[int, int], first: int, last: int) -> Selection:
    """Those from the place `first` to before the place `last`, in the order of the file."""
    whole, cut, begins = [], Q(), 0
    for session, many in people.items():
        here = max(first - begins, 0), min(last - begins, many)
        if here == (0, many):
            whole.append(session)
        elif here[0] < here[1]:
            cut |= Q(session=session) & _between(selection, session, *here)
        begins += many
    return replace(selection, registrations=selection.registrations.filter(Q(session__in=whole) | cut))


def _between(selection: Selection, session: int, first: int, last: int) -> Q:
    keys = selection.chosen().filter(session=session).order_by("pk").values_list("pk", flat=True)
    return Q(pk__gte=keys[first], pk__lte=keys[last - 1])
