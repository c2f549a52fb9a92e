"""Seats offered to the head of a queue (`registrations.promote`): taken, let go, or left unanswered."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from participants import tokens
from participants.models import Notification, Registration
from participants.operations import notifications, one_by_one, registrations, row_locks
from participants.operations.refusals import Refused

Place, Release = Registration.Place, Registration.Release


class NoOffer(Refused):
    code = "no_offer"
    sentence = _("Tawaran kursi ini sudah tidak berlaku.")
    remedy = _("Lihat keadaan terakhir di halamanmu.")


@transaction.atomic
def accept(*, registration: Registration, now: datetime) -> Registration:
    """Take the seat that is offered; its days are mailed. Raises NoOffer when it is not, or no longer."""
    row_locks.lock_session(registration.session)
    registration = row_locks.lock_registration(registration)
    if registration.place != Place.OFFERED or registration.offered_until is None or now >= registration.offered_until:
        raise NoOffer
    registration.place, registration.offered_until = Place.SEAT, None
    registration.save(update_fields=["place", "offered_until"])
    notifications.promise(Notification.Kind.REGISTERED, subject=registration, now=now)
    return registration


@transaction.atomic
def decline(*, registration: Registration, now: datetime) -> Registration:
    """Let go of the seat that is offered; it goes to the next at once. Raises NoOffer when it is not, or no longer."""
    row_locks.lock_session(registration.session)
    registration = row_locks.lock_registration(registration)
    if registration.place != Place.OFFERED:
        raise NoOffer
    registrations.release(registration, reason=Release.OFFER_DECLINED, now=now)
    notifications.promise(Notification.Kind.CANCELLED, subject=registration, now=now)
    return registration


def expire_due(*, now: datetime) -> int:
    """Release offers that nobody answered in time, and offer each seat to the next. Returns how many."""
    ended = Q(offered_until__lte=now)
    due = Registration.objects.filter(ended, place=Place.OFFERED).order_by("offered_until", "pk")
    let_go = partial(registrations.let_go, still=ended, reason=Release.OFFER_EXPIRED, now=now)
    return one_by_one.settle(due.select_related("session"), let_go)


def find(token: str) -> Registration | None:
    """The registration whose offer's link holds `token`; None for a token that this server did not make."""
    return registrations.find(tokens.offered_id(token))
