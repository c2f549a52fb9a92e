"""The one place that says which rows a member of staff may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import models

if TYPE_CHECKING:
    from portal.accounts.models import User


class RegionScopedQuerySet(models.QuerySet[Any]):
    """A queryset whose rows belong to a region. Denies by default: no assignment, no rows."""

    region_lookup: str

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The rows `user` may see: all for the ministry, those of assigned regions for a coordinator, else none."""
        if not (user.is_active and user.is_staff):
            return self.none()
        if user.sees_all_regions:
            return self
        return self.filter(**{f"{self.region_lookup}__in": assigned_regions(user)})


def assigned_regions(user: User | AnonymousUser) -> models.QuerySet[Any]:
    """Primary keys of the regions assigned to `user`, as a subquery."""
    return apps.get_model("programs", "Coordination").objects.filter(user=user.pk).values("region_id")
