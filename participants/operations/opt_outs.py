"""Wanting no more of an optional message, and wanting it again: by a mail's own link, or on one's own page."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from participants import tokens
from participants.models import Broadcast, Notification, OpeningAlert, OptOut
from participants.operations import notifications, row_locks
from portal.accounts.models import User
from programs.models import ReminderRule

Topic = OptOut.Topic


def find(token: str) -> OptOut | None:
    """The choice that the mailed link offers, stored or not; None for a link that is not ours or leads to nobody now.

    It names the sort of message that the mail was, whether or not that is still optional.
    """
    public_id = tokens.unsubscribed_id(token)
    if public_id is None:
        return None
    told = Notification.objects.select_related("account", "registration__participant__user")
    row = told.filter(public_id=public_id, kind__in=Topic.values).first()
    account = row and (row.account or (row.registration and row.registration.participant.user))
    if not row or not account or not account.is_active:
        return None
    rule = None
    if row.kind == Topic.REMINDER:
        assert row.registration is not None  # noqa: S101 -- a reminder's subject
        slug = row.occurrence.rpartition(":")[0]
        rule = ReminderRule.objects.filter(program=row.registration.program_id, slug=slug).first()
        if rule is None:
            return None
    chosen = OptOut.objects.filter(account=account, topic=row.kind, rule=rule).select_related("rule").first()
    return chosen or OptOut(account=account, topic=row.kind, rule=rule)


@transaction.atomic
def turn_off(choice: OptOut, *, now: datetime) -> None:
    """Send its account no more of that sort, not even what waits to be sent. A second time changes nothing.

    Raises AccountSwitchedOff where its record has gone into another meanwhile, to which what waits is sent.
    """
    row_locks.lock_own_account(choice.account)
    row = OptOut(account=choice.account, topic=choice.topic, rule=choice.rule, chosen_at=now)
    OptOut.objects.bulk_create([row], ignore_conflicts=True)
    if choice.topic == Topic.REGION_OPEN:
        OpeningAlert.objects.waiting().filter(account=choice.account).delete()
    notifications.call_off(_waiting(choice), reason="unsubscribed", now=now)


@transaction.atomic
def turn_on(account: User, *, topic: str, rule: ReminderRule | None = None) -> None:
    """Send `account` that sort again, from the next on. Harmless when it was never turned off.

    Raises AccountSwitchedOff where its record has gone into another meanwhile, and what was turned off with it.
    """
    row_locks.lock_own_account(account)
    OptOut.objects.filter(account=account, topic=topic, rule=rule).delete()


def _waiting(choice: OptOut) -> Q:
    """What the ledger holds of that sort for that account and is optional now."""
    theirs = Q(kind=choice.topic, registration__participant__user=choice.account_id)
    match choice.topic:
        case Topic.REMINDER:
            rule = choice.rule
            assert rule is not None  # noqa: S101 -- held by a database constraint
            if not rule.is_optional:
                return Q(pk=None)
            return theirs & Q(registration__program=rule.program_id, occurrence__startswith=f"{rule.slug}:")
        case Topic.BROADCAST:
            sessions = choice.account.participant.registrations.values("session")
            optional = Broadcast.objects.filter(is_optional=True, session__in=sessions)
            return theirs & Q(occurrence__in=[broadcast.occurrence for broadcast in optional])
        case _:
            return Q(kind=choice.topic, account=choice.account_id)
