"""Reminders by the name that people give to their moment, whatever the rules of the edition are."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from participants.models import Notification
from participants.queries import Reminded
from programs.models import ReminderRule, TrainingSession

register = template.Library()
NOON, AFTERNOON, EVENING = 11, 15, 18


@register.filter
def moment_of(told: Reminded) -> str:
    """`Seminggu sebelum hari 1`, `Malam sebelum hari 1`, `Pagi hari 2`; of a question what is asked; "" of what is
    about no day."""
    if told.day is None:
        return ""
    if told.is_question:
        return _("Pertanyaan: kamu tetap datang?")
    ahead, number = (told.day.date - told.due.date()).days, {"number": told.day.number}
    if ahead in (0, 1):
        return _PARTS[ahead][sum(told.due.hour >= hour for hour in (NOON, AFTERNOON, EVENING))] % number
    if ahead == 7:
        return _("Seminggu sebelum hari %(number)s") % number
    if ahead > 0:
        words = ngettext("%(days)s hari sebelum hari %(number)s", "%(days)s hari sebelum hari %(number)s", ahead)
    else:
        words = ngettext("%(days)s hari sesudah hari %(number)s", "%(days)s hari sesudah hari %(number)s", -ahead)
    return words % {"days": abs(ahead), **number}


@register.simple_tag
def moment_of_message(message: Notification, session: TrainingSession) -> str:
    """The same of a reminder that was written down, `session` with its days at hand; "" where that has moved since."""
    days = [day for day in session.days.all() if str(day.number) == message.training_day]
    if message.kind != Notification.Kind.REMINDER or message.version != session.schedule_version or not days:
        return ""
    return moment_of(Reminded(message.due_at.astimezone(session.region.zone), days[0]))


@register.filter
def on_condition(told: Reminded) -> str:
    """On what it depends that whom it means now is told, as `kalau kamu belum menjawab`; "" where on nothing more."""
    return str(_CONDITIONS.get(told.audience, ""))


_CONDITIONS: dict[str, Any] = {
    ReminderRule.Audience.UNANSWERED: gettext_lazy("kalau kamu belum menjawab tetap datang atau tidak"),
    ReminderRule.Audience.ABSENT_YESTERDAY: gettext_lazy("kalau sehari sebelumnya kamu tidak hadir"),
    ReminderRule.Audience.AWAITING_GUARDIAN: gettext_lazy("kalau orang tua atau walimu belum menjawab"),
    ReminderRule.Audience.QUEUED: gettext_lazy("kalau kamu masih di daftar tunggu"),
}


@register.filter
def why_not(message: Notification) -> str:
    """Why a message was not sent, as far as that says something to its reader; "" for all others."""
    return str(_WHY_NOT.get(message.reason, ""))


_WHY_NOT = {
    "a newer reminder says more": gettext_lazy("Pengingat yang lebih baru sudah memuatnya."),
    "answered already": gettext_lazy("Kamu sudah menjawab."),
    "cannot come on that day": gettext_lazy("Kamu bilang tidak bisa datang hari itu."),
    "the session was moved": gettext_lazy("Jadwalnya pindah."),
    "unsubscribed": gettext_lazy("Kamu mematikan pesan seperti ini."),
}
_PARTS = {  # on the day itself, and the day before
    0: [
        gettext_lazy("Pagi hari %(number)s"),
        gettext_lazy("Siang hari %(number)s"),
        gettext_lazy("Sore hari %(number)s"),
        gettext_lazy("Malam hari %(number)s"),
    ],
    1: [
        gettext_lazy("Pagi sebelum hari %(number)s"),
        gettext_lazy("Siang sebelum hari %(number)s"),
        gettext_lazy("Sore sebelum hari %(number)s"),
        gettext_lazy("Malam sebelum hari %(number)s"),
    ],
}
