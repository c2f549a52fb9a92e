"""Whose login a request comes with, and what they may. Every private page asks it: each query is compiled once."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.models import Permission
from django.db.models import QuerySet

from portal.accounts.models import User
from programs.compiled import compiled


class Logins(AuthenticationBackend):
    """allauth's, but for how an account is found by its key, and that rights come by role alone."""

    def get_user(self, user_id: Any) -> User | None:
        user = _account.first(key=user_id)
        return user if user and self.user_can_authenticate(user) else None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if user_obj.is_active and obj is None and not (user_obj.is_superuser or hasattr(user_obj, "_perm_cache")):
            user_obj._perm_cache = {f"{app}.{name}" for app, name in _rights(user=user_obj.pk)}
        rights: set[str] = super().get_all_permissions(user_obj, obj)
        return rights


@compiled
def _rights(*, user: Any) -> QuerySet[Permission, tuple[str, str]]:
    return Permission.objects.filter(group__user=user).order_by().values_list("content_type__app_label", "codename")


@compiled
def _account(*, key: Any) -> QuerySet[User]:
    return User.objects.filter(pk=key)
