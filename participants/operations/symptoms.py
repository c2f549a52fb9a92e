"""What else staff are told of, beside messages that stand still: seen from outside, by what people would notice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from participants import queries
from participants.models import AttendanceExport, Notification, RegistrationImport
from participants.operations import alarms, clocks

WITHIN = timedelta(hours=1)  # what happened longer ago is no news
SLOW_CODES, FEWEST_CODES = 10.0, 5  # seconds for 95 of 100, of so many at least
MANY_FAILED = 20  # messages: a few addresses that do not exist are every day's
FULL = 0.85  # of a disk
CALM = timedelta(minutes=10)  # what hovers about its limit is told as one fault


def look(*, now: datetime, machine_now: datetime, disks: Mapping[str, float]) -> list[str]:
    """The names of what is wrong at programme time `now`; staff are mailed of each when it begins, hourly, and at its
    end. `disks` are those of this host, with how full each is."""
    found = {
        "codes": _slow_codes(now),
        "failed": _failed_messages(now),
        "files": _failed_files(now),
        "clocks": _wrong_clocks(machine_now),
        "disks": _full_disks(disks),
    }
    for name, write in found.items():
        over = partial(_over, name)
        alarms.tell_of(f"alarm of {name}", write, at_its_end=over, machine_now=machine_now, calm=CALM)
    clocks.forget_old(machine_now=machine_now)
    return [name for name, write in found.items() if write]


def _named(name: str) -> str:
    return {
        "codes": _("Kode masuk lambat"),
        "failed": _("Banyak pesan gagal"),
        "files": _("Berkas atau impor gagal"),
        "clocks": _("Jam komputer meleset"),
        "disks": _("Penyimpanan hampir penuh"),
    }[name]


def _over(name: str) -> tuple[str, str]:
    said = {"what": _named(name)}
    return _("Sudah pulih: %(what)s") % said, _("Tidak terlihat lagi: %(what)s.") % said


def _slow_codes(now: datetime) -> alarms.Write | None:
    latency = queries.code_latency(now=now)
    if latency is None or latency.sent < FEWEST_CODES or latency.p95 <= SLOW_CODES:
        return None
    said = {"seconds": round(latency.p95)}

    def write() -> tuple[str, str]:
        text = _("Sejam terakhir, 5 dari 100 kode masuk butuh lebih dari %(seconds)s detik sampai ke server surat.")
        return _named("codes"), "\n".join([text % said, _("Periksa pekerja kode masuk dan server surat.")])

    return write


def _failed_messages(now: datetime) -> alarms.Write | None:
    failed = Notification.objects.astray().filter(state=Notification.State.FAILED, settled_at__gt=now - WITHIN).count()
    if failed < MANY_FAILED:
        return None

    def write() -> tuple[str, str]:
        text = ngettext("%(count)s pesan gagal sejam terakhir.", "%(count)s pesan gagal sejam terakhir.", failed)
        return _named("failed"), "\n".join([text % {"count": failed}, _("Alasannya ada di ruang kerja, daftar Pesan.")])

    return write


def _failed_files(now: datetime) -> alarms.Write | None:
    faults = [RegistrationImport.Failure.ERROR, RegistrationImport.Failure.STUCK]
    lately = {"state": "failed", "since__gt": now - WITHIN}  # a process of before migration 0055 says no `failed_at`
    exports = AttendanceExport.objects.annotate(since=Coalesce("failed_at", "judged_at", "at")).filter(**lately).count()
    asked = RegistrationImport.objects.annotate(since=Coalesce("failed_at", "at"))
    imports = asked.filter(failure__in=faults, **lately).count()
    if not exports and not imports:
        return None
    said = {"exports": exports, "imports": imports}

    def write() -> tuple[str, str]:
        text = _("Yang gagal sejam terakhir: berkas kehadiran %(exports)s, impor %(imports)s.")
        return _named("files"), "\n".join([text % said, _("Galatnya ada di catatan pekerja ekspor.")])

    return write


def _wrong_clocks(machine_now: datetime) -> alarms.Write | None:
    hosts = clocks.wrong(machine_now=machine_now)
    if not hosts:
        return None
    said = {"hosts": ", ".join(hosts)}

    def write() -> tuple[str, str]:
        text = _("Jam di %(hosts)s berbeda lebih dari dua detik dari jam basis data. Periksa penyelarasan waktunya.")
        kept = _("Pengiriman dan tenggat tetap benar, karena memakai jam basis data.")
        return _named("clocks"), "\n".join([text % said, kept])

    return write


def _full_disks(disks: Mapping[str, float]) -> alarms.Write | None:
    full = {path: share for path, share in sorted(disks.items()) if share > FULL}
    if not full:
        return None

    def write() -> tuple[str, str]:
        text = _("%(path)s terisi %(percent)s%%.")
        lines = [text % {"path": path, "percent": int(share * 100)} for path, share in full.items()]
        return _named("disks"), "\n".join([*lines, _("Kosongkan atau perbesar sebelum penuh.")])

    return write
