"""Letters to a minor's parent or guardian: no child is named, since the address is not proven."""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from participants import tokens
from participants.messages.inert import initials
from participants.messages.words.parts import (
    Words,
    address,
    city_and_date,
    erased_by,
    moment,
    schedule,
    why_cancelled,
)
from participants.models import GuardianRequest, Notification, Registration
from programs.models import TrainingSession


def withdrawn(notification: Notification) -> Words:
    request, _registration, session = _guardian_facts(notification)
    if request.answer != GuardianRequest.Answer.GIVEN:
        return _needs_no_answer(
            _("Pendaftaran anak untuk pelatihan di %(city)s sudah ditarik.") % city_and_date(session)
        )
    return Words(
        _("Persetujuan Anda sudah ditarik"),
        [
            _("Kepada orang tua atau wali,"),
            _(
                "Persetujuan yang Anda berikan untuk pelatihan di %(city)s sudah ditarik. Kursinya kami lepas dan semua pengingat kami hentikan."
            )
            % {"city": session.region.city},
            _(
                "Data anak sudah kami hapus. Bukti persetujuan dan penarikannya, dengan nama Anda, kami simpan paling lama sampai %(until)s."
            )
            % {"until": date_format(erased_by(session), "F Y")},
        ],
    )


def asked(notification: Notification) -> Words:
    request, registration, session = _guardian_facts(notification)
    facts = {
        "initials": initials(registration.participant.full_name),
        "age": session.program.adult_age,
        "city": session.region.city,
    }
    return Words(
        _("Izin orang tua atau wali untuk pelatihan di %(city)s") % facts,
        [
            _("Kepada orang tua atau wali,"),
            _(
                "Seorang anak berinisial %(initials)s mendaftar pelatihan gratis dari Kementerian Ekonomi Kreatif di %(city)s dan menulis alamat Anda. Karena umurnya belum %(age)s tahun, kami perlu persetujuan Anda."
            )
            % facts,
            schedule(session),
            _("Buka tautan di bawah, baca, lalu pilih setuju atau tidak. Kursinya kami tahan sampai %(until)s.")
            % {"until": moment(request.expires_at, session)},
            _("Tidak mengenal anak ini? Abaikan saja, atau buka tautannya dan pilih “Ini bukan untuk saya”."),
        ],
        (_("Baca dan jawab"), address("guardian", tokens.guardian_token(request.public_id))),
    )


def moved(notification: Notification) -> Words:
    request, registration, session = _guardian_facts(notification)
    facts = {"initials": initials(registration.participant.full_name), "city": session.region.city}
    is_open = request.answer == GuardianRequest.Answer.OPEN
    return Words(
        _("Pelatihan anak Anda pindah ke %(city)s") % facts,
        [
            _("Kepada orang tua atau wali,"),
            _(
                "Anak berinisial %(initials)s pindah ke sesi lain dari pelatihan yang sama, sekarang di %(city)s. Tempat dan waktunya:"
            )
            % facts,
            schedule(session),
            _("Kami masih menunggu jawaban Anda. Kursinya kami tahan sampai %(until)s.")
            % {"until": moment(request.expires_at, session)}
            if is_open
            else _(
                "Persetujuan Anda ikut berlaku untuk sesi ini. Tidak setuju dengan tempat atau waktunya? Bicarakan dengan anak, atau hubungi koordinator wilayah."
            ),
        ],
        (
            _("Baca dan jawab") if is_open else _("Lihat persetujuan Anda"),
            address("guardian", tokens.guardian_token(request.public_id)),
        ),
    )


