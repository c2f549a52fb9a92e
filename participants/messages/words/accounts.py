"""Messages about an account: its codes and addresses, and what concerns no registration of its own."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, Sum
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from participants import tokens
from participants.messages.words.parts import (
    Code,
    Facts,
    Words,
    address,
    city_and_date,
    moment,
    my_addresses,
    my_page,
    schedule,
)
from participants.models import AddressChange, Appeal, AttendanceExport, Deed, LoginCode, Notification
from participants.models.appeals import missed_date
from participants.queries.exports import personal_files
from programs.dates import in_words


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


def merged(notification: Notification) -> Words:
    """To both addresses, each knowing nothing of the other."""
    account = notification.account
    assert account is not None  # noqa: S101 -- its subject
    if account.is_active:
        effect = _("Alamat ini tetap membuka akunmu; pendaftaran dari akun yang satunya sekarang ada di sini.")
    else:
        effect = _("Alamat ini tidak lagi membuka akun. Masuklah dengan alamat emailmu yang satunya.")
    return Words(
        _("Dua akunmu dijadikan satu"),
        [
            _("Petugas menemukan dua akun yang tampaknya milikmu di portal Pelatihan Gen Z dan menjadikannya satu."),
            effect,
            _(
                "Bukan kamu pemilik keduanya? Kabari koordinator wilayahmu dalam 30 hari: peleburan ini bisa dikembalikan."
            ),
        ],
        my_page(),
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
        _("Koordinator sudah menjawabmu"),
        [
            _("Halo,"),
            _("Koordinator wilayah sudah membaca dan menjawab yang kamu sampaikan."),
            _("Jawabannya ada di halamanmu, di bagian Kamu dan koordinator."),
        ],
        my_page(),
    )


def absence_answered(notification: Notification) -> Words:
    code, _colon, key = notification.occurrence.partition(":")
    day = missed_date(code)
    assert day is not None  # noqa: S101 -- `appeals.answer` writes it so
    said = Appeal.objects.filter(pk=int(key)).select_related("registration", "session").first()
    is_expected = said is not None and not said.is_moot
    return Words(
        _("Koordinator sudah menjawab kabarmu"),
        [
            _("Halo,"),
            _("Kamu bilang tidak bisa datang %(date)s. Koordinator wilayah sudah membaca dan menjawabnya.")
            % {"date": in_words(day)},
            _("Jawabannya ada di halamanmu, di bagian Kamu dan koordinator."),
            *([_("Jadi datang? Tinggal tunjukkan tiketmu.")] if is_expected else []),
        ],
        my_page(),
    )


def staff_invited(notification: Notification) -> Words:
    """To an address that nobody has shown to be theirs, so no word that somebody typed."""
    token = tokens.invitation_token(UUID(notification.occurrence))
    return Words(
        _("Undangan ke ruang kerja Pelatihan Gen Z"),
        [
            _("Halo,"),
            _("Kementerian mengundangmu sebagai petugas di portal Pelatihan Gen Z."),
            _(
                "Buka tautan ini untuk memasang kata sandi dan faktor keduamu. Berlaku tujuh hari, sekali pakai; jangan teruskan kepada siapa pun."
            ),
            _("Tidak merasa diundang? Abaikan saja surat ini."),
        ],
        (_("Terima undangan"), address("staff_invitation", token)),
    )


def password_link(notification: Notification) -> Words:
    token = tokens.invitation_token(UUID(notification.occurrence))
    return Words(
        _("Pasang kata sandi baru untuk akun petugasmu"),
        [
            _("Halo,"),
            _("Pengelola akun mengirimimu tautan untuk mengganti kata sandi ruang kerja Pelatihan Gen Z."),
            _(
                "Berlaku 24 jam, sekali pakai; jangan teruskan kepada siapa pun. Faktor keduamu tetap diminta. Sampai tautannya dipakai, kata sandi lamamu tetap berlaku."
            ),
            _("Tidak memintanya? Jangan buka tautannya, dan kabari pengelola akun."),
        ],
        (_("Pasang kata sandi baru"), address("staff_invitation", token)),
    )


def staff_changed(notification: Notification) -> Words:
    """To the owner of an account, or to whoever else manages accounts: what was done or asked, and nothing of whom."""
    deed = Deed.objects.get(pk=int(notification.occurrence))
    is_own = deed.row == str(notification.account_id)
    what = {
        Deed.What.INVITED: _("Seorang petugas baru diundang"),
        Deed.What.ASKED: _("Perubahan akun petugas diminta"),
        Deed.What.DECLINED: _("Perubahan akun petugas ditolak"),
        Deed.What.WITHDRAWN: _("Akses seorang petugas dicabut"),
    }.get(Deed.What(deed.what), _("Akun petugas diubah"))
    account = _("akunmu sendiri") if is_own else _("akun nomor %(number)s") % {"number": deed.row}
    lines: list[str | Code | Facts] = [
        f"{what}.",
        _("Yang mana: %(account)s. Yang disebut: %(fields)s.") % {"account": account, "fields": _changed(deed)},
    ]
    if deed.what == Deed.What.ASKED:
        lines.append(_("Baru terjadi kalau pengelola akun lain menyetujuinya dalam 24 jam."))
    lines.append(
        _("Tidak tahu soal ini? Segera kabari pengelola akun lain.")
        if is_own
        else _("Lihat di riwayat akunnya siapa yang melakukannya, dan tanyakan kalau terasa janggal.")
    )
    button = None if is_own else (_("Buka akunnya"), address("admin:accounts_user_change", deed.row))
    return Words(what, lines, button)


def _changed(deed: Deed) -> str:
    names = {
        "groups": _("peran"),
        "regions": _("wilayah"),
        "is_active": _("aktif atau tidak"),
        "email": _("alamat email"),
        "name": _("nama"),
        "reset_second_factor": _("faktor kedua dilepas"),
    }
    return ", ".join(names[name] for name in deed.changed if name in names) or "—"


def staff_address(notification: Notification) -> Words:
    """To the address that the account no longer has."""
    return Words(
        _("Alamat masuk akun petugasmu sudah diganti"),
        [
            _("Dua pengelola akun mengganti alamat email akunmu di ruang kerja Pelatihan Gen Z."),
            _("Alamat ini tidak lagi membuka akun itu, dan tautan yang pernah dikirim ke sini tidak berlaku."),
            _("Tidak memintanya? Segera kabari kementerian; penggantian ini tercatat dan bisa dikembalikan."),
        ],
    )


def export_ready(notification: Notification) -> Words:
    """The file itself is never mailed: the link leads to a page that asks who is there."""
    return Words(
        _("Berkas kehadiran terjadwal sudah siap"),
        [
            _("Berkas kehadiran yang dijadwalkan untukmu sudah dibuat."),
            _("Buka tautannya, masuk sebagai petugas, lalu unduh. Berkasnya dihapus setelah 24 jam."),
        ],
        (_("Buka halaman berkas"), address("admin:participants_attendanceexport_change", notification.occurrence)),
    )


def exports_unusual(notification: Notification) -> Words:
    """To whoever else may see the list of files: how much, and where it says who and why."""
    export = AttendanceExport.objects.get(pk=int(notification.occurrence))
    until = export.alarmed_at or export.at
    taken = (
        personal_files(export.by_id, now=until).filter(at__lte=until).aggregate(files=Count("pk"), people=Sum("people"))
    )
    numbers = {name: number_format(value or 0, use_l10n=True, force_grouping=True) for name, value in taken.items()}
    return Words(
        _("Data pribadi diunduh lebih dari biasanya"),
        [
            _(
                "Seorang petugas mengunduh data pribadi peserta lebih dari biasanya. Berkas dalam 24 jam: %(files)s. Peserta, dihitung per berkas: %(people)s."
            )
            % numbers,
            _("Halaman berkasnya menyebut siapa, untuk apa, dan apa isinya. Tanyakan kepada yang bersangkutan."),
            _("Terasa janggal? Minta pengelola akun mencabut aksesnya; sesudah itu berkasnya tidak bisa diunduh lagi."),
        ],
        (_("Buka halaman berkas"), address("admin:participants_attendanceexport_change", str(export.pk))),
    )
