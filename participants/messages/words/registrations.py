"""Messages to the person about a registration, from the first confirmation on."""

from __future__ import annotations

from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from participants import queries, tokens
from participants.messages.words.parts import (
    Words,
    address,
    city_and_date,
    erased_by,
    facts_of,
    hello,
    moment,
    my_page,
    schedule,
    sessions,
    why_cancelled,
)
from participants.models import Notification, Registration
from programs.models import TrainingSession


def registered(notification: Notification) -> Words:
    registration, session = facts_of(notification)
    if registration.guardian == Registration.Guardian.ASKED:
        request = registration.guardian_requests.filter(answer="").order_by("-pk").first()
        until = moment(request.expires_at, session) if request else ""
        return Words(
            _("Kursimu di %(city)s ditahan, menunggu walimu") % city_and_date(session),
            [
                hello(registration),
                _(
                    "Kursimu kami tahan. Kami sudah mengirim surat kepada orang tua atau walimu; begitu mereka setuju, kamu pasti ikut."
                ),
                _("Batas waktunya %(until)s. Kalau suratnya belum sampai, kirim ulang dari halamanmu.")
                % {"until": until},
                schedule(session),
            ],
            my_page(),
        )
    return Words(
        _("Kamu terdaftar: %(city)s, %(date)s") % city_and_date(session),
        [
            hello(registration),
            _("Kursimu sudah pasti. Catat waktunya:"),
            schedule(session),
            _(
                "Kami akan mengingatkanmu sebelum hari pertama dan setiap pagi. Tidak bisa datang? Batalkan dari halamanmu supaya kursinya dipakai orang lain."
            ),
        ],
        my_page(),
    )


def queued(notification: Notification) -> Words:
    registration, session = facts_of(notification)
    if session.program.offer_hours:
        call = _(
            "Sesi ini penuh. Kamu nomor %(rank)s di daftar tunggu. Begitu ada kursi kosong, kami tawarkan lewat email kepada yang terdepan. Kursinya harus diambil sebelum waktunya habis, jadi sering-seringlah membuka emailmu."
        )
    else:
        call = _(
            "Sesi ini penuh. Kamu nomor %(rank)s di daftar tunggu. Begitu ada kursi kosong, yang terdepan mendapatkannya dan kami kabari."
        )
    return Words(
        _("Kamu di daftar tunggu: %(city)s, %(date)s") % city_and_date(session),
        [
            hello(registration),
            call % {"rank": queries.live_rank(registration)},
            schedule(session),
            _("Jangan datang sebelum kami kabari bahwa kamu mendapat kursi."),
        ],
        my_page(),
    )


def ticket_replaced(notification: Notification) -> Words:
    registration, session = facts_of(notification)
    return Words(
        _("Tiketmu diganti: %(city)s, %(date)s") % city_and_date(session),
        [
            hello(registration),
            _(
                "Tiketmu sudah diganti. Yang lama, juga tangkapan layar dan cetakannya, ditolak di pintu. Buka halamanmu dan simpan tiket yang baru."
            ),
            _("Tidak tahu soal ini? Kabari koordinator di tempat pelatihanmu."),
        ],
        my_page(),
    )


def promoted(notification: Notification) -> Words:
    registration, session = facts_of(notification)
    if registration.place == Registration.Place.OFFERED and registration.offered_until:
        return _offered(registration, session, registration.offered_until)
    if registration.guardian == Registration.Guardian.ASKED:
        call = _(
            "Ada kursi untukmu dan kami tahan. Tinggal satu: orang tua atau walimu perlu setuju lewat surat dari kami."
        )
    else:
        call = _("Ada kursi kosong dan sekarang itu milikmu. Kamu pasti ikut.")
    return Words(
        _("Kamu mendapat kursi: %(city)s, %(date)s") % city_and_date(session),
        [hello(registration), call, schedule(session)],
        my_page(),
    )


def _offered(registration: Registration, session: TrainingSession, until: datetime) -> Words:
    call = _(
        "Giliranmu tiba. Buka tautan di bawah dan ambil kursinya sebelum %(until)s; sesudah itu kursinya untuk orang berikutnya."
    )
    return Words(
        _("Ada kursi untukmu di %(city)s. Ambil sebelum waktunya habis") % city_and_date(session),
        [
            hello(registration),
            call % {"until": moment(until, session)},
            schedule(session),
            _("Tidak jadi ikut? Di halaman yang sama kamu bisa melepasnya, supaya yang berikutnya tidak menunggu."),
        ],
        _offer(registration),
    )


def _offer(registration: Registration) -> tuple[str, str]:
    return _("Ambil atau lepas kursi ini"), address("offer", tokens.offer_token(registration.public_id))


