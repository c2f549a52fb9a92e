"""Everything that the rules say to people: when, there and in UTC, to how many, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import translation
from django.utils.formats import date_format

from participants import queries
from participants.admin.people import UNANSWERED, masked
from participants.messages import words
from participants.messages.words.parts import Words
from participants.models import Notification, Registration
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

    Of a minor whose guardian has not agreed staff see a masked name here, as everywhere.
    """
    planned = next((row for row in queries.timeline([session.pk]) if (row.rule_id, row.day) == (rule.pk, day)), None)
    if planned is None:
        raise Http404
    found = queries.someone_meant(rule_id=rule.pk, session_id=session.pk, day=day)
    texts: list[Text] = []
    if found is not None:
        registration = Registration.objects.select_related("participant__user").get(pk=found)
        registration.session = (
            TrainingSession.objects.with_places().prefetch_related("program__modules").get(pk=session.pk)
        )
        if registration.guardian in UNANSWERED:
            registration.participant.full_name = masked(registration.participant.full_name)
        reminder = Notification(
            kind=Notification.Kind.REMINDER, registration=registration, occurrence=f"{rule.slug}:{day}"
        )
        reminder.rule = rule
        texts = in_both_languages(reminder, planned.due_at)
    shown = {"texts": texts, "planned": planned, "session": session, "rule": rule}
    return TemplateResponse(request, "admin/timeline_example.html", context | shown)


def in_both_languages(message: Notification, now: datetime) -> list[Text]:
    """The words of a message, sent or not, as they read at programme time `now`: code and name of each language."""
    texts = []
    for language, name in settings.LANGUAGES:
        with translation.override(language):
            texts.append((language, name, words.words(message, now=now)))
    return texts
