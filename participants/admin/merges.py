"""Two records of one person: found, looked at side by side, made one, and two again."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from participants import addresses
from participants.admin import searches
from participants.fields import one_line, readable
from participants.models import Merge, Participant
from participants.operations import merges
from participants.operations.refusals import Refused
from participants.queries import lookalikes, nameable
from portal import clock
from programs.admin.scoping import ReadOnly, RegionScopedAdmin

MOST_FOUND = 20
KEPT, GONE = "kept", "gone"
LUGGAGE = {
    "registrations": _("pendaftaran"),
    "consents": _("persetujuan"),
    "messages": _("pesan"),
    "facts": _("catatan kehadiran"),
    "notes": _("catatan petugas"),
    "appeals": _("keberatan dan kabar tidak datang"),
    "needs": _("kebutuhan aksesibilitas"),
}


class MergeForm(forms.Form):
    """For each field in which two records differ, which value stays; and what was seen when that was chosen."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, kept: Participant, gone: Participant, **options: Any) -> None:
        super().__init__(*args, **options)
        self.seen_now = fingerprint(kept, gone)
        self.initial["seen"] = self.seen_now
        for name in merges.FIELDS:
            mine, theirs = shown(kept, name), shown(gone, name)
            if mine != theirs:
                self.fields[name] = forms.ChoiceField(
                    label=capfirst(label(name)),
                    choices=[(KEPT, mine or "—"), (GONE, theirs or "—")],
                    initial=KEPT if getattr(kept, name) else GONE,
                    widget=forms.RadioSelect,
                )

    def clean(self) -> dict[str, Any]:
        """Refuse once, where somebody changed a record meanwhile; what was chosen stays."""
        data = super().clean() or {}
        if data.get("seen") != self.seen_now:
            self.data = self.data.copy()  # type: ignore[attr-defined]
            self.data["seen"] = self.seen_now  # type: ignore[index]
            raise forms.ValidationError(_("Datanya berubah sejak halaman ini dibuka. Periksa lagi, lalu lebur."))
        return data

    @property
    def chosen(self) -> list[str]:
        """The fields that are taken from the record that goes."""
        return [name for name, value in self.cleaned_data.items() if name in merges.FIELDS and value == GONE]


