"""Staff as tests need them: with a role, and signed in by whichever proofs the test is about."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.internal.flows.login import _AUTHENTICATION_METHODS_USER_SESSION_KEY
from django.contrib.auth.models import Group
from django.test import Client

from portal import roles
from portal.accounts.models import User
from programs.models import Region
from tests.factories import OPENS, make_coordinator, need_roles

BACKEND = "portal.logins.Logins"
ROLES = {
    "coordinator": roles.COORDINATOR,
    "ministry": roles.MINISTRY,
    "editor": roles.EDITOR,
    "accounts": roles.ACCOUNTS,
}


def make_staff(role: str, *regions: Region, **fields: Any) -> User:
    """A member of staff with the role that a word of `ROLES` names; roles are written as `sync_roles` does."""
    need_roles()
    user = make_coordinator(*regions, **fields)
    user.groups.set(Group.objects.filter(name=ROLES[role]))
    return user


def make_superuser(**fields: Any) -> User:
    user = make_coordinator(**fields)
    user.is_superuser = True
    user.save(update_fields=["is_superuser"])
    return user


def sign_in(client: Client, user: User, *, proofs: Collection[str] = ("password", "mfa")) -> Client:
    """Sign `user` in as allauth does after these proofs. No proof at all is what the participants' door leaves."""
    client.force_login(user, backend=BACKEND)
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": proof, "at": time.time()} for proof in proofs]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
    session.save()
    return client


__all__ = ["OPENS", "ROLES", "make_staff", "make_superuser", "sign_in"]
