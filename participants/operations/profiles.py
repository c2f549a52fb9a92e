"""Changing one's own data: what is free, what is fixed after the closing time, and who puts right what was wrong.

The birth date stands on the registration too, where the database compares it with the edition's window; whoever
changes it changes both, and what it means for the guardian, in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from participants.models import AccessibilityRequest, Consent, Deed, Participant, Registration
from participants.models.accessibility import AGREED
from participants.operations import (
    accessibility,
    consents,
    deeds,
    erasures,
    guardian_requests,
    meanwhile,
    participants,
    registrations,
    row_locks,
    switched_off,
    withdrawals,
)
from participants.operations.participants import WRONG_DATA
from participants.operations.refusals import Refused
from portal.accounts.models import User
from programs.models import TrainingSession
from programs.models.programs import WESTERNMOST

Guardian = Registration.Guardian
FIXED = ("full_name", "birth_date", "region", "occupation", "gender")  # on certificates and in the ministry's numbers
AFTER_THE_YES = ("phone", "occupation", "gender", "accessibility_needs")


class DataIsFixed(Refused):
    code, appeal = "data_is_fixed", WRONG_DATA
    sentence = _("Pendaftaran sesimu sudah ditutup, jadi data ini sudah tetap.")
    remedy = _("Kalau ada yang keliru, minta koordinator wilayah membetulkannya.")


class BirthDateIsSettled(Refused):
    code, appeal = "birth_date_settled", WRONG_DATA
    sentence = _("Dengan tanggal lahir ini hasil pendaftaranmu berubah, jadi tidak bisa kamu ubah sendiri.")
    remedy = _("Kalau tanggal yang tercatat keliru, minta koordinator wilayah membetulkannya.")


class GuardianFirst(Refused):
    code = "guardian_first"
    sentence = _("Data lain baru boleh diisi sesudah orang tua atau walimu setuju.")
    remedy = _("Minta orang tua atau walimu membuka surat dari kami.")


class OutsideTheWindow(Refused):
    code = "outside_the_window"
    sentence = _("Dengan tanggal lahir itu orang ini di luar rentang edisinya.")
    remedy = _("Kalau tanggalnya benar, batalkan pendaftarannya.")


class TooLateToAsk(Refused):
    code = "too_late_to_ask"
    sentence = _("Dengan tanggal lahir itu orang ini perlu persetujuan wali, padahal pelatihannya sudah mulai.")
    remedy = _("Bicarakan dengan wali di tempat, lalu batalkan pendaftarannya kalau wali tidak setuju.")


@dataclass(frozen=True)
class Freedom:
    """What somebody may change by themselves at an instant.

    `session` is the one they are registered for that closes last, None while they are registered for none. Then
    `settled_in` is the one whose coordinator alone can make the birth date an earlier one, where that is settled.
    """

    session: TrainingSession | None
    settled_in: TrainingSession | None
    is_open: bool
    asks_rest: bool


def freedom(*, participant: Participant, now: datetime) -> Freedom:
    """Everything is free until registration of the latest session closes; then what is `FIXED` is not.

    `AFTER_THE_YES` is asked of whoever has a place and the guardian's yes, or needs none, and of whoever has said it
    before and has no place now.
    """
    rows = participant.registrations.live().select_related("session__program", "session__region")
    live = list(rows.prefetch_related("session__days"))
    session = max((row.session for row in live), key=lambda session: session.closes, default=None)
    agreed = any(row.guardian in AGREED for row in live)
    settled = None if live else participants.settled_in(participant, on=_today(now))
    return Freedom(
        session=session,
        settled_in=settled.session if settled else None,
        is_open=session is None or now < session.closes,
        asks_rest=agreed if live else participant.has_full_profile,
    )


def change(*, participant: Participant, now: datetime, **said: Any) -> Participant:
    """Write what the person says of themselves: of `FIXED`, `AFTER_THE_YES` and the language what is in `said`.

    Another number ends the consent to WhatsApp, which was given for the one before.
    Raises DataIsFixed for what is no longer theirs to change, GuardianFirst for what a minor is not yet asked,
    BirthDateIsSettled for a date outside the window of a registration, or by which a minor were of age or the other way
    round, and for one that `participants.makes_older` than was recorded, AccountSwitchedOff; and then changes nothing.
    """
    return withdrawals.again_while_they_register(_change, participant, now, said)


def correct(
    *,
    registration: Registration,
    by: User,
    now: datetime,
    full_name: str = "",
    birth_date: date | None = None,
    guardian_email: str = "",
    seen: Mapping[str, Any] | None = None,
) -> Participant:
    """Put a name or a birth date right that was wrong, at any time; every live registration follows. Without one that
    is done with the last: of somebody whose data were erased it is kept only until when a guardian decides.

    What is not given stays. Who turns out to be a minor is asked for the guardian's yes at `guardian_email`, and until
    then nothing is kept of them that a minor is asked only afterwards; of who turns out to be of age nobody is asked.
    Raises NotLive, OutsideTheWindow, TooLateToAsk, and what `guardian_requests.ask` and `check_address` raise;
    ChangedMeanwhile where name or birth date are not those that `by` has `seen`.
    """
    if not may_be_corrected(registration):
        raise registrations.NotLive
    return withdrawals.again_while_they_register(
        _correct, registration.participant, now, full_name, birth_date, guardian_email, registration, by, seen or {}
    )


def may_be_corrected(registration: Registration) -> bool:
    """Whether what is wrong can be put right with this registration: one that lives, or the last of who has none."""
    return registration.is_live or registration == participants.last_registration(registration.participant)


def _locked(participant: Participant) -> tuple[Participant, list[Registration]]:
    """The person and the live registrations, locked after their sessions and account and with them at hand."""
    locked = withdrawals.lock_sessions(participant)
    row_locks.lock_account_of(participant)
    participant = Participant.objects.select_for_update(no_key=True).get(pk=participant.pk)
    rows = participant.registrations.live().select_related("session__program", "session__region", "participant__user")
    rows = rows.prefetch_related("session__days").order_by("session_id")
    live = list(rows.select_for_update(of=("self",), no_key=True))
    if not locked >= {row.session_id for row in live}:
        raise withdrawals.RegisteredMeanwhile
    return participant, live


@transaction.atomic
def _change(participant: Participant, now: datetime, said: dict[str, Any]) -> Participant:
    participant, live = _locked(participant)
    switched_off.check(participant.merged_into_id is None)
    may = freedom(participant=participant, now=now)
    needs = said.get("accessibility_needs")
    own = {name: value for name, value in said.items() if name != "accessibility_needs"}
    changed = {name: value for name, value in own.items() if getattr(participant, name) != value}
    if not may.is_open and set(changed) & set(FIXED):
        raise DataIsFixed
    if not may.asks_rest and (needs or set(changed) & set(AFTER_THE_YES)):
        raise GuardianFirst
    if born := changed.get("birth_date"):
        if any(not _admits(row, born) or _needs_guardian(row, born) != _needs_guardian(row) for row in live):
            raise BirthDateIsSettled
        if not live and participants.makes_older(participant, born, on=_today(now)):
            raise BirthDateIsSettled
        _write_birth_date(live, born)
    for name, value in changed.items():
        setattr(participant, name, value)
    participant.save(update_fields=list(changed))
    if "phone" in changed:
        consents.follow_number(participant, now=now)
    participants.write_in(participant.user, participant.language)
    if needs is not None:
        accessibility.say_everywhere(participant=participant, need=needs, now=now)
    return participant


@transaction.atomic
def _correct(
    participant: Participant,
    now: datetime,
    full_name: str,
    birth_date: date | None,
    guardian_email: str,
    registration: Registration,
    by: User,
    seen: Mapping[str, Any],
) -> Participant:
    participant, live = _locked(participant)
    if participant.merged_into_id:
        raise withdrawals.RegisteredMeanwhile  # the page shows the record that is kept when it is opened anew
    meanwhile.check(seen=seen, stands={name: getattr(participant, name) for name in seen})
    birth_date = birth_date or participant.birth_date
    if not all(_admits(row, birth_date) for row in live):
        raise OutsideTheWindow
    if participant.is_erased:
        return _correct_erased(participant, birth_date, registration, by, now)
    name = full_name or participant.full_name
    said = {"full_name": name, "birth_date": birth_date}
    changed = {field: None for field, value in said.items() if getattr(participant, field) != value}
    if guardian_email:
        changed["guardian_email"] = None
    deeds.note(Deed.What.CORRECTED, about=registration, by=by, now=now, changed=changed)
    if "birth_date" in changed:
        participant.guardian_until = None
    participant.full_name, participant.birth_date = name, birth_date
    participant.save(update_fields=["full_name", "birth_date", "guardian_until"])
    _write_birth_date(live, birth_date)
    for row in live:
        if now >= row.session.ends:
            continue
        if not _needs_guardian(row):
            _need_no_guardian(row, now)
        elif row.guardian == Guardian.NOT_NEEDED:
            _ask_guardian(row, guardian_email, now)
    return participant


def _correct_erased(
    participant: Participant, born: date, registration: Registration, by: User, now: datetime
) -> Participant:
    """Keep of `born` no more than was kept of the date that it takes the place of."""
    if born != participant.birth_date:
        participant.guardian_until = erasures.month_of_age(born, registration.program)
        participant.save(update_fields=["guardian_until"])
        deeds.note(Deed.What.CORRECTED, about=registration, by=by, now=now, changed={"birth_date": None})
    return participant


def _today(now: datetime) -> date:
    """The date where a day ends last."""
    return now.astimezone(WESTERNMOST).date()


def _admits(row: Registration, born: date) -> bool:
    return row.born_from <= born <= row.born_until


def _needs_guardian(row: Registration, born: date | None = None) -> bool:
    return row.session.program.needs_guardian(born or row.birth_date, on=row.session.first_day)


def _write_birth_date(live: list[Registration], birth_date: date) -> None:
    for row in live:
        row.birth_date = birth_date
        row.save(update_fields=["birth_date"])


def _need_no_guardian(row: Registration, now: datetime) -> None:
    """Who is of age answers for themselves: an open question ends, its link leads nowhere."""
    if row.guardian == Guardian.NOT_NEEDED:
        return
    row.guardian = Guardian.NOT_NEEDED
    row.save(update_fields=["guardian"])
    guardian_requests.replace_open([row], now=now)


def _ask_guardian(row: Registration, email: str, now: datetime) -> None:
    """Hold the place while the guardian answers, and keep of a minor what may be kept before the yes."""
    if now >= row.session.starts:
        raise TooLateToAsk
    guardian_requests.check_address(email, child=row.participant.user.email)
    AccessibilityRequest.objects.filter(registration=row).delete()
    row.guardian = Guardian.ASKED
    row.save(update_fields=["guardian"])
    Participant.objects.filter(pk=row.participant_id).update(phone="", occupation="", gender="")
    extra = row.participant.consents.standing().exclude(purpose=Consent.Purpose.TRAINING)
    extra.update(withdrawn_at=now, withdrawn_by=Consent.Giver.SELF)
    row.participant.consents.update(number="")
    guardian_requests.ask(row, email=email, session=row.session, now=now, is_named_by_staff=True)
