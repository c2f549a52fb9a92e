"""Changes of accounts of staff: some are made by one manager and told to the others, some wait for another's yes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction

from participants.models import AccountRequest, Deed
from participants.operations import account_changes, account_requests, approvals, deeds
from participants.operations.account_changes import AddressInUse, OwnAccount
from participants.operations.deeds import Change
from portal.accounts.models import User

TOLD = {"groups", "is_active"}  # of what one manager may do alone
Kind = AccountRequest.Kind


@dataclass(frozen=True)
class Wanted:
    """What an account should be; without `reset_second_factor` its second factor stays."""

    email: str
    name: str
    is_active: bool
    roles: Collection[Group]
    reset_second_factor: bool = False


@transaction.atomic
def change(*, account: User, wanted: Wanted, by: User, now: datetime) -> list[AccountRequest]:
    """Make of `wanted` what one manager may, and ask another for the rest, which is returned.

    Alone: the name, switching on or off, taking a role, and giving one for assigned regions. Two: a role that reaches
    every region, another address, and a second factor's end. Raises OwnAccount, RolesDoNotMix or AddressInUse.
    """
    if account.pk == by.pk:
        raise OwnAccount
    account = User.objects.select_for_update(no_key=True).get(pk=account.pk)
    account_changes.check_mix(wanted.roles)
    if User.objects.with_address(wanted.email).exclude(pk=account.pk).exists():
        raise AddressInUse
    had = set(account.groups.all())
    wide = sorted(role.name for role in set(wanted.roles) - had if account_changes.sees_all(role))
    if changed := _alone(account, wanted, had, wide):
        deed = deeds.note(Deed.What.CHANGED, about=account, by=by, now=now, changed=changed)
        if TOLD & changed.keys():
            account_changes.tell(deed, account=account, now=now)
    if "is_active" in changed:
        account_changes.end_links(account, now)
        account_requests.end(account, now)
        approvals.close(asker=account, by=by, now=now)
    asked = _ask(account, wanted, wide, by, now)
    if asked:
        said = account_requests.told(asked)
        deed = deeds.note(Deed.What.ASKED, about=account, by=by, now=now, changed=said)
        account_changes.tell(deed, account=account, now=now)
    return asked


def _alone(account: User, wanted: Wanted, had: set[Group], wide: list[str]) -> dict[str, Change]:
    """Make what takes one manager; returns what was changed."""
    changed: dict[str, Change] = {}
    if wanted.name != account.name:
        account.name, changed["name"] = wanted.name, None
    if wanted.is_active != account.is_active:
        changed["is_active"] = (account.is_active, wanted.is_active)
        account.is_active = wanted.is_active
    account.save(update_fields=["name", "is_active"])
    stays = {role for role in wanted.roles if role.name not in wide}
    if stays != had:
        account.groups.set(stays)
        changed["groups"] = (_names(had), _names(stays))
    return changed


def _ask(account: User, wanted: Wanted, wide: list[str], by: User, now: datetime) -> list[AccountRequest]:
    asked = [account_requests.ask(Kind.ROLE, account=account, by=by, now=now, role=role) for role in wide]
    if wanted.reset_second_factor:
        asked.append(account_requests.ask(Kind.FACTOR, account=account, by=by, now=now))
    if wanted.email != account.email:
        asked.append(account_requests.ask(Kind.ADDRESS, account=account, by=by, now=now, email=wanted.email))
    return asked


def _names(roles: Collection[Group]) -> str:
    return ", ".join(sorted(role.name for role in roles))
