"""Filters that staff keep for themselves."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from participants.models import SavedFilter
from participants.operations import locks
from participants.operations.refusals import Refused
from portal.accounts.models import User

MOST = 12  # for one list


class TooManyFilters(Refused):
    code = "too_many_filters"
    sentence = _("Kamu sudah menyimpan 12 saringan untuk daftar ini.")
    remedy = _("Hapus satu dulu.")


@transaction.atomic
def save(*, owner: User, table: str, name: str, query: str) -> SavedFilter:
    """Keep `query` for that list under `name`, in the place of what had that name. Raises TooManyFilters."""
    locks.hold(f"saved_filters:{owner.pk}")
    others = SavedFilter.objects.filter(owner=owner, table=table).exclude(name=name)
    if others.count() >= MOST:
        raise TooManyFilters
    saved, _is_new = SavedFilter.objects.update_or_create(
        owner=owner, table=table, name=name, defaults={"query": query}
    )
    return saved


def forget(*, owner: User, table: str, key: int) -> None:
    """Remove one of the owner's own; a second time, or of somebody else's, changes nothing."""
    SavedFilter.objects.filter(owner=owner, table=table, pk=key).delete()
