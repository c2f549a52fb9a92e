"""Letters to a minor's parent or guardian: no child is named, since the address is not proven."""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from participants import tokens
from participants.messages.inert import initials
from participants.messages.words.parts import Words, address, erased_by, moment, schedule
from participants.models import GuardianRequest, Notification, Registration
from programs.models import TrainingSession


def withdrawn(notification: Notification) -> Words:
    _request, _registration, session = _guardian_facts(notification)
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
            _("Tidak mengenal anak ini? Pilih tidak setuju, atau abaikan surat ini."),
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


def expired(notification: Notification) -> Words:
    _request, registration, session = _guardian_facts(notification)
    return Words(
        _("Waktu menjawab sudah lewat"),
        [
            _("Kepada orang tua atau wali,"),
            _(
                "Sampai batas waktunya kami belum menerima jawaban Anda untuk anak berinisial %(initials)s, jadi kursinya di %(city)s kami lepas."
            )
            % {"initials": initials(registration.participant.full_name), "city": session.region.city},
            _("Selama pendaftaran masih dibuka, anak boleh mendaftar lagi dan Anda akan menerima surat baru."),
        ],
    )


def _guardian_facts(notification: Notification) -> tuple[GuardianRequest, Registration, TrainingSession]:
    assert notification.guardian_request is not None  # noqa: S101 -- held by a database constraint
    request = notification.guardian_request
    return request, request.registration, request.registration.session
