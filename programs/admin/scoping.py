"""The base of every admin page: a row of another region behaves as if it did not exist, on every path."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import RelatedFieldListFilter
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.checks import CheckMessage, Error
from django.db.models import CharField, DateField, DateTimeField, Field, Model, QuerySet, SlugField, TimeField
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants.fields import TextField
from programs.models import TrainingSession
from programs.templatetags.session_time import where_and_when

# What our own pages note in a row's history, in words; what follows a colon or stands in the number is a fact.
DEEDS = {
    "answered": gettext_lazy("Dijawab"),
    "taken": gettext_lazy("Diambil untuk diurus"),
    "cancelled": gettext_lazy("Dibatalkan"),
    "moved": gettext_lazy("Jadwal atau tempat diubah"),
    "told": gettext_lazy("Kabar ditulis kepada peserta"),
    "stopped": gettext_lazy("Kabar dihentikan"),
    "login address replaced": gettext_lazy("Alamat masuk diganti"),
}
FIELDS = {
    "full_name": gettext_lazy("nama"),
    "birth_date": gettext_lazy("tanggal lahir"),
    "guardian_email": gettext_lazy("alamat wali"),
}


def deed_in_words(noted: str) -> str:
    """What a row's history keeps, for whoever reads it: `corrected: full_name` as `Dibetulkan: nama`."""
    if noted.startswith("capacity "):
        return _("Kapasitas diubah menjadi %(number)s") % {"number": noted.removeprefix("capacity ")}
    if noted.startswith("corrected: "):
        fields = noted.removeprefix("corrected: ").split(", ")
        return _("Dibetulkan: %(fields)s") % {"fields": ", ".join(str(FIELDS.get(name, name)) for name in fields)}
    return str(DEEDS.get(noted, noted))


class ScopedRelatedFilter(RelatedFieldListFilter):
    """A sidebar filter whose choices are the rows the reader may see."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> Any:
        rows = visible(field.remote_field.model, request)
        if field.remote_field.model is TrainingSession:
            sessions = rows.with_places().order_by("region__city", "pk")  # type: ignore[attr-defined]
            return [(row.pk, where_and_when(row)) for row in sessions]
        return [(row.pk, str(row)) for row in rows]


class WorkplaceAdmin(admin.ModelAdmin):
    """What all tables of the workplace share: nothing is deleted here, and what one may not see is not found."""

    pages = {"changelist", "add", "change", "history"}
    show_facets = admin.ShowFacets.NEVER
    view_on_site = False
    list_per_page = 50
    empty_value_display = "—"
    list_max_show_all = 300
    actions = None
    formfield_overrides = {
        CharField: {"form_class": TextField},
        SlugField: {"form_class": forms.SlugField},
        # The browser's own: they say nothing of a server whose clock would matter.
        DateField: {"widget": forms.DateInput({"type": "date"}, format="%Y-%m-%d")},
        DateTimeField: {
            "form_class": forms.DateTimeField,
            "widget": forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        },
        TimeField: {"widget": forms.TimeInput({"type": "time"}, format="%H:%M")},
    }

    def get_urls(self) -> list[Any]:
        """Only the pages that this table has; the admin's old address that leads to the change page is gone."""
        return [url for url in super().get_urls() if (url.name or "").rpartition("_")[2] in self.pages]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """No row exists for whoever may not look at the table: history and delete pages ask for the row first."""
        rows = super().get_queryset(request)
        return rows if self.has_view_or_change_permission(request) else rows.none()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Titled by what it lists."""
        return super().changelist_view(
            request, {"title": capfirst(self.opts.verbose_name_plural)} | (extra_context or {})
        )

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **options: Any) -> Any:
        """An instant that is typed says in which zone; beside a choice stand no ways to other tables."""
        field = super().formfield_for_dbfield(db_field, request, **options)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        if field and isinstance(db_field, DateTimeField):
            field.label = f"{capfirst(field.label)} (WIB)"
        return field

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Titled by what it is: some rows are named by a number alone. What our pages noted is said in words."""
        page = super().history_view(request, object_id, {"title": _("Riwayat")} | (extra_context or {}))
        for entry in getattr(page, "context_data", {}).get("action_list", ()):
            entry.change_message = deed_in_words(entry.change_message)
        return page

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Offer, and accept from a forged form, only rows that the user may see."""
        options.setdefault("queryset", visible(db_field.remote_field.model, request))
        return super().formfield_for_foreignkey(db_field, request, **options)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """A query string may ask what a link of this list's filters asks, and nothing deeper."""
        entries = (entry[0] if isinstance(entry, tuple) else entry for entry in self.get_list_filter(request))
        filters = (getattr(entry, "parameter_name", entry) for entry in entries)
        endings = ("", "__exact", "__id__exact", "__isnull")
        return lookup in {f"{name}{ending}" for name in filters for ending in endings}

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        raise Http404


class RegionScopedAdmin(WorkplaceAdmin):
    """A table whose rows belong to regions."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).visible_to(request.user)  # type: ignore[attr-defined]


class MinistryOnlyAdmin(WorkplaceAdmin):
    """A table without regions: only for those who see every region."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.sees_all_regions and super().has_module_permission(request)  # type: ignore[union-attr]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.sees_all_regions and super().has_view_permission(request, obj)  # type: ignore[union-attr]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.sees_all_regions and super().has_add_permission(request)  # type: ignore[union-attr]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.sees_all_regions and super().has_change_permission(request, obj)  # type: ignore[union-attr]


class ReadOnly:
    """Rows that only operations write."""

    pages = {"changelist", "change", "history"}

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def visible(model: type[Model], request: HttpRequest) -> QuerySet[Any]:
    """The rows of `model` that the reader may see; all of a model that has no region."""
    rows: Any = model._default_manager.all()
    return rows.visible_to(request.user) if hasattr(rows, "visible_to") else rows


def check_every_table_is_scoped(**options: Any) -> list[CheckMessage]:
    """A table registered past the two bases above would show every region to everybody: refuse to start."""
    return [
        Error(
            f"{type(table).__name__} must inherit RegionScopedAdmin or MinistryOnlyAdmin.", obj=model, id="portal.E001"
        )
        for model, table in admin.site._registry.items()
        if not isinstance(table, (RegionScopedAdmin, MinistryOnlyAdmin))
    ]
