"""Filters that whoever looks at a list keeps under a name: chips above it, each with how many rows it shows now."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import EmptyResultSet, SuspiciousOperation, ValidationError
from django.db import Error, connection, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.defaultfilters import floatformat
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from participants.fields import TextField, number_in
from participants.models import SavedFilter
from participants.operations import saved_filters
from participants.operations.refusals import Refused
from programs.admin.paginators import COUNTED
from programs.admin.scoping import choices_of

LONGEST = 300
BESIDES = {"q", "o", "p", "all", "e", "_facets"}  # of a list's address, what is no filter of it


@dataclass(frozen=True)
class Chip:
    """A saved filter as it is shown: `number` is None where it cannot be counted, as the list knows it no more."""

    saved: SavedFilter
    number: int | None
    is_current: bool

    @property
    def rows(self) -> str:
        """How many rows it shows, counted as far as a list is: `20.000+` says more than that."""
        counted = floatformat(min(self.number or 0, COUNTED), "0g")
        return f"{counted}+" if (self.number or 0) > COUNTED else counted


class SaveForm(forms.Form):
    name = TextField(label=_("Nama saringan"), max_length=40)


class Filtered(ChangeList):
    """A list as its filters make it, of which no row is read."""

    def get_results(self, request: HttpRequest) -> None:
        self.result_count = 0


class WithSavedFilters(admin.ModelAdmin):
    """A table whose list keeps filters for each reader: only what a link of its own filters asks."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.saved_filters_page))
        name = f"{self.opts.app_label}_{self.opts.model_name}_saved_filters"
        return [path("saringan/", view, name=name), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        rows = list(SavedFilter.objects.filter(owner=request.user.pk, table=self.opts.label_lower))
        now = self._filters_of(request.GET)
        counts = self._counts(request, rows)
        chips = [Chip(row, number, row.query == now) for row, number in zip(rows, counts, strict=True)]
        saving = {"saved_filters": chips, "filtered_by": now if all(row.query != now for row in rows) else ""}
        return super().changelist_view(request, saving | (extra_context or {}))

    def saved_filters_page(self, request: HttpRequest) -> HttpResponse:
        """Keep the filters of the list under a name, or forget one."""
        if not self.has_view_permission(request):
            raise Http404
        if (key := number_in(request.POST.get("forget", ""))) is not None:
            saved_filters.forget(owner=request.user, table=self.opts.label_lower, key=key)  # type: ignore[arg-type]
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        query, form = self._filters_of(QueryDict(request.POST.get("query", "")[:LONGEST])), SaveForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("Beri saringan ini nama, paling banyak 40 huruf."))
        elif not 0 < len(query) <= LONGEST or self._filtered(request, query) is None:
            messages.error(request, _("Daftar ini tidak punya saringan itu."))
            query = ""
        else:
            self._keep(request, form.cleaned_data["name"], query)
        where = redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        where["Location"] += f"?{query}" if query else ""
        return where

    def _keep(self, request: HttpRequest, name: str, query: str) -> None:
        try:
            saved_filters.save(owner=request.user, table=self.opts.label_lower, name=name, query=query)  # type: ignore[arg-type]
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Saringan disimpan."))

    def _filters_of(self, asked: QueryDict) -> str:
        """What is filtered by, always written alike; of what was typed into the search, nothing.

        And nothing at all where a control character is in it: written twice over, one passes the guard of addresses.
        """
        if any(unicodedata.category(letter) == "Cc" for pair in asked.items() for letter in "".join(map(str, pair))):
            return ""
        kept = QueryDict(mutable=True)
        for name in sorted(set(asked) - BESIDES):
            kept[name] = str(asked[name])
        return kept.urlencode()

    def _filtered(self, request: HttpRequest, query: str) -> QuerySet[Any] | None:
        """The rows that the list shows by `query`; None for what no filter of it asks."""
        choices_of(request)  # so that all copies share what was asked for
        asking = copy(request)
        asking.GET = QueryDict(query)
        if not all(self.lookup_allowed(name, str(value), request) for name, value in asking.GET.items()):
            return None
        try:
            return Filtered(
                asking,
                self.model,
                self.get_list_display(request),
                (),
                self.get_list_filter(request),
                self.date_hierarchy,
                (),
                False,
                self.list_per_page,
                self.list_max_show_all,
                (),
                self,
                None,
                "",
            ).queryset
        except (IncorrectLookupParameters, SuspiciousOperation, ValidationError, ValueError):
            return None

    def _counts(self, request: HttpRequest, rows: Sequence[SavedFilter]) -> list[int | None]:
        """How many rows each shows now, in one query for all of them; None for one that cannot be counted."""
        try:
            return self._counted(request, rows)
        except (Error, ValueError):  # one is at fault: the others are counted all the same
            return [None] if len(rows) == 1 else [number for row in rows for number in self._counts(request, [row])]

    def _counted(self, request: HttpRequest, rows: Sequence[SavedFilter]) -> list[int | None]:
        parts: list[str] = []
        values: list[Any] = []
        for row in rows:
            filtered = self._filtered(request, row.query)
            sql, given = ("SELECT NULL", ()) if filtered is None else _count(filtered)
            parts.append(f"({sql})")
            values += given
        if not parts:
            return []
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(parts)}", values)
            return list(cursor.fetchone())


def _count(rows: QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
    try:
        sql, values = rows.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return "SELECT 0", ()
    return f"SELECT count(*) FROM ({sql} LIMIT {COUNTED + 1}) AS shown", tuple(values)  # noqa: S608 -- Django's own
