"""Which numbers of an edition are left out, so that nobody can be told by them from a page that is shown to a room.

A number of one to four people is masked, and so much besides that it cannot be had from what is shown: from a row's or
a column's total, from a whole less the parts that are shown, from the same number in another table, or from all of
these together. A zero stays where it can: it is about nobody. What is masked for either reason looks the same.

What is shown of one stage are these numbers, on one page or another: of everybody (`total`), of each unit (a region),
of the parts of a unit (its sessions), and in tables by trait of each group and of each group within a unit. All tables
are about the same people, so a unit or the total is masked in all of them or in none.

Why nothing follows. Of a masked unit or group everything is masked, and never of one alone, unless the total is masked
too, with some unit and with some group of each table. So one person more here and one less there would look the same
on every page: masked units can exchange people, in each table within some group, and masked groups within some unit. A
cell whose unit and group are shown lies on a ring of masked cells that could be one more and one less in turn
(`_Table.tells`). And where a total is shown, what is masked of it is about five people or more (`cover`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

FEW = 5  # people: a number below this, and above nought, is masked

Numbers = Mapping[Hashable, int]
Matrix = Mapping[Hashable, Numbers]  # the number of each group of each unit
Cell = tuple[Hashable, Hashable]  # a unit and a group
_UNITS, _GROUPS = object(), object()  # where the masked units, and the masked groups, of a table meet


@dataclass
class Masked:
    """What is left out: the total, units with everything of theirs, parts of units, and of each table groups, cells."""

    total: bool = False
    units: set[Hashable] = field(default_factory=set)
    parts: set[Cell] = field(default_factory=set)
    groups: dict[Hashable, set[Hashable]] = field(default_factory=dict)
    cells: dict[Hashable, set[Cell]] = field(default_factory=dict)

    def size(self) -> int:
        inner = sum(len(one) for one in self.groups.values()) + sum(len(one) for one in self.cells.values())
        return self.total + len(self.units) + len(self.parts) + inner


def is_few(number: int) -> bool:
    return 0 < number < FEW


def cover(numbers: Numbers, masked: set[Hashable], shown: set[Hashable] | frozenset[Hashable]) -> bool:
    """Add to `masked` until none of it can be told from the others and their sum; `shown` stay as they are.

    False where that cannot be had, so that the sum must be left out too.
    """
    while masked:
        values = [numbers[name] for name in masked]
        told = sum(values)
        is_spoken = all(map(is_few, values)) and told in (len(values), len(values) * (FEW - 1))
        if len(values) > 1 and told >= FEW and not is_spoken:
            return True
        if (another := _cheapest(numbers, masked | set(shown))) is None:
            return False
        masked.add(another)
    return True


def mask(
    units: Numbers,
    tables: Mapping[Hashable, Matrix],
    parts: Matrix | None = None,
    *,
    own: set[Hashable] | frozenset[Hashable] = frozenset(),
) -> Masked:
    """What is left out of `units`, of `tables` by trait (of the same people) and of the `parts` of units.

    Nothing of the units in `own`; and nothing at all where there are no others.
    """
    masked = Masked(groups={name: set() for name in tables}, cells={name: set() for name in tables})
    if units.keys() <= own:
        return masked
    judged = [_Table(matrix, units, own, masked, name) for name, matrix in tables.items()]
    before = -1
    while before != masked.size():
        before = masked.size()
        _mask_units(units, own, masked)
        for table in judged:
            table.mask_groups()
        _mask_parts(units, parts or {}, own, masked)
        for table in judged:
            table.mask_cells()
        if before == masked.size():
            for table in judged:
                table.mask_what_tells()
    return masked


def _cheapest(numbers: Numbers, but: set[Hashable]) -> Hashable | None:
    """What is masked next: the smallest number, noughts last."""
    free = [(number == 0, number, str(name), name) for name, number in numbers.items() if name not in but]
    return min(free, key=lambda one: one[:3])[3] if free else None


def _mask_units(units: Numbers, own: set[Hashable] | frozenset[Hashable], masked: Masked) -> None:
    masked.units |= {unit for unit, number in units.items() if unit not in own and is_few(number)}
    masked.total |= is_few(sum(units.values()))
    if masked.total and not masked.units:
        masked.units.add(_cheapest(units, set(own)))
    elif not masked.total:
        masked.total = not cover(units, masked.units, own)


def _mask_parts(units: Numbers, parts: Matrix, own: set[Hashable] | frozenset[Hashable], masked: Masked) -> None:
    """Parts of a unit; the unit too, where what is masked of it could be told from its number."""
    for unit in [unit for unit in units if unit not in own]:
        numbers = parts.get(unit, {})
        hidden = {part for part, number in numbers.items() if is_few(number) or (unit, part) in masked.parts}
        if unit not in masked.units and not cover(numbers, hidden, frozenset()):
            masked.units.add(unit)
        masked.parts |= {(unit, part) for part in (numbers if unit in masked.units else hidden)}


class _Table:
    """One table by trait, and what of it is masked so far."""

    def __init__(
        self,
        matrix: Matrix,
        units: Numbers,
        own: set[Hashable] | frozenset[Hashable],
        masked: Masked,
        name: Hashable,
    ) -> None:
        self.names = sorted({group for row in matrix.values() for group in row}, key=str)
        self.rows = {unit: {group: matrix.get(unit, {}).get(group, 0) for group in self.names} for unit in units}
        self.groups = {group: sum(row[group] for row in self.rows.values()) for group in self.names}
        self.units, self.own, self.masked = units, own, masked
        self.others = [unit for unit in units if unit not in own]
        self.hidden_groups, self.hidden = masked.groups[name], masked.cells[name]

    def mask_groups(self) -> None:
        self.hidden_groups |= {group for group, number in self.groups.items() if is_few(number)}
        if self.masked.total and not self.hidden_groups and self.names:
            self.hidden_groups.add(_cheapest(self.groups, set()))
        elif not self.masked.total:
            self.masked.total = not cover(self.groups, self.hidden_groups, frozenset())

    def mask_cells(self) -> None:
        """Few, of masked units and groups, and in each line so many that its total tells none; else the total goes."""
        self.hidden |= {
            (unit, group)
            for unit in self.others
            for group in self.names
            if unit in self.masked.units or group in self.hidden_groups or is_few(self.rows[unit][group])
        }
        for unit in self.others:
            hidden = {group for group in self.names if (unit, group) in self.hidden}
            if unit not in self.masked.units and not cover(self.rows[unit], hidden, frozenset()):
                self.masked.units.add(unit)
            self.hidden |= {(unit, group) for group in hidden}
        for group in self.names:
            column = {unit: row[group] for unit, row in self.rows.items()}
            hidden = {unit for unit in self.others if (unit, group) in self.hidden}
            if group not in self.hidden_groups and not cover(column, hidden, self.own):
                self.hidden_groups.add(group)
            self.hidden |= {(unit, group) for unit in hidden}

    def mask_what_tells(self) -> None:
        """Mask one number more for each cell that could be told from all lines together."""
        for unit, group in sorted((cell for cell in self.hidden if is_few(self.rows[cell[0]][cell[1]])), key=str):
            if not self.tells(unit, group):
                continue
            shown = {other for other in self.names if (unit, other) not in self.hidden}
            if shown:
                near = {other for other in shown if any((one, other) in self.hidden for one in self.others)}
                but = set(self.names) - (near or shown)
                self.hidden.add((unit, _cheapest(self.rows[unit], but)))
            elif unit not in self.masked.units:
                self.masked.units.add(unit)
            elif group not in self.hidden_groups:
                self.hidden_groups.add(group)
            else:
                self.masked.total = True

    def tells(self, unit: Hashable, group: Hashable) -> bool:
        """Whether this masked cell could be no other number, given all that is shown.

        It could be one more if from its group a way leads back to its unit, or one less if one leads from its unit to
        its group, along masked numbers that are one more and one less in turn, none of them less than nought.
        """
        ways, here, there = self._ways(), ("unit", unit), ("group", group)
        return not (_leads(ways, there, here) or _leads(ways, here, there))

    def _ways(self) -> dict[Hashable, set[Hashable]]:
        """From each unit to the groups of which it may have one more, and from each group to the units that may have
        one less of it; through masked units, groups and the total likewise."""
        ways: dict[Hashable, set[Hashable]] = defaultdict(set)
        for unit, group in self.hidden:
            ways["unit", unit].add(("group", group))
            if self.rows[unit][group]:
                ways["group", group].add(("unit", unit))
        for unit in self.masked.units:
            ways[_UNITS].add(("unit", unit))
            if self.units[unit]:
                ways["unit", unit].add(_UNITS)
        for group in self.hidden_groups:
            ways["group", group].add(_GROUPS)
            if self.groups[group]:
                ways[_GROUPS].add(("group", group))
        if self.masked.total:
            ways[_GROUPS].add(_UNITS)
        return ways


def _leads(ways: Mapping[Hashable, set[Hashable]], here: Hashable, there: Hashable) -> bool:
    """Whether a way leads from `here` to `there` by some other step than the one from here to there."""
    seen, ahead = {here}, list(ways.get(here, set()) - {there})
    while ahead:
        place = ahead.pop()
        if place == there:
            return True
        if place not in seen:
            seen.add(place)
            ahead += ways.get(place, set())
    return False
