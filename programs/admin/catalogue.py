"""The catalogue: regions and their coordinators, venues, partners, curriculum."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from participants.operations import venues
from portal import clock
from programs.admin.scoping import MinistryOnlyAdmin, RegionScopedAdmin, ScopedRelatedFilter
from programs.models import Coordination, Module, Partner, Partnership, Region, Venue


@admin.register(Region)
class RegionAdmin(RegionScopedAdmin):
    list_display = ["name", "city", "time_zone", "is_confirmed"]
    search_fields = ["name", "city"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # Sessions live in this zone: another one would move every reminder without telling anybody.
        return ["code", "time_zone"] if obj else []


@admin.register(Coordination)
class CoordinationAdmin(MinistryOnlyAdmin):
    pages = MinistryOnlyAdmin.pages | {"delete"}
    list_display = ["user", "region"]
    list_select_related = ["user", "region"]
    readonly_fields = ["who"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whoever only looks reads a name: the account itself is for the accounts' manager."""
        return ["user" if self.has_change_permission(request, obj) else "who", "region"]

    @admin.display(description=_("petugas"))
    def who(self, coordination: Coordination) -> str:
        return str(coordination.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An assignment is withdrawn by deleting it; it holds nothing else."""
        return request.user.sees_all_regions and request.user.has_perm("programs.delete_coordination")  # type: ignore[union-attr]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "user":
            options["queryset"] = db_field.remote_field.model.objects.filter(is_staff=True)
        return super().formfield_for_foreignkey(db_field, request, **options)


@admin.register(Venue)
class VenueAdmin(RegionScopedAdmin):
    list_display = ["name", "city", "region", "is_confirmed"]
    list_filter = [("region", ScopedRelatedFilter)]
    list_select_related = ["region"]
    search_fields = ["name", "city"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["region"] if obj else []

    def save_model(self, request: HttpRequest, obj: Venue, form: Any, change: bool) -> None:
        if not change:
            return super().save_model(request, obj, form, change)
        venues.change(venue=obj, now=clock.now(), by=request.user)  # type: ignore[arg-type]
        return None


@admin.register(Partner)
class PartnerAdmin(MinistryOnlyAdmin):
    list_display = ["name", "kind"]
    list_filter = ["kind"]


@admin.register(Partnership)
class PartnershipAdmin(MinistryOnlyAdmin):
    list_display = ["partner", "program", "role", "position"]
    list_select_related = ["partner", "program"]


@admin.register(Module)
class ModuleAdmin(MinistryOnlyAdmin):
    list_display = ["title_id", "pillar", "day", "program"]
    list_filter = ["program", "pillar"]
    list_select_related = ["program"]
