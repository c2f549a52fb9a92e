"""What the workplace's plain forms note of what is done by them, and the page that shows a row's history."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from participants.models import Deed
from participants.operations import deeds
from portal import clock

LATEST = 200  # as many deeds a history shows
What = Deed.What


class WithHistory(admin.ModelAdmin):
    """A table whose history is that of all staff's deeds: Django's own log, which can be altered, stays empty.

    `unsaid` names the fields of which only that they changed is kept.
    """

    unsaid: frozenset[str] = frozenset()

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """Each field that changed, with what stood there before and after."""
        named = [name for name in form.changed_data if name in form.fields and not form.fields[name].widget.is_hidden]
        return {name: None if name in self.unsaid else self._change(form, name, add) for name in named}

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return self._note(request, What.ADDED, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return self._note(request, What.CHANGED, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        return [self._note(request, What.REMOVED, row, self._last_words(row)) for row in queryset]

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What staff did to the row, latest first; titled by what it is, as some rows are named by a number alone."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        context = self.admin_site.each_context(request) | {
            "title": _("Riwayat"),
            "deeds": Deed.objects.about(row).select_related("by", "session__region")[:LATEST],
            "module_name": str(capfirst(self.opts.verbose_name_plural)),
            "object": row,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/object_history.html", context | (extra_context or {}))

    def _note(self, request: HttpRequest, what: Deed.What, row: Model, changed: Any) -> Deed:
        return deeds.note(what, about=row, by=request.user, now=clock.now(), changed=changed)  # type: ignore[arg-type]

    def _change(self, form: Any, name: str, is_new: bool) -> tuple[str, str]:
        field = form.fields[name]
        before = "" if is_new else in_words(field, form.initial.get(name))
        return before, in_words(field, form.cleaned_data.get(name))

    def _last_words(self, row: Model) -> dict[str, Any]:
        fields = [field for field in row._meta.local_fields if not field.primary_key and field.name not in self.unsaid]
        return {field.name: (str(getattr(row, field.name)), "") for field in fields}


def in_words(field: Any, value: Any) -> str:
    """A field's value as it is called: rows by their names, whether the form holds them or their keys."""
    if value is None:
        return ""
    if hasattr(field, "queryset"):
        many = value if isinstance(value, list | tuple) or hasattr(value, "all") else [value]
        keys = [getattr(row, "pk", row) for row in many if row]
        return ", ".join(str(row) for row in field.queryset.filter(pk__in=keys))
    return str(value)
