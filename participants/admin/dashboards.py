"""The ministry's page: how far people come, where, and who; pictures with their numbers beside them, to be printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from participants.fields import number_in
from participants.models import Notification, Participant, Tally
from participants.queries import dashboards
from participants.queries.dashboards import Board, Row
from portal import clock
from programs import maps
from programs.models import Program, Region, TrainingSession
from programs.templatetags.session_time import where_and_when

SHADES = 5  # of the heat table, lightest to darkest
LARGEST = 30  # the radius of a region's circle with the most people, in the drawing's own units


class SessionChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: TrainingSession) -> str:
        return where_and_when(obj)


class BoardForm(forms.Form):
    """Which edition, region and session."""

    edisi = forms.ModelChoiceField(label="", queryset=Program.objects.order_by("-starts_on"), required=False)
    wilayah = forms.ModelChoiceField(label="", queryset=Region.objects.none(), required=False)
    sesi = SessionChoice(label="", queryset=TrainingSession.objects.none(), required=False)

    def __init__(self, *args: Any, user: Any, program: Program, region: Region | None, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, label in (("edisi", _("Edisi")), ("wilayah", _("Wilayah")), ("sesi", _("Sesi"))):
            self.fields[name].label = label
        sessions = TrainingSession.objects.visible_to(user).filter(program=program).with_places()
        regions = Region.objects.visible_to(user).filter(sessions__program=program).distinct().order_by("name")
        edition, place, at = (self.fields[name] for name in ("edisi", "wilayah", "sesi"))
        edition.empty_label, edition.initial = None, program  # type: ignore[attr-defined]
        place.queryset, place.empty_label = regions, _("Semua wilayah")  # type: ignore[attr-defined]
        at.empty_label = _("Semua sesi")  # type: ignore[attr-defined]
        at.queryset = sessions.filter(region=region).order_by("pk") if region else sessions.none()  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Spot:
    """A region on the map: where, how large, how well attended, and in words."""

    row: Row
    region: Region
    x: int
    y: int
    radius: int
    shade: int | None


def page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The page for the edition, region and session that the address names; what the reader may not see is not there."""
    user: Any = request.user
    program = _chosen(request, "edisi", Program.objects.all()) or Program.objects.current(clock.now())
    if program is None:
        return TemplateResponse(request, "admin/dashboard/page.html", context | {"board": None})
    visible = TrainingSession.objects.visible_to(user).filter(program=program)
    session = _chosen(request, "sesi", visible.with_places())
    region = session.region if session else _chosen(request, "wilayah", Region.objects.visible_to(user))
    board = dashboards.board(user, program, region=region, session=session)
    form = BoardForm(
        user=user, program=program, region=region, initial={"edisi": program, "wilayah": region, "sesi": session}
    )
    regions = {row.pk: row for row in form.fields["wilayah"].queryset}  # type: ignore[attr-defined]
    sessions = {row.pk: row for row in form.fields["sesi"].queryset}  # type: ignore[attr-defined]
    age = clock.machine_now() - board.counted_at if board.counted_at else None
    where = [_named(row, regions[row.key], board, program) for row in _with_empty(board.regions, regions, board)]
    within = [_named(row, sessions[row.key], board, program) for row in _with_empty(board.sessions, sessions, board)]
    shown = {
        "board": board,
        "visits": board.visits + (board.public_visits or 0),
        "form": form,
        "program": program,
        "region": region,
        "session": session,
        "age": int(age.total_seconds()) if age else None,
        "now": clock.now(),
        "names": {stage: _stage(stage) for stage in board.stages},
        "funnel": [(_stage(stage), number, share) for stage, number, share in board.funnel],
        "tables": _tables(board),
        "places": within if region else where,
        "days": range(1, board.days + 1),
        "spots": _spots(board, regions),
        "drawing": maps.DRAWING,
        "reminders": _reminders(board),
    }
    return TemplateResponse(request, "admin/dashboard/page.html", context | shown)


def _chosen(request: HttpRequest, name: str, rows: Any) -> Any:
    """The row whose number the address names; None without one. What is not to be seen is not found."""
    if not (value := request.GET.get(name, "")):
        return None
    number = number_in(value)
    found = rows.filter(pk=number).first() if number is not None else None
    if found is None:
        raise Http404
    return found


