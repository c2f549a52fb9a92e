"""The catalogue: regions and their coordinators, venues, partners, curriculum, reminder rules."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from participants.operations import reminders, venues
from portal import clock
from programs.admin.conflicts import CarefulModelForm
from programs.admin.scoping import MinistryOnlyAdmin, RegionScopedAdmin, ScopedRelatedFilter
from programs.models import Channel, Coordination, Module, Partner, Partnership, Region, ReminderRule, Venue


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


BESIDES = {"seen", "loaded"}  # fields that are no part of the rule


class ReminderRuleForm(CarefulModelForm):
    """A rule; a change says first what it would do to the messages ahead, and is made when it is sent once more."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors or not set(self.changed_data) - BESIDES:
            return
        change = reminders.difference(rule=self.instance, now=clock.now())
        said = sorted((name, str(value)) for name, value in self.cleaned_data.items() if name not in BESIDES)
        fingerprint = f"{change} {said}"
        digest = hashlib.sha256(fingerprint.encode()).hexdigest()
        if not change or self.cleaned_data.get("seen") == digest:
            return
        data = cast(QueryDict, self.data).copy()  # as it was sent: a name may have many values
        data["seen"] = digest
        self.data = data
        text = _(
            "Perubahan ini: %(more)s pesan lebih banyak, %(fewer)s lebih sedikit, %(moved)s pindah waktu,"
            " %(rerouted)s berganti jalur."
            " Tekan Simpan sekali lagi kalau memang itu maksudmu."
        )
        self.add_error(None, text % asdict(change))


@admin.register(ReminderRule)
class ReminderRuleAdmin(MinistryOnlyAdmin):
    form = ReminderRuleForm
    list_display = ["__str__", "audience", "is_on", "is_urgent", "is_optional", "program"]
    list_select_related = ["program"]
    fieldsets = [
        (None, {"fields": ["program", "slug", "is_on", "seen"]}),
        (_("Kapan"), {"fields": [("anchor", "offset_days", "at"), ("useful_offset_days", "useful_at")]}),
        (_("Jam tenang"), {"fields": [("quiet_from", "quiet_until"), "is_urgent"]}),
        (_("Kepada siapa, lewat apa"), {"fields": ["audience", "before_consent", "channels", "is_optional"]}),
        (_("Kata-kata"), {"fields": ["subject_id", "body_id", "subject_en", "body_en"]}),
    ]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **options)
        if db_field.name != "channels":
            return field
        return forms.MultipleChoiceField(
            label=field.label,
            help_text=field.help_text,
            initial=db_field.default,
            choices=Channel.choices,
            widget=forms.CheckboxSelectMultiple,
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # What was promised is remembered under these two: changed, every reminder would go out again.
        return ["program", "slug"] if obj else []
