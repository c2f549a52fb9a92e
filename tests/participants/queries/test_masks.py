"""What is masked can be told neither by itself nor from what is shown beside it."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product
from math import inf

import pytest

from participants.queries import masks
from participants.queries.masks import FEW, cover, is_few, mask
from tests.histories import seeds


def test_cover_leaves_alone_what_is_not_few():
    masked = set()
    assert cover({"a": 5, "b": 100, "c": 0}, masked, frozenset())
    assert masked == set()


def test_cover_masks_a_second_number_so_that_the_sum_tells_nothing():
    masked = {"a"}
    assert cover({"a": 3, "b": 40, "c": 9, "d": 0}, masked, frozenset())
    assert masked == {"a", "c"}


def test_cover_leaves_alone_what_must_be_shown():
    masked = {"a"}
    assert cover({"a": 3, "b": 40, "c": 9}, masked, {"c"})
    assert masked == {"a", "b"}


def test_cover_says_when_even_the_sum_must_go():
    assert not cover({"a": 3}, {"a"}, frozenset())
    assert not cover({"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}, {"a", "b", "c", "d", "e"}, frozenset())


class Edition:
    """A random edition: people of units, each in one part of a unit and in one group of each table."""

    def __init__(self, seed, *, units=6, tables=(2, 3, 5), people=40, few=0.5):
        chance = random.Random(seed)
        self.units = dict.fromkeys(range(chance.randint(1, units)), 0)
        self.own = {unit for unit in self.units if chance.random() < 0.2}
        self.parts = {unit: dict.fromkeys(range(chance.randint(1, 3)), 0) for unit in self.units}
        names = {f"t{number}": [f"g{name}" for name in range(size)] for number, size in enumerate(tables)}
        self.tables = {
            table: {unit: dict.fromkeys(groups, 0) for unit in self.units} for table, groups in names.items()
        }
        for unit in self.units:
            for _person in range(chance.choice([0, 1, 3, 6]) if chance.random() < few else chance.randint(0, people)):
                self.units[unit] += 1
                self.parts[unit][min(chance.randrange(9), len(self.parts[unit]) - 1)] += 1
                for table, groups in names.items():
                    self.tables[table][unit][groups[min(int(chance.expovariate(0.8)), len(groups) - 1)]] += 1
        self.masked = mask(self.units, self.tables, self.parts, own=self.own)

    def numbers(self):
        """Every number that is shown somewhere, by what it is about; and whether it is masked."""
        masked = self.masked
        yield ("total",), sum(self.units.values()), masked.total
        for unit, number in self.units.items():
            yield ("unit", unit), number, unit in masked.units
            for part, people in self.parts[unit].items():
                yield ("part", unit, part), people, (unit, part) in masked.parts
        for table, rows in self.tables.items():
            for group in next(iter(rows.values())):
                whole = sum(row[group] for row in rows.values())
                yield ("group", table, group), whole, group in masked.groups[table]
                for unit, row in rows.items():
                    yield ("cell", table, unit, group), row[group], (unit, group) in masked.cells[table]

    def sums(self):
        """What everybody knows: which number is the sum of which others."""
        yield ("total",), [("unit", unit) for unit in self.units]
        for unit, parts in self.parts.items():
            yield ("unit", unit), [("part", unit, part) for part in parts]
        for table, rows in self.tables.items():
            groups = list(next(iter(rows.values())))
            yield ("total",), [("group", table, group) for group in groups]
            for unit in rows:
                yield ("unit", unit), [("cell", table, unit, group) for group in groups]
            for group in groups:
                yield ("group", table, group), [("cell", table, unit, group) for unit in rows]

    def secrets(self):
        """The numbers that nobody may learn: few people, some of them of a unit that is not the reader's own."""
        others = self.units.keys() - self.own
        about = {("total",): sum(self.units[unit] for unit in others)}
        about |= {("unit", unit): self.units[unit] for unit in others}
        about |= {("part", unit, part): people for unit in others for part, people in self.parts[unit].items()}
        for table, rows in self.tables.items():
            for group in next(iter(rows.values())):
                about["group", table, group] = sum(rows[unit][group] for unit in others)
                about |= {("cell", table, unit, group): rows[unit][group] for unit in others}
        values = {name: number for name, number, _is_masked in self.numbers()}
        return {name for name, people in about.items() if people and is_few(values[name])} if others else set()


