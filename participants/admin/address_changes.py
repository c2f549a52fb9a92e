"""Login addresses that were replaced, masked."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from participants import addresses
from participants.models import AddressChange
from programs.admin.scoping import ReadOnly, RegionScopedAdmin, ScopedRelatedFilter


@admin.register(AddressChange)
class AddressChangeAdmin(ReadOnly, RegionScopedAdmin):
    """Addresses are masked here, as people read this list who helped nobody in it."""

    appears_here = _("Muncul di sini kalau alamat masuk seseorang diganti.")
    list_display = ["changed_at", "region", "from_address", "to_address", "reason", "staff"]
    list_select_related = ["region", "changed_by"]
    list_filter = [("region", ScopedRelatedFilter)]
    fields = ["changed_at", "region", "from_address", "to_address", "reason", "staff"]
    readonly_fields = ["from_address", "to_address", "staff"]

    @admin.display(description=_("alamat lama"))
    def from_address(self, change: AddressChange) -> str:
        return addresses.masked(change.old_email)

    @admin.display(description=_("alamat baru"))
    def to_address(self, change: AddressChange) -> str:
        return addresses.masked(change.new_email)

    @admin.display(description=_("diganti oleh"))
    def staff(self, change: AddressChange) -> str:
        return str(_("yang bersangkutan")) if change.is_by_oneself else str(change.changed_by)
