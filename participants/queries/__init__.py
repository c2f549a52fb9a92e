"""Reads that join people with what is offered, by what they are about."""

from participants.queries.attendance import (
    THERE,
    DayMark,
    Progress,
    day_marks,
    days_present,
    marks_so_far,
    progress,
    with_attendance,
)
from participants.queries.chances import DAYS_OF_SILENCE, LEAST_DAYS, LEAST_FREED, Chance, Likelihood, chance, estimate
from participants.queries.cohorts import (
    CONFIRMED,
    SEATED,
    OpenAsks,
    open_asks,
    sessions_coming,
    sessions_today,
    with_cohort_counts,
)
from participants.queries.ledger import (
    TOO_LATE_TO_REMIND,
    LedgerHealth,
    ledger_health,
    messages_about,
    next_instant,
    reminders_ahead,
)
from participants.queries.standings import (
    appeals_of,
    live_rank,
    regions_waited_for,
    registrations_of,
    sessions_to_switch_to,
)

__all__ = [
    "CONFIRMED",
    "DAYS_OF_SILENCE",
    "LEAST_DAYS",
    "LEAST_FREED",
    "SEATED",
    "THERE",
    "TOO_LATE_TO_REMIND",
    "Chance",
    "DayMark",
    "LedgerHealth",
    "Likelihood",
    "OpenAsks",
    "Progress",
    "appeals_of",
    "chance",
    "day_marks",
    "days_present",
    "estimate",
    "ledger_health",
    "live_rank",
    "marks_so_far",
    "messages_about",
    "next_instant",
    "open_asks",
    "progress",
    "regions_waited_for",
    "registrations_of",
    "reminders_ahead",
    "sessions_coming",
    "sessions_to_switch_to",
    "sessions_today",
    "with_attendance",
    "with_cohort_counts",
]
