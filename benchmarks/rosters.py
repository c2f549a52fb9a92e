"""The roster on paper: CPU per page, against the same typesetter setting the same words as plain lines.

    .venv/bin/python -m benchmarks.rosters [people]

People and their session are rows that were never written; both write as many rows to a page. All take turns, and of
five turns the fastest counts.
"""

from __future__ import annotations

import json
import re
import resource
import sys
from collections.abc import Callable
from datetime import date, time

import typst

from benchmarks import attendance_export

TURNS = 5
PLAIN = b"""#set page(paper: "a4", margin: (x: 14mm, top: 26mm, bottom: 18mm))
#set text(10pt)
#for person in json(bytes(sys.inputs.about)) [#box(height: %.2fmm)[#person.name #h(1fr) #person.code] \\ ]"""


def cpu(work: Callable[[], bytes]) -> tuple[float, int]:
    """Milliseconds of CPU of one run of `work`, and the pages of its PDF."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    made = work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent * 1000, len(re.findall(rb"/Type\s*/Page\b", made))


def main(people: int) -> None:
    from participants.documents import latin, tickets
    from participants.documents.rosters import roster
    from participants.models import Participant, Registration
    from programs.models import Region, TrainingDay, TrainingSession, Venue

    region = Region(code="35", name="Jawa Timur", city="Surabaya", time_zone="Asia/Jakarta")
    session = TrainingSession(region=region, venue=Venue(region=region, name="Gedung Serbaguna"))
    day = TrainingDay(session=session, number=1, date=date(2025, 12, 16), starts_at=time(9), ends_at=time(16))
    names = ["Siti Nurhaliza Wulandari", "Budi Santoso", "Suparman", "Muhammad Rizky Ramadhan Pratama", "Nur'aini"]
    rows = [
        Registration(session=session, participant=Participant(full_name=f"{names[at % len(names)]} {at}"))
        for at in range(people)
    ]
    told = json.dumps([{"name": latin.in_latin(r.participant.full_name), "code": tickets.short_code(r)} for r in rows])
    kinds: dict[str, Callable[[], bytes]] = {
        "plain": lambda: typst.compile(
            PLAIN % 6.1, sys_inputs={"about": told}, ignore_system_fonts=True, pdf_tags=False
        ),
        "roster": lambda: roster(session, day, rows),
    }
    turns = [{kind: cpu(work) for kind, work in kinds.items()} for _ in range(TURNS)]
    best = {kind: min(turn[kind] for turn in turns) for kind in kinds}
    yardstick = best["plain"][0] / best["plain"][1]
    for kind, (spent, pages) in best.items():
        each = spent / pages
        print(
            f"{kind:8} {people} people, {pages} pages: {spent:6.1f} CPU-ms, {each:5.1f} a page, {each / yardstick:.1f}x"
        )


if __name__ == "__main__":
    attendance_export.prepare()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