def told_by_sums(edition):
    """What follows from everything shown by any adding and subtracting: the unknowns with one solution (Gauss)."""
    values = {name: number for name, number, is_masked in edition.numbers() if not is_masked}
    rows = []
    for whole, summands in edition.sums():
        row = {name: Fraction(1) for name in summands if name not in values}
        if whole not in values:
            row[whole] = Fraction(-1)
        rows.append(row)
    solved = {}
    for row in rows:
        for name in [name for name in row if name in solved]:
            subtract(row, solved[name], row[name])
        if not row:
            continue
        pivot, by = next(iter(row.items()))
        row = {name: factor / by for name, factor in row.items()}
        for other in solved.values():
            if pivot in other:
                subtract(other, row, other[pivot])
        solved[pivot] = row
    return {pivot for pivot, row in solved.items() if row.keys() == {pivot}}


def subtract(row, other, factor):
    for name, by in other.items():
        row[name] = row.get(name, Fraction(0)) - factor * by
        if not row[name]:
            del row[name]


def told_by_bounds(edition):
    """What follows from no number being less than nought, sum by sum until nothing more does."""
    low, high = {}, {}
    for name, number, is_masked in edition.numbers():
        low[name], high[name] = (0, inf) if is_masked else (number, number)
    before = None
    while before != (low, high):
        before = dict(low), dict(high)
        for whole, summands in edition.sums():
            low[whole] = max(low[whole], sum(low[name] for name in summands))
            high[whole] = min(high[whole], sum(high[name] for name in summands))
            for name in summands:
                others = [other for other in summands if other != name]
                high[name] = min(high[name], high[whole] - sum(low[other] for other in others))
                if all(high[other] < inf for other in others):
                    low[name] = max(low[name], low[whole] - sum(high[other] for other in others))
    return {name for name in low if low[name] == high[name]} - {
        name for name, _number, is_masked in edition.numbers() if not is_masked
    }


def solutions(edition, table, most):
    """Every table of small numbers that agrees with what is shown of `table` itself, with its units' numbers."""
    rows = edition.tables[table]
    known = {name: number for name, number, is_masked in edition.numbers() if not is_masked}
    possible = []
    for unit, row in rows.items():
        choices = [[known.get(("cell", table, unit, group))] for group in row]
        choices = [range(most + 1) if choice == [None] else choice for choice in choices]
        found = [numbers for numbers in product(*choices) if known.get(("unit", unit), sum(numbers)) == sum(numbers)]
        possible.append(found)
    groups = list(next(iter(rows.values())))
    for numbers in product(*possible):
        said = {("total",): sum(map(sum, numbers))}
        for place, group in enumerate(groups):
            said["group", table, group] = sum(row[place] for row in numbers)
        if all(known.get(name, number) == number for name, number in said.items()):
            for unit, row in zip(rows, numbers, strict=True):
                said["unit", unit] = sum(row)
                said |= {("cell", table, unit, group): number for group, number in zip(groups, row, strict=True)}
            yield tuple(map(sum, numbers)), said


@pytest.mark.parametrize("batch", seeds(10))
def test_nothing_masked_follows_from_all_that_is_shown(batch):
    """Rows and columns, wholes and parts, and the same number elsewhere: whatever is added to what."""
    for seed in range(batch * 25, batch * 25 + 25):
        edition = Edition(seed)
        assert edition.secrets() <= {name for name, _number, is_masked in edition.numbers() if is_masked}, seed
        assert not edition.secrets() & told_by_sums(edition), seed
        assert not edition.secrets() & told_by_bounds(edition), seed


