"""Whose login a request comes with. Every private page asks it, so the query is compiled and planned once."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import QuerySet

from portal.accounts.models import User
from programs.compiled import compiled


class Logins(AuthenticationBackend):
    """allauth's, but for how an account is found by its key."""

    def get_user(self, user_id: Any) -> User | None:
        user = _account.first(key=user_id)
        return user if user and self.user_can_authenticate(user) else None


@compiled
def _account(*, key: Any) -> QuerySet[User]:
    return User.objects.filter(pk=key)
