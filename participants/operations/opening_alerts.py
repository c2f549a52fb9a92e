"""Telling whoever asked that registration has opened in a region."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from participants.models import Notification, OpeningAlert, OptOut
from participants.operations import notifications, one_by_one, opt_outs, row_locks
from participants.operations.refusals import Refused
from portal.accounts.models import User
from programs.models import Region, TrainingSession

KEPT = timedelta(days=365)
AT_ONCE = 500  # so many alerts a tick and session; the next tick goes on


class OpenAlready(Refused):
    """A session of the region is open; nobody need wait."""

    code = "open_already"
    sentence = _("Pendaftaran di wilayah ini sedang dibuka.")
    remedy = _("Langsung daftar saja sebelum kursinya habis.")

    def __init__(self, session: TrainingSession) -> None:
        super().__init__()
        self.session = session


@transaction.atomic
def ask(*, account: User, region: Region, now: datetime) -> None:
    """Note that `account` wants to be told, once, when a session of `region` opens. Asking twice is asking once, and
    asking after having turned such news off is wanting it again.

    Raises OpenAlready when one is open now, AccountSwitchedOff where its record has gone into another meanwhile.
    """
    for session in _open_sessions(now):
        if session.region_id == region.pk:
            raise OpenAlready(session)
    row_locks.lock_own_account(account)
    opt_outs.turn_on(account, topic=OptOut.Topic.REGION_OPEN)
    OpeningAlert.objects.bulk_create(
        [OpeningAlert(account=account, region=region, asked_at=now)], ignore_conflicts=True
    )


@transaction.atomic
def withdraw(*, account: User, region: Region) -> None:
    """Forget that `account` wants to be told of `region`. Harmless when it does not.

    Raises AccountSwitchedOff where its record has gone into another meanwhile, and the wish with it.
    """
    row_locks.lock_own_account(account)
    OpeningAlert.objects.waiting().filter(account=account, region=region).delete()


def tell_due(*, now: datetime) -> int:
    """Promise a message to everybody who waits for a region in which a session is open at `now`. Returns how many."""
    if not OpeningAlert.objects.waiting().exists():
        return 0
    return one_by_one.settle(_open_sessions(now), partial(_tell, now=now))


def forget_old(*, now: datetime) -> int:
    """Delete alerts twelve months after they were asked for, told or not. Returns how many."""
    return old(now=now).delete()[0]


def old(*, now: datetime) -> QuerySet[OpeningAlert]:
    """What `forget_old` forgets."""
    return OpeningAlert.objects.filter(asked_at__lte=now - KEPT)


@transaction.atomic
def _tell(session: TrainingSession, now: datetime) -> int:
    waiting = OpeningAlert.objects.waiting().filter(region=session.region_id).select_related("account")
    alerts = list(waiting.order_by("pk").select_for_update(of=("self",), skip_locked=True, no_key=True)[:AT_ONCE])
    for alert in alerts:
        notifications.promise(
            Notification.Kind.REGION_OPEN,
            subject=alert.account,
            region=session.region,
            occurrence=str(session.pk),
            useful_until=session.closes,
            now=now,
        )
    OpeningAlert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(told_at=now)
    return len(alerts)


def _open_sessions(now: datetime) -> list[TrainingSession]:
    begun = TrainingSession.objects.published().with_places().filter(program__registration_opens__lte=now)
    return [session for session in begun.order_by("pk") if session.is_open(now)]
