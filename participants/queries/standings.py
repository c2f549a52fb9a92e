"""How one person stands: registrations, place in the queue, appeals, and where else there is a seat."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.db import connection
from django.db.models import QuerySet

from participants.models import (
    Appeal,
    OpeningAlert,
    OptOut,
    Registration,
)
from portal.accounts.models import User
from programs.compiled import compiled
from programs.models import Program, Region, TrainingSession

HAS_ASKED = """
    SELECT EXISTS (SELECT FROM participants_appeal WHERE user_id = %(user)s),
           EXISTS (SELECT FROM participants_openingalert WHERE account_id = %(user)s AND told_at IS NULL),
           EXISTS (SELECT FROM participants_optout WHERE account_id = %(user)s)
"""


def registrations_of(user: User) -> list[Registration]:
    """All registrations of one person, live ones first, then the latest. One query; the session without its place."""
    return sorted(_newest_first(user=user.pk), key=lambda row: not row.is_live)


@compiled
def _newest_first(*, user: Any) -> QuerySet[Registration]:
    rows = Registration.objects.filter(participant__user=user)
    return rows.select_related("participant", "session", "accessibility_request").order_by("-pk")


def appeals_of(user: User) -> list[Appeal]:
    """All appeals of one person with session and registration at hand, open ones first, then the latest."""
    rows = Appeal.objects.filter(user=user).select_related("session__region", "registration")
    rows = rows.prefetch_related("session__days")
    return sorted(rows.order_by("-pk"), key=lambda row: not row.is_open)


def asks_of(user: User) -> tuple[list[Appeal], list[Region], list[OptOut]]:
    """The appeals of one person, the regions waited for, and what was turned off. One query for the many who have
    asked for nothing."""
    with connection.cursor() as cursor:
        cursor.execute(cast(Any, connection).planned(HAS_ASKED), {"user": user.pk})
        has_appeals, has_alerts, has_opt_outs = cursor.fetchone()
    return (
        appeals_of(user) if has_appeals else [],
        regions_waited_for(user) if has_alerts else [],
        opt_outs_of(user) if has_opt_outs else [],
    )


def opt_outs_of(user: User) -> list[OptOut]:
    """The optional messages that the account turned off, each with its rule at hand."""
    return list(OptOut.objects.filter(account=user).select_related("rule").order_by("pk"))


def live_rank(registration: Registration) -> int:
    """The place in the queue as it is now: 1 is next. Numbers are never reused, so ranks are counted."""
    ahead = Registration.objects.queued().filter(
        session=registration.session_id, queue_number__lt=registration.queue_number
    )
    return ahead.count() + 1


def sessions_to_switch_to(
    registration: Registration, *, now: datetime
) -> tuple[list[TrainingSession], list[TrainingSession]]:
    """The other open sessions of the edition that have a seat left, by day: where the person lives or is registered,
    and elsewhere."""
    free = [session for session in _others(registration) if session.is_open(now) and session.seats_left]
    free.sort(key=lambda session: (session.first_day, session.region.name))
    own = (registration.participant.region_id, registration.region_id)
    near = [session for session in free if session.region_id in own]
    return near, [session for session in free if session.region_id not in own]


def can_still_switch(registration: Registration, *, now: datetime) -> bool:
    """Whether a seat of another session of the edition may still come free for whoever wants to switch."""
    return any(now < session.closes for session in _others(registration))


def _others(registration: Registration) -> QuerySet[TrainingSession]:
    program: Program = registration.session.program
    return TrainingSession.objects.published().with_places().filter(program=program).exclude(pk=registration.session_id)


def regions_waited_for(user: User) -> list[Region]:
    """Regions of whose opening the account wants to be told and was not told yet."""
    alerts = OpeningAlert.objects.waiting().filter(account=user).select_related("region")
    return [alert.region for alert in alerts.order_by("region__name")]
