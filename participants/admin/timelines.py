"""Everything that is said to the people of sessions: when, there and in UTC, to how many, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from participants import queries
from participants.messages import words
from participants.messages.words.parts import Words
from participants.models import Broadcast, Notification
from participants.operations import samples
from portal import clock
from programs.models import ReminderRule, TrainingSession

Text = tuple[str, str, Words]


def timeline(request: HttpRequest, sessions: Iterable[TrainingSession], context: dict[str, Any]) -> HttpResponse:
    """The page of what goes out to the people of `sessions`, from first to last; what is past is marked so."""
    by_pk = {session.pk: session for session in sessions}
    rules = ReminderRule.objects.in_bulk()
    now = clock.now()
    planned: list[queries.Planned | queries.Said] = [
        *queries.timeline(list(by_pk)),
        *queries.beside_reminders(list(by_pk)),
    ]
    rows = [
        {
            "planned": row,
            "session": by_pk[row.session_id],
            "what": _of_rule(row, rules[row.rule_id]) if isinstance(row, queries.Planned) else _of_others(row),
            "utc": date_format(row.due_at.astimezone(UTC).replace(tzinfo=None), "j M, H:i"),
            "is_past": row.due_at <= now,
        }
        for row in sorted(planned, key=lambda row: (row.due_at, row.session_id))
    ]
    return TemplateResponse(request, "admin/timeline.html", context | {"rows": rows})


def _of_rule(row: queries.Planned, rule: ReminderRule) -> dict[str, Any]:
    """What a reminder is called, where an example of it stands, and whom it is for."""
    page = reverse("admin:programs_trainingsession_message_example", args=[row.session_id, rule.pk])
    day = row.day if rule.anchor == ReminderRule.Anchor.EACH_DAY else None
    return {"name": rule, "page": f"{page}?hari={row.day}", "day": day, "to": rule.get_audience_display()}


def _of_others(row: queries.Said) -> dict[str, Any]:
    """The same of the question whether they still come, and of what staff wrote."""
    if row.broadcast_id is None:
        return {"name": row.kind.label, "to": ReminderRule.Audience.UNANSWERED.label}
    page = reverse("admin:participants_broadcast_change", args=[row.broadcast_id])
    return {"name": row.kind.label, "page": page, "to": Broadcast.Audience(row.audience).label}


def example(
    request: HttpRequest, session: TrainingSession, rule: ReminderRule, day: int, context: dict[str, Any]
) -> HttpResponse:
    """One reminder in both languages as somebody of `session` whom it means would read it when it falls due.

    Of a minor whose guardian has not agreed staff see a masked name here, as everywhere. A POST mails it to the reader.
    """
    found = queries.sample(rule=rule, session_id=session.pk, day=day)
    if found is None:
        raise Http404
    planned, told = found
    if request.method == "POST" and told:
        samples.send(rule=rule, session=session, day=day, to=request.user, now=clock.now())  # type: ignore[arg-type]
        messages.success(request, _("Contohnya dikirim ke %(address)s.") % {"address": request.user.email})  # type: ignore[union-attr]
        return redirect(request.get_full_path())
    texts = in_both_languages(told, planned.due_at) if told else []
    shown = {"texts": texts, "planned": planned, "session": session, "rule": rule}
    return TemplateResponse(request, "admin/timeline_example.html", context | shown)


def in_both_languages(message: Notification, now: datetime) -> list[Text]:
    """The words of a message, sent or not, as they read at programme time `now`: code and name of each language."""
    texts = []
    for language, name in settings.LANGUAGES:
        with translation.override(language):
            texts.append((language, name, words.words(message, now=now)))
    return texts
