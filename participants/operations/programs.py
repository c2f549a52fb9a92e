"""What staff change in the rules of an edition, and what follows for people; the next one, copied, shown and hidden."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from participants.models import Deed, Registration
from participants.operations import deeds, locks, row_locks, sessions
from participants.operations.refusals import Refused
from participants.queries.attendance import local_date
from portal.accounts.models import User
from programs.edition_files import Edition
from programs.models import Program, Region, TrainingSession
from programs.operations import editions
from programs.queries import clashes

HOW_LONG = ("guardian_hours", "closes_days_before", "closes_at")


class EditionExists(Refused):
    code = "edition_exists"
    sentence = _("Nama pendek ini sudah dipakai edisi lain.")
    remedy = _("Pilih yang lain.")


class RegionIsBusy(Refused):
    code = "region_is_busy"
    sentence = _("Salah satu wilayah sudah punya sesi pada salah satu hari itu.")
    remedy = _("Pilih hari lain.")


class NothingToPublish(Refused):
    code = "nothing_to_publish"
    sentence = _("Pendaftaran semua sesi edisi ini sudah ditutup, jadi tidak ada yang bisa mendaftar.")
    remedy = _("Pindahkan dulu sesinya.")


class NameOfAnother(Refused):
    code = "edition_name_of_another"
    sentence = _("Edisi lain yang tampil punya nama yang sama, jadi orang tidak bisa membedakannya.")
    remedy = _("Ganti dulu namanya, dalam kedua bahasa.")


class PeopleAreToCome(Refused):
    code = "people_are_to_come"
    sentence = _("Masih ada yang terdaftar di sesi yang belum selesai; mereka tidak akan menerima pengingat lagi.")
    remedy = _("Batalkan dulu sesinya, supaya mereka dikabari.")


@transaction.atomic
def change(*, program: Program, fields: Collection[str], now: datetime, by: User) -> Program:
    """Save `fields` of an edition as they stand in `program`, and no other: whether it is shown is not changed here.

    Open questions to guardians follow its hours and closing time.
    """
    old = Program.objects.select_for_update(no_key=True).get(pk=program.pk)
    program.save(update_fields=set(fields) - {"is_published"})
    if all(getattr(old, name) == getattr(program, name) for name in HOW_LONG):
        return program
    for session in row_locks.lock_each(TrainingSession.objects.filter(program=program)):
        sessions.follow_closing_time(session, now=now)
    return program


@transaction.atomic
def copy(*, source: Program, edition: Edition, now: datetime, by: User) -> Program:
    """Make `edition`, planned from `source`, as one of its own that only staff see. Nobody's data is in it.

    Raises EditionExists, RegionIsBusy, and then changes nothing.
    """
    locks.hold("editions")  # two copies at once would each find the days free
    regions = {region.code: region for region in Region.objects.filter(code__in=[row.code for row in edition.regions])}
    planned = {regions[row.code].pk: edition.days_of(row) for row in edition.regions if row.code in regions}
    if clashes(planned):
        raise RegionIsBusy
    try:
        program = editions.make(edition)
    except editions.SlugIsTaken:
        raise EditionExists from None
    deeds.note(Deed.What.ADDED, about=program, by=by, now=now, changed={"slug": (source.slug, program.slug)})
    return program


@transaction.atomic
def publish(*, program: Program, now: datetime, by: User) -> Program:
    """Show an edition to everybody; registration opens when it says. A second time changes nothing.

    Raises NothingToPublish where registration has closed in every session, NameOfAnother where another edition that
    is shown has its name.
    """
    program = Program.objects.select_for_update(no_key=True).get(pk=program.pk)
    if program.is_published:
        return program
    rows = program.sessions.filter(status=TrainingSession.Status.PUBLISHED)
    if all(session.closes <= now for session in rows.with_places()):
        raise NothingToPublish
    locks.hold("names of editions")
    namesakes = Q(name_id__iexact=program.name_id) | Q(name_en__iexact=program.name_en)
    if Program.objects.published().filter(namesakes).exists():
        raise NameOfAnother
    program.is_published = True
    program.save(update_fields=["is_published"])
    deeds.note(Deed.What.CHANGED, about=program, by=by, now=now, changed={"is_published": (False, True)})
    return program


@transaction.atomic
def unpublish(*, program: Program, now: datetime, by: User) -> Program:
    """Take an edition off the site; staff see it still. A second time changes nothing.

    Raises PeopleAreToCome while somebody is registered for a session whose last local day is not over: no reminder
    would reach them any more, and nobody would have told them why.
    """
    program = Program.objects.select_for_update(no_key=True).get(pk=program.pk)
    if not program.is_published:
        return program
    # Whoever is registering at this moment is waited for, and counts.
    list(TrainingSession.objects.select_for_update(no_key=True).filter(program=program).order_by("pk"))
    if to_come(program, now=now):
        raise PeopleAreToCome
    program.is_published = False
    program.save(update_fields=["is_published"])
    deeds.note(Deed.What.CHANGED, about=program, by=by, now=now, changed={"is_published": (True, False)})
    return program


def to_come(program: Program, *, now: datetime) -> int:
    """How many people are registered, seated or waiting, for a session of the edition that is not over at `now`."""
    today = local_date(now, F("session__region__time_zone"))
    rows = Registration.objects.live().filter(program=program, session__days__date__gte=today)
    return rows.values("participant").distinct().count()
