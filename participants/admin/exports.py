"""The attendance export: what is asked for, and the file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.defaultfilters import floatformat
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.text import format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from participants.exports import columns
from participants.exports.columns import PERSONAL
from participants.models import AttendanceExport, ExportSchedule, Mark, Participant
from participants.operations import export_files, exports
from participants.operations.exports import Wanted
from participants.operations.refusals import Refused
from participants.queries.person_days import AGE_BANDS, Filter
from portal import clock
from programs.admin.scoping import MinistryOnlyAdmin, ReadOnly
from programs.models import Program, Region, TrainingSession
from programs.templatetags.session_time import where_and_when

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ANY = ("", _("Semua"))
UNSAID = "unsaid"  # chosen in the form, where an empty value already means everybody
NOTHING_YET = "none"
COLUMNS = {
    "phone": _("Nomor ponsel"),
    "email": _("Alamat email"),
    "gender": _("Gender"),
    "occupation": _("Kegiatan"),
    "birth_year": _("Tahun lahir"),
    "age": _("Umur pada hari pertama"),
}


class SessionField(forms.ModelChoiceField):
    def label_from_instance(self, obj: TrainingSession) -> str:
        return where_and_when(obj)


class ExportForm(forms.Form):
    """What to export. Personal columns are off until asked for, with a reason, by a role that may have them."""

    layout = forms.ChoiceField(label=_("Susunan"), choices=AttendanceExport.Layout, initial="people", required=False)
    format = forms.ChoiceField(
        label=_("Format"),
        choices=[("xlsx", _("Excel (XLSX)")), ("csv;", _("CSV, titik koma")), ("csv,", _("CSV, koma"))],
    )
    program = forms.ModelChoiceField(
        label=_("Edisi"), queryset=Program.objects.all(), required=False, empty_label=_("Semua")
    )
    region = forms.ModelChoiceField(
        label=_("Wilayah"), queryset=Region.objects.none(), required=False, empty_label=_("Semua")
    )
    session = SessionField(
        label=_("Sesi"), queryset=TrainingSession.objects.none(), required=False, empty_label=_("Semua")
    )
    first = forms.DateField(label=_("Mulai tanggal"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("Sampai tanggal"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    marks = forms.MultipleChoiceField(
        label=_("Kehadiran"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[*Mark.choices, (NOTHING_YET, _("Belum ada catatan"))],
        help_text=_("Tanpa pilihan: semua. Peserta ikut kalau salah satu harinya cocok."),
    )
    complete = forms.ChoiceField(
        label=_("Syarat sertifikat"),
        required=False,
        choices=[ANY, ("yes", _("Memenuhi")), ("no", _("Belum memenuhi"))],
    )
    gender = forms.ChoiceField(
        label=_("Gender"),
        required=False,
        choices=[ANY, *((value or UNSAID, label) for value, label in Participant.Gender.choices)],
    )
    ages = forms.ChoiceField(
        label=_("Umur pada hari pertama"),
        required=False,
        choices=[ANY, *((band, format_lazy("{} {}", band, _("tahun"))) for band in AGE_BANDS)],
    )
    personal = forms.MultipleChoiceField(
        label=_("Kolom pribadi"), required=False, widget=forms.CheckboxSelectMultiple, choices=[]
    )
    reason = forms.CharField(
        label=_("Alasan"),
        max_length=200,
        required=False,
        help_text=_("Wajib kalau ada kolom pribadi, atau saringan gender atau umur; tercatat."),
    )

    def __init__(self, *args: Any, user: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["region"].queryset = Region.objects.visible_to(user)  # type: ignore[attr-defined]
        sessions = TrainingSession.objects.visible_to(user).with_places().order_by("region__city", "pk")
        self.fields["session"].queryset = sessions  # type: ignore[attr-defined]
        allowed = [(key, label) for key, label in COLUMNS.items() if user.has_perm(PERSONAL[key])]
        self.fields["personal"].choices = allowed  # type: ignore[attr-defined]
        for name, column in (("gender", "gender"), ("ages", "age")):
            if not user.has_perm(PERSONAL[column]):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("reason"):
            if data.get("personal"):
                self.add_error("reason", _("Tulis untuk apa kolom pribadi diperlukan."))
            elif data.get("gender") or data.get("ages"):
                self.add_error("reason", _("Saringan gender atau umur memberi tahu kolom itu juga. Tulis untuk apa."))
        if data.get("first") and data.get("last") and data["first"] > data["last"]:
            self.add_error("last", _("Tanggal ini sebelum tanggal mulai."))
        return data

    def filter(self) -> Filter:
        """The filter as it is kept and asked again."""
        data = self.cleaned_data
        places = {name: data[name].pk if data[name] else None for name in ("program", "region", "session")}
        return Filter(
            **places,
            first=data["first"],
            last=data["last"],
            marks=tuple("" if mark == NOTHING_YET else mark for mark in data["marks"]),
            complete={"yes": True, "no": False}.get(data["complete"]),
            gender={"": None, UNSAID: ""}.get(data.get("gender", ""), data.get("gender")),
            ages=data.get("ages", ""),
        )

    def wanted(self) -> Wanted:
        """All of it, as the operation takes it."""
        data = self.cleaned_data
        return Wanted(
            filter=self.filter(),
            layout=data["layout"] or "people",
            format=data["format"][:4].rstrip(";,"),
            delimiter=data["format"][3:] if data["format"].startswith("csv") else ",",
            personal=frozenset(data["personal"]),
            reason=data["reason"],
            described=self.described(),
            language=get_language() or "id",
        )

    def described(self) -> dict[str, str]:
        """The filter in words, for the file and the audit row."""
        return {str(field.label): self._in_words(name) for name, field in self.fields.items() if name != "format"}

    def _in_words(self, name: str) -> str:
        value, field = self.cleaned_data[name], self.fields[name]
        if not value:
            return "—"
        if isinstance(field, SessionField):
            return where_and_when(value)
        if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
            words: dict[str, Any] = dict(field.choices)  # type: ignore[arg-type]
            return ", ".join(str(words[key]) for key in ([value] if isinstance(value, str) else value))
        return str(value)


class MatchForm(forms.Form):
    """A file that somebody holds, to be compared with what was given out. Nothing of it is kept."""

    file = forms.FileField(label=_("Berkas"), max_length=200)


class VolumeFilter(admin.SimpleListFilter):
    title = _("jumlah data pribadi")
    parameter_name = "jumlah"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("luar-biasa", _("Di luar kebiasaan"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.exclude(alarmed_at=None) if self.value() == "luar-biasa" else queryset


@admin.register(AttendanceExport)
class AttendanceExportAdmin(ReadOnly, MinistryOnlyAdmin):
    """Every file that was asked for, and the pages on which it is asked for, agreed to, fetched and recognised."""

    appears_here = _("Setiap berkas kehadiran yang diminta muncul di sini.")
    list_display = ["at", "by", "state", "layout", "format", "of_people", "reason"]
    list_filter = ["state", "format", VolumeFilter]
    fields = ["at", "requester", "layout", "format", "asked_for", "named_columns", "reason", "of_people", "of_rows"]
    fields += ["fingerprint", "rows_fingerprint", "judge", "judged_at", "ready_at", "fetched_at", "alarmed_at"]
    readonly_fields = ["requester", "fingerprint", "rows_fingerprint", "judge", "asked_for", "named_columns"]
    readonly_fields += ["of_people", "of_rows"]
    list_select_related = ["by"]
    change_list_template = "admin/participants/attendanceexport/change_list.html"
    change_form_template = "admin/participants/attendanceexport/change_form.html"

    @admin.display(description=_("oleh"))
    def requester(self, export: AttendanceExport) -> str:
        return str(export.by)

    @admin.display(description=_("Sidik jari (SHA-256)"))
    def fingerprint(self, export: AttendanceExport) -> str:
        return export.sha256 or "—"

    @admin.display(description=_("Sidik jari barisnya (SHA-256)"))
    def rows_fingerprint(self, export: AttendanceExport) -> str:
        return export.rows_sha256 or "—"

    @admin.display(description=_("diputuskan oleh"))
    def judge(self, export: AttendanceExport) -> str:
        return str(export.judged_by or "—")

    @admin.display(description=_("saringan"))
    def asked_for(self, export: AttendanceExport) -> str:
        chosen = {name: value for name, value in export.filter_in_words.items() if value not in ("", "—")}
        return "; ".join(f"{name}: {value}" for name, value in chosen.items()) or "—"

    @admin.display(description=_("jumlah peserta"), ordering="people")
    def of_people(self, export: AttendanceExport) -> str:
        return floatformat(export.people, "0g")

    @admin.display(description=_("jumlah baris"))
    def of_rows(self, export: AttendanceExport) -> str:
        return floatformat(export.row_count, "0g")

    @admin.display(description=_("kolom"))
    def named_columns(self, export: AttendanceExport) -> str:
        return columns.in_words(export.columns) or "—"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        name = "participants_attendanceexport"
        return [
            path("unduh/", view(self.export_page), name="attendance_export"),
            path("cocok/", view(self.match_page), name="attendance_export_match"),
            path("<int:pk>/unduh/", view(require_POST(self.fetch_page)), name=f"{name}_fetch"),
            path("<int:pk>/putusan/", view(require_POST(self.judge_page)), name=f"{name}_judge"),
            *super().get_urls(),
        ]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        export = self.get_object(request, unquote(object_id))
        context: dict[str, Any] = {}
        if export:
            user: Any = request.user
            is_mine = export.by_id == user.pk
            context = {
                "done": export_files.progress(export),
                "may_fetch": is_mine and export.state == "ready",
                "may_judge": not is_mine and export.state == "asked" and exports.may_have(user, export.personal),
                "gone_at": export.ready_at and export.ready_at + exports.KEPT,
                "subtitle": export.get_state_display(),
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def export_page(self, request: HttpRequest) -> HttpResponse | FileResponse:
        """Ask what to export (GET); give it out, or lead to its page (POST)."""
        self._let_in(request)
        form = ExportForm(request.POST or None, user=request.user, initial={"session": request.GET.get("session")})
        counted: dict[str, Any] = {}
        if request.method == "POST" and form.is_valid():
            if "count" not in request.POST:
                return self._ask(request, form)
            people, rows = exports.how_many(wanted=form.wanted(), seen_by=request.user, now=clock.now())  # type: ignore[arg-type]
            counted = {"is_counted": True, "people": people, "rows": rows}
        return self._page(request, "form.html", form, _("Unduh kehadiran"), counted)

    def _ask(self, request: HttpRequest, form: ExportForm) -> HttpResponse | FileResponse:
        user: Any = request.user
        export = exports.ask(wanted=form.wanted(), by=user, now=clock.now())
        if file := export_files.give_out(export=export, now=export.at):
            return FileResponse(
                file, as_attachment=True, filename=_file_name(export), content_type=CONTENT_TYPES[export.format]
            )
        if export.state == "asked":
            messages.info(request, _("Kolom pribadi banyak orang: rekan yang berwenang harus menyetujuinya dulu."))
        return redirect("admin:participants_attendanceexport_change", export.pk)

    def fetch_page(self, request: HttpRequest, pk: int) -> HttpResponse | StreamingHttpResponse:
        """Give out a built file."""
        self._let_in(request)
        export = get_object_or_404(self.get_queryset(request), pk=pk)
        try:
            parts = export_files.fetch(export=export, by=request.user, now=clock.now())  # type: ignore[arg-type]
        except Refused as refusal:
            return self._refuse(request, refusal, pk)
        response = StreamingHttpResponse(parts, content_type=CONTENT_TYPES[export.format])
        response["Content-Disposition"] = f'attachment; filename="{_file_name(export)}"'
        return response

    def judge_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The second person's yes or no."""
        self._let_in(request)
        export = get_object_or_404(self.get_queryset(request), pk=pk)
        agrees = "agree" in request.POST
        if not agrees and "decline" not in request.POST:
            return redirect("admin:participants_attendanceexport_change", pk)
        try:
            exports.judge(export=export, agrees=agrees, by=request.user, now=clock.now())  # type: ignore[arg-type]
        except Refused as refusal:
            return self._refuse(request, refusal, pk)
        messages.success(request, _("Tersimpan."))
        return redirect("admin:participants_attendanceexport_change", pk)

    def match_page(self, request: HttpRequest) -> HttpResponse:
        """Whether a file is, byte for byte, one that was given out."""
        self._let_in(request)
        form = MatchForm(request.POST or None, request.FILES or None)
        found: dict[str, Any] = {}
        if request.method == "POST" and form.is_valid():
            digest, export = export_files.recognise(form.cleaned_data["file"].chunks())
            found = {"digest": digest, "export": export, "is_judged": True}
        return self._page(request, "match.html", form, _("Cocokkan berkas"), found)

    def _let_in(self, request: HttpRequest) -> None:
        if not (self.has_view_permission(request) and request.user.has_perm("participants.export_attendance")):
            raise Http404

    def _refuse(self, request: HttpRequest, refusal: Refused, pk: int) -> HttpResponse:
        messages.error(request, str(refusal))
        return redirect("admin:participants_attendanceexport_change", pk)

    def _page(
        self, request: HttpRequest, template: str, form: forms.Form, title: Any, more: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = self.admin_site.each_context(request) | {"title": title, "opts": self.opts, "form": form}
        return TemplateResponse(request, f"admin/participants/attendanceexport/{template}", context | (more or {}))


@admin.register(ExportSchedule)
class ExportScheduleAdmin(MinistryOnlyAdmin):
    """Who gets a link to which file, and when."""

    appears_here = _("Tambahkan jadwal kalau sebuah berkas perlu dibuat dengan teratur.")
    list_display = ["name", "weekday", "at", "layout", "format", "is_active", "last_slot"]
    fields = ["name", "readers", "program", "region", "layout", "format", "weekday", "at", "is_active"]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Staff who may export, by name; their addresses are for the accounts' manager."""
        field = super().formfield_for_manytomany(
            db_field, request, **options | {"queryset": exports.readers(), "widget": forms.CheckboxSelectMultiple}
        )
        assert field is not None  # noqa: S101 -- the readers' table is ours
        return field

    def save_model(self, request: HttpRequest, obj: ExportSchedule, form: Any, change: bool) -> None:
        """A new one begins with its next hour, not with the one that has passed."""
        if obj.last_slot is None or {"weekday", "at", "is_active"} & set(form.changed_data):
            obj.last_slot = obj.slot(clock.now())
        super().save_model(request, obj, form, change)


def _file_name(export: AttendanceExport) -> str:
    """Fixed words, the moment it tells of, and its number: nothing that anybody typed."""
    return f"kehadiran-{export.as_of.astimezone(clock.HOME):%Y%m%d-%H%M}-{export.pk}.{export.format}"