def switched(notification: Notification) -> Words:
    registration, session = facts_of(notification)
    return Words(
        _("Kamu pindah ke %(city)s, %(date)s") % city_and_date(session),
        [
            hello(registration),
            _("Kamu sudah pindah dan tempatmu yang lama sudah kami lepas. Kursimu yang baru:"),
            schedule(session),
            *_guardian_after_switch(registration),
            _("Simpan lagi jadwalnya ke kalendermu: yang lama tidak berlaku."),
        ],
        my_page(),
    )


def _guardian_after_switch(registration: Registration) -> list[str]:
    if registration.guardian != Registration.Guardian.ASKED:
        return []
    if registration.guardian_requests.filter(answer="", misdirected_at__isnull=False).exists():
        return [
            _(
                "Kursinya kami tahan sampai orang tua atau walimu menjawab. Yang membuka surat kami bilang surat itu bukan untuknya: tulis alamat yang benar di halamanmu."
            )
        ]
    return [
        _(
            "Kursinya kami tahan sampai orang tua atau walimu menjawab. Surat dari kami yang sudah mereka terima tetap berlaku."
        )
    ]


def still_coming(notification: Notification) -> Words:
    registration, session = facts_of(notification)
    return Words(
        _("Tetap datang ke %(city)s, %(date)s?") % city_and_date(session),
        [
            hello(registration),
            _(
                "Pelatihanmu sebentar lagi. Buka tautan di bawah, lalu pilih: tetap datang, atau lepaskan kursimu untuk yang menunggu."
            ),
            schedule(session),
            _("Tidak menjawab? Kursimu tetap milikmu."),
        ],
        (_("Jawab sekarang"), address("coming", tokens.coming_token(registration.public_id))),
    )


def guardian_given(notification: Notification) -> Words:
    registration, session = facts_of(notification)
    button = my_page()
    match registration.place:
        case Registration.Place.SEAT:
            told = _("Orang tua atau walimu sudah setuju. Kursimu pasti.")
        case Registration.Place.OFFERED if registration.offered_until:
            told = _(
                "Orang tua atau walimu sudah setuju. Tinggal satu: ambil kursi yang kami tawarkan sebelum %(until)s."
            ) % {"until": moment(registration.offered_until, session)}
            button = _offer(registration)
        case _:
            told = _("Orang tua atau walimu sudah setuju. Kamu tetap di daftar tunggu.")
    return Words(
        _("Walimu setuju: %(city)s, %(date)s") % city_and_date(session),
        [
            hello(registration),
            told,
            _("Lengkapi dulu nomor ponsel dan kegiatanmu di halamanmu."),
            schedule(session),
        ],
        button,
    )


def guardian_refused(notification: Notification) -> Words:
    registration, session = facts_of(notification)
    return Words(
        _("Pendaftaranmu di %(city)s dilepas: walimu belum setuju") % city_and_date(session),
        [
            hello(registration),
            _("Orang tua atau walimu menjawab tidak, jadi kursimu kami lepas."),
            _("Kalau ini keliru, bicarakan dengan mereka. Selama pendaftaran masih dibuka kamu boleh mendaftar lagi."),
        ],
        sessions(),
    )


def guardian_expired(notification: Notification) -> Words:
    registration, session = facts_of(notification)
    return Words(
        _("Pendaftaranmu di %(city)s dilepas: walimu belum menjawab") % city_and_date(session),
        [
            hello(registration),
            _("Sampai batas waktunya orang tua atau walimu belum menjawab, jadi kursimu kami lepas."),
            _("Selama pendaftaran masih dibuka kamu boleh mendaftar lagi. Pastikan dulu alamat email mereka benar."),
        ],
        sessions(),
    )


def guardian_misdirected(notification: Notification) -> Words:
    registration, session = facts_of(notification)
    return Words(
        _("Surat untuk walimu sampai ke orang lain: betulkan alamatnya"),
        [
            hello(registration),
            _(
                "Orang yang membuka surat persetujuan untuk %(city)s, %(date)s, bilang surat itu bukan untuknya."
                " Tulis alamat email orang tua atau walimu yang benar di halamanmu; surat baru langsung kami kirim."
            )
            % city_and_date(session),
            _("Kamu tetap di daftar tunggu. Tanpa jawaban wali, kursi yang nanti kamu dapat belum pasti.")
            if registration.place == Registration.Place.QUEUED
            else _("Kursimu masih kami tahan, dan batas waktunya tetap."),
        ],
        my_page(),
    )