def label(name: str) -> str:
    try:
        return str(Participant._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    except FieldDoesNotExist:
        return name


def shown(person: Participant, name: str) -> str:
    """A field as staff read it."""
    match name:
        case "phone":
            return readable(person.phone) if person.phone else ""
        case "birth_date":
            return date_format(person.birth_date)
        case "region":
            return str(person.region)
        case "occupation" | "gender" | "language":
            return str(getattr(person, f"get_{name}_display")()) if getattr(person, name) else ""
        case _:
            return str(getattr(person, name))


def fingerprint(*people: Participant) -> str:
    said = [[str(person.pk), *(shown(person, name) for name in merges.FIELDS)] for person in people]
    return hashlib.sha256(repr(said).encode()).hexdigest()


@admin.register(Merge)
class MergeAdmin(ReadOnly, RegionScopedAdmin):
    """What was merged, and the pages on which it is done and undone."""

    appears_here = _("Muncul di sini kalau dua catatan orang yang sama dijadikan satu.")
    list_display = ["at", "person", "staff", "state"]
    list_select_related = ["kept", "by"]
    fields = ["person", "at", "staff", "taken", "region", "state", "undone_at", "undoer"]
    readonly_fields = ["person", "staff", "taken", "state", "undoer"]
    change_list_template = "admin/participants/merge/change_list.html"
    change_form_template = "admin/participants/merge/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Merge]:
        """Each with whether the reader may read the name of the record that is kept now."""
        seen = nameable(Participant.objects.visible_to(request.user)).filter(pk=OuterRef("kept"))
        return super().get_queryset(request).annotate(is_named=Exists(seen))

    @admin.display(description=_("orang"))
    def person(self, merge: Merge) -> str:
        return merge.kept.full_name if merge.is_named else "—"  # type: ignore[attr-defined]

    @admin.display(description=_("oleh"))
    def staff(self, merge: Merge) -> str:
        return str(merge.by)

    @admin.display(description=_("dikembalikan oleh"))
    def undoer(self, merge: Merge) -> str:
        return str(merge.undone_by or "—")

    @admin.display(description=_("diambil dari catatan yang dilebur"))
    def taken(self, merge: Merge) -> str:
        return ", ".join(label(name) for name in merge.chosen) or "—"

    @admin.display(description=_("keadaan"))
    def state(self, merge: Merge) -> str:
        if merge.undone_at:
            return str(_("Dikembalikan"))
        if merge.undo_until is None or not merge.may_be_undone(clock.now()):
            return str(_("Tetap"))
        return str(_("Bisa dikembalikan sampai %(until)s")) % {"until": date_format(merge.undo_until, "j F Y")}

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        row = self.get_object(request, unquote(object_id))
        may = row is not None and may_merge(request) and row.may_be_undone(clock.now())
        return super().change_view(request, object_id, form_url, {"may_undo": may} | (extra_context or {}))

    def get_urls(self) -> list[Any]:
        view, name = self.admin_site.admin_view, "participants_merge"
        return [
            path("mirip/", view(self.lookalikes), name=f"{name}_lookalikes"),
            path("mirip/<int:pk>/", view(self.like), name=f"{name}_like"),
            path("<int:kept>/dan/<int:gone>/", view(self.merge), name=f"{name}_merge"),
            path("<int:pk>/kembalikan/", view(require_POST(self.undo)), name=f"{name}_undo"),
            *super().get_urls(),
        ]

    def lookalikes(self, request: HttpRequest) -> HttpResponse:
        """Everybody of whom there may be two records."""
        found = lookalikes.pairs(people(request))
        return self._page(request, "lookalikes", title=_("Orang yang mirip"), pairs=found, most=lookalikes.MOST)

    def like(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Who looks like one person, and whom else staff look for by name or number."""
        person = get_object_or_404(people(request), pk=pk)
        typed = one_line(request.GET.get("q", ""))[:80]
        found = []
        if typed:
            wanted = searches.people(people(request), typed).exclude(pk=pk)
            keys = [row.pk for row in wanted.distinct()[:MOST_FOUND]]
            found = list(Participant.objects.filter(pk__in=keys).order_by("full_name", "pk"))
        pairs = lookalikes.beside(person, people(request))
        title = _("Orang yang mirip %(person)s") % {"person": person}
        return self._page(request, "like", title=title, person=person, pairs=pairs, found=found, typed=typed)

    def merge(self, request: HttpRequest, kept: int, gone: int) -> HttpResponse:
        """Side by side: what stays, what moves, and one press."""
        rows = people(request).select_related("user", "region")
        kept_row, gone_row = get_object_or_404(rows, pk=kept), get_object_or_404(rows, pk=gone)
        form = MergeForm(request.POST if request.method == "POST" else None, kept=kept_row, gone=gone_row)
        against = merges.reason_against(kept=kept_row, gone=gone_row, seen_by=request.user)  # type: ignore[arg-type]
        if form.is_valid():
            try:
                made = merges.merge(
                    kept=kept_row,
                    gone=gone_row,
                    chosen=form.chosen,
                    by=request.user,  # type: ignore[arg-type]
                    now=clock.now(),
                )
            except Refused as refusal:
                against = refusal
            else:
                messages.success(request, _("Kedua catatan dilebur; kedua alamatnya dikabari."))
                return redirect("admin:participants_merge_change", made.pk)
        sides = [self._side(kept_row), self._side(gone_row)]
        same = [(capfirst(label(name)), shown(kept_row, name)) for name in merges.FIELDS if name not in form.fields]
        title = _("Lebur dua catatan")
        context = {"sides": sides, "same": same, "form": form, "against": against, "kept": kept_row, "gone": gone_row}
        return self._page(request, "merge", title=title, days=merges.UNDO.days, **context)

    def undo(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        if not may_merge(request):
            raise Http404
        try:
            merges.undo(merge=row, by=request.user, now=clock.now())  # type: ignore[arg-type]
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Sudah jadi dua catatan lagi, masing-masing seperti semula."))
        return redirect("admin:participants_merge_change", pk)

    def _side(self, person: Participant) -> dict[str, Any]:
        counts = asdict(merges.luggage(person))
        return {
            "person": person,
            "address": addresses.masked(person.user.email),
            "registrations": person.registrations.select_related("session__region").prefetch_related("session__days"),
            "luggage": [(LUGGAGE[name], number) for name, number in counts.items() if number],
        }

    def _page(self, request: HttpRequest, name: str, *, title: Any, **more: Any) -> HttpResponse:
        context = self.admin_site.each_context(request) | {"title": title, "opts": self.opts} | more
        form = more.get("form")
        status = 422 if form and form.is_bound else 200
        return TemplateResponse(request, f"admin/participants/merge/{name}.html", context, status=status)


def may_merge(request: HttpRequest) -> bool:
    return request.user.has_perm("participants.merge_people")


def people(request: HttpRequest) -> QuerySet[Participant]:
    """Those whom the reader may see and merge; to all others there are none."""
    if not may_merge(request):
        raise Http404
    seen = Participant.objects.visible_to(request.user).filter(user__is_staff=False)
    return nameable(seen.exclude(full_name=Participant.ERASED))
