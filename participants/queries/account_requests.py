"""What waits for whoever manages the accounts of staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef

from participants.models import AccountRequest, Invitation
from portal.accounts.models import User


@dataclass(frozen=True)
class AccountWork:
    """What a manager of accounts has before them; people as rows, since each is a name to be called."""

    to_decide: list[AccountRequest]
    asked: list[AccountRequest]
    invited: list[Invitation]
    lapsed: list[User]
    stranded: list[User]
    one_factor: list[User]


def account_work_of(user: User | AnonymousUser, *, now: datetime) -> AccountWork | None:
    """What waits for the manager `user` and what they wait for; None for whoever manages no accounts.

    `invited` are invitations that are not used yet, the next to end first; `lapsed` are the people whose last one has
    ended unused, `stranded` those without a password whom nobody ever invited, and `one_factor` those who have a
    password and no second factor, without which nobody enters.
    """
    if not (isinstance(user, User) and user.manages_accounts):
        return None
    requests = AccountRequest.objects.open(now).select_related("account", "asked_by").order_by("expires_at", "pk")
    own = [request for request in requests if user.pk in (request.asked_by_id, request.account_id)]
    unused = Invitation.objects.filter(renews=False, accepted_at=None, withdrawn_at=None, account__is_active=True)
    still_open = unused.filter(expires_at__gt=now)
    staff = User.objects.filter(is_staff=True, is_active=True).order_by("name", "pk")
    has_password = staff.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    has_none = staff.filter(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    was_invited = Exists(Invitation.objects.filter(account=OuterRef("pk"), renews=False))
    has_link = Exists(still_open.filter(account=OuterRef("pk")))
    return AccountWork(
        to_decide=[request for request in requests if request not in own],
        asked=own,
        invited=list(still_open.select_related("account").order_by("expires_at", "pk")),
        lapsed=list(has_none.filter(was_invited).exclude(has_link)),
        stranded=list(has_none.exclude(was_invited)),
        one_factor=list(has_password.exclude(pk__in=User.objects.with_second_factor())),
    )
