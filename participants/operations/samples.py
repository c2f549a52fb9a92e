"""A reminder as its reader would get it, mailed to whoever writes its rule: through the ledger, like everything."""

from __future__ import annotations

from datetime import datetime, timedelta

from participants import queries
from participants.models import Notification
from participants.operations import notifications
from portal.accounts.models import User
from programs.models import ReminderRule, TrainingSession


def send(*, rule: ReminderRule, session: TrainingSession, day: int, to: User, now: datetime) -> None:
    """Promise `to` what `rule` says on `day` to one of the people of `session`; once a minute, however often asked."""
    notifications.promise(
        Notification.Kind.SAMPLE,
        subject=to,
        region=session.region,
        occurrence=f"{rule.pk}:{session.pk}:{day}",
        version=int(now.timestamp()) // 60,
        useful_until=now + timedelta(hours=1),
        now=now,
    )


def read(row: Notification) -> Notification | None:
    """The reminder that the sample `row` shows, as things stand; None when it is said to nobody any more."""
    rule_id, session_id, day = map(int, row.occurrence.split(":"))
    rule = ReminderRule.objects.filter(pk=rule_id).first()
    found = queries.sample(rule=rule, session_id=session_id, day=day) if rule else None
    return found.told if found else None
