"""Another login address by oneself: prove now that the account is yours, prove the new address, and it takes the place.

Each proof is a code of its own purpose, typed into the browser that asked for it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from participants.addresses import address_key, inbox_key
from participants.models import AddressChange, LoginCode, Registration
from participants.operations import constraints, login_codes, recoveries
from participants.operations.refusals import Refused
from portal.accounts.models import RecoveryAddress, User

SETTLED = timedelta(days=7)  # a recovery address set by whoever found a phone unlocked is seen by the owner till then
FRESH = 2 * login_codes.LIFETIME  # how long a proof of the owner lasts: time for the code to the new address

Purpose = LoginCode.Purpose


class NotProvenNow(Refused):
    code = "not_proven_now"
    sentence = _("Pastikan dulu bahwa akun ini milikmu.")
    remedy = _("Minta kode ke alamatmu yang sekarang, lalu ketik di sini. Sesudah itu ada waktu dua puluh menit.")


class NoRecoveryAddress(Refused):
    code = "no_recovery_address"
    sentence = _("Akun ini tidak punya alamat cadangan yang terpasang sejak seminggu.")
    remedy = _("Minta kode ke alamat masukmu.")


@transaction.atomic
def ask_owner(
    *, user: User, by_recovery: bool, browser: str, language: str, machine_now: datetime, now: datetime
) -> LoginCode:
    """Promise a code by which `user` shows to own the account, to its own address or to its recovery address.

    Raises StaffHaveNone, NoRecoveryAddress, TooManyMails.
    """
    user = recoveries.locked(user)
    email = user.email
    if by_recovery:
        recovery = settled_recovery(user=user, now=now)
        if recovery is None:
            raise NoRecoveryAddress
        email = recovery.email
    return recoveries.promise_code(user, email, Purpose.OWNER, browser, language, machine_now, now)


def settled_recovery(*, user: User, now: datetime) -> RecoveryAddress | None:
    """The recovery address of `user` if it was proven a week ago or earlier, programme time."""
    return RecoveryAddress.objects.filter(user=user, proven_at__lte=now - SETTLED).first()


def prove_owner(*, user: User, code: str, browser: str, machine_now: datetime) -> None:
    """Take `code` as proof that the account is in its owner's hands. Raises what `login_codes.check` raises."""
    with transaction.atomic():
        spent = login_codes.spend(
            purpose=Purpose.OWNER, account=user, browser=browser, code=code, machine_now=machine_now
        )
    if isinstance(spent, Refused):
        raise spent


def proof(*, user: User, browser: str, machine_now: datetime) -> LoginCode | None:
    """The code that proves the owner now: typed here in the last twenty minutes, mailed to what still opens it.

    So a change of the address it was mailed to spends it.
    """
    recovery = RecoveryAddress.objects.filter(user=user).values("email")
    owner = login_codes.asked_inside(account=user, browser=browser, purpose=Purpose.OWNER)
    owner = owner.filter(Q(email=user.email) | Q(email__in=recovery), used_at__gt=machine_now - FRESH)
    return owner.order_by("-used_at").first()


@transaction.atomic
def ask_address(
    *, user: User, email: str, browser: str, language: str, machine_now: datetime, now: datetime
) -> LoginCode:
    """Promise a code to `email` by which it can become the login address of `user`.

    The answer is the same whether or not somebody has that address. Raises StaffHaveNone, NotProvenNow, SameAddress,
    and TooManyMails as for a recovery address.
    """
    user = recoveries.locked(user)
    if proof(user=user, browser=browser, machine_now=machine_now) is None:
        raise NotProvenNow
    if address_key(email) == address_key(user.email):
        raise recoveries.SameAddress
    recoveries.limit_strangers(user, machine_now=machine_now)
    return recoveries.promise_code(user, email, Purpose.ADDRESS, browser, language, machine_now, now)


def newest(*, user: User, browser: str, purpose: Purpose) -> LoginCode | None:
    """The last code for `purpose` that `user` asked for in this browser, whatever became of it."""
    return login_codes.asked_inside(account=user, browser=browser, purpose=purpose).order_by("-pk").first()


def change(*, user: User, code: str, browser: str, machine_now: datetime, now: datetime) -> AddressChange:
    """Make the address to which `code` was mailed the login address of `user`.

    Every session of the account ends, also the one that asks: its view renews it. The old address is told. The recovery
    address stays unless it is the new address's own inbox. A row that cannot be altered says what was changed.

    Raises NotProvenNow, what `login_codes.check` raises, and AddressTaken for an address by which somebody else comes
    in: only who reads its mail can learn that here.
    """
    with constraints.told_as(recoveries.TAKEN_AT_THAT_MOMENT):
        outcome = _change(user, code, browser, machine_now, now)
    if isinstance(outcome, Refused):
        raise outcome
    return outcome


@transaction.atomic
def _change(user: User, code: str, browser: str, machine_now: datetime, now: datetime) -> AddressChange | Refused:
    user = recoveries.locked(user)
    if proof(user=user, browser=browser, machine_now=machine_now) is None:
        return NotProvenNow()
    spent = login_codes.spend(
        purpose=Purpose.ADDRESS, account=user, browser=browser, code=code, machine_now=machine_now
    )
    if isinstance(spent, Refused):
        return spent
    registration = Registration.objects.filter(participant__user=user).order_by("-pk").first()
    try:
        changed = recoveries.replace(user, spent.email, registration=registration, reason="", by=user, now=now)
    except Refused as refusal:  # the code is used up all the same
        return refusal
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    recovery = RecoveryAddress.objects.filter(user=user).first()
    if recovery and inbox_key(recovery.email) == inbox_key(user.email):
        recovery.delete()
    return changed
