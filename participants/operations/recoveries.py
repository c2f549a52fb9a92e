"""Other ways to an account: a proven recovery address, and a login address changed by staff who know the person."""

from __future__ import annotations

import uuid
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from participants.addresses import address_key, inbox_key
from participants.models import AddressChange, Deed, LoginCode, Notification, Registration
from participants.operations import constraints, deeds, locks, login_codes, meanwhile, notifications, switched_off
from participants.operations.refusals import Refused
from portal.accounts.models import RecoveryAddress, User

REPLACED_ALONE = 10  # people a day to whom one member of staff gives another address: more are somebody else's to give
CODES_OF_AN_ACCOUNT = 5  # a day: whoever is in cannot have any number of strangers mailed
Kind, Purpose = Notification.Kind, LoginCode.Purpose
TO_STRANGERS = [Purpose.RECOVERY, Purpose.ADDRESS]


class StaffHaveNone(Refused):
    code = "staff_have_none"
    sentence = _("Akun petugas tidak bisa diubah di sini.")
    remedy = _("Hubungi pengelola akun.")


class SameInbox(Refused):
    code = "same_inbox"
    sentence = _("Alamat ini kotak masuk yang sama dengan alamat masukmu.")
    remedy = _("Pilih alamat lain yang bisa kamu baca kalau alamat ini bermasalah.")


class AddressTaken(Refused):
    code = "address_taken"
    sentence = _("Alamat itu sudah dipakai akun lain.")
    remedy = _("Pakai alamat lain.")


TAKEN_AT_THAT_MOMENT: dict[str, type[Refused]] = dict.fromkeys(constraints.ADDRESSES, AddressTaken)


class SameAddress(Refused):
    code = "same_address"
    sentence = _("Itu alamat masuk yang sekarang.")
    remedy = _("Tulis alamat yang baru.")


class TooManyReplaced(Refused):
    code = "too_many_replaced"
    sentence = _("Hari ini kamu sudah mengganti alamat masuk sepuluh orang.")
    remedy = _("Minta petugas lain yang mengganti berikutnya, atau lanjutkan besok.")


@transaction.atomic
def ask(*, user: User, email: str, browser: str, language: str, machine_now: datetime, now: datetime) -> LoginCode:
    """Promise a code to `email` by which `user` can prove it as recovery address.

    The answer is the same whether or not somebody has that address. Raises StaffHaveNone, SameInbox, and TooManyMails
    after three codes in ten minutes or ten a day to one inbox, or five a day from one account.
    """
    user = locked(user)
    if inbox_key(email) == inbox_key(user.email):
        raise SameInbox
    limit_strangers(user, machine_now=machine_now)
    return promise_code(user, email, Purpose.RECOVERY, browser, language, machine_now, now)


def newest(*, user: User, browser: str) -> LoginCode | None:
    """The last code that `user` asked for in this browser to prove a recovery address, whatever became of it."""
    return _codes(user, browser).order_by("-pk").first()


def prove(*, user: User, code: str, browser: str, machine_now: datetime, now: datetime) -> RecoveryAddress:
    """Make the address to which `code` was mailed the recovery address of `user`, in the place of an earlier one.

    The account's own address is told. Raises what `login_codes.check` raises, and AddressTaken for an address that is
    somebody's own, or somebody else's recovery address: only who reads its mail can learn that here.
    """
    with constraints.told_as(TAKEN_AT_THAT_MOMENT):
        outcome = _prove(user, code, browser, machine_now, now)
    if isinstance(outcome, Refused):
        raise outcome
    return outcome


@transaction.atomic
def _prove(user: User, code: str, browser: str, machine_now: datetime, now: datetime) -> RecoveryAddress | Refused:
    user = locked(user)
    spent = login_codes.spend(
        purpose=Purpose.RECOVERY, account=user, browser=browser, code=code, machine_now=machine_now
    )
    if isinstance(spent, Refused):
        return spent
    if is_taken(spent.email, user):
        return AddressTaken()
    recovery, _is_new = RecoveryAddress.objects.update_or_create(
        user=user, defaults={"email": spent.email, "proven_at": now}
    )
    notifications.promise(Kind.RECOVERY_SET, subject=user, now=now, occurrence=uuid.uuid4().hex)
    return recovery


@transaction.atomic
def remove(*, user: User, now: datetime) -> bool:
    """Forget the recovery address of `user` and tell the account's own address; False when there is none."""
    user = locked(user)
    deleted, _rows = RecoveryAddress.objects.filter(user=user).delete()
    if deleted:
        notifications.promise(Kind.RECOVERY_REMOVED, subject=user, now=now, occurrence=uuid.uuid4().hex)
    return bool(deleted)


