"""A ticket that was shared or lost makes way for a new one, and opens no door any more."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from participants.models import Deed, Notification, Registration, TicketChange
from participants.operations import deeds, notifications, row_locks
from participants.operations.refusals import Refused
from portal.accounts.models import User

MOST_A_DAY = 3  # that somebody makes by themselves: every phone at the door carries each of those that are dead
A_DAY = timedelta(days=1)
ONE_PRESS = timedelta(minutes=1)  # within which the same press comes once more, from a thumb or a browser that insists


class NoTicketToReplace(Refused):
    code = "no_ticket_to_replace"
    sentence = _("Tidak ada tiket yang bisa diganti.")
    remedy = _("Tiket ada selama kursinya pasti dan pelatihannya belum selesai.")


class TooManyTickets(Refused):
    code = "too_many_tickets"
    sentence = _("Tiket ini sudah diganti tiga kali dalam sehari.")
    remedy = _("Coba lagi besok, atau minta koordinator di tempat pelatihanmu yang menggantinya.")


class ReplacedBefore(Refused):
    code = "ticket_replaced_before"
    sentence = _("Tiket itu sudah diganti sebelumnya; kali ini tidak ada yang diganti.")
    remedy = _("Kalau yang baru juga perlu diganti, muat ulang halamannya, lalu ganti sekali lagi.")


@transaction.atomic
def replace(*, registration: Registration, old: UUID, by: User | None, now: datetime) -> Registration:
    """Give the registration another ticket in the place of `old`, the one that was shown; its person is told.

    `old` is dead from now on. Where the same one has just put the present ticket in its place, nothing changes: it is
    the same press once more. `by` is the member of staff, None for the person. Raises NoTicketToReplace,
    TooManyTickets, and ReplacedBefore where another press or somebody else replaced it: so two who press at once make
    one ticket.
    """
    registration = row_locks.lock_registration(registration)
    check(registration, now=now)
    changes = TicketChange.objects.filter(registration=registration)
    if registration.ticket != old:
        same_press = changes.filter(old=old, new=registration.ticket, by=by, at__gt=now - ONE_PRESS)
        if not same_press.exists():
            raise ReplacedBefore
        return registration
    if by is None and changes.filter(by=None, at__gt=now - A_DAY).count() >= MOST_A_DAY:
        raise TooManyTickets
    registration.ticket_id = uuid4()
    registration.save(update_fields=["ticket_id"])
    TicketChange.objects.create(registration=registration, old=old, new=registration.ticket_id, at=now, by=by)
    if by is not None:
        deeds.note(Deed.What.TICKET_REPLACED, about=registration, by=by, now=now)
    kind, occurrence = Notification.Kind.TICKET_REPLACED, str(registration.ticket_id)
    notifications.promise(kind, subject=registration, occurrence=occurrence, now=now)
    return registration


def check(registration: Registration, *, now: datetime) -> None:
    """Raise NoTicketToReplace unless the registration has a ticket that can still admit."""
    if not registration.is_confirmed or now >= registration.session.ends:
        raise NoTicketToReplace
