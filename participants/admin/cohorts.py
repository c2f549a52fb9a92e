"""The tabs of a session's page: its people, its queue, its days, and what staff did to any of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from participants import queries
from participants.admin import searches
from participants.documents import tickets
from participants.models import Deed, Registration
from programs.models import TrainingSession

ON_A_PAGE = 100
STATES = {
    "pasti": (_("Pasti"), "confirmed", Registration.objects.confirmed),
    "wali": (_("Menunggu wali"), "awaiting", lambda: Registration.objects.filter(place="seat", guardian="asked")),
    "tawaran": (_("Ditawari kursi"), "offered", lambda: Registration.objects.filter(place="offered")),
}
Row = Registration


def tabs(session: TrainingSession, current: str) -> list[dict[str, Any]]:
    """The tabs over each page of a session, with how many are behind them."""
    named = [
        ("change", _("Peserta"), session.seats_taken),
        ("queue", _("Daftar tunggu"), session.queued),  # type: ignore[attr-defined]
        ("attendance", _("Kehadiran"), None),
        ("door", _("Pintu"), None),
        ("paper", _("Kertas"), None),
        ("messages", _("Pesan"), None),
        ("agenda", _("Agenda"), None),
        ("history", _("Riwayat"), None),
    ]
    return [
        {
            "label": label,
            "count": count,
            "url": reverse(f"admin:programs_trainingsession_{name}", args=[session.pk]),
            "is_current": name == current,
        }
        for name, label, count in named
    ]


def people(request: HttpRequest, session: TrainingSession, context: dict[str, Any]) -> HttpResponse:
    """Who has a seat: searched by name, number or ticket code, filtered by state."""
    state, typed = request.GET.get("keadaan", ""), request.GET.get("q", "").strip()[:80]
    listed = queries.for_a_list(shown(session, state, typed)).order_by("participant__full_name", "pk")
    page = Paginator(listed, ON_A_PAGE).get_page(request.GET.get("p"))
    for row in page:
        row.code = tickets.short_code(row)  # type: ignore[attr-defined]
    context |= {
        "page": page,
        "typed": typed,
        "state": state if state in STATES else "",
        "states": [
            (name, label, getattr(session, counted), name == state) for name, (label, counted, _rows) in STATES.items()
        ],
    }
    return TemplateResponse(request, "admin/programs/trainingsession/people.html", context)


def shown(session: TrainingSession, state: str, typed: str) -> QuerySet[Row]:
    """Those with a seat in `session` who are in `state`, if it is one, and whom `typed` means, if it says anything."""
    rows = Registration.objects.taking_seats().filter(session=session)
    if state in STATES:
        rows = rows.filter(pk__in=STATES[state][2]().filter(session=session).values("pk"))
    return searches.found(rows, typed) if typed else rows


def queue(request: HttpRequest, session: TrainingSession, context: dict[str, Any]) -> HttpResponse:
    """Who waits, in the order in which seats will reach them."""
    rows = queries.for_a_list(Registration.objects.queued().filter(session=session))
    page = Paginator(rows, ON_A_PAGE).get_page(request.GET.get("p"))
    for rank, row in enumerate(page, start=page.start_index()):
        row.rank = rank  # type: ignore[attr-defined]
    return TemplateResponse(
        request,
        "admin/programs/trainingsession/queue.html",
        context | {"page": page},
    )


def agenda(request: HttpRequest, session: TrainingSession, context: dict[str, Any]) -> HttpResponse:
    """When and where, what is taught on which day, and when registration opens and closes."""
    modules = list(session.program.modules.all())
    days = [(day, [module for module in modules if module.day == day.number]) for day in session.days.all()]
    return TemplateResponse(request, "admin/programs/trainingsession/agenda.html", context | {"days": days})


def history(request: HttpRequest, session: TrainingSession, context: dict[str, Any]) -> HttpResponse:
    """What staff did to the session and to anybody in it, latest first."""
    deeds = Deed.objects.filter(session=session).select_related("by", "session__region")
    page = Paginator(deeds, ON_A_PAGE).get_page(request.GET.get("p"))
    name_whom(page)
    return TemplateResponse(request, "admin/programs/trainingsession/history.html", context | {"page": page})


def name_whom(deeds: Iterable[Deed]) -> None:
    """Put on each deed that was done to a registration whom it concerned, as staff may name them, and their page."""
    about = [deed for deed in deeds if deed.table == Registration._meta.label_lower]
    rows = queries.for_a_list(Registration.objects.filter(pk__in={deed.row for deed in about}))
    people = {str(row.pk): row for row in rows}
    for deed in about:
        if row := people.get(deed.row):
            deed.named = row.shown_name  # type: ignore[attr-defined]
            deed.page = reverse("admin:participants_registration_change", args=[row.pk])  # type: ignore[attr-defined]
