"""Everything that the rules say to people: when, there and in UTC, to how many, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from participants import queries
from participants.messages import words
from participants.messages.words.parts import Words
from participants.models import Notification
from participants.operations import samples
from portal import clock
from programs.models import ReminderRule, TrainingSession

Text = tuple[str, str, Words]


def timeline(request: HttpRequest, sessions: Iterable[TrainingSession], context: dict[str, Any]) -> HttpResponse:
    """The page of what goes out to the people of `sessions`, from first to last; what is past is marked so."""
    by_pk = {session.pk: session for session in sessions}
    rules = ReminderRule.objects.in_bulk()
    now = clock.now()
    rows = [
        {
            "planned": planned,
            "session": by_pk[planned.session_id],
            "rule": rules[planned.rule_id],
            "utc": date_format(planned.due_at.astimezone(UTC).replace(tzinfo=None), "j M, H:i"),
            "is_past": planned.due_at <= now,
        }
        for planned in queries.timeline(list(by_pk))
    ]
    return TemplateResponse(request, "admin/timeline.html", context | {"rows": rows})


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
