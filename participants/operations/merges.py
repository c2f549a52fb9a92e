"""Making one record of two of the same person, and two of it again.

The account of the record that is kept stays as it is. The other account is switched off and its sessions end: its
address opens nothing any more, so that whoever reads its mail is not let into the first one by a mistake of staff.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from participants.models import (
    Appeal,
    AttendanceFact,
    Deed,
    Merge,
    Note,
    Notification,
    OpeningAlert,
    OptOut,
    Participant,
    Registration,
)
from participants.models.registrations import UNANSWERED
from participants.operations import constraints, deeds, merged_consents, notifications, row_locks, withdrawals
from participants.operations.refusals import Refused
from portal.accounts.models import User

GIVEN_ANEW = ("one_open_appeal_per_decision", "one_waiting_opening_alert", "one_opt_out_each")
UNDO = timedelta(days=30)  # so long the record that is gone is kept as it was
FIELDS = ("full_name", "birth_date", "region", "phone", "occupation", "gender", "language")
Guardian = Registration.Guardian


class SameRecord(Refused):
    code = "same_record"
    sentence = _("Ini catatan yang sama, atau salah satunya sudah dilebur.")
    remedy = _("Pilih dua catatan yang berbeda dari daftar orang yang mirip.")


class StaffAccount(Refused):
    code = "account_of_staff"
    sentence = _("Salah satunya memakai akun petugas atau akun yang dimatikan.")
    remedy = _("Minta pengelola akun memeriksanya dulu.")


class OutsideYourRegions(Refused):
    code = "outside_your_regions"
    sentence = _("Salah satunya juga punya pendaftaran di wilayah yang bukan wilayahmu.")
    remedy = _("Minta pengelola program meleburnya.")


class BothRegistered(Refused):
    code = "both_registered"
    sentence = _("Keduanya punya pendaftaran yang berlaku di edisi yang sama.")
    remedy = _("Tanyakan mana yang dipakai, batalkan yang satunya, lalu lebur lagi.")


class GuardianOrConsentOpen(Refused):
    code = "guardian_or_consent_open"
    sentence = _("Salah satunya masih menunggu jawaban wali, atau persetujuannya sudah ditarik.")
    remedy = _("Tunggu jawaban walinya. Yang persetujuannya ditarik tidak dilebur.")


class BirthDateDecides(Refused):
    code = "birth_date_decides"
    sentence = _(
        "Dengan tanggal lahir yang dipilih, pendaftaran yang berlaku jadi di luar rentang atau perlu wali lain."
    )
    remedy = _("Pilih tanggal lahir yang satunya, atau betulkan dulu datanya di halaman pendaftarannya.")


class UndoIsOver(Refused):
    code = "undo_is_over"
    sentence = _("Peleburan ini sudah dikembalikan, atau waktunya untuk dikembalikan sudah lewat.")
    remedy = _("Muat ulang halamannya untuk melihat keadaannya sekarang.")


class ChangedSince(Refused):
    code = "changed_since_the_merge"
    sentence = _("Sejak dilebur, orang ini mendaftar lagi, datanya diubah, atau catatannya dilebur lagi.")
    remedy = _("Betulkan datanya satu per satu: mana yang milik siapa tidak bisa ditentukan lagi.")


class LaterMergeFirst(Refused):
    """The record that is kept has been in another merge since, which `later` is."""

    code = "later_merge_first"

    def __init__(self, later: Merge) -> None:
        super().__init__()
        there = localtime(later.at, later.region.zone if later.region else None)
        said = {"number": later.pk, "at": date_format(there, "DATETIME_FORMAT")}
        self.sentence = gettext("Sesudah itu catatannya dilebur lagi: peleburan #%(number)s, %(at)s.") % said
        self.remedy = gettext("Kembalikan dulu peleburan #%(number)s, lalu yang ini.") % said


class LaterMergeElsewhere(Refused):
    """The same, of a later merge that whoever asks may not undo."""

    code = "later_merge_elsewhere"
    sentence = _("Sesudah itu catatannya dilebur lagi, dan peleburan itu tidak bisa kamu kembalikan sendiri.")
    remedy = _("Minta pengelola program mengembalikannya dulu.")


class SaidAtThatMoment(Refused):
    """The kept account was given, between looking and moving, what the other one has too."""

    code = "said_at_that_moment"
    sentence = _("Tepat saat itu orangnya menyimpan sesuatu di akunnya, jadi belum ada yang dilebur.")
    remedy = _("Tekan tombolnya sekali lagi.")


AT_THAT_MOMENT: dict[str, type[Refused]] = {
    "one_live_registration_per_edition": BothRegistered,
    **dict.fromkeys(GIVEN_ANEW, SaidAtThatMoment),
}


@dataclass(frozen=True)
class Luggage:
    """What goes from one record to the other: how many rows of each sort."""

    registrations: int
    consents: int
    messages: int
    facts: int
    notes: int
    appeals: int
    needs: int


def luggage(person: Participant) -> Luggage:
    """What would go with `person` if their record went into another."""
    rows = person.registrations.all()
    of = {"registration__participant": person}
    return Luggage(
        registrations=rows.count(),
        consents=person.consents.count(),
        messages=Notification.objects.filter(**of).count(),
        facts=AttendanceFact.objects.filter(**of).count(),
        notes=Note.objects.filter(**of).count(),
        appeals=Appeal.objects.filter(user=person.user_id).count(),
        needs=rows.exclude(accessibility_request=None).count(),
    )


def reason_against(*, kept: Participant, gone: Participant, seen_by: User) -> Refused | None:
    """Why the two could not become one as things stand, for a page that asks first."""
    try:
        _check(kept, gone, seen_by)
    except Refused as refusal:
        return refusal
    return None


def merge(*, kept: Participant, gone: Participant, chosen: Collection[str], by: User, now: datetime) -> Merge:
    """Put the record `gone` into `kept`, with the `chosen` fields (of `FIELDS`) of `gone`; all of it or nothing.

    Registrations go over with all that hangs on them; appeals, alerts and opt-outs where the kept record has none of
    the same; consents as `merged_consents` says. Both addresses are told. Raises SameRecord, StaffAccount,
    OutsideYourRegions, BothRegistered, GuardianOrConsentOpen, BirthDateDecides, SaidAtThatMoment, RegisteredMeanwhile.
    """
    with constraints.told_as(AT_THAT_MOMENT):
        return withdrawals.again_while_they_register(
            _make_one, kept, gone, [name for name in FIELDS if name in chosen], by, now
        )


def undo(*, merge: Merge, by: User, now: datetime) -> Merge:
    """Make two records again, each as it was; of several merges the last one first.

    Raises UndoIsOver, LaterMergeFirst, LaterMergeElsewhere, ChangedSince, OutsideYourRegions, RegisteredMeanwhile, and
    then changes nothing.
    """
    with constraints.told_as(dict.fromkeys(GIVEN_ANEW, ChangedSince)):
        return withdrawals.again_while_they_register(_make_two, merge, by, now)


@transaction.atomic
def _make_two(merge: Merge, by: User, now: datetime) -> Merge:
    kept, gone = _locked(merge.kept, merge.gone)
    merge = Merge.objects.select_for_update(no_key=True).get(pk=merge.pk)  # after the people, as whoever erases them
    if not merge.may_be_undone(now):
        raise UndoIsOver
    _check_regions([kept, gone], by)
    _check_last(merge, by, now)
    _check_unchanged(merge, kept, gone)
    _give_back(merge, kept, gone, now)
    deeds.note(Deed.What.UNMERGED, about=merge, by=by, now=now)
    for row in Registration.objects.filter(participant__in=[kept, gone]):
        deeds.note(Deed.What.UNMERGED, about=row, by=by, now=now, changed={"participant": None})
    merge.undone_at, merge.undone_by = now, by
    merge.before, merge.moved, merge.undo_until = {}, {}, None
    merge.save()
    return merge


def _locked(*people: Participant) -> list[Participant]:
    """Both records with their sessions and accounts; nobody else registers, moves, leaves or changes them meanwhile.

    Raises RegisteredMeanwhile where one of them has come into a session that is not held.
    """
    keys = [person.pk for person in people]
    registrations = Registration.objects.filter(participant__in=keys)
    sessions = row_locks.lock_sessions_of(registrations)
    accounts = User.objects.filter(participant__in=keys).order_by("pk")
    list(accounts.select_for_update(no_key=True, of=("self",)))
    rows = Participant.objects.filter(pk__in=keys).order_by("pk").select_for_update(of=("self",))
    held = {row.pk: row for row in rows.select_related("user")}
    if not sessions >= {*registrations.order_by().values_list("session_id", flat=True)}:
        raise withdrawals.RegisteredMeanwhile
    return [held[key] for key in keys]


def _check(kept: Participant, gone: Participant, by: User) -> None:
    if kept.pk == gone.pk or kept.merged_into_id or gone.merged_into_id or kept.is_erased or gone.is_erased:
        raise SameRecord
    if any(person.user.is_staff or not person.user.is_active for person in (kept, gone)):
        raise StaffAccount
    _check_regions([kept, gone], by)
    rows = Registration.objects.filter(participant__in=[kept, gone])
    withdrawn = Participant.objects.withdrawn().filter(pk__in=[kept.pk, gone.pk])
    if rows.live().filter(guardian__in=UNANSWERED).exists() or withdrawn.exists():
        raise GuardianOrConsentOpen
    editions = rows.live().filter(participant=kept).values("program")
    if rows.live().filter(participant=gone, program__in=editions).exists():
        raise BothRegistered


def _check_regions(people: list[Participant], by: User) -> None:
    """Whoever sees some of a person's registrations alone would decide about the others unseen."""
    rows = Registration.objects.filter(participant__in=people)
    if rows.exclude(pk__in=rows.visible_to(by).values("pk")).exists():
        raise OutsideYourRegions


