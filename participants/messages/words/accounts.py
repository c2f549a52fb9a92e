"""Messages about an account: its codes and addresses, and what concerns no registration of its own."""

from __future__ import annotations

from django.utils.translation import gettext as _

from participants import tokens
from participants.messages.words.parts import (
    Code,
    Words,
    address,
    city_and_date,
    moment,
    my_addresses,
    my_page,
    schedule,
)
from participants.models import AddressChange, LoginCode, Notification


def login_code(notification: Notification) -> Words:
    assert notification.login_code is not None  # noqa: S101 -- held by a database constraint
    asked = notification.login_code
    code = tokens.grouped(tokens.login_code_text(asked.public_id, asked.purpose))
    if asked.purpose != LoginCode.Purpose.LOGIN:
        subject, opening, closing = _asked_inside(asked.purpose)
        return Words(
            subject % {"code": code},
            [
                opening,
                Code(code),
                _(
                    "Kalau itu kamu, ketik kode ini di halaman yang memintanya. Berlaku sepuluh menit, sekali pakai, dan tidak bisa dipakai untuk masuk."
                ),
                closing,
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


def _asked_inside(purpose: str) -> tuple[str, str, str]:
    """Subject, first and last words of a code that somebody asked for who is in already."""
    if purpose == LoginCode.Purpose.OWNER:
        return (
            _("%(code)s memastikan bahwa ini kamu"),
            _("Seseorang yang sedang masuk ke akunmu di portal Pelatihan Gen Z ingin mengganti alamat masuknya:"),
            _("Bukan kamu? Jangan berikan kode ini kepada siapa pun, dan kabari koordinator wilayahmu."),
        )
    if purpose == LoginCode.Purpose.ADDRESS:
        return (
            _("%(code)s membuktikan alamat masukmu yang baru"),
            _("Seseorang ingin memakai alamat ini untuk masuk ke akunnya di portal Pelatihan Gen Z:"),
            _("Bukan kamu? Abaikan saja surat ini; tanpa kode ini tidak ada yang berubah."),
        )
    return (
        _("%(code)s membuktikan alamat cadanganmu"),
        _("Seseorang memasang alamat ini sebagai alamat cadangan di portal Pelatihan Gen Z:"),
        _("Bukan kamu? Abaikan saja surat ini; tanpa kode ini alamatmu tidak terpasang."),
    )


def recovery_set(notification: Notification) -> Words:
    return Words(
        _("Alamat cadangan akunmu sudah dipasang"),
        [
            _(
                "Akunmu di portal Pelatihan Gen Z sekarang punya alamat cadangan. Siapa yang membaca email di alamat itu bisa masuk ke akunmu."
            ),
            _("Bukan kamu? Masuk, hapus alamat cadangan itu, lalu kabari koordinator wilayahmu."),
        ],
        my_addresses(),
    )


def recovery_removed(notification: Notification) -> Words:
    return Words(
        _("Alamat cadangan akunmu sudah dihapus"),
        [
            _(
                "Alamat cadangan akunmu di portal Pelatihan Gen Z sudah dihapus. Mulai sekarang hanya alamat ini yang membuka akunmu."
            ),
            _("Bukan kamu? Masuk dan pasang lagi alamat cadanganmu, lalu kabari koordinator wilayahmu."),
        ],
        my_addresses(),
    )


def address_changed(notification: Notification) -> Words:
    if AddressChange.objects.get(public_id=notification.occurrence).is_by_oneself:
        return Words(
            _("Alamat masuk akunmu sudah diganti"),
            [
                _(
                    "Alamat email akunmu di portal Pelatihan Gen Z baru saja diganti dari dalam akun itu, oleh orang yang juga memegang kode yang kami kirim ke alamat masuk atau alamat cadangannya."
                ),
                _("Alamat ini tidak lagi membuka akun itu. Semua perangkat lain sudah dikeluarkan."),
                _(
                    "Bukan kamu? Segera hubungi koordinator di tempat pelatihanmu; penggantian ini tercatat dan bisa dikembalikan."
                ),
            ],
        )
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


def region_open(notification: Notification) -> Words:
    session = notification.opened_session
    assert session is not None  # noqa: S101 -- what is not offered any more is not written
    return Words(
        _("Pendaftaran di %(city)s sudah dibuka") % city_and_date(session),
        [
            _("Halo,"),
            _("Kamu minta dikabari: pendaftaran pelatihan gratis di %(city)s sekarang dibuka.")
            % city_and_date(session),
            schedule(session),
            _("Pendaftaran ditutup %(until)s, atau menjadi daftar tunggu begitu kursinya habis.")
            % {"until": moment(session.closes, session)},
            _("Ini satu-satunya surat untuk permintaanmu itu."),
        ],
        (_("Lihat sesi ini"), address("session", session.slug)),
    )


def appeal_answered(notification: Notification) -> Words:
    return Words(
        _("Keberatanmu sudah dijawab"),
        [
            _("Halo,"),
            _("Koordinator wilayah sudah membaca dan menjawab keberatanmu."),
            _("Jawabannya ada di halamanmu, di bagian Keberatanmu."),
        ],
        my_page(),
    )
