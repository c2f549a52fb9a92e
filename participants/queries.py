"""Reads that join who comes with what is offered."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from participants.models import Notification, Registration
from portal.accounts.models import User
from programs.models import ReminderRule, TrainingSession

TOO_LATE_TO_REMIND = timedelta(hours=2)  # who registers later than this before a reminder gets the confirmation only


def registrations_of(user: User) -> list[Registration]:
    """All registrations of one person with their session at hand, live ones first, then the latest. Two queries."""
    rows = Registration.objects.filter(participant__user=user).select_related(
        "participant", "session__program", "session__region", "session__venue"
    )
    newest_first = rows.prefetch_related("session__days").order_by("-pk")
    return sorted(newest_first, key=lambda row: not row.is_live)


def live_rank(registration: Registration) -> int:
    """The place in the queue as it is now: 1 is next. Numbers are never reused, so ranks are counted."""
    ahead = Registration.objects.queued().filter(
        session=registration.session_id, queue_number__lt=registration.queue_number
    )
    return ahead.count() + 1


def messages_about(registration: Registration) -> list[Notification]:
    """Every message about the registration, to the person and to the guardian, oldest first."""
    about = Q(registration=registration) | Q(guardian_request__registration=registration)
    return list(Notification.objects.filter(about).order_by("pk"))


def reminders_ahead(registration: Registration, *, now: datetime) -> list[datetime]:
    """When a confirmed person will still be reminded: instants in the session's zone, in order."""
    session = registration.session
    earliest = max(now, registration.registered_at + TOO_LATE_TO_REMIND)
    rules = ReminderRule.objects.filter(program=session.program_id)
    return sorted(due for rule in rules for due in _due_times(rule, session) if due >= earliest)


def _due_times(rule: ReminderRule, session: TrainingSession) -> list[datetime]:
    dates = sorted(day.date for day in session.days.all())
    anchors = {
        ReminderRule.Anchor.FIRST_DAY: dates[:1],
        ReminderRule.Anchor.LAST_DAY: dates[-1:],
        ReminderRule.Anchor.EACH_DAY: dates,
    }[ReminderRule.Anchor(rule.anchor)]
    zone = session.region.zone
    return [datetime.combine(day + timedelta(days=rule.offset_days), rule.at, tzinfo=zone) for day in anchors]
