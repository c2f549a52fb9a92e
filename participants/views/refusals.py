"""Reasons to say no that no operation has: what a browser, Google or the crowd did before one was asked."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from participants.operations import login_codes, proven_addresses
from participants.operations.refusals import Refused


class InFull(SafeString):
    """A refusal as markup; `without_code` is the same for where the code for whoever helps is said already."""

    without_code: SafeString


def in_full(refusal: Refused) -> InFull:
    """The sentence, what to do, and quietly after them the code: for a message, or beside a field."""
    code = render_to_string("components/reason.html", {"code": refusal.code})
    without_code = format_html("{} {}", refusal.sentence, refusal.remedy)
    told = InFull(format_html("{} {}", without_code, code))
    told.without_code = without_code
    return told


class Busy(Refused):
    """Too many people press at once; nothing was written."""

    code = "busy"
    sentence = _("Sedang sangat ramai, jadi belum tersimpan.")
    remedy = _("Yang kamu ketik masih ada. Tunggu beberapa detik, lalu tekan Daftar sekali lagi.")


class BusyMoving(Refused):
    """The same, of somebody who has a place and keeps it."""

    code = "busy_moving"
    sentence = _("Sedang sangat ramai, jadi kamu belum pindah. Tempatmu yang sekarang tetap milikmu.")
    remedy = _("Tunggu beberapa detik, lalu pilih sesinya sekali lagi.")


class GoogleCancelled(Refused):
    code = "google_cancelled"
    sentence = _("Kamu belum masuk lewat Google.")
    remedy = _("Tekan lagi tombol Google, atau tulis alamat emailmu untuk mendapat kode.")


class GoogleAway(Refused):
    code = "google_away"
    sentence = _("Google sedang tidak bisa kami hubungi.")
    remedy = _("Coba lagi sebentar lagi, atau tulis alamat emailmu untuk mendapat kode.")


class GoogleAnswerLost(Refused):
    code = "google_answer_lost"
    sentence = _("Jawaban dari Google sudah kedaluwarsa atau diminta dari peramban lain.")
    remedy = _("Tekan lagi tombol Google di halaman ini, atau tulis alamat emailmu untuk mendapat kode.")


FROM_GOOGLE: dict[str, type[Refused]] = {
    refusal.code: refusal
    for refusal in (
        GoogleCancelled,
        GoogleAway,
        GoogleAnswerLost,
        proven_addresses.GoogleAddressUnproven,
        login_codes.AccountIsOff,
    )
}