@transaction.atomic
def _make_one(kept: Participant, gone: Participant, chosen: list[str], by: User, now: datetime) -> Merge:
    kept, gone = _locked(kept, gone)
    _check(kept, gone, by)
    rows = Registration.objects.filter(participant__in=[kept, gone])
    newest = rows.order_by("-pk").first()
    born = gone.birth_date if "birth_date" in chosen else kept.birth_date
    before: dict[str, Any] = {name: _plain(kept, name) for name in [*chosen, "guardian_until"]}
    moved: dict[str, Any] = {"registrations": [*gone.registrations.order_by("pk").values_list("pk", flat=True)]}
    moved |= {"newest": newest.pk if newest else 0, "born": _write_birth_date(rows, born)}
    gone.registrations.update(participant=kept)
    for name in chosen:
        setattr(kept, _column(name), getattr(gone, _column(name)))
    kept.guardian_until = _later(kept.guardian_until, gone.guardian_until)
    kept.save(update_fields=[*chosen, "guardian_until"])
    if "language" in chosen:
        User.objects.filter(pk=kept.user_id).update(language=kept.language)
    moved |= merged_consents.move(kept=kept, gone=gone, now=now)
    moved |= _move_of_account(kept.user, gone.user)
    Participant.objects.filter(pk=gone.pk).update(merged_into=kept)
    gone.user.is_active = False
    gone.user.set_unusable_password()  # sessions carry its digest: each ends at its next request
    gone.user.save(update_fields=["is_active", "password"])
    made = Merge.objects.create(
        kept=kept,
        gone=gone,
        region=newest.region if newest else None,
        by=by,
        at=now,
        chosen=chosen,
        before=before,
        moved=moved,
        undo_until=now + UNDO,
    )
    changed = dict.fromkeys(chosen)
    deeds.note(Deed.What.MERGED, about=made, by=by, now=now, changed=changed)
    for row in Registration.objects.filter(participant=kept):
        deeds.note(Deed.What.MERGED, about=row, by=by, now=now, changed={"participant": None, **changed})
    for account in (kept.user, gone.user):
        notifications.promise(Notification.Kind.MERGED, subject=account, now=now, occurrence=str(made.pk))
    return made


