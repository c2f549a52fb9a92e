"""The base of every admin page: a row of another region behaves as if it did not exist, on every path."""

from __future__ import annotations

from functools import reduce
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import RelatedFieldListFilter
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.checks import CheckMessage, Error
from django.db.models import (
    CharField,
    DateField,
    DateTimeField,
    F,
    Field,
    Func,
    IntegerField,
    Model,
    QuerySet,
    SlugField,
    TimeField,
    Value,
)
from django.db.models.constants import LOOKUP_SEP
from django.db.models.fields import BLANK_CHOICE_DASH
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from participants.fields import TextField, number_in
from portal import clock
from programs.admin.conflicts import CarefulModelForm
from programs.admin.deeds import WithHistory
from programs.admin.paginators import ListPaginator
from programs.models import TrainingDay, TrainingSession
from programs.models.sessions import TrainingSessionQuerySet
from programs.templatetags.session_time import moment, where_and_when

CHOOSE = _("Pilih satu")

LONGEST_SEARCH = 80  # letters
MOST_SESSIONS = 60  # that a filter offers


class ScopedRelatedFilter(RelatedFieldListFilter):
    """A sidebar filter whose choices are the rows the reader may see."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> Any:
        """Asked for once a request, however many filters of the list are saved."""
        known = choices_of(request)
        if field.remote_field.model not in known:
            known[field.remote_field.model] = self._choices(field, request)
        offered = known[field.remote_field.model]
        return [*offered, *self._chosen(field, request, {str(key) for key, _words in offered})]

    def _chosen(self, field: Any, request: HttpRequest, offered: set[str]) -> list[tuple[Any, str]]:
        """What the list is filtered by, where it is a session too far away to be offered."""
        chosen = {str(value) for value in self.lookup_val or []} - offered
        if not chosen or field.remote_field.model is not TrainingSession:
            return []
        keys = [number for value in chosen if (number := number_in(value)) is not None]
        return _sessions(visible(TrainingSession, request).filter(pk__in=keys))  # type: ignore[arg-type]

    def _choices(self, field: Any, request: HttpRequest) -> list[tuple[Any, str]]:
        rows = visible(field.remote_field.model, request)
        if field.remote_field.model is TrainingSession:
            return _sessions(rows.filter(pk__in=_nearest(rows)))  # type: ignore[arg-type]
        return [(row.pk, str(row)) for row in rows]


def _sessions(rows: TrainingSessionQuerySet) -> list[tuple[Any, str]]:
    return [(row.pk, where_and_when(row)) for row in rows.with_places().order_by("region__city", "pk")]


def _nearest(sessions: QuerySet[TrainingSession]) -> list[int]:
    """The sessions whose first day is nearest to today's date, past or to come: as many as a list can offer."""
    away = Func(F("date"), Value(clock.now().date()), function="abs", arg_joiner=" - ", output_field=IntegerField())
    first_days = TrainingDay.objects.filter(number=1, session__in=sessions)
    return list(first_days.order_by(away, "session").values_list("session", flat=True)[:MOST_SESSIONS])


def choices_of(request: HttpRequest) -> dict[type[Model], list[tuple[Any, str]]]:
    """What filters of this request offer, by model; a copy of the request made from now on shares it."""
    return vars(request).setdefault("filter_choices", {})


class SortedByIndexes(ChangeList):
    """A list that is sorted by what its table offers, whatever its address asks."""

    def get_ordering_field(self, field_name: Any) -> Any:
        sorts = self.model_admin.sorts  # type: ignore[attr-defined]
        return super().get_ordering_field(field_name) if sorts is None else sorts.get(_named(field_name))


def _named(column: Any) -> str:
    return getattr(column, "__name__", column)


