"""Telling staff that messages do not leave: seen by how long the oldest waits, not by whether some process lives.

An alarm cannot travel by what it is about, so it is the one message that is not in the ledger.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.contrib.auth.backends import ModelBackend
from django.core.mail import EmailMessage, get_connection
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from participants import queries
from participants.models import Heartbeat
from participants.queries import LedgerHealth

log = logging.getLogger(__name__)

Write = Callable[[], tuple[str, str]]  # subject and body, in the language of whoever is written to

LATE = timedelta(minutes=5)
AGAIN = timedelta(hours=1)
TOLD = "alarm"  # the heartbeat that says when staff were told; there is none while all is well


def look(*, now: datetime, machine_now: datetime, tells: bool = True) -> bool:
    """Whether a message, the tick or a part of it is over five minutes late; staff are mailed, hourly, and at its end.

    Any number of watchers may look at once: one of them tells. One whose mail server is away logs it and tries again
    at the next look. `now` is programme time. Without `tells` nobody is told that something is wrong.
    """
    health = queries.ledger_health(now=machine_now, programme_now=now)
    ages = [health.oldest_due_age, health.last_tick_age, health.last_whole_tick_age]
    is_wrong = health.last_tick_age is None or any(_is_late(age) for age in ages)
    if is_wrong and not tells:
        return True
    if is_wrong:
        log.error("messages stand still: oldest %s s, last tick %s s, last whole one %s s", *ages)
    write = partial(_words, health) if is_wrong else None
    tell_of(TOLD, write, at_its_end=partial(_words, None), machine_now=machine_now)
    return is_wrong


def tell_of(
    name: str, write: Write | None, *, at_its_end: Write, machine_now: datetime, calm: timedelta = timedelta(0)
) -> None:
    """Mail staff what `write` says of a fault when it begins and hourly while it lasts, and once that it is over, when
    there was nothing to write for as long as `calm`. `name` is the fault's: any number of watchers may look, also such
    as see different things, and one of them tells.
    """
    told, seen = Heartbeat.objects.filter(name=name).values_list("at", flat=True).first(), f"{name}, last seen"
    if write and calm:
        Heartbeat.objects.update_or_create(name=seen, defaults={"at": machine_now})
    elif told and calm and Heartbeat.objects.filter(name=seen, at__gt=machine_now - calm).exists():
        return
    if write:
        if _take_turn(name, told, machine_now) and not _tell(write):
            Heartbeat.objects.filter(name=name, at=machine_now).delete()
    elif told and Heartbeat.objects.filter(name=name).delete()[0]:
        Heartbeat.objects.filter(name=seen).delete()
        _tell(at_its_end)


def _is_late(age: float | None) -> bool:
    return age is not None and age > LATE.total_seconds()


def _take_turn(name: str, told: datetime | None, machine_now: datetime) -> bool:
    """Whether this watcher is the one to tell: it is time, and no other has begun to."""
    if told is None:
        try:
            with transaction.atomic():
                Heartbeat.objects.create(name=name, at=machine_now)
        except IntegrityError:
            return False
        return True
    is_time = machine_now - told >= AGAIN
    return is_time and Heartbeat.objects.filter(name=name, at=told).update(at=machine_now) == 1


def _tell(write: Write) -> bool:
    """Mail everybody who runs the programme what `write` says, each in their language. Whether anybody was reached."""
    reached = False
    for user in ModelBackend().with_perm("programs.manage_session").filter(is_staff=True).order_by("pk"):
        with translation.override(user.language):
            subject, body = write()
            mail = EmailMessage(subject, body, to=[user.email], headers={"Auto-Submitted": "auto-generated"})
            try:
                reached = bool(get_connection().send_messages([mail])) or reached
            except Exception as error:  # an address that a server or a provider refuses keeps it from nobody else
                log.error("the alarm cannot be mailed to account %s: %s", user.pk, type(error).__name__)
    return reached


def _words(health: LedgerHealth | None) -> tuple[str, str]:
    """What is wrong with the messages; None when all is well again."""
    if health is None:
        return _("Pesan keluar lagi"), _("Tidak ada lagi pesan yang terlambat. Yang tertahan sudah dikirim.")
    parts = []
    if health.last_tick_age is None:
        parts.append(_("Penjadwal belum pernah berjalan."))
    elif _is_late(health.last_tick_age):
        parts.append(_minutes(health.last_tick_age, _("Detak terakhir penjadwal: %(minutes)s yang lalu.")))
    elif health.last_whole_tick_age is not None and _is_late(health.last_whole_tick_age):
        failing = _("Penjadwal berdetak, tetapi satu bagiannya gagal sejak %(minutes)s. Lihat catatan pekerja.")
        parts.append(_minutes(health.last_whole_tick_age, failing))
    if health.oldest_due_age is not None and _is_late(health.oldest_due_age):
        parts.append(_minutes(health.oldest_due_age, _("Pesan tertua yang menunggu: %(minutes)s.")))
    waiting = ngettext("%(count)s pesan menunggu.", "%(count)s pesan menunggu.", health.waiting)
    parts.append(waiting % {"count": health.waiting})
    if health.put_off:
        slowed = ngettext(
            "%(count)s di antaranya menunggu giliran, karena penyedia surat penerimanya minta pelan-pelan.",
            "%(count)s di antaranya menunggu giliran, karena penyedia surat penerimanya minta pelan-pelan.",
            health.put_off,
        )
        parts.append(slowed % {"count": health.put_off})
    parts.append(_("Periksa pekerja, penjadwal, dan server surat. Tidak ada pesan yang hilang; semuanya tercatat."))
    return _("Pesan tidak keluar"), "\n".join(parts)


def _minutes(seconds: float, words: str) -> str:
    minutes = int(seconds // 60)
    return words % {"minutes": ngettext("%(n)s menit", "%(n)s menit", minutes) % {"n": minutes}}