def _write_birth_date(rows: Any, born: date) -> dict[str, str]:
    """Give live registrations the birth date that was chosen; what stood there before."""
    before = {}
    for row in (
        rows.live().exclude(birth_date=born).select_related("session__program").prefetch_related("session__days")
    ):
        needs = row.session.program.needs_guardian(born, on=row.session.first_day)
        if not row.born_from <= born <= row.born_until or needs != (row.guardian != Guardian.NOT_NEEDED):
            raise BirthDateDecides
        before[str(row.pk)] = row.birth_date.isoformat()
        row.birth_date = born
        row.save(update_fields=["birth_date"])
    return before


def _move_of_account(kept: User, gone: User) -> dict[str, Any]:
    """What hangs on the account, where the kept one has none of the same."""
    open_ones = {(row.session_id, row.code) for row in Appeal.objects.filter(user=kept).open()}
    appeals = [
        row.pk
        for row in Appeal.objects.filter(user=gone)
        if row.missed_on or not (row.is_open and (row.session_id, row.code) in open_ones)
    ]
    awaited = OpeningAlert.objects.waiting().filter(account=kept).values("region")
    alerts = OpeningAlert.objects.filter(account=gone).exclude(told_at=None, region__in=awaited)
    unwanted = {(row.topic, row.rule_id) for row in OptOut.objects.filter(account=kept)}
    opt_outs = [row.pk for row in OptOut.objects.filter(account=gone) if (row.topic, row.rule_id) not in unwanted]
    keys = {"appeals": appeals, "alerts": [*alerts.values_list("pk", flat=True)], "opt_outs": opt_outs}
    _hand_over(keys, kept)
    return keys


