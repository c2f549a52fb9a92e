"""Staff's page of look-alikes: CPU seconds and peak memory, against comparing each with each on the same people.

    .venv/bin/python -m benchmarks.lookalikes [people [people …]]

People of one region have names out of the same words, some spelt in two ways; they are born in eight years, one in ten
on the first of January (who does not know their day), and one in fifty has somebody else's number. "One day": all of
them were born on it. What is compared with the yardstick begins with the rows at hand, which are read beforehand and
counted on their own. Each runs in a process of its own, so that its peak memory is its own; idle is such a process that
has read the rows. All take turns, and of three turns the fastest counts. Both must find the same pairs.
"""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
import time
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

from benchmarks import attendance_export
from portal import embedded

TURNS = 3
KINDS = ("idle", "each", "pairs")
MOST_OF_ONE_DAY = 5000  # beyond it the yardstick takes minutes and gigabytes
FIRST = """Siti Nur Muhammad Muhamad Ahmad Achmad Ayu Dewi Putri Rizki Rizky Budi Agus Sri Dian Fitri Fitria Indah Rina
Wahyu Yusuf Yulia Andi Bayu Citra Eka Fajar Galih Hendra Intan Joko Kartika Lestari Made Ketut Nanda Oka Rahma Sari"""
LAST = """Nuraini Nur'aini Hidayat Hidayah Santoso Pratama Lestari Rahayu Wijaya Saputra Saputri Kurniawan Setiawan Wibowo
Rahmawati Maharani Permata Anggraini Simanjuntak Siregar Nasution Tarigan Harahap Sitorus Panjaitan Gunawan Susanto
Handayani Puspita Ramadhan Ramadani Utami Wulandari Safitri Firmansyah Nugroho Purnomo Suryani Mahendra Aditya"""


def seed(already: int, people: int) -> None:
    """Names, birth dates and numbers for the people that the export's benchmark makes."""
    attendance_export.seed(already, people)
    from participants.models import Participant

    dice, first, last = random.Random(people), FIRST.split(), LAST.split()
    rows = list(Participant.objects.filter(pk__gt=already).order_by("pk"))
    for row in rows:
        middle = [dice.choice(last)] if dice.random() < 0.4 else []
        row.full_name = " ".join([dice.choice(first), *middle, dice.choice(last)])
        row.birth_date = date(2000 + dice.randrange(8), 1, 1)
        if dice.random() >= 0.1:
            row.birth_date += timedelta(days=dice.randrange(365))
        if dice.random() < 0.02:
            row.phone = dice.choice(rows).phone
    Participant.objects.bulk_update(rows, ["full_name", "birth_date", "phone"], batch_size=1000)


def each_with_each(rows: Any, most: int) -> list[tuple[int, int]]:
    """The yardstick: every two who were born on one day or have one number, all kept and then sorted."""
    from participants.queries.lookalikes import MOST_OF_A_NUMBER
    from participants.queries.names import SIMILAR, grams, likeness

    names, found = {row.pk: grams(row.full_name) for row in rows}, {}
    days: dict[Any, list[Any]] = {}
    numbers: dict[str, list[Any]] = {}
    for row in rows:
        days.setdefault(row.birth_date, []).append(row)
        numbers.setdefault(row.phone, []).append(row)
    for group in days.values():
        for one, other in combinations(group, 2):
            if (alike := likeness(names[one.pk], names[other.pk])) >= SIMILAR:
                found[one.pk, other.pk] = 1 + alike
    for group in numbers.values():
        for one, other in combinations(group[:MOST_OF_A_NUMBER], 2):
            score = 1 + likeness(names[one.pk], names[other.pk]) + (one.birth_date == other.birth_date)
            found[one.pk, other.pk] = score
    return sorted(found, key=lambda key: (-found[key], key))[:most]


def one(kind: str, people: int, one_day: bool) -> None:
    """One turn: CPU seconds and megabytes at the peak, and a digest of what was found."""
    from participants.models import Participant
    from participants.queries import lookalikes

    began = time.process_time()
    rows = lookalikes._read(Participant.objects.filter(pk__lte=people))
    if one_day:
        rows = [row._replace(birth_date=date(2004, 1, 1)) for row in rows]
    read = time.process_time() - began
    found: list[tuple[int, int]] = []
    began = time.process_time()
    if kind == "each":
        found = each_with_each(rows, lookalikes.MOST)
    elif kind == "pairs":
        found = lookalikes.best(rows, lookalikes.MOST)
    took = read if kind == "idle" else time.process_time() - began
    digest = hashlib.sha256(repr(found).encode()).hexdigest()[:8]
    print(took, peak(), digest)


def peak() -> float:
    """Megabytes; `ru_maxrss` would begin with the peak of the process that has started this one."""
    said = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(said["VmHWM"].split()[0]) / 1024


def measured(kind: str, people: int, one_day: bool) -> tuple[float, float, str]:
    command = [sys.executable, "-m", "benchmarks.lookalikes", "one", kind, str(people), "day" * one_day]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(said[0]), float(said[1]), said[2]


def main(numbers: list[int]) -> None:
    with embedded.running(durable=False):
        already = 0
        for people in numbers:
            seed(already, people)
            already = people
            for one_day in (False, True):
                kinds = [kind for kind in KINDS if kind != "each" or not one_day or people <= MOST_OF_ONE_DAY]
                turns = [{kind: measured(kind, people, one_day) for kind in kinds} for _turn in range(TURNS)]
                best = {kind: min(turn[kind] for turn in turns) for kind in kinds}
                print(f"{people} people, born {'on one day' if one_day else 'in eight years'}:")
                for kind, (took, most, _digest) in best.items():
                    ratio = (
                        f", {took / best['each'][0]:.3f} of the yardstick" if "each" in best and kind != "idle" else ""
                    )
                    print(f"  {kind}: {took:.2f} CPU-s{ratio}, peak {most:.0f} MB")
                found = {turn[kind][2] for turn in turns for kind in kinds if kind != "idle"}
                assert len(found) == 1, "the yardstick found other pairs"
    embedded.remove()


if __name__ == "__main__":
    attendance_export.prepare()
    if sys.argv[1:2] == ["one"]:
        one(sys.argv[2], int(sys.argv[3]), sys.argv[4] == "day")
    else:
        main([int(number) for number in sys.argv[1:]] or [5_000, 20_000])
