"""What people ask of staff, and the pages on which staff answer: appeals and accessibility requests."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from participants import queries
from participants.admin.session_links import session_link
from participants.fields import ParagraphsField, number_in
from participants.models import AccessibilityRequest, Appeal, Registration
from participants.operations import accessibility, appeals
from participants.operations.refusals import Refused
from portal import clock
from portal.templatetags.ages import span
from programs.admin.saved_filters import WithSavedFilters
from programs.admin.scoping import ReadOnly, RegionScopedAdmin, ScopedRelatedFilter
from programs.dates import in_words

TOLD = _("Yang bersangkutan membacanya di halamannya. Paling banyak 1000 huruf.")


class OpenFilter(admin.SimpleListFilter):
    title = _("keadaan")
    parameter_name = "keadaan"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("terbuka", _("Belum dijawab")), ("dijawab", _("Sudah dijawab"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "terbuka":
            return self.waiting(queryset)
        return queryset.filter(answered_at__isnull=False) if self.value() == "dijawab" else queryset

    def waiting(self, queryset: Any) -> Any:
        return queryset.open()


class WaitingAppealsFilter(OpenFilter):
    def waiting(self, queryset: Any) -> Any:
        return queries.still_waiting(queryset, now=clock.now())


class AboutFilter(admin.SimpleListFilter):
    title = _("soal")
    parameter_name = "soal"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("keberatan", _("Keberatan")), ("tidak-datang", _("Kabar tidak datang"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "keberatan":
            return queryset.objections()
        return queryset.absences() if self.value() == "tidak-datang" else queryset


class AppealAnswerForm(forms.Form):
    verdict = forms.ChoiceField(
        label=_("Putusan"), choices=[choice for choice in Appeal.Verdict.choices if choice[0]], widget=forms.RadioSelect
    )
    text = ParagraphsField(
        label=_("Jawaban"), max_length=1000, help_text=TOLD, widget=forms.Textarea({"rows": 6, "autocomplete": "off"})
    )


class NeedAnswerForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("Bisa disiapkan?"),
        choices=[choice for choice in AccessibilityRequest.Kind.choices if choice[0]],
        widget=forms.RadioSelect,
    )
    text = ParagraphsField(
        label=_("Penjelasan"),
        max_length=1000,
        help_text=TOLD,
        widget=forms.Textarea({"rows": 6, "autocomplete": "off"}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class AsksAdmin(ReadOnly, RegionScopedAdmin):
    """A table of what people ask: open ones first, the one that has waited longest on top."""

    ordering = [F("answered_at").desc(nulls_first=True), "asked_at"]
    change_form_template = "admin/participants/asks/change_form.html"
    right: str
    gone: type[Refused]  # what is said of a row that is no longer there

    @admin.display(description=_("menunggu"))
    def age(self, row: Any) -> str:
        return span((clock.now() - row.asked_at).total_seconds()) if row.is_open else "—"

    @admin.display(description=_("dijawab oleh"))
    def answerer(self, row: Any) -> str:
        return str(row.answered_by.name) if row.answered_by else "—"

    def may_answer(self, request: HttpRequest) -> bool:
        return request.user.has_perm(self.right)

    def asked(self, request: HttpRequest, pk: int) -> Any:
        """The row, for whoever may answer it; to all others there is none."""
        row = get_object_or_404(self.get_queryset(request).select_related(*self.list_select_related), pk=pk)  # type: ignore[misc]
        if not self.may_answer(request):
            raise Http404
        return row

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """Named by the person as staff may see them; the row itself is named by a number that says nothing."""
        row = self.get_object(request, unquote(object_id))
        named = {"subtitle": self.person(row), "named": self.person(row)} if row else {}  # type: ignore[attr-defined]
        may_answer = row is not None and self.may_answer(request) and self.waits(row)
        context = {"may_answer": may_answer, **named, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def waits(self, row: Any) -> bool:
        """Whether anybody still waits for an answer."""
        return bool(row.is_open)

    def answer_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the person says, and the form for the answer; where it is gone, that, and what was typed."""
        try:
            return self._answer_page(request, pk)  # type: ignore[attr-defined]
        except (Http404, self.gone):
            if not self.may_answer(request):
                raise
            return self._gone(request)

    def _gone(self, request: HttpRequest) -> HttpResponse:
        """The same of a row that was taken back, of another region's and of one that never was."""
        context = self.admin_site.each_context(request) | {
            "title": _("Tidak ada lagi"),
            "opts": self.opts,
            "refusal": self.gone(),
            "typed": request.POST.get("text", ""),
        }
        return TemplateResponse(request, "admin/participants/asks/gone.html", context, status=404)

    def done(self, pk: int) -> HttpResponse:
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", pk)

    def page(self, request: HttpRequest, row: Any, form: forms.Form, template: str, **more: Any) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": _("Jawab"),
            "opts": self.opts,
            "row": row,
            "form": form,
            "person": self.person(row),  # type: ignore[attr-defined]
            **more,
        }
        return TemplateResponse(request, template, context)