class WorkplaceAdmin(WithHistory, admin.ModelAdmin):
    """What all tables of the workplace share: nothing is deleted here, and what one may not see is not found."""

    form = CarefulModelForm
    # Of a table that grows: the columns by which it may be sorted, each with the order that an index holds.
    sorts: dict[str, str] | None = None
    appears_here: Any = ""  # what an empty list says: what appears in it, and when
    pages = {"changelist", "add", "change", "history"}
    show_facets = admin.ShowFacets.NEVER
    view_on_site = False
    list_per_page = 50
    paginator = ListPaginator
    show_full_result_count = False
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

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without what the form remembers by itself: it stands at its top (`admin/change_form.html`)."""
        return [name for name in super().get_fields(request, obj) if name != "loaded"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """What a column tells in English whoever reads the code stands beside no field; what is translated does."""
        said = getattr(getattr(self.form, "Meta", None), "help_texts", None) or {}
        untold = {field.name: "" for field in self.opts.fields if isinstance(field.help_text, str)}
        return super().get_form(request, obj, change, help_texts=untold | said, **options)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """No row exists for whoever may not look at the table: history and delete pages ask for the row first."""
        rows = super().get_queryset(request)
        return rows if self.has_view_or_change_permission(request) else rows.none()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_paginator(self, request: HttpRequest, queryset: Any, per_page: int, *args: Any, **options: Any) -> Any:
        is_searched, is_of_everybody = bool(request.GET.get("q")), request.user.sees_all_regions  # type: ignore[union-attr]
        options |= {"is_searched": is_searched, "is_of_everybody": is_of_everybody}
        return self.paginator(queryset, per_page, *args, **options)

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return SortedByIndexes

    def get_sortable_by(self, request: HttpRequest) -> Any:
        """Columns that are sorted by a press on their heads."""
        shown = self.get_list_display(request)
        return shown if self.sorts is None else [column for column in shown if _named(column) in self.sorts]

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
        if isinstance(field, forms.TypedChoiceField):
            choices: Any = field.choices
            field.choices = [("", CHOOSE) if choice in BLANK_CHOICE_DASH else choice for choice in choices]
        if field and isinstance(db_field, DateTimeField):
            field.label = f"{capfirst(field.label)} (WIB)"
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Offer, and accept from a forged form, only rows that the user may see."""
        options.setdefault("queryset", visible(db_field.remote_field.model, request))
        options.setdefault("empty_label", CHOOSE)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """As many words as somebody would type: each is one more condition on every row."""
        return super().get_search_results(request, queryset, search_term[:LONGEST_SEARCH])

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """A query string may ask what a link of this list's filters asks, and nothing deeper."""
        entries = (entry[0] if isinstance(entry, tuple) else entry for entry in self.get_list_filter(request))
        filters = (getattr(entry, "parameter_name", entry) for entry in entries)
        endings = ("", "__exact", "__id__exact", "__isnull")
        return lookup in {f"{name}{ending}" for name in filters for ending in endings}

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        raise Http404


class RegionScopedAdmin(WorkplaceAdmin):
    """A table whose rows belong to regions. Its instants are told in their region's civil time, as people read them."""

    region_path = ""  # from a row to the region in whose time it is told; by default to whose staff may see it

    def __init__(self, model: type[Model], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        self.region_path = self.region_path or model._default_manager.all().region_lookup  # type: ignore[attr-defined]
        fields = [field for field in model._meta.concrete_fields if isinstance(field, DateTimeField)]
        self.instants: dict[Any, Any] = {field.name: self._told_there(field) for field in fields}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).visible_to(request.user)  # type: ignore[attr-defined]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [self.instants.get(name, name) for name in super().get_list_display(request)]

    def get_list_select_related(self, request: HttpRequest) -> Any:
        """With the region at hand wherever a column is told in its time."""
        related: Any = super().get_list_select_related(request)
        if related is True or not self.instants:
            return related
        return [*(related or []), self.region_path]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """An instant that is typed stays a field."""
        names = super().get_fields(request, obj)
        is_typed = self.has_change_permission(request, obj)
        return names if is_typed else [self.instants.get(name, name) for name in names]

    def _told_there(self, field: Any) -> Any:
        @admin.display(description=field.verbose_name, ordering=field.name)
        def told(row: Any) -> str:
            instant = getattr(row, field.name)
            if instant is None:  # said here, as the page of one row shows what it is given, `None` too
                return self.empty_value_display
            return moment(instant, reduce(getattr, self.region_path.split(LOOKUP_SEP), row))

        told.__name__ = field.name  # what the column and its help are called by
        return told


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

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """Headed by what it is; that one can look at it need not be said."""
        title = {"title": capfirst(self.opts.verbose_name)}  # type: ignore[attr-defined]
        return super().change_view(request, object_id, form_url, title | (extra_context or {}))  # type: ignore[misc]


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
