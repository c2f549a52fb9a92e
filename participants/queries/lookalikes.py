"""Records that may be of one person: the same number, or born on one day under a similar name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import NamedTuple

from django.db.models import Q, QuerySet

from participants.models import Participant
from participants.queries import name_pairs
from participants.queries.names import SIMILAR, grams, likeness

MOST = 50  # pairs that one page shows
MOST_OF_A_NUMBER = 20  # people who share a number that are compared with each other; a school's has more


@dataclass(frozen=True)
class Pair:
    """Two records that look alike, the older first, and why."""

    first: Participant
    second: Participant
    same_phone: bool
    same_birth_date: bool
    likeness: float  # of the names, between 0 and 1


class _Person(NamedTuple):
    pk: int
    full_name: str
    birth_date: date
    phone: str


def pairs(people: QuerySet[Participant], *, most: int = MOST) -> list[Pair]:
    """The pairs among `people` that look most alike, at most `most`."""
    return list(_together(best(_read(people), most)))


def best(rows: list[_Person], most: int) -> list[tuple[int, int]]:
    """The keys of the `most` pairs that look most alike; `rows` by ascending key."""
    of_days: dict[date, list[tuple[int, str]]] = defaultdict(list)
    of_numbers: dict[str, list[_Person]] = defaultdict(list)
    for row in rows:
        of_days[row.birth_date].append((row.pk, row.full_name))
        if row.phone:
            of_numbers[row.phone].append(row)
    found = {key: 1 + alike for key, alike in name_pairs.likest(of_days.values(), most=most).items()}
    for group in of_numbers.values():
        if len(group) > 1:
            known = [(row, grams(row.full_name)) for row in group[:MOST_OF_A_NUMBER]]
            for (one, name), (other, others_name) in combinations(known, 2):
                found[one.pk, other.pk] = 1 + likeness(name, others_name) + (one.birth_date == other.birth_date)
    return sorted(found, key=lambda key: (-found[key], key))[:most]


def beside(person: Participant, people: QuerySet[Participant], *, most: int = MOST) -> list[Pair]:
    """`person` beside those among `people` who look like them, most alike first."""
    return list(_together((person.pk, other.pk) for other in like(person, people, most=most)))


def like(person: Participant, people: QuerySet[Participant], *, most: int = MOST) -> list[Participant]:
    """Those among `people` who look like `person`, who need not be written yet, most alike first."""
    same = Q(birth_date=person.birth_date)
    if person.phone:
        same |= Q(phone=person.phone)
    own = grams(person.full_name)
    alike = [
        (row.phone == person.phone != "", likeness(own, grams(row.full_name)), row.pk)
        for row in _read(people.filter(same).exclude(pk=person.pk))
    ]
    found = sorted((row for row in alike if row[0] or row[1] >= SIMILAR), reverse=True)[:most]
    rows = Participant.objects.in_bulk([pk for _phone, _name, pk in found])
    return [rows[pk] for _phone, _name, pk in found]


def _read(people: QuerySet[Participant]) -> list[_Person]:
    rows = people.filter(merged_into=None).exclude(full_name=Participant.ERASED).order_by("pk").distinct()
    return [_Person(*row) for row in rows.values_list("pk", "full_name", "birth_date", "phone")]


def _together(keys: Iterator[tuple[int, int]] | list[tuple[int, int]]) -> Iterator[Pair]:
    keys = list(keys)
    everybody = {pk for pair in keys for pk in pair}
    people = Participant.objects.select_related("user", "region").in_bulk(everybody)
    for one, other in keys:
        first, second = people[one], people[other]
        alike = likeness(grams(first.full_name), grams(second.full_name))
        same_phone = first.phone == second.phone != ""
        yield Pair(first, second, same_phone, first.birth_date == second.birth_date, alike)