def test_control_whoever_masks_the_few_alone_is_found_out(monkeypatch):
    def only_few(_numbers, _masked, _shown):
        return True

    monkeypatch.setattr(masks, "cover", only_few)
    monkeypatch.setattr(masks._Table, "mask_what_tells", lambda _table: None)
    editions = [Edition(seed) for seed in range(50)]

    assert any(edition.secrets() & told_by_sums(edition) for edition in editions)
    assert any(edition.secrets() & told_by_bounds(edition) for edition in editions)


@pytest.mark.parametrize("batch", seeds(4))
def test_what_is_masked_of_a_sum_that_is_shown_is_of_five_people_or_more(batch):
    for seed in range(batch * 50, batch * 50 + 50):
        edition = Edition(seed, tables=(2, 4))
        values = {name: number for name, number, _is_masked in edition.numbers()}
        masked = {name for name, _number, is_masked in edition.numbers() if is_masked}
        for whole, summands in edition.sums():
            hidden = [values[name] for name in summands if name in masked]
            if hidden and whole not in masked:
                assert len(hidden) > 1, (seed, whole)
                assert sum(hidden) >= FEW, (seed, whole)
                is_spoken = all(map(is_few, hidden)) and sum(hidden) in (len(hidden), 4 * len(hidden))
                assert not is_spoken, (seed, whole)


@pytest.mark.parametrize("seed", seeds(25))
def test_each_secret_of_a_small_edition_could_be_another_number(seed):
    """All editions of small numbers are looked through: those that would look the same do not agree about a secret."""
    edition = Edition(seed, units=2, tables=(2, 3), people=9, few=0.3)
    ways = {table: list(solutions(edition, table, 6)) for table in edition.tables}
    possible = set.intersection(*({units for units, _said in found} for found in ways.values()))
    for table, found in ways.items():
        said = [numbers for units, numbers in found if units in possible]
        for secret in edition.secrets() & said[0].keys():
            assert len({numbers[secret] for numbers in said}) > 1, (table, secret)


def test_own_units_are_whole_and_large_numbers_mostly_shown():
    large = masked_ones = 0
    for seed in range(60):
        edition = Edition(seed, units=12, people=300, few=0.1)
        masked = [(name, number) for name, number, is_masked in edition.numbers() if is_masked]
        assert not [name for name, _number in masked if name[0] in ("unit", "part") and name[1] in edition.own]
        assert not [name for name, _number in masked if name[0] == "cell" and name[2] in edition.own]
        large += len([number for _name, number, _is_masked in edition.numbers() if number >= 20])
        masked_ones += len([number for _name, number in masked if number >= 20])
    assert masked_ones < large / 10


def test_nothing_is_masked_where_nobody_is_few():
    units, rows = {1: 40, 2: 50}, {1: {"x": 20, "y": 20, "z": 0}, 2: {"x": 40, "y": 10, "z": 0}}

    assert mask(units, {"t": rows}, {1: {"a": 40}, 2: {"b": 45, "c": 5}}).size() == 0


def test_a_cell_between_two_rings_is_not_told():
    """Each line has two masked cells, and yet the one that joins the rings would follow from the rings' totals."""
    few = {(0, 0), (0, 1), (1, 0), (1, 1), (2, 2), (2, 3), (3, 2), (3, 3), (1, 2)}
    rows = {unit: {group: 3 if (unit, group) in few else 60 for group in range(4)} for unit in range(4)}
    masked = mask({unit: sum(row.values()) for unit, row in rows.items()}, {"t": rows})

    assert few < masked.cells["t"]


def test_a_unit_whose_parts_would_tell_it_is_masked_too():
    units, parts = {1: 5, 2: 80, 3: 90}, {1: dict.fromkeys("abcde", 1), 2: {"f": 80}, 3: {"g": 90}}
    masked = mask(units, {"t": {unit: {"x": number} for unit, number in units.items()}}, parts)

    assert masked.units >= {1}
    assert {(1, part) for part in "abcde"} <= masked.parts


def test_a_reader_of_all_units_sees_everything():
    assert mask({1: 1, 2: 3}, {"t": {1: {"x": 1}, 2: {"x": 3}}}, own={1, 2}).size() == 0
