"""A reminder that stood in for an older one and does not go out itself gives its turn back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from participants.models import Notification
from participants.operations import claims, statements

State = Notification.State

# Whoever ends another reminder of the same person at this instant waits here, and reads afterwards that this one has
# ended: else each would leave the turn to the other, and nobody would get it.
HOLD = """
    SELECT FROM participants_notification
    WHERE registration_id = %(registration)s AND kind = 'reminder' AND state = 'cancelled' AND attempts = 0
      AND reason = 'a newer reminder says more'
    ORDER BY id FOR NO KEY UPDATE
"""
# In one statement with the stamp, so that no process that dies between the two leaves anybody without a reminder.
STAND_DOWN = f"""
    WITH stamped AS ({claims.STAMP} RETURNING id, registration_id, version)
    UPDATE participants_notification older SET state = 'due', reason = '', settled_at = NULL
    FROM stamped
    WHERE older.id = (
        SELECT id FROM participants_notification
        WHERE registration_id = stamped.registration_id AND kind = 'reminder' AND version = stamped.version
          AND state = 'cancelled' AND reason = 'a newer reminder says more' AND attempts = 0
          AND useful_until > %(settled_at)s
        ORDER BY due_at DESC, id LIMIT 1)
      AND NOT EXISTS (
        SELECT FROM participants_notification newer
        WHERE newer.registration_id = stamped.registration_id AND newer.kind = 'reminder'
          AND newer.version = stamped.version AND newer.id <> stamped.id AND newer.due_at > older.due_at
          AND newer.state IN ('due', 'retrying', 'sending', 'sent', 'unknown'))
"""  # noqa: S608 -- joined from constants


def may_leave_room(notification: Notification, state: Notification.State) -> bool:
    """Whether an older reminder may have the turn of one that ends in `state`: nobody tried to send it."""
    is_unsent = state in (State.CANCELLED, State.MISSED) and not notification.attempts
    return is_unsent and notification.kind == Notification.Kind.REMINDER


def stand_down(notification: Notification, *, state: Notification.State, reason: str, settled_at: datetime) -> None:
    """Stamp a reminder that `may_leave_room`, and make due the latest one that it stood in for, if that is still of use
    and no other reminder later than that goes or went out. It is checked again like any other, and may stand down too.

    Nothing when another process has taken the row over. A database that restarts is waited for, as in `claims.stamp`.
    """
    values: dict[str, Any] = {"state": state, "reason": reason[:120], "settled_at": settled_at, "retry_at": None}
    values |= {"sent_as": "", "id": notification.pk, "leased_until": notification.leased_until}
    values |= {"registration": notification.registration_id}
    statements.insist(_one_by_one, STAND_DOWN, values, seconds=claims.lease_seconds())


def _one_by_one(sql: str, values: dict[str, Any]) -> None:
    with transaction.atomic():
        statements.run(HOLD, values)
        statements.run(sql, values)
