"""Everything that is said to the people of sessions: when, there and in UTC, to how many, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from operator import itemgetter
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from participants import queries
from participants.messages import words
from participants.models import Broadcast
from participants.operations import samples
from portal import clock
from programs.models import ReminderRule, TrainingSession

FITS = 60  # messages on one page

Planned = queries.Planned | queries.Said


def timeline(request: HttpRequest, sessions: Iterable[TrainingSession], context: dict[str, Any]) -> HttpResponse:
    """The page of what goes out to the people of `sessions`, in the order of time; what is past is marked so.

    Of more than `FITS` messages it tells those of one day, `hari`, without it the next that has any.
    """
    by_pk = {session.pk: session for session in sessions}
    now = clock.now()
    days = _by_day(by_pk)
    if sum(map(len, days.values())) <= FITS:
        planned, choice = _planned(list(by_pk)), {}
    else:
        choice = _choice(days, request.GET.get("hari", ""), now)
        moments = days[choice["day"]]
        instants = [due_at for _pk, due_at in moments]
        near = _planned(list({pk for pk, _due_at in moments}), first=min(instants), last=max(instants))
        planned = [row for row in near if _day(by_pk[row.session_id], row.due_at) == choice["day"]]
    rules = ReminderRule.objects.in_bulk()
    rows = [
        {
            "planned": row,
            "session": by_pk[row.session_id],
            "what": _of_rule(row, rules[row.rule_id]) if isinstance(row, queries.Planned) else _of_others(row),
            "utc": _utc(row.falls),
            "is_past": row.falls <= now,
        }
        for row in planned
    ]
    return TemplateResponse(request, "admin/timeline.html", context | choice | {"rows": rows})


def _utc(instant: datetime) -> str:
    there = instant.astimezone(UTC).replace(tzinfo=None)
    return f"{date_format(there, 'j M')}, {date_format(there, 'TIME_FORMAT')}"


def _planned(sessions: list[int], **between: datetime) -> list[Planned]:
    """What is told to the people of `sessions`, of all time or `between` two instants, in order."""
    told: list[Planned] = [*queries.timeline(sessions, **between), *queries.beside_reminders(sessions, **between)]
    return sorted(told, key=lambda row: (row.falls, row.session_id))


def _day(session: TrainingSession, instant: datetime) -> date:
    return instant.astimezone(session.region.zone).date()


def _by_day(sessions: dict[int, TrainingSession]) -> dict[date, list[tuple[int, datetime]]]:
    """The moments of all messages to the people of `sessions` by the day that they have there."""
    days: dict[date, list[tuple[int, datetime]]] = {}
    for pk, due_at in sorted(queries.moments(list(sessions)), key=itemgetter(1)):
        days.setdefault(_day(sessions[pk], due_at), []).append((pk, due_at))
    return dict(sorted(days.items()))


def _choice(days: dict[date, list[tuple[int, datetime]]], wanted: str, now: datetime) -> dict[str, Any]:
    """The day that is shown, those around it, and of all days how many messages they have."""
    order = list(days)
    today = now.astimezone(clock.HOME).date()
    upcoming = next((day for day in order if day >= today), order[-1])
    day = next((day for day in order if day.isoformat() == wanted), upcoming)
    at = order.index(day)
    return {
        "day": day,
        "before": order[at - 1] if at else None,
        "after": order[at + 1] if at + 1 < len(order) else None,
        "days": [(each, len(moments)) for each, moments in days.items()],
    }


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
    if request.method == "POST" and found.told:
        samples.send(rule=rule, session=session, day=day, to=request.user, now=clock.now())  # type: ignore[arg-type]
        messages.success(request, _("Contohnya dikirim ke %(address)s.") % {"address": request.user.email})  # type: ignore[union-attr]
        return redirect(request.get_full_path())
    texts = words.in_every_language(found.told, now=found.due_at) if found.told else []
    shown = {"texts": texts, "planned": found, "session": session, "rule": rule}
    return TemplateResponse(request, "admin/timeline_example.html", context | shown)
