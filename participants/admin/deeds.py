"""The history of the workplace, to be read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from participants.admin import cohorts
from participants.models import Deed
from participants.templatetags.deeds import changes, table_name
from programs.admin.scoping import ReadOnly, RegionScopedAdmin, ScopedRelatedFilter


@admin.register(Deed)
class DeedAdmin(ReadOnly, RegionScopedAdmin):
    appears_here = _("Setiap perubahan yang dilakukan petugas muncul di sini.")
    list_display = ["at", "doer", "what", "whom", "kind", "region", "network"]
    list_filter = ["what", ("region", ScopedRelatedFilter)]
    list_select_related = ["by", "region"]
    ordering = ["-pk"]
    sorts = {"at": "pk"}
    fields = ["at", "doer", "what", "kind", "row", "differences", "region", "network"]
    readonly_fields = ["doer", "kind", "differences"]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Each row with whom it concerned, read at once for all of them."""
        changelist = super().get_changelist_instance(request)
        cohorts.name_whom(changelist.result_list)
        return changelist

    @admin.display(description=_("tentang"))
    def whom(self, deed: Deed) -> str:
        return getattr(deed, "named", "—")

    @admin.display(description=_("oleh"))
    def doer(self, deed: Deed) -> str:
        return str(deed.by)

    @admin.display(description=_("tabel"))
    def kind(self, deed: Deed) -> str:
        return table_name(deed)

    @admin.display(description=_("yang berubah"))
    def differences(self, deed: Deed) -> str:
        rows = ((name, f": {values[0]} → {values[1]}" if values else "") for name, values in changes(deed))
        return format_html_join("; ", "{}{}", rows) or "—"
