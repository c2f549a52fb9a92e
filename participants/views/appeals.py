"""Objecting to a decision: what was decided and why, one question, and one's earlier objections with their answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from participants import queries
from participants.forms import AppealForm
from participants.models import Appeal
from participants.operations import appeals
from participants.operations.refusals import Refused
from participants.outcomes import Outcome
from participants.views.typed import come_back, keeps_what_was_typed
from portal import clock
from programs.models import TrainingSession


@keeps_what_was_typed
def appeal(request: HttpRequest) -> HttpResponse:
    """Object to the decision `kode` about the session `sesi`; without them, or where nothing of it stands, one's own
    appeals."""
    user: Any = request.user
    asked = request.POST if request.method == "POST" else request.GET
    code, sent = asked.get("kode", ""), request.POST if request.method == "POST" else None
    session = TrainingSession.objects.published().with_places().filter(slug=asked.get("sesi", "")).first()
    against = appeals.decision(user=user, session=session, code=code, now=clock.now()) if session else None
    if session is None or against is None:
        return _show(request, nothing=appeals.NothingToAppeal() if code else None)
    form = AppealForm(sent)
    if sent is None or not form.is_valid():
        return _show(request, against=against, form=form)
    try:
        appeals.submit(user=user, session=session, code=code, text=form.cleaned_data["text"], now=clock.now())
    except appeals.AlreadyAppealed as refusal:
        messages.info(request, str(refusal))
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
        said = [row for row in rows if (row.session, row.code) == (against.session, against.code)]
        shown["is_said"] = any(row.is_open for row in said)
    form = shown.get("form")
    shown["wrong"] = [form] if form is not None and form.is_bound and form.errors else []
    shown["appeals"] = told(rows, now=clock.now())
    status = 422 if shown["wrong"] or shown.get("refusal") else 200
    return render(request, "participants/appeal.html", shown, status=status)


class Told(NamedTuple):
    """An appeal with what it is about, in words, and whether its person can still take it back."""

    appeal: Appeal
    about: Outcome
    can_be_taken_back: bool


def told(rows: list[Appeal], *, now: datetime) -> list[Told]:
    """Each appeal as its person reads it at `now`; what waits for an answer no more is not told."""
    return [
        Told(row, appeals.outcome(row.code, released=row.registration_id is not None), row.can_be_taken_back(now))
        for row in rows
        if not (row.is_open and row.is_moot)
    ]
