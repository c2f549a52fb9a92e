"""Everything that the rules say to people: when, there and in UTC, to how many, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from participants import queries
from portal import clock
from programs.models import ReminderRule, TrainingSession


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
            "utc": planned.due_at.astimezone(UTC),
            "is_past": planned.due_at <= now,
        }
        for planned in queries.timeline(list(by_pk))
    ]
    return TemplateResponse(request, "admin/timeline.html", context | {"rows": rows})