def session_moved(notification: Notification) -> Words:
    request, registration, session = _guardian_facts(notification)
    facts = city_and_date(session) | {"initials": initials(registration.participant.full_name)}
    is_open = request.answer == GuardianRequest.Answer.OPEN
    return Words(
        _("Berubah: pelatihan anak Anda di %(city)s, sekarang %(date)s") % facts,
        [
            _("Kepada orang tua atau wali,"),
            _("Jadwal atau tempat pelatihan anak berinisial %(initials)s berubah. Yang berlaku sekarang:") % facts,
            schedule(session),
            _("Kami masih menunggu jawaban Anda, paling lambat %(until)s.")
            % {"until": moment(request.expires_at, session)}
            if is_open
            else _(
                "Persetujuan Anda tetap berlaku. Tidak setuju dengan tempat atau waktunya? Bicarakan dengan anak, atau hubungi koordinator wilayah."
            ),
        ],
        (
            _("Baca dan jawab") if is_open else _("Lihat persetujuan Anda"),
            address("guardian", tokens.guardian_token(request.public_id)),
        ),
    )


def session_cancelled(notification: Notification) -> Words:
    request, registration, session = _guardian_facts(notification)
    facts = city_and_date(session) | {"initials": initials(registration.participant.full_name)}
    return Words(
        _("Pelatihan anak Anda di %(city)s dibatalkan") % facts,
        [
            _("Kepada orang tua atau wali,"),
            _("Maaf, pelatihan di %(city)s pada %(date)s, tempat anak berinisial %(initials)s mendaftar, dibatalkan.")
            % facts,
            *why_cancelled(session),
            *([] if request.answer == GuardianRequest.Answer.GIVEN else [_("Anda tidak perlu menjawab lagi.")]),
            _("Kalau anak mendaftar di sesi lain, kami akan meminta persetujuan Anda lagi."),
        ],
    )


def cancelled(notification: Notification) -> Words:
    """To who was still asked when the place was let go."""
    _request, registration, session = _guardian_facts(notification)
    facts = city_and_date(session) | {"initials": initials(registration.participant.full_name)}
    return _needs_no_answer(
        _("Pendaftaran anak berinisial %(initials)s untuk pelatihan di %(city)s sudah tidak berlaku.") % facts
    )


def _needs_no_answer(why: str) -> Words:
    return Words(
        _("Jawaban Anda tidak diperlukan lagi"),
        [
            _("Kepada orang tua atau wali,"),
            why,
            _("Anda tidak perlu menjawab lagi. Tautan di surat kami yang lalu sudah tidak berlaku."),
            _("Kalau anak mendaftar lagi, Anda akan menerima surat baru."),
        ],
    )


def expired(notification: Notification) -> Words:
    _request, registration, session = _guardian_facts(notification)
    facts = {"initials": initials(registration.participant.full_name), "city": session.region.city}
    match Registration.Release(registration.release_reason):
        case Registration.Release.QUEUE_CLOSED:
            return Words(
                _("Jawaban Anda tidak diperlukan lagi"),
                [
                    _("Kepada orang tua atau wali,"),
                    _(
                        "Pendaftaran pelatihan di %(city)s sudah ditutup, dan dari daftar tunggu tidak ada kursi yang sampai kepada anak berinisial %(initials)s."
                    )
                    % facts,
                    _("Anda tidak perlu menjawab lagi. Tautan di surat kami yang lalu sudah tidak berlaku."),
                ],
            )
        case Registration.Release.REGISTRATION_CLOSED:
            again = _("Pendaftaran sesi ini sudah ditutup. Anak boleh mendaftar di sesi lain yang masih dibuka.")
        case _:
            again = _("Selama pendaftaran masih dibuka, anak boleh mendaftar lagi dan Anda akan menerima surat baru.")
    return Words(
        _("Waktu menjawab sudah lewat"),
        [
            _("Kepada orang tua atau wali,"),
            _(
                "Sampai batas waktunya kami belum menerima jawaban Anda untuk anak berinisial %(initials)s, jadi kursinya di %(city)s kami lepas."
            )
            % facts,
            again,
        ],
    )


def _guardian_facts(notification: Notification) -> tuple[GuardianRequest, Registration, TrainingSession]:
    assert notification.guardian_request is not None  # noqa: S101 -- held by a database constraint
    request = notification.guardian_request
    return request, request.registration, request.registration.session
