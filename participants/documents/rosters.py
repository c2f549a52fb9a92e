"""The roster of a day on paper, for when no phone works: names, codes to be typed in later, boxes to tick.

It is set with the typefaces that the typesetter brings, on every machine the same; what they lack is written by its
sound (`latin.in_latin`), since a row of empty boxes is nobody's name and whoever reads it out need not know the script.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import typst
from django.utils.formats import date_format, time_format
from django.utils.translation import get_language, gettext

from participants.documents import latin, tickets
from participants.models import Registration
from programs.models import TrainingDay, TrainingSession

LONGEST_WORD = 20  # letters of the widest that stand beside one another in the column of names
_TOO_LONG = re.compile(rf"(\S{{{LONGEST_WORD}}})(?=\S)")
_MAY_BREAK = "\u200b"


def roster(session: TrainingSession, day: TrainingDay, people: Sequence[Registration]) -> bytes:
    """The PDF for `day` of `session` (region and venue at hand): `people` in their order, each with the ticket's code.

    Names are text to the typesetter, whatever stands in them.
    """
    region = session.region
    rows = [{"name": _printed(row.participant.full_name), "code": tickets.short_code(row)} for row in people]
    note = gettext("Ketik kodenya nanti di ruang kerja: Daftar hadir, Kertas. Setelah itu hancurkan kertas ini.")
    if any(row["name"].startswith(latin.ABOUT) for row in rows):
        sounded = gettext("%(sign)s nama ditulis menurut bunyinya dengan huruf Latin; tulisan aslinya ada di layar.")
        note = f"{sounded % {'sign': latin.ABOUT}} {note}"
    about = {
        "language": get_language() or "id",
        "title": gettext("Daftar hadir, hari %(number)s") % {"number": day.number},
        "place": _printed(f"{session.venue.title}, {region.city}"),
        "day": date_format(day.date, "l, j F Y"),
        "hours": f"{time_format(day.starts_at)}–{time_format(day.ends_at)} {region.zone_abbreviation}",
        "note": note,
        "heads": [
            "",
            gettext("Nama"),
            gettext("Kode"),
            gettext("Hadir"),
            gettext("Terlambat"),
            gettext("Izin"),
            gettext("Paraf"),
        ],
        "people": rows,
    }
    # Tags tell a screen reader what the grid on the screen says better, and make the file twelve times as long.
    told = {"about": json.dumps(about)}
    return typst.compile(_template(), sys_inputs=told, ignore_system_fonts=True, pdf_tags=False)


def _printed(text: str) -> str:
    """As it can be printed, and broken where a word alone is wider than its column."""
    return _TOO_LONG.sub(rf"\1{_MAY_BREAK}", latin.in_latin(text))


@cache
def _template() -> bytes:
    return Path(__file__).with_name("roster.typ").read_bytes()
