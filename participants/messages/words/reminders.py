"""Reminders, in the words of the edition's rules, and the samples of them that staff ask for."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from participants.messages.inert import inert
from participants.messages.words.parts import (
    Words,
    date_of,
    facts_of,
    hello,
    hours_of,
    moment,
    my_page,
    place_of,
    schedule,
)
from participants.models import Notification
from programs.models import TrainingDay, TrainingSession


def reminder(notification: Notification, now: datetime) -> Words:
    """A reminder of one day, told as of the day on which it is read, however late it is sent."""
    registration, session = facts_of(notification)
    number = int(notification.occurrence.rpartition(":")[2])
    day = next(day for day in session.days.all() if day.number == number)
    subject, lead = _of_day(day, session, now)
    taught = ", ".join(module.title for module in session.program.modules.all() if module.day == number)
    values = {
        "nama": inert(registration.participant.full_name),
        "kota": inert(session.region.city),
        "hari": str(number),
        "tanggal": date_of(day),
        "jam": hours_of(day, session),
        "tempat": place_of(session),
        "materi": taught,
    }
    if own := notification.rule.own_words(get_language() or "id", values) if notification.rule else None:
        unsure = _unsure_place(day, session, now)
        return Words(own[0], [hello(registration), *own[1], schedule(session), *unsure], my_page())
    return Words(
        subject,
        [
            hello(registration),
            lead,
            *([_("Materi hari ke-%(day)s: %(taught)s.") % {"day": number, "taught": taught}] if taught else []),
            schedule(session),
            *_unsure_place(day, session, now),
            *_not_coming(session, now),
        ],
        my_page(),
    )


def _of_day(day: TrainingDay, session: TrainingSession, now: datetime) -> tuple[str, str]:
    """The usual subject and first sentence about `day`, true at `now` where the session is."""
    here = now.astimezone(session.region.zone)
    days_left = (day.date - here.date()).days
    when = {"city": session.region.city, "day": day.number, "hours": hours_of(day, session), "date": date_of(day)}
    if (here.date(), here.time()) >= (day.date, day.ends_at):
        return (
            _("Hari ke-%(day)s sudah selesai di %(city)s") % when,
            _("Hari ke-%(day)s sudah selesai: %(date)s, pukul %(hours)s.") % when,
        )
    if days_left == 0:
        lead = (
            _("Hari ke-%(day)s sudah mulai: hari ini, pukul %(hours)s.")
            if here.time() >= day.starts_at
            else _("Sampai jumpa hari ini, hari ke-%(day)s, pukul %(hours)s.")
        )
        return _("Hari ini hari ke-%(day)s: %(hours)s di %(city)s") % when, lead % when
    if days_left == 1:
        begins = day.date == session.first_day
        subject = (
            _("Besok mulai: %(hours)s di %(city)s") if begins else _("Besok hari ke-%(day)s: %(hours)s di %(city)s")
        )
        return subject % when, _("Sampai jumpa besok, hari ke-%(day)s: %(date)s, pukul %(hours)s.") % when
    return (
        _("Pelatihanmu: hari ke-%(day)s pada %(date)s di %(city)s") % when,
        _("Pelatihanmu sudah dekat. Hari ke-%(day)s: %(date)s, pukul %(hours)s.") % when,
    )


def _unsure_place(day: TrainingDay, session: TrainingSession, now: datetime) -> list[str]:
    """On `day` itself, until it is over: what to do while nobody has said for sure where it is."""
    if session.venue.is_confirmed or now.astimezone(session.region.zone).date() != day.date or now >= day.ends():
        return []
    return [_("Tempatnya belum pasti. Tanyakan dulu sebelum berangkat: siapa yang bisa ditanyai ada di halamanmu.")]


def _not_coming(session: TrainingSession, now: datetime) -> list[str]:
    """What somebody who cannot come can still do at `now`; nothing when all is over."""
    if now < session.closes:
        return [_("Tidak bisa datang? Batalkan dari halamanmu supaya kursinya dipakai orang lain.")]
    if now < session.starts:
        return [_("Tidak bisa datang? Batalkan dari halamanmu supaya panitia tahu.")]
    if any(now < day.starts() for day in session.days.all()):
        return [_("Tidak bisa datang? Beri tahu koordinator dari halamanmu.")]
    if now < session.ends:
        return [_("Tidak bisa datang? Beri tahu koordinator di tempat pelatihanmu.")]
    return []


def sample(notification: Notification) -> Words:
    """For staff: a reminder as its reader gets it when it falls due, and called a sample."""
    told = notification.sample
    assert told is not None and told.registration is not None  # noqa: S101, PT018 -- what shows nothing is not written
    shown = reminder(told, told.due_at)
    when = {"when": moment(told.due_at, told.registration.session)}
    said = _("Ini contoh untukmu sebagai panitia. Peserta menerimanya %(when)s:")
    if notification.is_unsaved:
        said = _("Ini contoh untukmu sebagai panitia, belum disimpan. Kalau disimpan, peserta menerimanya %(when)s:")
    words = [said % when, *shown.paragraphs]
    return Words(_("[Contoh] %(subject)s") % {"subject": shown.subject}, words, shown.button)
