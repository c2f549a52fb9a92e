"""Whom no channel reaches, the list of those whom a coordinator calls; and whom WhatsApp does not."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from participants.models import LOST, Consent, GuardianRequest, Notification, Registration
from participants.models.registrations import RegistrationQuerySet
from participants.models.searches import is_there
from participants.queries.attendance import local_date
from portal.accounts.models import User
from programs.models import TrainingDay


def unreachable(registrations: RegistrationQuerySet, *, now: datetime) -> RegistrationQuerySet:
    """Live ones of `registrations`, which may be very many, whose latest word was lost on every channel.

    Those whose session is not over by its local date at `now`: nobody calls the others any more.

    That is: the last message that was tried failed or came back; or mail to the person is refused and nothing has
    reached them by another way since; or so it is with the letter to the guardian who is still asked, or it went to
    somebody else.
    """
    lost = Notification.objects.filter(registration__isnull=False, state__in=LOST).values("registration")
    refusing = Registration.objects.filter(participant__user__bounced_at__isnull=False).values("pk")
    few = lost.union(refusing, _letters().values("registration"))  # looked up in indexes, not row by row
    today = local_date(now, F("session__region__time_zone"))
    ahead = TrainingDay.objects.filter(session=OuterRef("session"), date__gte=today)
    return out_of_reach(registrations.alias(is_ahead=is_there(ahead)).filter(pk__in=few, is_ahead=True))


def out_of_reach(registrations: RegistrationQuerySet) -> RegistrationQuerySet:
    """The same of a few `registrations`: each is asked about by itself."""
    told = Notification.objects.filter(registration=OuterRef("pk"), state__in=[Notification.State.SENT, *LOST])
    latest = told.order_by("-settled_at", "-pk")
    astray = Exists(_letters().filter(registration=OuterRef("pk")))
    refused_since = Q(refused_at__isnull=False) & (Q(last_at=None) | Q(last_at__lte=F("refused_at")))
    account = User.objects.filter(participant=OuterRef("participant"))  # looked up: a join reads all accounts
    asked = registrations.live().alias(
        refused_at=Subquery(account.values("bounced_at")[:1]),
        last_state=Subquery(latest.values("state")[:1]),
        last_at=Subquery(latest.values("settled_at")[:1]),
    )
    return asked.filter(refused_since | Q(last_state__in=LOST) | astray)


def without_whatsapp(registrations: RegistrationQuerySet) -> RegistrationQuerySet:
    """Live ones of `registrations` whose person agreed to WhatsApp for a number that it does not reach."""
    return registrations.live().filter(participant__in=Consent.objects.unreached().values("participant"))


def _letters() -> QuerySet[GuardianRequest]:
    """Questions to guardians that are open and reached nobody, or somebody else."""
    asked = GuardianRequest.objects.filter(answer=GuardianRequest.Answer.OPEN)
    gone_astray = Q(bounced_at__isnull=False) | Q(misdirected_at__isnull=False) | Q(notifications__state__in=LOST)
    return asked.filter(gone_astray)
