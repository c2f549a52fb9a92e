"""Whom no channel reaches: the list of those whom a coordinator calls."""

from __future__ import annotations

from django.db.models import F, OuterRef, Q, Subquery

from participants.models import LOST, GuardianRequest, Notification, Registration
from participants.models.registrations import RegistrationQuerySet


def unreachable(registrations: RegistrationQuerySet) -> RegistrationQuerySet:
    """Live ones of `registrations` whose latest word was lost on every channel.

    That is: the last message that was tried failed or came back; or mail to the person is refused and nothing has
    reached them by another way since; or so it is with the letter to the guardian who is still asked, or it went to
    somebody else.
    """
    told = Notification.objects.filter(registration=OuterRef("pk"), state__in=[Notification.State.SENT, *LOST])
    latest = told.order_by("-settled_at", "-pk")
    lost = Notification.objects.filter(registration__isnull=False, state__in=LOST).values("registration")
    refusing = Registration.objects.filter(participant__user__bounced_at__isnull=False).values("pk")
    asked = GuardianRequest.objects.filter(answer=GuardianRequest.Answer.OPEN)
    letters = asked.filter(
        Q(bounced_at__isnull=False) | Q(misdirected_at__isnull=False) | Q(notifications__state__in=LOST)
    ).values("registration")
    few = registrations.live().filter(pk__in=lost.union(refusing, letters))  # looked up in indexes, not row by row
    refused_since = Q(participant__user__bounced_at__isnull=False) & (
        Q(last_at=None) | Q(last_at__lte=F("participant__user__bounced_at"))
    )
    return few.alias(
        last_state=Subquery(latest.values("state")[:1]), last_at=Subquery(latest.values("settled_at")[:1])
    ).filter(Q(pk__in=letters) | Q(last_state__in=LOST) | refused_since)
