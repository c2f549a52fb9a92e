"""Accounts whose record is gone: it went into another, or was erased, while somebody was still at work in it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from participants.operations.refusals import Refused


class AccountSwitchedOff(Refused):
    code = "account_switched_off"
    sentence = _("Akun ini sudah dimatikan, misalnya karena datamu dijadikan satu dengan akunmu yang lain.")
    remedy = _("Keluar dulu, lalu masuk dengan alamat email yang satunya.")


def check(is_on: bool) -> None:
    """Raise AccountSwitchedOff where it is not; read in the query that takes the lock for which a merge is waited."""
    if not is_on:
        raise AccountSwitchedOff