def last_change(user: User) -> int:
    """The number of the newest change of the login address of `user`, 0 where there is none."""
    newest = AddressChange.objects.filter(account=user).order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0


def change_address(
    *, registration: Registration, email: str, reason: str, by: User, now: datetime, seen: int | None = None
) -> AddressChange:
    """Give the account behind `registration` the login address `email`, because `by` knows whose it is: `reason`.

    Every session of the account ends, and its recovery address goes too: whoever had either may be somebody else. The
    new address is proven by its first login code. The old one is told. A row that cannot be altered says who did it.

    Raises StaffHaveNone, SameAddress, AddressTaken, TooManyReplaced, ChangedMeanwhile where the `last_change` is not
    the one that `by` has `seen`; and then changes nothing.
    """
    with constraints.told_as(TAKEN_AT_THAT_MOMENT):
        return _change_address(registration, email, reason, by, now, seen)


@transaction.atomic
def _change_address(
    registration: Registration, email: str, reason: str, by: User, now: datetime, seen: int | None
) -> AddressChange:
    locks.hold(f"addresses:{by.pk}")
    done = Deed.objects.filter(by=by, what=Deed.What.ADDRESS_REPLACED, at__gt=now - login_codes.DAY)
    if done.count() >= REPLACED_ALONE:
        raise TooManyReplaced
    user = locked(registration.participant.user)
    meanwhile.check(seen=seen, stands=last_change(user))
    change = replace(user, email, registration=registration, reason=reason, by=by, now=now)
    RecoveryAddress.objects.filter(user=user).delete()
    deeds.note(Deed.What.ADDRESS_REPLACED, about=registration, by=by, now=now, changed={"email": None})
    return change


def replace(
    user: User, email: str, *, registration: Registration | None, reason: str, by: User, now: datetime
) -> AddressChange:
    """Give the `locked` account `user` the login address `email`: write it down, end its sessions, tell the old one.

    In the caller's transaction. Raises SameAddress, AddressTaken.
    """
    if address_key(email) == address_key(user.email):
        raise SameAddress
    if is_taken(email, user):
        raise AddressTaken
    region = registration.region if registration else None
    change = AddressChange.objects.create(
        registration=registration,
        account=user,
        region=region,
        old_email=user.email,
        new_email=email,
        reason=reason,
        changed_by=by,
        changed_at=now,
    )
    user.email, user.bounced_at = email, None
    user.set_unusable_password()  # another one: sessions carry its digest, so each ends at its next request
    user.save(update_fields=["email", "password", "bounced_at"])
    EmailAddress.objects.filter(user=user).delete()
    notifications.promise(Kind.ADDRESS_CHANGED, subject=user, now=now, occurrence=str(change.public_id), region=region)
    return change


def promise_code(
    user: User,
    email: str,
    purpose: LoginCode.Purpose,
    browser: str,
    language: str,
    machine_now: datetime,
    now: datetime,
) -> LoginCode:
    """Promise the `locked` account `user` a code to `email`, to be typed where they are in. Raises TooManyMails."""
    return login_codes.promise(
        email=email,
        typed=email,
        browser=browser,
        language=language,
        machine_now=machine_now,
        now=now,
        purpose=purpose,
        account=user,
    )


def limit_strangers(user: User, *, machine_now: datetime) -> None:
    """Raise TooManyMails when the `locked` account had five codes mailed to new addresses in a day."""
    since = machine_now - login_codes.DAY
    asked = LoginCode.objects.filter(account=user, purpose__in=TO_STRANGERS, asked_at__gt=since).order_by("-pk")
    times = [*asked.values_list("asked_at", flat=True)]
    if len(times) >= CODES_OF_AN_ACCOUNT:
        raise login_codes.TooManyMails(times[CODES_OF_AN_ACCOUNT - 1] + login_codes.DAY)


def locked(user: User) -> User:
    """The account's row, held until the transaction ends. Staff have their own way in: raises StaffHaveNone.

    Raises AccountSwitchedOff where its record has gone into another meanwhile.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if user.is_staff:
        raise StaffHaveNone
    switched_off.check(user.is_active)
    return user


def is_taken(email: str, user: User) -> bool:
    """Whether somebody else comes in by this address, or `user` already does by their own."""
    return (
        User.objects.with_address(email).exists()
        or RecoveryAddress.objects.with_address(email).exclude(user=user).exists()
    )


def _codes(user: User, browser: str) -> QuerySet[LoginCode]:
    return login_codes.asked_inside(account=user, browser=browser, purpose=Purpose.RECOVERY)