def _hand_over(keys: dict[str, Any], account: User) -> None:
    Appeal.objects.filter(pk__in=keys["appeals"]).update(user=account)
    OpeningAlert.objects.filter(pk__in=keys["alerts"]).update(account=account)
    OptOut.objects.filter(pk__in=keys["opt_outs"]).update(account=account)


def _check_last(merge: Merge, by: User, now: datetime) -> None:
    """What a later merge decided rests on this one: it is undone first, the last of several before all others."""
    last = merge
    while later := _after(last):
        last = later
    if last == merge:
        return
    if not last.may_be_undone(now):
        raise ChangedSince
    if _is_theirs(last, by):
        raise LaterMergeFirst(last)
    raise LaterMergeElsewhere


def _is_theirs(merge: Merge, by: User) -> bool:
    """Whether `by` sees the merge, and all of both people's registrations."""
    try:
        _check_regions([merge.kept, merge.gone], by)
    except OutsideYourRegions:
        return False
    return Merge.objects.visible_to(by).filter(pk=merge.pk).exists()


def _after(merge: Merge) -> Merge | None:
    rows = Merge.objects.standing().filter(Q(kept=merge.kept_id) | Q(gone=merge.kept_id), pk__gt=merge.pk)
    return rows.order_by("-pk").first()


def _check_unchanged(merge: Merge, kept: Participant, gone: Participant) -> None:
    changed = any(_plain(kept, name) != _plain(gone, name) for name in merge.chosen)
    anew = kept.registrations.filter(pk__gt=merge.moved["newest"])
    if changed or anew.exists() or kept.is_erased or gone.is_erased:
        raise ChangedSince


def _give_back(merge: Merge, kept: Participant, gone: Participant, now: datetime) -> None:
    moved = merge.moved
    Registration.objects.filter(pk__in=moved["registrations"]).update(participant=gone)
    for key, born in moved["born"].items():
        Registration.objects.filter(pk=key).update(birth_date=date.fromisoformat(born))
    for name in merge.chosen:
        setattr(kept, _column(name), _parsed(name, merge.before[name]))
    until = _parsed("guardian_until", merge.before.get("guardian_until"))
    # What staff wrote since stays, and so does what an older merge did not note.
    if "guardian_until" in merge.before and kept.guardian_until == _later(until, gone.guardian_until):
        kept.guardian_until = until
    kept.save(update_fields=[*merge.chosen, "guardian_until"])
    if "language" in merge.chosen:
        User.objects.filter(pk=kept.user_id).update(language=kept.language)
    merged_consents.give_back(merge=merge, kept=kept, gone=gone, now=now)
    _hand_over(moved, gone.user)
    Appeal.objects.filter(registration__in=moved["registrations"]).update(user=gone.user)  # what was said meanwhile
    Participant.objects.filter(pk=gone.pk).update(merged_into=None)
    User.objects.filter(pk=gone.user_id).update(is_active=True)


def _later(one: date | None, other: date | None) -> date | None:
    return max(filter(None, [one, other]), default=None)


def _column(name: str) -> str:
    return "region_id" if name == "region" else name


def _plain(person: Participant, name: str) -> Any:
    value = getattr(person, _column(name))
    return value.isoformat() if isinstance(value, date) else value


def _parsed(name: str, value: Any) -> Any:
    return date.fromisoformat(value) if value and name in ("birth_date", "guardian_until") else value
