"""Changes of an account that take two managers: one asks, another says yes within a day, then they are made."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from participants.models import AccountRequest, Deed, Notification
from participants.operations import account_changes, deeds, notifications, second_persons
from participants.operations.account_changes import AddressInUse
from participants.operations.deeds import Change
from participants.operations.refusals import Refused
from portal.accounts.models import User

VALID = timedelta(hours=24)
Kind, Verdict = AccountRequest.Kind, AccountRequest.Verdict


class NotAThird(Refused):
    code = "not_a_third"
    sentence = _("Yang meminta, yang memutuskan, dan pemilik akun harus tiga orang.")
    remedy = _("Minta pengelola akun lain yang memutuskan.")


class RequestOver(Refused):
    code = "request_over"
    sentence = _("Permintaan ini sudah diputuskan, dicabut, atau lewat 24 jam.")
    remedy = _("Kalau masih perlu, minta lagi di halaman akunnya.")


def ask(
    kind: AccountRequest.Kind, *, account: User, by: User, now: datetime, role: str = "", email: str = ""
) -> AccountRequest:
    """Ask another manager for one change of `account`; the same one that waits already is left as it is.

    Who calls this notes it and tells it.
    """
    same = AccountRequest.objects.open(now).filter(kind=kind, account=account, role=role, email=email).first()
    return same or AccountRequest.objects.create(
        kind=kind,
        account=account,
        role=role,
        email=email,
        old_email=account.email if email else "",
        asked_by=by,
        asked_at=now,
        expires_at=now + VALID,
    )


@transaction.atomic
def decide(*, request: AccountRequest, yes: bool, by: User, now: datetime) -> AccountRequest:
    """Say yes, and then the account is changed, or no; its owner and the other managers are told either way.

    A manager's own role took two, so that the asker once changed the decider's account is no hindrance here. Raises
    NotAThird, RequestOver, TooNew, and for a yes AskerWithoutRight, RolesDoNotMix or AddressInUse.
    """
    account = User.objects.select_for_update(no_key=True).get(pk=request.account_id)
    request = AccountRequest.objects.select_for_update(no_key=True).get(pk=request.pk)
    if not request.is_open(now):
        raise RequestOver
    if by.pk in (request.asked_by_id, request.account_id) or not by.manages_accounts:
        raise NotAThird
    second_persons.check_age(by, now)
    if yes and not request.asked_by.manages_accounts:
        raise second_persons.AskerWithoutRight
    request.verdict, request.decided_by, request.decided_at = Verdict.YES if yes else Verdict.NO, by, now
    request.save(update_fields=["verdict", "decided_by", "decided_at"])
    if yes:
        _make(request, account, now)
    what = Deed.What.APPROVED if yes else Deed.What.DECLINED
    deed = deeds.note(what, about=account, by=by, now=now, changed=told([request]))
    account_changes.tell(deed, account=account, now=now)
    return request


def told(requests: list[AccountRequest]) -> dict[str, Change]:
    """What `requests` change, as a deed says it: a role by its name, of an address and a factor only that they do."""
    changed: dict[str, Change] = {}
    for request in requests:
        match request.kind:
            case Kind.ROLE:
                before = changed.get("groups")
                changed["groups"] = ("", f"{before[1]}, {request.role}" if before else request.role)
            case Kind.FACTOR:
                changed["reset_second_factor"] = None
            case _:
                changed["email"] = None
    return changed


def end(account: User, now: datetime) -> None:
    """What `account` asked for, and what was asked for it, waits no more."""
    AccountRequest.objects.open(now).filter(Q(asked_by=account) | Q(account=account)).update(expires_at=now)


def _make(request: AccountRequest, account: User, now: datetime) -> None:
    match request.kind:
        case Kind.ROLE:
            role = Group.objects.get(name=request.role)
            account_changes.check_mix([*account.groups.all(), role])
            account.groups.add(role)
        case Kind.FACTOR:
            Authenticator.objects.filter(user=account).delete()
            account.end_sessions()  # one that is open could set up another factor, whoever sits before it
            account.save(update_fields=["session_mark"])
        case _:
            _move(request, account, now)


def _move(request: AccountRequest, account: User, now: datetime) -> None:
    if User.objects.with_address(request.email).exclude(pk=account.pk).exists():
        raise AddressInUse
    account.email, account.bounced_at = request.email, None
    account.save(update_fields=["email", "bounced_at"])
    account_changes.end_links(account, now)
    occurrence = str(request.public_id)
    notifications.promise(Notification.Kind.STAFF_ADDRESS, subject=account, occurrence=occurrence, now=now)
