"""A list of people brought as a file: uploaded, its columns named, looked at as a whole, written, taken back."""

from __future__ import annotations

import csv
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from participants import import_words, tables
from participants.admin.session_links import session_link
from participants.exports import cells
from participants.fields import number_in
from participants.import_forms import FIELDS, NEEDED, guess, known_in, read_row, template
from participants.models import Approval, Participant, Registration, RegistrationImport
from participants.operations import approvals, import_work, imports, walk_ins
from participants.operations.refusals import Refused
from participants.queries import for_a_list, nameable
from portal import clock
from programs.admin.scoping import ReadOnly, RegionScopedAdmin
from programs.models import TrainingSession
from programs.templatetags.session_time import where_and_when

State, Kept = RegistrationImport.State, RegistrationImport.Kept
AT_ONCE = 20  # rows that are worked on while their reader waits; more are a job
PAGE = 100  # rows with something to say about them, on one page


Why = tables.Why
UNREAD: dict[Why, Any] = {
    Why.EMPTY: _("Berkas ini kosong."),
    Why.NO_ROWS: _("Berkas ini hanya punya satu baris: nama kolom tanpa peserta di bawahnya."),
    Why.TOO_BIG: _("Berkas ini lebih dari 10 MB. Hapus gambarnya, atau bagi jadi beberapa berkas."),
    Why.TOO_MANY_ROWS: _("Berkas ini punya lebih dari 5.000 baris peserta. Bagi jadi beberapa berkas."),
    Why.TOO_MANY_COLUMNS: _("Berkas ini punya lebih dari 200 kolom. Hapus kolom yang tidak perlu."),
    Why.LONG_CELL: _("Ada sel berisi lebih dari 131.072 karakter, mungkin karena tanda kutip yang tidak ditutup."),
    Why.OTHER_FORMAT: _("Ini bukan CSV atau XLSX. Simpan sebagai XLSX, lalu unggah lagi."),
    Why.NOT_UTF8: _("Huruf di berkas CSV ini bukan UTF-8. Simpan sebagai XLSX, lalu unggah lagi."),
    Why.BAD_CSV: _("Baris di berkas CSV ini tidak bisa dipisah jadi kolom. Simpan sebagai XLSX, lalu unggah lagi."),
    Why.BAD_XLSX: _(
        "Lembar pertama berkas XLSX ini tidak bisa dibaca, atau isinya lewat baris 10.000 atau kolom 200."
        " Salin tabelnya ke berkas baru, lalu unggah lagi."
    ),
}


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("Berkas CSV atau XLSX"),
        max_length=200,
        help_text=_(
            "Nama kolom ada di salah satu dari sepuluh baris pertama, urutannya bebas."
            " Paling banyak 5.000 baris dan 10 MB."
        ),
    )

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        too_big = upload.size > tables.MOST_BYTES
        try:
            if too_big:
                raise tables.NotATable(tables.Why.TOO_BIG)
            self.table = tables.read(upload.read(), known=known_in)
        except tables.NotATable as error:
            raise forms.ValidationError(UNREAD[error.why]) from error
        return upload


