"""Devices at the door: a coordinator makes a code, a phone pairs with it once, and anybody in charge withdraws it.

A device serves one session, until the day after its last; what it saw by then and could not send is taken for two weeks
more. It lives no longer than the right of whoever made its code:
when that account is off, or its role or region is taken away, the next request of the device is refused.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from participants import tokens
from participants.models import Deed, DoorRule, DoubtfulScan, Scanner
from participants.operations import deeds, guesses, locks, row_locks
from participants.operations.refusals import Refused
from portal.accounts.models import User
from programs.compiled import compiled, put_at_hand
from programs.models import TrainingDay, TrainingSession

CODE_LIFETIME = timedelta(minutes=10)
AFTER_THE_LAST_DAY = timedelta(days=1)
LATE_SCANS = timedelta(days=14)  # after that, for a phone that found no line until its owner was home
ASKS_A_MINUTE = 600

# A right code is let in however many wrong ones its network has sent: whoever shares that network can keep nobody out
# with a few of them. What keeps guessing hopeless is the length of a code and a ceiling for all who guess together:
# with 50 codes open all the time, 10,000 guesses in ten minutes hit one once in two million such times, and once in
# 14,000 trainings if somebody guesses without rest for their 24 hours. At the ceiling a network that guessed waits.
CEILING = 10_000  # wrong codes within `guesses.WITHIN`
EVERYBODY = "pairing"

_SESSION, _REGION, _RULE = "session__", "session__region__", "session__door_rule__"
_KNOWN = [  # of all that is joined, what a scan needs: it is asked for at each
    *("session", "gate", "minute", "asked", f"{_SESSION}slug", f"{_SESSION}region"),
    *(f"{_REGION}{name}" for name in ("time_zone", "city")),
    *(f"{_RULE}{name}" for name in ("session", "opens_before", "late_after", "closes_after", "is_self_open")),
]


class CodeIsUnknown(Refused):
    code = "pairing_code_unknown"
    sentence = _("Kode ini tidak dikenal atau sudah dipakai.")
    remedy = _("Periksa angkanya, atau minta kode baru kepada koordinator.")


class StillWrong(guesses.TooManyCodes):
    code = "too_many_pairing_codes"
    remedy = _("Pindai kode QR-nya, atau minta kode baru kepada koordinator: kode yang benar tetap diterima.")


class ScannerIsDead(Refused):
    code = "scanner_withdrawn"
    sentence = _("Perangkat ini tidak lagi dipasangkan.")
    remedy = _("Minta kode baru kepada koordinator.")


class AskedTooOften(Refused):
    code = "scanner_too_busy"
    sentence = _("Perangkat ini bertanya terlalu sering.")
    remedy = _("Tunggu satu menit; pindaian menunggu di perangkat.")


@transaction.atomic
def make(*, session: TrainingSession, gate: str, by: User, now: datetime, machine_now: datetime) -> Scanner:
    """A device to be: its code (`code_of`) pairs one phone within ten minutes."""
    scanner = Scanner.objects.create(
        session=session, gate=gate, made_by=by, made_at=now, code_until=machine_now + CODE_LIFETIME
    )
    deeds.note(Deed.What.ADDED, about=scanner, by=by, now=now)
    return scanner


def code_of(scanner: Scanner) -> str:
    """The twelve digits that pair it."""
    return tokens.pairing_code(scanner.public_id)


def pair(*, code: str, network: str, now: datetime, machine_now: datetime) -> tuple[Scanner, str]:
    """Pair the device that shows `code`, once, and return it with the token that it keeps.

    Raises CodeIsUnknown, for an expired and for a used one too; StillWrong for one more from a network that sent many;
    and at the ceiling guesses.TooManyCodes there, right or wrong: then nothing is compared.
    """
    with transaction.atomic():
        locks.hold("pairing")  # one code, one device; and no guess beyond the ceiling, however many come at once
        own = guesses.free_at(network, machine_now=machine_now)
        if own and (free_at := guesses.free_at(EVERYBODY, machine_now=machine_now, at_most=CEILING)):
            raise guesses.TooManyCodes(min(own, free_at))
        for scanner in Scanner.objects.unpaired(machine_now).trusted().select_related("session__region"):
            if hmac.compare_digest(code_of(scanner), code):
                token = secrets.token_urlsafe(32)
                scanner.token_hash, scanner.paired_at = tokens.device_hash(token), now
                scanner.save(update_fields=["token_hash", "paired_at"])
                return scanner, token
        for who in (network, EVERYBODY):
            guesses.note(who, machine_now=machine_now)
    if own:
        raise StillWrong(own)
    raise CodeIsUnknown


@transaction.atomic
def withdraw(*, scanner: Scanner, by: User, now: datetime) -> None:
    """End the device: its next request is refused, and it forgets what it holds. A second time changes nothing."""
    ended = Scanner.objects.filter(pk=scanner.pk, withdrawn_at=None).update(withdrawn_at=now, withdrawn_by=by)
    if ended:
        deeds.note(Deed.What.WITHDRAWN, about=scanner, by=by, now=now)


def known(token: str, *, now: datetime, machine_now: datetime, lock: bool = False, is_sending: bool = False) -> Scanner:
    """The device that holds `token`, with its session, region, days and rule at hand, counted as seen.

    One that `is_sending` scans is known for longer than one that only asks. With `lock` its session is locked until the
    caller's transaction ends; whoever waited for that is judged by what holds afterwards. Raises ScannerIsDead,
    AskedTooOften.
    """
    token_hash = tokens.device_hash(token)
    scanner = (_paired_free if lock else _paired).first(token_hash=token_hash)
    if scanner is None and lock:
        with row_locks.among_few():
            scanner = _paired_locked.first(token_hash=token_hash)
    if scanner is None:
        raise ScannerIsDead
    put_at_hand(scanner.session, "days", _days(session=scanner.session_id))
    if now > ends(scanner.session) + (LATE_SCANS if is_sending else timedelta()):
        raise ScannerIsDead
    minute = machine_now.replace(second=0, microsecond=0)
    asked = scanner.asked + 1 if scanner.minute == minute else 1
    if asked > ASKS_A_MINUTE:
        raise AskedTooOften
    alive = Scanner.objects.alive_in(scanner.session.region_id).filter(pk=scanner.pk)
    if not alive.update(minute=minute, asked=asked, seen_at=machine_now):
        raise ScannerIsDead
    return scanner


def _with_token(token_hash: Any) -> QuerySet[Scanner]:
    rows = Scanner.objects.filter(token_hash=token_hash, withdrawn_at=None).order_by()
    return rows.select_related("session__region", "session__door_rule").only(*_KNOWN)


@compiled
def _paired(*, token_hash: Any) -> QuerySet[Scanner]:
    return _with_token(token_hash)


@compiled
def _paired_free(*, token_hash: Any) -> QuerySet[Scanner]:
    return _with_token(token_hash).select_for_update(of=("session",), no_key=True, skip_locked=True)


@compiled
def _paired_locked(*, token_hash: Any) -> QuerySet[Scanner]:
    return _with_token(token_hash).select_for_update(of=("session",), no_key=True)


@compiled
def _days(*, session: Any) -> QuerySet[TrainingDay]:
    return TrainingDay.objects.filter(session=session).order_by("number")


def ends(session: TrainingSession) -> datetime:
    """From when no device of `session` is told anything but what became of its scans; its days must be at hand."""
    return session.ends + AFTER_THE_LAST_DAY


def rule_of(session: TrainingSession) -> DoorRule:
    """When scans of `session` count: what staff set, else the usual hours."""
    try:
        return session.door_rule
    except DoorRule.DoesNotExist:
        return DoorRule(session=session)


@transaction.atomic
def set_rule(*, rule: DoorRule, changed: Mapping[str, tuple[Any, Any]], by: User, now: datetime) -> None:
    """Keep the hours of a door and whether people may check in by themselves, as `by` wants it."""
    rule.save()
    deeds.note(Deed.What.CHANGED, about=rule, by=by, now=now, changed=changed)


def day_at(session: TrainingSession, at: datetime, *, is_leaving: bool = False) -> tuple[TrainingDay | None, str]:
    """The day of `session` (region, rule and days at hand) at `at`, by its region's calendar, and "" within the door's
    hours, else the reason. Who leaves at the end has not left early."""
    rule = rule_of(session)
    date = at.astimezone(session.region.zone).date()
    day = next((day for day in session.days.all() if day.date == date), None)
    if day is None:
        return None, DoubtfulScan.Reason.NOT_TODAY
    closes = day.ends() if is_leaving else rule.closes(day)
    return day, "" if rule.opens(day) <= at < closes else DoubtfulScan.Reason.OUTSIDE_HOURS
