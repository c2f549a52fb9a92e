"""What staff need to know of one person of a session at a glance, as far as they may know it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from participants import addresses, queries
from participants.documents import tickets
from participants.exports.columns import PERSONAL
from participants.fields import readable
from participants.models import AccessibilityRequest, Consent, Registration
from participants.models.registrations import UNANSWERED
from portal.accounts.models import User
from programs.templatetags.session_time import local


def card(registration: Registration, *, user: User, now: datetime) -> dict[str, Any]:
    """The facts of `registration` for `user`: its state and code, and of whom staff may know more, how to reach them.

    Of a minor whose guardian has not agreed, and of who withdrew, there is no more.
    """
    facts: dict[str, Any] = {
        "state": state(registration),
        "code": tickets.short_code(registration) if registration.is_live else "",
        "ticket_change": registration.ticket_changes.select_related("by").last() if registration.ticket_id else None,
        "days": _days(registration, now) if registration.is_confirmed else [],
    }
    if registration.guardian in UNANSWERED or registration.has_withdrawn:  # type: ignore[attr-defined]
        return facts
    person = registration.participant
    email = person.user.email if person.user else ""
    needs = AccessibilityRequest.objects.agreed().filter(registration=registration)
    return facts | {
        "phone": person.phone,
        "readable_phone": readable(person.phone) if person.phone else "",
        "whatsapp_lost": Consent.objects.for_whatsapp(person.phone).unreached().filter(participant=person).first(),
        "email": email if user.has_perm(PERSONAL["email"]) else addresses.masked(email) if email else "",
        "is_email_whole": bool(email) and user.has_perm(PERSONAL["email"]),
        "need": needs.first() if user.has_perm("participants.view_accessibilityrequest") else None,
    }


def state(registration: Registration) -> str:
    """Where a registration stands, in words."""
    place = Registration.Place
    if registration.place == place.RELEASED:
        return _("Tidak terdaftar lagi: %(why)s") % {"why": registration.get_release_reason_display()}
    if registration.place == place.QUEUED:
        return _("Daftar tunggu, urutan %(rank)s") % {"rank": queries.live_rank(registration)}
    if registration.place == place.OFFERED and registration.offered_until:
        until = local(registration.offered_until, registration.session.region)
        return _("Ditawari kursi sampai %(until)s") % {"until": until}
    return _("Kursi pasti") if registration.is_confirmed else _("Kursi ditahan, menunggu wali")


def _days(registration: Registration, now: datetime) -> list[Any]:
    row = queries.with_attendance(Registration.objects.filter(pk=registration.pk), now=now).get()
    return queries.day_marks(row)
