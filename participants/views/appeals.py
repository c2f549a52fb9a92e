"""Objecting to a decision: what was decided and why, one question, and one's earlier objections with their answers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from participants import queries
from participants.forms import AppealForm
from participants.operations import appeals
from participants.operations.refusals import Refused
from participants.views.typed import come_back, keeps_what_was_typed
from portal import clock
from programs.models import TrainingSession


@keeps_what_was_typed
def appeal(request: HttpRequest) -> HttpResponse:
    """Object to the decision `kode` about the session `sesi`; without them, or where none stands, one's own appeals."""
    user: Any = request.user
    asked = request.POST if request.method == "POST" else request.GET
    code, sent = asked.get("kode", ""), request.POST if request.method == "POST" else None
    session = TrainingSession.objects.published().with_places().filter(slug=asked.get("sesi", "")).first()
    against = appeals.decision(user=user, session=session, code=code, now=clock.now()) if session else None
    if session is None or against is None:
        nothing = appeals.NothingToAppeal() if asked.get("kode") else None
        return _show(request, nothing=nothing)
    form = AppealForm(sent)
    if sent is None or not form.is_valid():
        return _show(request, against=against, form=form)
    try:
        appeals.submit(user=user, session=session, code=code, text=form.cleaned_data["text"], now=clock.now())
    except appeals.AlreadyAppealed:
        messages.info(request, str(appeals.AlreadyAppealed()))
    except appeals.TooManyAppeals as refusal:
        page = _show(request, against=against, form=form, refusal=refusal)
        return come_back(page, at=refusal.retry_at, now=clock.now())
    except Refused as refusal:
        return _show(request, against=against, form=form, refusal=refusal)
    else:
        messages.success(request, _("Keberatanmu sudah kami terima. Jawabannya kami kabari lewat email."))
    return redirect("my_page")


def _show(request: HttpRequest, **shown: Any) -> HttpResponse:
    user: Any = request.user
    rows = queries.appeals_of(user)
    if against := shown.get("against"):
        waiting = [row for row in rows if row.is_open and (row.session, row.code) == (against.session, against.code)]
        shown["waiting"] = waiting[0] if waiting else None
    form = shown.get("form")
    shown["wrong"] = [form] if form is not None and form.is_bound and form.errors else []
    shown["appeals"] = told(rows)
    status = 422 if shown["wrong"] or shown.get("refusal") else 200
    return render(request, "participants/appeal.html", shown, status=status)


def told(rows: list[Any]) -> list[tuple[Any, Any]]:
    """Each appeal with what it is about, in words."""
    return [(row, appeals.outcome(row.code, released=row.registration_id is not None)) for row in rows]
