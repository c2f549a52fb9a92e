"""Codes short enough to be typed can be tried: who typed too many wrong ones waits, and nobody else does."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from participants import tokens
from participants.models import WrongCode
from participants.operations import locks
from participants.operations.refusals import Refused

AT_MOST, WITHIN = 10, timedelta(minutes=10)
KEPT = timedelta(days=1)


class TooManyCodes(Refused):
    """Until the machine instant `retry_at`."""

    code = "too_many_codes"
    sentence = _("Terlalu banyak kode yang salah.")
    remedy = _("Tunggu sepuluh menit, lalu pakai kode yang baru.")

    def __init__(self, retry_at: datetime) -> None:
        self.retry_at = retry_at


def admit(who: str, *, machine_now: datetime) -> None:
    """Let `who` try a code, alone until the caller's transaction ends. Raises TooManyCodes."""
    locks.hold(f"guesses:{tokens.typist_hash(who)}")
    if busy_until := free_at(who, machine_now=machine_now):
        raise TooManyCodes(busy_until)


def free_at(who: str, *, machine_now: datetime, at_most: int = AT_MOST) -> datetime | None:
    """From when `who` has typed fewer than `at_most` wrong ones; None where that is so now."""
    wrong = WrongCode.objects.filter(typed_by=tokens.typist_hash(who), typed_at__gt=machine_now - WITHIN)
    last = wrong.order_by("-typed_at").values_list("typed_at", flat=True)[at_most - 1 : at_most].first()
    return last + WITHIN if last else None


def note(who: str, *, machine_now: datetime) -> None:
    """Remember that `who` typed a wrong one."""
    WrongCode.objects.create(typed_by=tokens.typist_hash(who), typed_at=machine_now)


def old(*, machine_now: datetime) -> QuerySet[WrongCode]:
    """Those that no longer make anybody wait."""
    return WrongCode.objects.filter(typed_at__lt=machine_now - KEPT)