class ColumnsForm(forms.Form):
    """Which field stands in which column."""

    def __init__(self, *args: Any, batch: RegistrationImport, **options: Any) -> None:
        super().__init__(*args, **options)
        choices: list[tuple[str, Any]] = [("", _("Tidak ada"))]
        choices += [(str(number), f"{number + 1}. {column}") for number, column in enumerate(batch.columns)]
        known = guess(batch.columns) | batch.mapping
        for name, label in FIELDS.items():
            self.fields[name] = forms.ChoiceField(
                label=_("Setuju: %(purpose)s") % {"purpose": label} if name.startswith("consent_") else label,
                choices=choices,
                required=name in NEEDED,
                initial=str(known.get(name, "")),
                help_text=import_words.accepted(name),
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        chosen = [number for number in data.values() if number]
        for name, number in data.items():
            if number and chosen.count(number) > 1:
                self.add_error(name, _("Kolom ini dipilih untuk dua hal."))
                break
        return data

    @property
    def mapping(self) -> dict[str, int]:
        return {name: int(number) for name, number in self.cleaned_data.items() if number}


@admin.register(RegistrationImport)
class RegistrationImportAdmin(ReadOnly, RegionScopedAdmin):
    """Every file that was brought, and the pages by which it goes on."""

    appears_here = _("Muncul di sini kalau daftar peserta diimpor dari berkas di halaman sebuah sesi.")
    list_display = ["at", "place", "staff", "state", "row_count"]
    list_select_related = ["session__region", "by"]
    fields = ["place", "at", "staff", "asked", "state", "row_count"]
    readonly_fields = ["place", "staff", "asked"]
    change_form_template = "admin/participants/registrationimport/change_form.html"

    @admin.display(description=_("sesi"), ordering="session")
    def place(self, batch: RegistrationImport) -> str:
        return session_link(batch.session)

    @admin.display(description=_("oleh"))
    def staff(self, batch: RegistrationImport) -> str:
        return str(batch.by)

    @admin.display(description=_("terakhir diminta oleh"))
    def asked(self, batch: RegistrationImport) -> str:
        return str(batch.asked_by or "—")

    def get_urls(self) -> list[Any]:
        view, name = self.admin_site.admin_view, "participants_registrationimport"
        return [
            path("unggah/<int:session>/", view(self.upload), name=f"{name}_upload"),
            path("contoh/", view(self.template), name=f"{name}_template"),
            path("<int:pk>/kolom/", view(self.columns), name=f"{name}_columns"),
            path("<int:pk>/pilih/", view(require_POST(self.choose)), name=f"{name}_choose"),
            path("<int:pk>/tulis/", view(require_POST(self.write)), name=f"{name}_write"),
            path("<int:pk>/batalkan/", view(require_POST(self.undo)), name=f"{name}_undo"),
            *super().get_urls(),
        ]

    def upload(self, request: HttpRequest, session: int) -> HttpResponse:
        """Read a file for one session; nothing of it is written yet."""
        rows = TrainingSession.objects.visible_to(request.user).with_places()
        row = get_object_or_404(rows, pk=session)
        _let_in(request)
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            batch = imports.stage(
                session=row,
                columns=form.table.columns,
                rows=form.table.rows,
                numbers=form.table.numbers,
                by=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            )
            return redirect("admin:participants_registrationimport_columns", batch.pk)
        return self._page(request, "upload", form, title=_("Impor dari berkas"), session=row)

    def template(self, request: HttpRequest) -> HttpResponse:
        """A file to begin with: the columns, and one row that shows what stands in each."""
        _let_in(request)
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="contoh-peserta.csv"'
        response.write("\ufeff")  # without it Excel takes it for another alphabet
        csv.writer(response, delimiter=";").writerows([cells.csv_cell(cell) for cell in row] for row in template())
        return response

    def columns(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say which field stands where; guessed by the columns' names, or as it was the last time."""
        batch = self._own(request, pk)
        form = ColumnsForm(request.POST if request.method == "POST" else None, batch=batch)
        if form.is_valid():
            try:
                batch = imports.name_columns(batch=batch, mapping=form.mapping, by=request.user, now=clock.now())  # type: ignore[arg-type]
            except Refused as refusal:
                return self._refuse(request, refusal, pk)
            return self._go_on(batch)
        named = {"title": _("Cocokkan kolom"), "subtitle": where_and_when(batch.session)}
        return self._page(request, "columns", form, batch=batch, examples=_examples(batch), **named)

    def choose(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Keep whom the rows of this page were said to mean, and turn to another."""
        batch = self._own(request, pk)
        try:
            imports.choose(batch=batch, choices=_chosen(request))
        except Refused as refusal:
            return self._refuse(request, refusal, pk)
        page = number_in(request.POST.get("p", "")) or 1
        return redirect(f"{reverse('admin:participants_registrationimport_change', args=[pk])}?p={page}")

    def write(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Write what is clean, with the people whom rows were said to mean."""
        batch = self._own(request, pk)
        try:
            batch = imports.write(
                batch=batch,
                choices=_chosen(request),
                is_partial="partial" in request.POST,
                by=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            )
        except Refused as refusal:
            return self._refuse(request, refusal, pk)
        return self._go_on(batch)

    def undo(self, request: HttpRequest, pk: int) -> HttpResponse:
        batch = self._own(request, pk)
        try:
            done = imports.undo(batch=batch, by=request.user, now=clock.now())  # type: ignore[arg-type]
        except Refused as refusal:
            return self._refuse(request, refusal, pk)
        if isinstance(done, Approval):
            messages.warning(request, approvals.WAITS)
        elif done <= AT_ONCE:
            import_work.work(batch=batch, read=read_row, now=clock.now())
            batch.refresh_from_db()
            if batch.state == State.UNDONE:
                done -= len(batch.kept)
                said = ngettext("Selesai untuk %(people)s orang.", "Selesai untuk %(people)s orang.", done)
                messages.success(request, said % {"people": done})
        return redirect("admin:participants_registrationimport_change", pk)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        batch = self.get_object(request, unquote(object_id))
        context: dict[str, Any] = {}
        if batch:
            wrong = [int(number) for number, row in batch.found.items() if row["errors"]]
            telling = sorted(int(number) for number, row in batch.found.items() if row["errors"] or row["alike"])
            page = Paginator(telling, PAGE).get_page(request.GET.get("p"))
            waits = batch.undo is not None and batch.undo.is_open(clock.now())
            context = {
                "may_work": request.user.has_perm("participants.work_with_cohort"),
                "wrong": len(wrong),
                "clean": batch.row_count - len(wrong),
                "seats": batch.session.seats_left,
                "closed": _closed(batch) if batch.state == State.CHECKED else None,
                "page": page,
                "lines": _readable_to(request, [_line(batch, place) for place in page]),
                "refusals": [(batch.number_of(int(place)), _mine(words)) for place, words in batch.refused.items()],
                "undo": batch.undo if waits or (batch.undo and batch.undo.verdict == Approval.Verdict.NO) else None,
                "kept": _kept(request, batch),
                "may_undo": not waits and _may_be_undone(batch),
                "subtitle": where_and_when(batch.session),
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def _go_on(self, batch: RegistrationImport) -> HttpResponse:
        if batch.row_count <= AT_ONCE:
            import_work.work(batch=batch, read=read_row, now=clock.now())
        return redirect("admin:participants_registrationimport_change", batch.pk)

    def _own(self, request: HttpRequest, pk: int) -> RegistrationImport:
        batch = get_object_or_404(
            self.get_queryset(request).select_related("session__program", "session__region"), pk=pk
        )
        _let_in(request)
        return batch

    def _refuse(self, request: HttpRequest, refusal: Refused, pk: int) -> HttpResponse:
        messages.error(request, str(refusal))
        return redirect("admin:participants_registrationimport_change", pk)

    def _page(self, request: HttpRequest, name: str, form: forms.Form, **more: Any) -> HttpResponse:
        context = self.admin_site.each_context(request) | {"opts": self.opts, "form": form} | more
        status = 422 if form.is_bound else 200
        return TemplateResponse(request, f"admin/participants/registrationimport/{name}.html", context, status=status)


def _let_in(request: HttpRequest) -> None:
    if not request.user.has_perm("participants.work_with_cohort"):
        raise Http404


def _may_be_undone(batch: RegistrationImport) -> bool:
    """Whether it brought somebody; once it was undone, whether that broke for somebody."""
    is_left = batch.state == State.UNDONE and Kept.BROKEN in batch.kept.values()
    return bool(batch.made) and (is_left or batch.state in (State.DONE, State.FAILED))


def _closed(batch: RegistrationImport) -> Refused | None:
    """Why nobody of the file could be added as things stand, whoever it is."""
    try:
        walk_ins.check_running(batch.session, now=clock.now())
    except Refused as refusal:
        return refusal
    return None


def _kept(request: HttpRequest, batch: RegistrationImport) -> list[tuple[Registration, Any]]:
    """Who was not taken back, as far as this reader sees them and one page holds, and why."""
    rows = for_a_list(Registration.objects.visible_to(request.user).filter(pk__in=list(batch.kept))).order_by("pk")
    return [(row, Kept(batch.kept[str(row.pk)]).label) for row in rows[:PAGE]] if batch.kept else []


def _chosen(request: HttpRequest) -> dict[str, int | None]:
    """Whom the rows of a page mean; what is no number means somebody new."""
    return {key[6:]: number_in(str(value)) for key, value in request.POST.items() if key.startswith("alike_")}


def _mine(words: str | dict[str, str]) -> str:
    """A sentence in the reader's language; what was kept before there were several is as it was."""
    return words if isinstance(words, str) else words[get_language() or settings.LANGUAGE_CODE]


def _line(batch: RegistrationImport, place: int) -> dict[str, Any]:
    row = batch.found[str(place)]
    return {
        "number": batch.number_of(place),
        "key": place,
        "errors": [_mine(words) for words in row["errors"]],
        "alike": row["alike"],
        "chosen": batch.choices.get(str(place)),
    }


def _readable_to(request: HttpRequest, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each line with those look-alikes alone whom this reader may see, who need not be who brought the file."""
    keys = {other["pk"] for line in lines for other in line["alike"]}
    people = nameable(Participant.objects.visible_to(request.user).filter(pk__in=keys))
    seen = set(people.values_list("pk", flat=True)) if keys else set()
    return [line | {"alike": [_named(other) for other in line["alike"] if other["pk"] in seen]} for line in lines]


def _named(other: dict[str, Any]) -> dict[str, Any]:
    """A look-alike as the page names them, with the birth date in words."""
    return other | {"born": date_format(date.fromisoformat(other["born"]), "j F Y")}


def _examples(batch: RegistrationImport) -> list[tuple[str, str]]:
    """Each column with what stands in its first row, so that it is recognised."""
    return list(zip(batch.columns, batch.rows[0] if batch.rows else [], strict=False))