def _stage(stage: str) -> str:
    if stage.startswith("there_"):
        return _("Hadir hari %(number)s") % {"number": stage.removeprefix("there_")}
    names = {
        "registered": _("Orang yang mendaftar"),
        "queued": _("Di daftar tunggu"),
        "confirmed": _("Peserta pasti"),
        "complete": _("Memenuhi syarat sertifikat"),
    }
    return names[stage]


def _trait(trait: str, key: str) -> str:
    if trait == Tally.Dimension.AGE:
        return _("%(band)s tahun") % {"band": key} if key else _("Umur tidak diketahui")
    labels: dict[str, Any] = dict(
        (Participant.Gender if trait == Tally.Dimension.GENDER else Participant.Occupation).choices
    )
    return str(labels.get(key, _("Belum diisi")))


def _tables(board: Board) -> list[dict[str, Any]]:
    """A table for each trait, its rows in words."""
    titles = {
        Tally.Dimension.GENDER: _("Menurut jenis kelamin"),
        Tally.Dimension.AGE: _("Menurut umur pada hari pertama"),
        Tally.Dimension.OCCUPATION: _("Menurut kegiatan"),
    }
    return [
        {
            "title": titles[Tally.Dimension(trait)],
            "rows": [_line(_trait(trait, row.key), row, board) for row in rows],
        }
        for trait, rows in board.traits.items()
        if rows
    ]


def _line(name: str, row: Row, board: Board) -> dict[str, Any]:
    """A row with its cells: the stage in words, the number, and how many in a hundred of those confirmed came."""
    cells = [(_stage(stage), row.numbers[stage]) for stage in board.stages]
    return {"name": name, "row": row, "cells": cells, "share": row.share("confirmed", "registered")}


def _named(row: Row, place: Region | TrainingSession, board: Board, program: Program) -> dict[str, Any]:
    """The same of a region or a session, with the address of its own numbers and the shade of each of its days."""
    if isinstance(place, TrainingSession):
        name, kind = where_and_when(place), "sesi"
    else:
        name, kind = f"{place.name} · {place.city}", "wilayah"
    asked = {"edisi": program.pk, kind: place.pk}
    days = [(number, row.share(f"there_{number}", "confirmed")) for number in range(1, board.days + 1)]
    is_masked = row.numbers["confirmed"] is None
    heat = [(share, _shade(share), is_masked or row.numbers[f"there_{number}"] is None) for number, share in days]
    return _line(name, row, board) | {"link": f"?{urlencode(asked)}", "heat": heat}


def _with_empty(rows: list[Row], places: dict[int, Any], board: Board) -> list[Row]:
    """A row for each of `places` in their order, also where nobody has registered yet."""
    known = {row.key: row for row in rows}
    return [known.get(key, Row(key, dict.fromkeys(board.stages, 0))) for key in places]


def _shade(share: int | None) -> int | None:
    return None if share is None else min(SHADES - 1, share * SHADES // 100)


def _spots(board: Board, regions: dict[int, Region]) -> list[Spot]:
    """The regions that have a place on the map, large ones first, so that small ones stay in sight."""
    most = max((row.numbers["registered"] or 0 for row in board.regions), default=0)
    spots = []
    for row in _with_empty(board.regions, regions, board):
        place = regions[row.key].place
        if place is None:
            continue
        x, y = maps.project(*place)
        number = row.numbers["registered"]
        radius = 8 if not number else 8 + round((LARGEST - 8) * (number / most) ** 0.5)
        shade = _shade(row.share("confirmed", "registered"))
        spots.append(Spot(row, regions[row.key], round(x), round(y), radius, shade))
    return sorted(spots, key=lambda spot: -spot.radius)


def _reminders(board: Board) -> list[tuple[str, int | None, int | None, str]]:
    """The reminders by what became of them: words, number, share and the colour of the bar."""
    known = [number for number in board.reminders.values() if number is not None]
    total, labels = sum(known), dict(Notification.State.choices)
    bad = {"failed", "missed", "unknown", "bounced"}
    return [
        (
            str(labels.get(state, state)),
            number,
            dashboards.in_a_hundred(number, total),
            "good" if state == "sent" else "bad" if state in bad else "wait",
        )
        for state, number in sorted(board.reminders.items(), key=lambda pair: -(pair[1] or 0))
    ]
