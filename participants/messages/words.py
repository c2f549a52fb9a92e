"""What each message says, in the reader's language, from the facts as they are now.

A message is a subject, paragraphs and at most one button. Mails to an address that nobody has shown to be theirs (login
codes, guardians) hold no word that somebody typed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from participants import tokens
from participants.messages.inert import inert, initials
from participants.models import GuardianRequest, LoginCode, Notification, Registration
from programs.models import TrainingDay, TrainingSession

Kind = Notification.Kind
KEPT_YEARS = 2  # of registrations and proofs of consent: data_map.toml


@dataclass(frozen=True)
class Code:
    """Something to be typed, shown large."""

    code: str


@dataclass(frozen=True)
class Facts:
    """What to note down: labels, each with parts that are not broken over two lines."""

    rows: list[tuple[str, list[str]]]


@dataclass(frozen=True)
class Words:
    """The words of one message. `button` is a label and an address of ours."""

    subject: str
    paragraphs: list[str | Code | Facts]
    button: tuple[str, str] | None = None


def words(notification: Notification, *, now: datetime) -> Words:
    """The words of `notification` at programme time `now`; its subject and what that points to are at hand."""
    if notification.kind == Kind.REMINDER:
        return _reminder(notification, now)
    writer = (
        _GUARDIANS[Kind(notification.kind)] if notification.guardian_request_id else _WRITERS[Kind(notification.kind)]
    )
    return writer(notification)


def _login_code(notification: Notification) -> Words:
    assert notification.login_code is not None  # noqa: S101 -- held by a database constraint
    asked = notification.login_code
    code = tokens.grouped(tokens.login_code_text(asked.public_id, asked.purpose))
    if asked.purpose == LoginCode.Purpose.RECOVERY:
        return Words(
            _("%(code)s membuktikan alamat cadanganmu") % {"code": code},
            [
                _("Seseorang memasang alamat ini sebagai alamat cadangan di portal Pelatihan Gen Z:"),
                Code(code),
                _(
                    "Kalau itu kamu, ketik kode ini di halaman yang memintanya. Berlaku sepuluh menit, sekali pakai, dan tidak bisa dipakai untuk masuk."
                ),
                _("Bukan kamu? Abaikan saja surat ini; tanpa kode ini alamatmu tidak terpasang."),
            ],
        )
    return Words(
        _("%(code)s adalah kode masukmu") % {"code": code},
        [
            _("Kode masuk ke portal Pelatihan Gen Z:"),
            Code(code),
            _("Ketik kode ini di halaman yang memintanya. Berlaku sepuluh menit, sekali pakai."),
            _(
                "Tidak merasa meminta kode? Abaikan saja surat ini. Kami tidak pernah menanyakan kode lewat telepon atau WhatsApp."
            ),
        ],
    )


def _recovery_set(notification: Notification) -> Words:
    return Words(
        _("Alamat cadangan akunmu sudah dipasang"),
        [
            _(
                "Akunmu di portal Pelatihan Gen Z sekarang punya alamat cadangan. Siapa yang membaca email di alamat itu bisa masuk ke akunmu."
            ),
            _("Bukan kamu? Masuk, hapus alamat cadangan itu, lalu kabari koordinator wilayahmu."),
        ],
        _my_addresses(),
    )


def _recovery_removed(notification: Notification) -> Words:
    return Words(
        _("Alamat cadangan akunmu sudah dihapus"),
        [
            _(
                "Alamat cadangan akunmu di portal Pelatihan Gen Z sudah dihapus. Mulai sekarang hanya alamat ini yang membuka akunmu."
            ),
            _("Bukan kamu? Masuk dan pasang lagi alamat cadanganmu, lalu kabari koordinator wilayahmu."),
        ],
        _my_addresses(),
    )


def _address_changed(notification: Notification) -> Words:
    return Words(
        _("Alamat masuk akunmu sudah diganti"),
        [
            _(
                "Koordinator wilayahmu mengganti alamat email akunmu di portal Pelatihan Gen Z, karena diminta oleh orang yang menunjukkan bahwa akun itu miliknya."
            ),
            _(
                "Alamat ini, dan alamat cadangan kalau ada, tidak lagi membuka akun itu. Semua perangkat sudah dikeluarkan."
            ),
            _(
                "Kamu tidak memintanya? Segera hubungi koordinator di tempat pelatihanmu; penggantian ini tercatat dan bisa dikembalikan."
            ),
        ],
    )


def _registered(notification: Notification) -> Words:
    registration, session = _facts(notification)
    if registration.guardian == Registration.Guardian.ASKED:
        request = registration.guardian_requests.filter(answer="").order_by("-pk").first()
        until = _moment(request.expires_at, session) if request else ""
        return Words(
            _("Kursimu di %(city)s ditahan, menunggu walimu") % _city(session),
            [
                _hello(registration),
                _(
                    "Kursimu kami tahan. Kami sudah mengirim surat kepada orang tua atau walimu; begitu mereka setuju, kamu pasti ikut."
                ),
                _("Batas waktunya %(until)s. Kalau suratnya belum sampai, kirim ulang dari halamanmu.")
                % {"until": until},
                _schedule(session),
            ],
            _my_page(),
        )
    return Words(
        _("Kamu terdaftar: %(city)s, %(date)s") % _city(session),
        [
            _hello(registration),
            _("Kursimu sudah pasti. Catat waktunya:"),
            _schedule(session),
            _(
                "Kami akan mengingatkanmu sebelum hari pertama dan setiap pagi. Tidak bisa datang? Batalkan dari halamanmu supaya kursinya dipakai orang lain."
            ),
        ],
        _my_page(),
    )


def _queued(notification: Notification) -> Words:
    registration, session = _facts(notification)
    return Words(
        _("Kamu di daftar tunggu: %(city)s, %(date)s") % _city(session),
        [
            _hello(registration),
            _(
                "Sesi ini penuh. Nomor antreanmu %(number)s. Begitu ada kursi kosong, yang terdepan mendapatkannya dan kami kabari."
            )
            % {"number": registration.queue_number},
            _schedule(session),
            _("Jangan datang sebelum kami kabari bahwa kamu mendapat kursi."),
        ],
        _my_page(),
    )


def _promoted(notification: Notification) -> Words:
    registration, session = _facts(notification)
    if registration.place == Registration.Place.OFFERED and registration.offered_until:
        return _offered(registration, session, registration.offered_until)
    if registration.guardian == Registration.Guardian.ASKED:
        call = _(
            "Ada kursi untukmu dan kami tahan. Tinggal satu: orang tua atau walimu perlu setuju lewat surat dari kami."
        )
    else:
        call = _("Ada kursi kosong dan sekarang itu milikmu. Kamu pasti ikut.")
    return Words(
        _("Kamu mendapat kursi: %(city)s, %(date)s") % _city(session),
        [_hello(registration), call, _schedule(session)],
        _my_page(),
    )


def _offered(registration: Registration, session: TrainingSession, until: datetime) -> Words:
    call = _(
        "Giliranmu tiba. Buka tautan di bawah dan ambil kursinya sebelum %(until)s; sesudah itu kursinya untuk orang berikutnya."
    )
    return Words(
        _("Ada kursi untukmu di %(city)s. Ambil sebelum waktunya habis") % _city(session),
        [
            _hello(registration),
            call % {"until": _moment(until, session)},
            _schedule(session),
            _("Tidak jadi ikut? Di halaman yang sama kamu bisa melepasnya, supaya yang berikutnya tidak menunggu."),
        ],
        (_("Ambil atau lepas kursi ini"), _address("offer", tokens.offer_token(registration.public_id))),
    )


def _switched(notification: Notification) -> Words:
    registration, session = _facts(notification)
    waiting = registration.guardian == Registration.Guardian.ASKED
    return Words(
        _("Kamu pindah ke %(city)s, %(date)s") % _city(session),
        [
            _hello(registration),
            _("Kamu sudah pindah dan tempatmu yang lama sudah kami lepas. Kursimu yang baru:"),
            _schedule(session),
            *(
                [
                    _(
                        "Kursinya kami tahan sampai orang tua atau walimu menjawab. Surat dari kami yang sudah mereka terima tetap berlaku."
                    )
                ]
                if waiting
                else []
            ),
            _("Simpan lagi jadwalnya ke kalendermu: yang lama tidak berlaku."),
        ],
        _my_page(),
    )


def _still_coming(notification: Notification) -> Words:
    registration, session = _facts(notification)
    return Words(
        _("Tetap datang ke %(city)s, %(date)s?") % _city(session),
        [
            _hello(registration),
            _(
                "Pelatihanmu sebentar lagi. Buka tautan di bawah, lalu pilih: tetap datang, atau lepaskan kursimu untuk yang menunggu."
            ),
            _schedule(session),
            _("Tidak menjawab? Kursimu tetap milikmu."),
        ],
        (_("Jawab sekarang"), _address("coming", tokens.coming_token(registration.public_id))),
    )


def _region_open(notification: Notification) -> Words:
    session = notification.opened_session
    assert session is not None  # noqa: S101 -- what is not offered any more is not written
    return Words(
        _("Pendaftaran di %(city)s sudah dibuka") % _city(session),
        [
            _("Halo,"),
            _("Kamu minta dikabari: pendaftaran pelatihan gratis di %(city)s sekarang dibuka.") % _city(session),
            _schedule(session),
            _("Pendaftaran ditutup %(until)s, atau menjadi daftar tunggu begitu kursinya habis.")
            % {"until": _moment(session.closes, session)},
            _("Ini satu-satunya surat untuk permintaanmu itu."),
        ],
        (_("Lihat sesi ini"), _address("session", session.slug)),
    )


def _guardian_given(notification: Notification) -> Words:
    registration, session = _facts(notification)
    sure = registration.place == Registration.Place.SEAT
    return Words(
        _("Walimu setuju: %(city)s, %(date)s") % _city(session),
        [
            _hello(registration),
            _("Orang tua atau walimu sudah setuju. Kursimu pasti.")
            if sure
            else _("Orang tua atau walimu sudah setuju. Kamu tetap di daftar tunggu."),
            _("Lengkapi dulu nomor ponsel dan kegiatanmu di halamanmu."),
            _schedule(session),
        ],
        _my_page(),
    )


def _guardian_refused(notification: Notification) -> Words:
    registration, session = _facts(notification)
    return Words(
        _("Pendaftaranmu di %(city)s dilepas: walimu belum setuju") % _city(session),
        [
            _hello(registration),
            _("Orang tua atau walimu menjawab tidak, jadi kursimu kami lepas."),
            _("Kalau ini keliru, bicarakan dengan mereka. Selama pendaftaran masih dibuka kamu boleh mendaftar lagi."),
        ],
        _sessions(),
    )


def _guardian_expired(notification: Notification) -> Words:
    registration, session = _facts(notification)
    return Words(
        _("Pendaftaranmu di %(city)s dilepas: walimu belum menjawab") % _city(session),
        [
            _hello(registration),
            _("Sampai batas waktunya orang tua atau walimu belum menjawab, jadi kursimu kami lepas."),
            _("Selama pendaftaran masih dibuka kamu boleh mendaftar lagi. Pastikan dulu alamat email mereka benar."),
        ],
        _sessions(),
    )


def _cancelled(notification: Notification) -> Words:
    registration, session = _facts(notification)
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
        subject % _city(session),
        [_hello(registration), why, _("Selama pendaftaran masih dibuka kamu boleh memilih sesi lain.")],
        _sessions(),
    )


def _session_moved(notification: Notification) -> Words:
    registration, session = _facts(notification)
    return Words(
        _("Berubah: jadwal atau tempat di %(city)s, sekarang %(date)s") % _city(session),
        [
            _hello(registration),
            _("Jadwal atau tempat sesimu berubah. Yang berlaku sekarang:"),
            _schedule(session),
            _("Pendaftaranmu tetap berlaku. Kalau tidak bisa datang, batalkan dari halamanmu."),
        ],
        _my_page(),
    )


def _session_cancelled(notification: Notification) -> Words:
    registration, session = _facts(notification)
    return Words(
        _("Sesi di %(city)s dibatalkan") % _city(session),
        [
            _hello(registration),
            _("Maaf, sesi %(city)s pada %(date)s dibatalkan.") % _city(session),
            _("Kamu boleh mendaftar di sesi lain yang masih dibuka."),
        ],
        _sessions(),
    )


def _appeal_answered(notification: Notification) -> Words:
    return Words(
        _("Keberatanmu sudah dijawab"),
        [
            _("Halo,"),
            _("Koordinator wilayah sudah membaca dan menjawab keberatanmu."),
            _("Jawabannya ada di halamanmu, di bagian Keberatanmu."),
        ],
        _my_page(),
    )


def _need_answered(notification: Notification) -> Words:
    """The subject says nothing of what somebody needs: others see it on a locked screen."""
    registration, session = _facts(notification)
    return Words(
        _("Ada jawaban dari koordinator: %(city)s, %(date)s") % _city(session),
        [
            _hello(registration),
            _("Koordinator wilayah sudah menjawab apa yang perlu kami siapkan untukmu."),
            _("Baca jawabannya di halamanmu. Kalau masih ada yang kurang, ubah permintaanmu di sana."),
        ],
        _my_page(),
    )


def _reminder(notification: Notification, now: datetime) -> Words:
    """A reminder of one day, told as of the day on which it is read, however late it is sent."""
    registration, session = _facts(notification)
    number = int(notification.occurrence.rpartition(":")[2])
    day = next(day for day in session.days.all() if day.number == number)
    days_left = (day.date - now.astimezone(session.region.zone).date()).days
    when = {"city": session.region.city, "day": number, "hours": _hours(day, session), "date": _date(day)}
    if days_left == 0:
        subject = _("Hari ini hari ke-%(day)s: %(hours)s di %(city)s") % when
        lead = _("Sampai jumpa hari ini, hari ke-%(day)s, pukul %(hours)s.") % when
    elif days_left == 1:
        begins = day.date == session.first_day
        subject = (
            _("Besok mulai: %(hours)s di %(city)s") if begins else _("Besok hari ke-%(day)s: %(hours)s di %(city)s")
        ) % when
        lead = _("Sampai jumpa besok, hari ke-%(day)s: %(date)s, pukul %(hours)s.") % when
    else:
        subject = _("Pelatihanmu: hari ke-%(day)s pada %(date)s di %(city)s") % when
        lead = _("Pelatihanmu sudah dekat. Hari ke-%(day)s: %(date)s, pukul %(hours)s.") % when
    taught = ", ".join(module.title for module in session.program.modules.all() if module.day == number)
    return Words(
        subject,
        [
            _hello(registration),
            lead,
            *([_("Materi hari ke-%(day)s: %(taught)s.") % {"day": number, "taught": taught}] if taught else []),
            _schedule(session),
            _("Tidak bisa datang? Batalkan dari halamanmu supaya kursinya dipakai orang lain.")
            if now < session.closes
            else _("Tidak bisa datang? Batalkan dari halamanmu supaya panitia tahu."),
        ],
        _my_page(),
    )


def _consent_withdrawn(notification: Notification) -> Words:
    registration, session = _facts(notification)
    kept = {"until": date_format(_erased_by(session), "F Y")}
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
        _sessions(),
    )


def _tell_guardian_withdrawn(notification: Notification) -> Words:
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
            % {"until": date_format(_erased_by(session), "F Y")},
        ],
    )


def _ask_guardian(notification: Notification) -> Words:
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
            _schedule(session),
            _("Buka tautan di bawah, baca, lalu pilih setuju atau tidak. Kursinya kami tahan sampai %(until)s.")
            % {"until": _moment(request.expires_at, session)},
            _("Tidak mengenal anak ini? Pilih tidak setuju, atau abaikan surat ini."),
        ],
        (_("Baca dan jawab"), _address("guardian", tokens.guardian_token(request.public_id))),
    )


def _tell_guardian_moved(notification: Notification) -> Words:
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
            _schedule(session),
            _("Kami masih menunggu jawaban Anda. Kursinya kami tahan sampai %(until)s.")
            % {"until": _moment(request.expires_at, session)}
            if is_open
            else _(
                "Persetujuan Anda ikut berlaku untuk sesi ini. Tidak setuju dengan tempat atau waktunya? Bicarakan dengan anak, atau hubungi koordinator wilayah."
            ),
        ],
        (
            _("Baca dan jawab") if is_open else _("Lihat persetujuan Anda"),
            _address("guardian", tokens.guardian_token(request.public_id)),
        ),
    )


def _tell_guardian_expired(notification: Notification) -> Words:
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


_WRITERS: dict[Kind, Callable[[Notification], Words]] = {
    Kind.LOGIN_CODE: _login_code,
    Kind.REGISTERED: _registered,
    Kind.QUEUED: _queued,
    Kind.PROMOTED: _promoted,
    Kind.GUARDIAN_GIVEN: _guardian_given,
    Kind.GUARDIAN_REFUSED: _guardian_refused,
    Kind.GUARDIAN_EXPIRED: _guardian_expired,
    Kind.CANCELLED: _cancelled,
    Kind.SESSION_MOVED: _session_moved,
    Kind.SESSION_CANCELLED: _session_cancelled,
    Kind.APPEAL_ANSWERED: _appeal_answered,
    Kind.NEED_ANSWERED: _need_answered,
    Kind.SWITCHED: _switched,
    Kind.STILL_COMING: _still_coming,
    Kind.REGION_OPEN: _region_open,
    Kind.RECOVERY_SET: _recovery_set,
    Kind.RECOVERY_REMOVED: _recovery_removed,
    Kind.ADDRESS_CHANGED: _address_changed,
    Kind.CONSENT_WITHDRAWN: _consent_withdrawn,
}
_GUARDIANS: dict[Kind, Callable[[Notification], Words]] = {
    Kind.GUARDIAN_ASKED: _ask_guardian,
    Kind.GUARDIAN_EXPIRED: _tell_guardian_expired,
    Kind.GUARDIAN_MOVED: _tell_guardian_moved,
    Kind.CONSENT_WITHDRAWN: _tell_guardian_withdrawn,
}


def _facts(notification: Notification) -> tuple[Registration, TrainingSession]:
    assert notification.registration is not None  # noqa: S101 -- held by a database constraint
    return notification.registration, notification.registration.session


def _guardian_facts(notification: Notification) -> tuple[GuardianRequest, Registration, TrainingSession]:
    assert notification.guardian_request is not None  # noqa: S101 -- held by a database constraint
    request = notification.guardian_request
    return request, request.registration, request.registration.session


def _hello(registration: Registration) -> str:
    return _("Halo %(name)s,") % {"name": inert(registration.participant.full_name)}


def _schedule(session: TrainingSession) -> Facts:
    """The days with hours and zone, and the place."""
    rows = [
        (_("Hari ke-%(day)s") % {"day": day.number}, [_date(day), _hours(day, session)]) for day in session.days.all()
    ]
    place = [session.venue.name, session.venue.city]
    if not session.venue.is_confirmed:
        place = [_("%(city)s; tempatnya kami kabari begitu pasti") % {"city": session.venue.city}]
    return Facts([*rows, (_("Tempat"), place)])


def _erased_by(session: TrainingSession) -> date:
    """The month by which what is kept of a registration goes, as `data_map.toml` says."""
    return session.last_day.replace(year=session.last_day.year + KEPT_YEARS, day=1)


def _city(session: TrainingSession) -> dict[str, str]:
    return {"city": session.region.city, "date": date_format(session.first_day, "j F Y")}


def _date(day: TrainingDay) -> str:
    return date_format(day.date, "l, j F Y")


def _hours(day: TrainingDay, session: TrainingSession) -> str:
    pattern = "%H:%M" if get_language() == "en" else "%H.%M"
    return f"{day.starts_at:{pattern}}–{day.ends_at:{pattern}} {session.region.zone_abbreviation}"


def _moment(instant: datetime, session: TrainingSession) -> str:
    there = instant.astimezone(session.region.zone)
    pattern = "%H:%M" if get_language() == "en" else "%H.%M"
    return f"{date_format(there, 'l, j F Y')}, {there:{pattern}} {session.region.zone_abbreviation}"


def _my_page() -> tuple[str, str]:
    return _("Buka halamanku"), _address("my_page")


def _my_addresses() -> tuple[str, str]:
    return _("Lihat alamat emailmu"), _address("addresses")


def _sessions() -> tuple[str, str]:
    return _("Lihat sesi lain"), _address("sessions")


def _address(name: str, *arguments: str) -> str:
    """An address of ours, from the settings alone; in the language being written."""
    return settings.BASE_URL + reverse(name, args=arguments)