@admin.register(Appeal)
class AppealAdmin(WithSavedFilters, AsksAdmin):
    appears_here = _("Keberatan dan kabar tidak datang muncul di sini begitu peserta menulisnya dari halamannya.")
    list_display = ["person", "city", "reason", "state", "age", "asked_at"]
    list_filter = [WaitingAppealsFilter, AboutFilter, ("session", ScopedRelatedFilter)]
    list_select_related = ["registration__participant", "session__region", "answered_by"]
    fields = [
        "person",
        "session_page",
        "registered",
        "reason",
        "text",
        "asked_at",
        "state",
        "answer",
        "answered_at",
        "answerer",
    ]
    readonly_fields = ["person", "session_page", "registered", "reason", "state", "answerer"]
    right = "participants.answer_appeal"
    gone = appeals.TakenBack

    def get_queryset(self, request: HttpRequest) -> QuerySet[Appeal]:
        """Without what somebody said who took the consent back since."""
        return super().get_queryset(request).readable()  # type: ignore[attr-defined]

    @admin.display(description=_("peserta"))
    def person(self, appeal: Appeal) -> str:
        if appeal.has_withdrawn:  # type: ignore[attr-defined]
            return str(Registration.Release.CONSENT_WITHDRAWN.label)
        return _person(appeal.registration)

    @admin.display(description=_("kota"), ordering="session__region__city")
    def city(self, appeal: Appeal) -> str:
        return appeal.session.region.city

    @admin.display(description=_("sesi"))
    def session_page(self, appeal: Appeal) -> str:
        return session_link(appeal.session)

    @admin.display(description=_("pendaftaran"))
    def registered(self, appeal: Appeal) -> str:
        return appeal.registration.get_place_display() if appeal.registration else "—"

    @admin.display(description=_("soal"))
    def reason(self, appeal: Appeal) -> str:
        if day := appeal.missed_on:
            return _("Tidak bisa datang %(date)s") % {"date": in_words(day)}
        return str(appeals.outcome(appeal.code, released=appeal.registration_id is not None).sentence)

    @admin.display(description=_("putusan"))
    def state(self, appeal: Appeal) -> str:
        return appeal.get_verdict_display()

    def get_urls(self) -> list[Any]:
        answer = path(
            "<int:pk>/jawab/", self.admin_site.admin_view(self.answer_page), name="participants_appeal_answer"
        )
        return [answer, *super().get_urls()]

    def _answer_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What another has answered meanwhile is shown first. Raises Http404, and TakenBack."""
        appeal = self.asked(request, pk)
        form = AppealAnswerForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                appeals.answer(appeal=appeal, by=request.user, now=clock.now(), **form.cleaned_data)  # type: ignore[arg-type]
            except appeals.AnsweredBefore as refusal:
                appeal.refresh_from_db()
                if appeal.answered_by == request.user:  # pressed twice
                    return self.done(pk)
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("Terjawab; yang bersangkutan dikabari."))
                return self.done(pk)
        return self.page(request, appeal, form, "admin/participants/appeal/answer.html", reason=self.reason(appeal))


@admin.register(AccessibilityRequest)
class AccessibilityRequestAdmin(AsksAdmin):
    appears_here = _("Kebutuhan muncul di sini begitu seorang peserta menulis apa yang perlu disiapkan.")
    list_display = ["person", "city", "state", "owned_by", "age", "asked_at"]
    list_filter = [OpenFilter, "kind"]
    list_select_related = ["registration__participant", "registration__session__region", "owner", "answered_by"]
    fields = [
        "person",
        "registered",
        "session_page",
        "need",
        "asked_at",
        "owned_by",
        "state",
        "answer",
        "answered_at",
        "answerer",
    ]
    readonly_fields = ["person", "registered", "session_page", "owned_by", "state", "answerer"]
    right = "participants.answer_accessibilityrequest"
    gone = accessibility.NobodyComes

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccessibilityRequest]:
        """Without those of minors whose guardian has not agreed, and of who withdrew."""
        return super().get_queryset(request).agreed()  # type: ignore[attr-defined]

    @admin.display(description=_("peserta"))
    def person(self, need: AccessibilityRequest) -> str:
        return _person(need.registration)

    @admin.display(description=_("pendaftaran"))
    def registered(self, need: AccessibilityRequest) -> str:
        where = reverse("admin:participants_registration_change", args=[need.registration_id])
        return format_html('<a href="{}">{}</a>', where, self.city(need))

    @admin.display(description=_("kota"))
    def city(self, need: AccessibilityRequest) -> str:
        return need.registration.session.region.city

    @admin.display(description=_("sesi"))
    def session_page(self, need: AccessibilityRequest) -> str:
        return session_link(need.registration.session)

    def waits(self, need: AccessibilityRequest) -> bool:
        return need.is_open and need.registration.is_live

    @admin.display(description=_("jawaban"))
    def state(self, need: AccessibilityRequest) -> str:
        return need.get_kind_display()

    @admin.display(description=_("diurus oleh"))
    def owned_by(self, need: AccessibilityRequest) -> str:
        return str(need.owner.name) if need.owner else "—"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/jawab/", view(self.answer_page), name="participants_accessibilityrequest_answer"),
            path("<int:pk>/ambil/", view(self.take), name="participants_accessibilityrequest_take"),
            *super().get_urls(),
        ]

    def take(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Become the one who looks after the request, in the place of whom the page showed."""
        need = self.asked(request, pk)
        if request.method != "POST":
            raise Http404
        seen = number_in(request.POST.get("instead_of", ""))
        try:
            accessibility.take(request=need, instead_of=seen, by=request.user, now=clock.now())  # type: ignore[arg-type]
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Sekarang kamu yang mengurusnya."))
        return self.done(pk)

    def _answer_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the person needs, and the form for the answer to just that. Raises Http404, and NobodyComes."""
        need = self.asked(request, pk)
        if need.is_open and not self.waits(need):
            raise accessibility.NobodyComes
        form = NeedAnswerForm(request.POST or None, initial={"version": need.version})
        if request.method == "POST" and form.is_valid():
            try:
                accessibility.answer(request=need, by=request.user, now=clock.now(), **form.cleaned_data)  # type: ignore[arg-type]
            except accessibility.NobodyComes:
                raise
            except Refused as refusal:
                need = self.asked(request, pk)
                if need.answered_by == request.user:  # pressed twice
                    return self.done(pk)
                form = NeedAnswerForm({**request.POST.dict(), "version": need.version})
                form.is_valid()
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("Terjawab; yang bersangkutan dikabari."))
                return self.done(pk)
        return self.page(request, need, form, "admin/participants/accessibilityrequest/answer.html")


def _person(registration: Registration | None) -> str:
    """The person as staff may see them: through a registration, and a minor's name masked before the guardian's yes."""
    return registration.name_for_staff if registration else str(_("belum terdaftar"))