def cancelled(notification: Notification) -> Words:
    registration, session = facts_of(notification)
    reasons = {
        Registration.Release.CANCELLED_BY_SELF: _("Kamu membatalkan pendaftaranmu."),
        Registration.Release.LEFT_QUEUE: _("Kamu keluar dari daftar tunggu. Nomor antreanmu tidak berlaku lagi."),
        Registration.Release.OFFER_DECLINED: _(
            "Kamu melepas kursi yang ditawarkan. Terima kasih sudah mengabari; kursinya untuk orang berikutnya."
        ),
        Registration.Release.CANCELLED_BY_STAFF: _("Koordinator wilayah membatalkan pendaftaranmu."),
        Registration.Release.OFFER_EXPIRED: _(
            "Tawaran kursi tidak dijawab pada waktunya, jadi kursinya untuk orang berikutnya."
        ),
        Registration.Release.QUEUE_CLOSED: _(
            "Pendaftaran sudah ditutup dan tidak ada kursi yang sampai kepadamu. Maaf; jangan datang tanpa kursi."
        ),
        Registration.Release.REGISTRATION_CLOSED: _(
            "Pendaftaran ditutup sebelum orang tua atau walimu menjawab, jadi tempatmu kami lepas."
        ),
    }
    why = reasons.get(Registration.Release(registration.release_reason), _("Pendaftaranmu dilepas."))
    subjects = {
        Registration.Release.LEFT_QUEUE: _("Kamu keluar dari daftar tunggu di %(city)s"),
        Registration.Release.OFFER_DECLINED: _("Kursi di %(city)s sudah kamu lepas"),
        Registration.Release.OFFER_EXPIRED: _("Tawaran kursi di %(city)s sudah lewat waktunya"),
    }
    subject = subjects.get(Registration.Release(registration.release_reason), _("Pendaftaranmu di %(city)s dibatalkan"))
    return Words(
        subject % city_and_date(session),
        [hello(registration), why, _("Selama pendaftaran masih dibuka kamu boleh memilih sesi lain.")],
        sessions(),
    )


def session_moved(notification: Notification) -> Words:
    registration, session = facts_of(notification)
    return Words(
        _("Berubah: jadwal atau tempat di %(city)s, sekarang %(date)s") % city_and_date(session),
        [
            hello(registration),
            _("Jadwal atau tempat sesimu berubah. Yang berlaku sekarang:"),
            schedule(session),
            _("Pendaftaranmu tetap berlaku. Kalau tidak bisa datang, batalkan dari halamanmu."),
        ],
        my_page(),
    )


def session_cancelled(notification: Notification) -> Words:
    registration, session = facts_of(notification)
    return Words(
        _("Sesi di %(city)s dibatalkan") % city_and_date(session),
        [
            hello(registration),
            _("Maaf, sesi %(city)s pada %(date)s dibatalkan.") % city_and_date(session),
            *why_cancelled(session),
            _("Kamu boleh mendaftar di sesi lain yang masih dibuka."),
        ],
        sessions(),
    )


def need_answered(notification: Notification) -> Words:
    """The subject says nothing of what somebody needs: others see it on a locked screen."""
    registration, session = facts_of(notification)
    return Words(
        _("Ada jawaban dari koordinator: %(city)s, %(date)s") % city_and_date(session),
        [
            hello(registration),
            _("Koordinator wilayah sudah menjawab apa yang perlu kami siapkan untukmu."),
            _("Baca jawabannya di halamanmu. Kalau masih ada yang kurang, ubah permintaanmu di sana."),
        ],
        my_page(),
    )


def consent_withdrawn(notification: Notification) -> Words:
    registration, session = facts_of(notification)
    kept = {"until": date_format(erased_by(session), "F Y")}
    is_erased = registration.participant.is_erased
    return Words(
        _("Persetujuan atas datamu sudah ditarik"),
        [
            _("Halo,"),
            _(
                "Persetujuan untuk memakai datamu dalam pelatihan sudah ditarik. Pendaftaranmu kami lepas, tiketmu tidak berlaku lagi, dan semua pengingat kami hentikan."
            ),
            _(
                "Nama, nomor ponsel, kegiatan, dan tanggal lahirmu sudah kami hapus. Yang tersisa hanya alamat email akunmu, catatan tanpa nama, dan bukti persetujuan, paling lama sampai %(until)s."
            )
            % kept
            if is_erased
            else _(
                "Datamu tidak kami olah lagi. Data pendaftaran dan bukti persetujuan masih kami simpan, tanpa dipakai untuk hal lain, paling lama sampai %(until)s, lalu dihapus."
            )
            % kept,
            _("Berubah pikiran? Selama pendaftaran dibuka, kamu boleh mendaftar lagi dengan persetujuan baru."),
        ],
        sessions(),
    )
