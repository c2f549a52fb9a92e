"""How a registration can end, in words: what happened, and what to do next. Pages and messages say the same."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from participants.models import Registration

Release = Registration.Release
_REGISTER_AGAIN = _("Selama pendaftaran dibuka, kamu boleh mendaftar lagi.")


class Outcome(NamedTuple):
    """What happened, in a sentence, what to do next, and whether there is a decision to object to."""

    sentence: str | Promise
    remedy: str | Promise
    is_decision: bool = True  # not what somebody did by themselves


RELEASED: dict[str, Outcome] = {
    Release.CANCELLED_BY_SELF: Outcome(_("Kamu membatalkan pendaftaran ini."), _REGISTER_AGAIN, is_decision=False),
    Release.LEFT_QUEUE: Outcome(
        _("Kamu keluar dari daftar tunggu sesi ini."),
        _("Selama pendaftaran dibuka, kamu boleh mendaftar lagi dan mulai dari belakang."),
        is_decision=False,
    ),
    Release.OFFER_DECLINED: Outcome(
        _("Kamu melepas kursi yang ditawarkan; kursinya sudah kami tawarkan ke yang berikutnya."),
        _REGISTER_AGAIN,
        is_decision=False,
    ),
    Release.CANCELLED_BY_STAFF: Outcome(
        _("Panitia membatalkan pendaftaran ini."), _("Hubungi koordinator wilayahmu untuk mengetahui alasannya.")
    ),
    Release.GUARDIAN_REFUSED: Outcome(
        _("Orang tua atau walimu tidak menyetujui, jadi kursinya kami lepas."),
        _("Bicarakan dengan mereka. Kalau nanti setuju, kamu boleh mendaftar lagi selama pendaftaran dibuka."),
    ),
    Release.GUARDIAN_EXPIRED: Outcome(
        _("Orang tua atau walimu tidak menjawab pada waktunya, jadi kursinya kami lepas."),
        _("Beri tahu mereka dulu, lalu daftar lagi selama pendaftaran dibuka."),
    ),
    Release.OFFER_EXPIRED: Outcome(
        _("Kursi yang ditawarkan tidak kamu ambil pada waktunya, jadi kami tawarkan ke yang berikutnya."),
        _REGISTER_AGAIN,
    ),
    Release.QUEUE_CLOSED: Outcome(
        _("Pendaftaran sudah ditutup dan tidak ada kursi yang sampai kepadamu. Maaf."),
        _("Ikuti edisi bulan berikutnya, atau lihat sesi di wilayah lain yang masih dibuka."),
    ),
    Release.REGISTRATION_CLOSED: Outcome(
        _("Pendaftaran sudah ditutup sebelum persetujuan orang tua atau wali datang."),
        _("Ikuti edisi bulan berikutnya; siapkan alamat email orang tua atau walimu."),
    ),
    Release.SESSION_CANCELLED: Outcome(
        _("Sesi ini dibatalkan penyelenggara."), _("Pilih sesi di wilayah lain yang masih dibuka.")
    ),
    Release.SWITCHED: Outcome(
        _("Kamu pindah ke sesi lain."), _("Lihat pendaftaran barumu di halaman ini."), is_decision=False
    ),
    Release.CONSENT_WITHDRAWN: Outcome(
        _("Persetujuan atas pemakaian data ditarik, jadi kami berhenti mengolahnya."),
        _REGISTER_AGAIN,
        is_decision=False,
    ),
}

# After these one may register again: as long as registration is open.
AGAIN_WHILE_OPEN = frozenset(
    {
        Release.CANCELLED_BY_SELF,
        Release.LEFT_QUEUE,
        Release.OFFER_DECLINED,
        Release.GUARDIAN_REFUSED,
        Release.GUARDIAN_EXPIRED,
        Release.OFFER_EXPIRED,
        Release.CONSENT_WITHDRAWN,
    }
)
_CLOSED = _("Pendaftaran sesi ini sudah ditutup. Lihat sesi lain yang masih dibuka, atau tunggu edisi berikutnya.")


def outcome_of(registration: Registration, *, now: datetime) -> Outcome | None:
    """How `registration` (its session at hand) has ended, with what there is to do at `now`; None while it is live."""
    outcome = RELEASED.get(registration.release_reason)
    if outcome and registration.release_reason in AGAIN_WHILE_OPEN and not registration.session.is_open(now):
        return outcome._replace(remedy=_CLOSED)
    return outcome
