"""The WhatsApp templates: what Meta is asked to approve, in both languages, and what fills their variables.

A kind of message without a template, or one that a template cannot tell (words that staff wrote, a link of one's own),
goes by mail. The words are those that are handed in; Meta keeps its own copy and is sent the variables alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from participants import tokens
from participants.messages.inert import inert
from participants.messages.words.parts import date_of, facts_of, hours_of, place_of
from participants.models import Notification

Kind = Notification.Kind


@dataclass(frozen=True)
class Template:
    """One template in the category "utility": its name at Meta, its words, and its variables in their order."""

    name: str
    words: Any  # translated when they are shown
    values: Callable[[Notification], list[str]]

    @property
    def text(self) -> str:
        """The whole text, as it is handed in: the words, and the code by which a message can be asked after."""
        said = _("Kode pesan ini {{%(number)s}}. Ragu? Ketik kodenya di situs kami, di halaman “Surat ini dari kami?”.")
        return f"{self.words} {said % {'number': str(self.words).count('{{') + 1}}"

    def filled(self, notification: Notification) -> list[str]:
        """All variables of the text, as `notification` fills them in."""
        code = tokens.grouped(tokens.message_code(notification.pk, notification.public_id))
        return [*self.values(notification), code]


def of(notification: Notification) -> Template | None:
    """The template that tells what `notification` says, None when none does."""
    template, registration = TEMPLATES.get(Kind(notification.kind)), notification.registration
    if template is None or registration is None:
        return None
    if notification.kind in NEED_A_SEAT and not registration.is_confirmed:
        return None
    if notification.kind == Kind.REMINDER and (notification.rule is None or notification.rule.subject_id):
        return None
    return template


def _first_day(notification: Notification) -> list[str]:
    registration, session = facts_of(notification)
    day = session.days.all()[0]
    when = [date_of(day), hours_of(day, session)]
    return [inert(registration.participant.full_name), session.region.city, *when, place_of(session)]


def _day(notification: Notification) -> list[str]:
    registration, session = facts_of(notification)
    number = int(notification.occurrence.rpartition(":")[2])
    day = next(day for day in session.days.all() if day.number == number)
    when = [str(number), date_of(day), hours_of(day, session)]
    return [inert(registration.participant.full_name), *when, place_of(session)]


def _city(notification: Notification) -> list[str]:
    registration, session = facts_of(notification)
    return [inert(registration.participant.full_name), session.region.city, date_of(session.days.all()[0])]


NEED_A_SEAT = {Kind.REGISTERED, Kind.PROMOTED, Kind.REMINDER}
TEMPLATES = {
    Kind.REGISTERED: Template(
        "pelatihan_registered",
        _(
            "Halo {{1}}, kursimu di pelatihan Gen Z di {{2}} sudah pasti. Hari pertama {{3}}, pukul {{4}}, di {{5}}. "
            "Tidak bisa datang? Batalkan dari halamanmu supaya kursinya dipakai orang lain."
        ),
        _first_day,
    ),
    Kind.PROMOTED: Template(
        "pelatihan_promoted",
        _(
            "Halo {{1}}, ada kursi untukmu di pelatihan Gen Z di {{2}}, dan sekarang itu milikmu. Hari pertama {{3}}, "
            "pukul {{4}}, di {{5}}. Tidak bisa datang? Batalkan dari halamanmu."
        ),
        _first_day,
    ),
    Kind.REMINDER: Template(
        "pelatihan_reminder",
        _(
            "Halo {{1}}, kami ingatkan hari ke-{{2}} pelatihan Gen Z: {{3}}, pukul {{4}}, di {{5}}. Tidak bisa datang? "
            "Sebelum hari ke-1 dimulai batalkan dari halamanmu; sesudahnya beri tahu koordinator di tempat."
        ),
        _day,
    ),
    Kind.SESSION_MOVED: Template(
        "pelatihan_session_moved",
        _(
            "Halo {{1}}, jadwal atau tempat pelatihan Gen Z di {{2}} berubah. Sekarang hari pertama {{3}}, pukul "
            "{{4}}, di {{5}}. Pendaftaranmu tetap berlaku."
        ),
        _first_day,
    ),
    Kind.SESSION_CANCELLED: Template(
        "pelatihan_session_cancelled",
        _("Halo {{1}}, maaf, pelatihan Gen Z di {{2}} pada {{3}} dibatalkan. Kamu boleh memilih sesi lain."),
        _city,
    ),
}
