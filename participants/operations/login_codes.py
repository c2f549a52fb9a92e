"""The participants' door: an address, a typed code from the mail, in. Nobody has a password here.

All limits are counted in the database under one advisory lock per account or inbox, so they hold whatever runs in
parallel and without Redis. They are counted apart for a browser that has once logged in to the account: a stranger
who fails or asks on purpose locks out strangers, never the owner. And one network uses up only a share of what all
may do together, so that somebody elsewhere still comes in by a browser that was never inside. Whether
there is an account changes no limit.

A proven recovery address opens its account as the account's own does. Wrong guesses are counted by the address that was
typed, so that nobody can learn from a limit which two addresses belong together.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from participants import tokens
from participants.addresses import address_key, inbox_key
from participants.models import LoginCode, Notification
from participants.operations import crowds, locks, notifications, participants
from participants.operations.door_limits import KEPT_USED, Asker, Event, allowed_at
from participants.operations.refusals import Refused
from portal.accounts.models import RecoveryAddress, User
from programs.compiled import compiled, write_new

DAY = timedelta(days=1)
LIFETIME = timedelta(minutes=10)
SHOWN = timedelta(minutes=20)  # whoever comes back late from the mail reads that the code is dead, and asks once more
GUESSES_PER_CODE = 3
HOUR, MINUTES = timedelta(hours=1), timedelta(minutes=10)
WRONG_GUESSES, GUESSES_OF_ONE = [(10, HOUR), (30, DAY)], [(6, HOUR), (20, DAY)]  # per account, over all its codes
MAILS, MAILS_OF_ONE = [(3, MINUTES), (10, DAY)], [(2, MINUTES), (7, DAY)]  # per inbox; of one network
KEPT_UNUSED = timedelta(days=7)  # an address that nobody has shown to be theirs

Purpose = LoginCode.Purpose
_NOBODY = 0  # no account's key


class TooManyMails(Refused):
    code = "too_many_mails"
    sentence = _("Sudah terlalu banyak kode dikirim ke alamat ini.")
    remedy = _("Cari kode terbaru di kotak masuk dan folder spam, atau tunggu sebelum minta kode baru.")

    def __init__(self, retry_at: datetime) -> None:
        """`retry_at` is a machine instant."""
        self.retry_at = retry_at


class TooManyGuesses(TooManyMails):
    code = "too_many_guesses"
    sentence = _("Terlalu banyak kode salah untuk alamat ini.")
    remedy = _("Tunggu sebentar lalu minta kode baru. Kalau kamu masih masuk di perangkat lain, itu tetap berlaku.")


class NoCode(Refused):
    code = "no_code"
    sentence = _("Belum ada kode yang diminta dari peramban ini.")
    remedy = _("Tulis alamat emailmu untuk mendapat kode. Kode hanya berlaku di peramban yang memintanya.")


class CodeIsDead(Refused):
    code = "code_is_dead"
    sentence = _("Kode ini tidak berlaku lagi.")
    remedy = _(
        "Minta kode baru: kode berlaku sepuluh menit, sekali pakai, dan tidak berlaku lagi sesudah tiga kali salah."
    )


class WrongCode(Refused):
    code = "wrong_code"
    sentence = _("Kode itu tidak cocok.")

    def __init__(self, guesses_left: int) -> None:
        self.remedy = ngettext(
            "Periksa lagi hurufnya di email terbaru. Kamu bisa mencoba %(count)d kali lagi.",
            "Periksa lagi hurufnya di email terbaru. Kamu bisa mencoba %(count)d kali lagi.",
            guesses_left,
        ) % {"count": guesses_left}


class AccountIsOff(Refused):
    code = "account_is_off"
    sentence = _("Akun ini sedang dinonaktifkan.")
    remedy = _("Hubungi panitia di wilayahmu.")


def text(login_code: LoginCode) -> str:
    """Return the code that is mailed and typed: eight letters, 2.6e10 codes against 30 guesses a day."""
    return tokens.login_code_text(login_code.public_id, login_code.purpose)


def newest(*, browser: str, machine_now: datetime) -> LoginCode | None:
    """Return the last login code that `browser` (its cookie's secret) asked for, None once somebody came in by it, and
    `SHOWN` after its end.

    Whoever opens the browser after them reads nobody's address.
    """
    last = _newest.first(purpose=Purpose.LOGIN, browser_hash=_hash(browser), account=_NOBODY)
    return last if last and not last.used_at and machine_now < last.expires_at + SHOWN else None


@transaction.atomic
def ask(
    *,
    email: str,
    browser: str,
    language: str,
    machine_now: datetime,
    now: datetime,
    network: str = "",
    proof: str = "",
    ticket: str = "",
) -> LoginCode:
    """Promise a code by mail to `email` (as `addresses.normal` returns it), to be typed into the asking browser.

    Costs the same queries whether the address is known or new. A known account's mail goes to the address it was made
    with, or to the recovery address as proven. `network` is where the ask comes from ("" is counted nowhere);
    in a crowd there `proof` or `ticket` must pay for it (`crowds.admit`). `machine_now` is real time, `now` programme
    time.

    Raises Crowd or TooManyMails, and then promises nothing and spends nothing.
    """
    network_hash = crowds.admit(network=network, proof=proof, ticket=ticket, machine_now=machine_now)
    return promise(
        email=_as_known(email) or email,
        typed=email,
        browser=browser,
        language=language,
        machine_now=machine_now,
        now=now,
        network_hash=network_hash,
    )


def promise(
    *,
    email: str,
    typed: str,
    browser: str,
    language: str,
    machine_now: datetime,
    now: datetime,
    network_hash: str = "",
    purpose: Purpose = Purpose.LOGIN,
    account: User | None = None,
) -> LoginCode:
    """Promise a code for `purpose` to `email`, in the caller's transaction; limits count what was `typed`.

    Raises TooManyMails, which holds over all purposes.
    """
    key, inbox, browser_hash = address_key(typed), inbox_key(typed), _hash(browser)
    lock(inbox)
    longest = max(window for _most, window in MAILS)
    mails = _mailed(inbox_key=inbox, since=machine_now - longest)
    events = [Event(at, 1, *who) for at, *who in mails]
    free_at = allowed_at(events, MAILS, MAILS_OF_ONE, Asker(key, browser_hash, network_hash), machine_now)
    if free_at > machine_now:
        raise TooManyMails(free_at)
    login_code = LoginCode(
        purpose=purpose,
        account=account,
        email=email,
        address_key=key,
        inbox_key=inbox,
        language=language,
        browser_hash=browser_hash,
        network_hash=network_hash,
        asked_at=machine_now,
        expires_at=machine_now + LIFETIME,
    )
    write_new(login_code)
    notifications.promise(Notification.Kind.LOGIN_CODE, subject=login_code, now=now, useful_until=now + LIFETIME)
    return login_code


@compiled
def _mailed(*, inbox_key: Any, since: Any) -> QuerySet[LoginCode, tuple[datetime, str, str]]:
    mails = LoginCode.objects.filter(inbox_key=inbox_key, asked_at__gt=since).order_by("-pk")
    return mails.values_list("asked_at", "browser_hash", "network_hash")


def check(*, code: str, browser: str, machine_now: datetime, now: datetime) -> User:
    """Return the user whose newest code, asked for by this browser, is `code`; a new address becomes a user here.

    `code` is eight capital letters. A right code is used up; a wrong one is counted, even though this raises:
    WrongCode, CodeIsDead, NoCode, TooManyGuesses, AccountIsOff. No code is compared beyond the limits, however many
    guess at once.
    """
    outcome = _enter(code, browser, machine_now, now)
    if isinstance(outcome, Refused):
        raise outcome  # only now, after the commit of the wrong guess
    user, language = outcome
    participants.write_in(user, language)  # only now: who changes an account holds its row and waits for an address
    return user


@transaction.atomic
def _enter(code: str, browser: str, machine_now: datetime, now: datetime) -> tuple[User, str] | Refused:
    spent = spend(purpose=Purpose.LOGIN, browser=browser, code=code, machine_now=machine_now)
    if isinstance(spent, Refused):
        return spent
    user = let_in(email=spent.email, now=now)
    if user.bounced_at and address_key(user.email) == spent.address_key:  # what was mailed there was read there
        User.objects.filter(pk=user.pk).update(bounced_at=None)
    return (user, spent.language) if user.is_active else AccountIsOff()


def spend(
    *, purpose: Purpose, browser: str, code: str, machine_now: datetime, account: User | None = None
) -> LoginCode | Refused:
    """Use up the newest code that was asked for in `browser`, inside by `account`, when `code` is its text.

    In the caller's transaction. A refusal is returned, not raised: the wrong guess that was counted must be committed.
    """
    asked = {"purpose": purpose, "browser_hash": _hash(browser), "account": account.pk if account else _NOBODY}
    held = _held.first(**asked)
    if held is None:
        return NoCode()
    address = held[0]
    login_code = _newest.first(**asked)  # again, now that nobody else can be guessing at this account
    if login_code is None or login_code.address_key != address or not login_code.is_usable(machine_now):
        return CodeIsDead()
    free_at = _guessing_free_at(login_code, machine_now)
    if free_at > machine_now:
        return TooManyGuesses(free_at)
    if not hmac.compare_digest(text(login_code), code):
        login_code.wrong_guesses += 1
        login_code.save(update_fields=["wrong_guesses"])
        left = GUESSES_PER_CODE - login_code.wrong_guesses
        return WrongCode(left) if left else CodeIsDead()
    login_code.used_at = machine_now
    login_code.save(update_fields=["used_at"])
    return login_code


@compiled
def _newest(*, purpose: Any, browser_hash: Any, account: Any) -> QuerySet[LoginCode]:
    return _asked(purpose, browser_hash, account)[:1]


@compiled
def _held(*, purpose: Any, browser_hash: Any, account: Any) -> QuerySet[LoginCode, tuple[str, str]]:
    """The address that the same code was asked for, which nobody else guesses at until this transaction ends."""
    asked = _asked(purpose, browser_hash, account).annotate(lock=_Lock("address_key"))
    return asked.values_list("address_key", "lock")[:1]


def _asked(purpose: Any, browser_hash: Any, account: Any) -> QuerySet[LoginCode]:
    codes = LoginCode.objects.alias(by=Coalesce("account_id", Value(_NOBODY)))
    return codes.filter(purpose=purpose, browser_hash=browser_hash, by=account).order_by("-pk")


def asked_inside(*, account: User, browser: str, purpose: Purpose) -> QuerySet[LoginCode]:
    """The codes for `purpose` that `account` asked for in this browser."""
    return LoginCode.objects.filter(purpose=purpose, account=account, browser_hash=_hash(browser))


def purge(*, machine_now: datetime) -> int:
    """Forget codes that nobody typed after 7 days and typed ones after 30; return how many. Safe to run twice."""
    return old(machine_now=machine_now).delete()[1].get(LoginCode._meta.label, 0)


def old(*, machine_now: datetime) -> QuerySet[LoginCode]:
    """What `purge` forgets."""
    return LoginCode.objects.filter(
        Q(used_at=None, asked_at__lt=machine_now - KEPT_UNUSED) | Q(asked_at__lt=machine_now - KEPT_USED)
    )


def _as_known(email: str) -> str | None:
    """The spelling to send to: of the account with this address, else of the recovery address; None for a new one.

    Another spelling of the local part may be another mailbox, so the code goes to the one that was proven.
    """
    known = _spellings.first(email=email)
    return known[0] if known else None


@compiled
def _spellings(*, email: Any) -> QuerySet[User, tuple[str, int]]:
    own = User.objects.with_address(email).annotate(rank=Value(0)).values_list("email", "rank")
    recovery = RecoveryAddress.objects.with_address(email).annotate(rank=Value(1)).values_list("email", "rank")
    return own.union(recovery, all=True).order_by("rank")


@compiled
def _with_address(*, email: Any) -> QuerySet[User]:
    return User.objects.with_address(email)


@compiled
def _with_recovery_address(*, email: Any) -> QuerySet[RecoveryAddress]:
    return RecoveryAddress.objects.with_address(email).select_related("user")


def let_in(*, email: str, now: datetime) -> User:
    """The user whom the proven address `email` opens, in the caller's transaction.

    That is whoever has it as their own, else as recovery address; a new address becomes a user.
    """
    user = _with_address.first(email=email)
    if user is None:
        recovery = _with_recovery_address.first(email=email)
        user = recovery.user if recovery else None
    elif not EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists():
        EmailAddress.objects.update_or_create(
            user=user,
            email=user.email,
            defaults={"verified": True},
            create_defaults={"verified": True, "primary": True},
        )
    if user is None:
        user = User.objects.create_participant(email=email, now=now)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def _guessing_free_at(login_code: LoginCode, machine_now: datetime) -> datetime:
    """When guesses at the account are compared again; past when they are now.

    A guess is dated by the latest moment at which it can have been made, so the ceiling errs to the safe side.
    """
    longest = max(window for _most, window in WRONG_GUESSES) + LIFETIME
    rows = _guessed(address_key=login_code.address_key, since=machine_now - longest)
    events = [Event(at + LIFETIME, wrong, *who) for at, wrong, *who in rows]
    asker = Asker(login_code.address_key, login_code.browser_hash, login_code.network_hash)
    return allowed_at(events, WRONG_GUESSES, GUESSES_OF_ONE, asker, machine_now)


@compiled
def _guessed(*, address_key: Any, since: Any) -> QuerySet[LoginCode, tuple[datetime, int, str, str]]:
    guessed = LoginCode.objects.filter(address_key=address_key, wrong_guesses__gt=0, asked_at__gt=since)
    return guessed.order_by("-pk").values_list("asked_at", "wrong_guesses", "browser_hash", "network_hash")


class _Lock(Func):
    """Let nobody else ask for or guess at the same thing until this transaction ends; waits for `lock_timeout`."""

    template = "pg_advisory_xact_lock(hashtextextended('login_codes:' || %(expressions)s, 0))"
    output_field = TextField()


def lock(key: str) -> None:
    """Hold the key of an inbox that is mailed to, or of an address that is entered, until the transaction ends."""
    locks.hold(f"login_codes:{key}")


def _hash(browser: str) -> str:
    return hashlib.sha256(browser.encode()).hexdigest()
