"""The roster of a day on paper, for when no phone works: names, codes to be typed in later, boxes to tick."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import typst
from django.utils.formats import date_format, time_format
from django.utils.translation import get_language, gettext

from participants.documents import tickets
from participants.models import Registration
from programs.models import TrainingDay, TrainingSession


def roster(session: TrainingSession, day: TrainingDay, people: Sequence[Registration]) -> bytes:
    """The PDF for `day` of `session` (region and venue at hand): `people` in their order, each with the ticket's code.

    Names are text to the typesetter, whatever stands in them.
    """
    region = session.region
    about = {
        "language": get_language() or "id",
        "title": gettext("Daftar hadir, hari %(number)s") % {"number": day.number},
        "place": f"{session.venue.title}, {region.city}",
        "day": date_format(day.date, "l, j F Y"),
        "hours": f"{time_format(day.starts_at)}–{time_format(day.ends_at)} {region.zone_abbreviation}",
        "note": gettext("Ketik kodenya nanti di ruang kerja: Daftar hadir, Kertas. Setelah itu hancurkan kertas ini."),
        "heads": [
            "",
            gettext("Nama"),
            gettext("Kode"),
            gettext("Hadir"),
            gettext("Terlambat"),
            gettext("Izin"),
            gettext("Paraf"),
        ],
        "people": [{"name": row.participant.full_name, "code": tickets.short_code(row)} for row in people],
    }
    return typst.compile(_template(), sys_inputs={"about": json.dumps(about)}, ignore_system_fonts=True)


@cache
def _template() -> bytes:
    return Path(__file__).with_name("roster.typ").read_bytes()
