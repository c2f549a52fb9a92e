"""People, seen through registrations. Until a guardian agrees, of a minor staff see a masked name and nothing else."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from participants import addresses
from participants.fields import AddressField, BirthDateField, NameField, TextField, readable
from participants.models import AddressChange, Consent, GuardianRequest, Participant, Registration
from participants.models.registrations import UNANSWERED
from participants.operations import guardian_requests, profiles, recoveries, registrations
from participants.operations.refusals import Refused
from portal import clock
from programs.admin.scoping import ReadOnly, RegionScopedAdmin, ScopedRelatedFilter
from programs.models import TrainingSession
from programs.templatetags.session_time import where_and_when


def session_link(session: TrainingSession) -> str:
    """The session by place and days, leading to its page; whoever sees registrations sees sessions too."""
    page = reverse("admin:programs_trainingsession_change", args=[session.pk])
    return format_html('<a href="{}">{}</a>', page, where_and_when(session))


def number_as_stored(term: str) -> str:
    """`0812-3456`, `+62 812 3456`: a number, or a part of one, as it stands in its column; other words as they are."""
    digits = re.sub(r"[\s.()-]", "", term)
    if not re.fullmatch(r"\+?\d+", digits):
        return term
    return f"+62{digits[1:]}" if digits.startswith("0") else digits


@admin.register(Participant)
class ParticipantAdmin(ReadOnly, RegionScopedAdmin):
    list_display = ["full_name", "number", "occupation", "region"]
    list_select_related = ["region"]
    search_fields = ["full_name", "phone"]
    search_help_text = _("Cari nama atau nomor ponsel.")
    fields = ["full_name", "birth_date", "region", "number", "occupation", "gender", "created_at"]
    readonly_fields = ["number"]

    @admin.display(description=_("nomor ponsel"), ordering="phone")
    def number(self, participant: Participant) -> str:
        return readable(participant.phone) if participant.phone else "—"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Participant]:
        """Without those for whom a guardian has not agreed, and those who have withdrawn."""
        unanswered = Registration.objects.filter(participant=OuterRef("pk"), guardian__in=UNANSWERED)
        agreed = Registration.objects.filter(participant=OuterRef("pk")).exclude(guardian__in=UNANSWERED)
        seen = super().get_queryset(request).exclude(Exists(unanswered), ~Exists(agreed))
        return seen.exclude(pk__in=Participant.objects.withdrawn().values("pk"))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Participant], search_term: str) -> Any:
        return super().get_search_results(request, queryset, number_as_stored(search_term))


class ReachFilter(admin.SimpleListFilter):
    title = _("surat")
    parameter_name = "surat"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("ditolak", _("Alamatnya menolak"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.unreachable() if self.value() == "ditolak" else queryset


@admin.register(Registration)
class RegistrationAdmin(ReadOnly, RegionScopedAdmin):
    list_display = ["person", "session_city", "place", "guardian", "queue_number", "registered_at"]
    list_filter = [("session", ScopedRelatedFilter), "place", "guardian", ReachFilter]
    list_select_related = ["participant", "session__region"]
    search_fields = ["participant__full_name", "participant__phone"]
    ordering = ["session", "place", "queue_number", "pk"]
    fields = [
        "person",
        "session_page",
        "place",
        "guardian",
        "queue_number",
        "registered_at",
        "offered_until",
        "released_at",
        "release_reason",
    ]
    readonly_fields = ["person", "session_page"]
    change_form_template = "admin/participants/registration/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Registration]:
        """Each with `has_withdrawn`: of such a person staff see that, and no name."""
        withdrawn = Participant.objects.withdrawn().filter(pk=OuterRef("participant"))
        return super().get_queryset(request).annotate(has_withdrawn=Exists(withdrawn))

    @admin.display(description=_("peserta"))
    def person(self, registration: Registration) -> str:
        if registration.has_withdrawn:  # type: ignore[attr-defined]
            return str(Registration.Release.CONSENT_WITHDRAWN.label)
        return registration.name_for_staff

    @admin.display(description=_("sesi"), ordering="session")
    def session_city(self, registration: Registration) -> str:
        return registration.session.region.city

    @admin.display(description=_("sesi"))
    def session_page(self, registration: Registration) -> str:
        return session_link(registration.session)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """Named by the person as staff may see them; the row itself is named by a number that says nothing."""
        row = self.get_object(request, unquote(object_id))
        named = {"subtitle": self.person(row), "named": self.person(row)} if row else {}
        helps = {"may_replace": row is not None and self.may_replace_address(request, row)}
        return super().change_view(request, object_id, form_url, named | helps | (extra_context or {}))

    def may_replace_address(self, request: HttpRequest, registration: Registration) -> bool:
        """Whether the account is the reader's to open: where its person left for another region, theirs no longer."""
        later = Registration.objects.filter(participant=registration.participant_id, pk__gt=registration.pk)
        may = request.user.has_perm("participants.replace_login_address")
        return may and (registration.is_live or not later.exists())

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Registration], search_term: str) -> Any:
        """A search finds nobody whose name it may not show."""
        rows, duplicates = super().get_search_results(request, queryset, number_as_stored(search_term))
        unnamed = Q(guardian__in=UNANSWERED) | Q(has_withdrawn=True)
        return (rows.exclude(unnamed) if search_term else rows), duplicates

    def get_urls(self) -> list[Any]:
        cancel = path(
            "<int:pk>/batal/", self.admin_site.admin_view(self.cancel), name="participants_registration_cancel"
        )
        address = path(
            "<int:pk>/alamat/", self.admin_site.admin_view(self.address), name="participants_registration_address"
        )
        data = path("<int:pk>/data/", self.admin_site.admin_view(self.data), name="participants_registration_data")
        return [cancel, address, data, *super().get_urls()]

    def data(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put a wrong name or birth date right; of a minor before the guardian's yes staff write without reading."""
        rows = self.get_queryset(request)
        registration = get_object_or_404(rows.select_related("participant__user", "session"), pk=pk)
        may = request.user.has_perm("participants.answer_appeal") and registration.is_live
        if not may or registration.has_withdrawn:  # type: ignore[attr-defined]
            raise Http404
        person = registration.participant
        hidden = registration.guardian in UNANSWERED
        known = {} if hidden else {"full_name": person.full_name, "birth_date": person.birth_date}
        form = CorrectionForm(request.POST if request.method == "POST" else None, initial=known)
        if form.is_valid():
            try:
                profiles.correct(registration=registration, by=request.user, now=clock.now(), **form.cleaned_data)  # type: ignore[arg-type]
            except guardian_requests.GuardianNeeded:
                form.add_error("guardian_email", _("Dengan tanggal ini walinya perlu setuju. Tulis alamat walinya."))
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                self.log_change(request, registration, f"corrected: {', '.join(form.changed_data)}")
                messages.success(request, _("Sudah dibetulkan. Jawab permintaannya supaya yang bersangkutan tahu."))
                return redirect("admin:participants_registration_change", pk)
        return self._page(request, "data", registration, title=_("Betulkan data"), form=form)

    def address(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put another login address in the place of a lost one, once staff have made sure whom they help."""
        rows = self.get_queryset(request).select_related("participant__user", "region")
        registration = get_object_or_404(rows, pk=pk)
        if not self.may_replace_address(request, registration):
            raise Http404
        form = AddressChangeForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                recoveries.change_address(
                    registration=registration,
                    email=form.cleaned_data["email"],
                    reason=form.cleaned_data["reason"],
                    by=request.user,  # type: ignore[arg-type]
                    now=clock.now(),
                )
            except Refused as refusal:
                form.add_error("email", str(refusal))
            else:
                self.log_change(request, registration, "login address replaced")
                messages.success(request, _("Alamat masuknya sudah diganti; alamat yang lama dikabari."))
                return redirect("admin:participants_registration_change", pk)
        return self._page(request, "address", registration, title=_("Ganti alamat masuk"), form=form)

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, then cancel: the person is told, and the seat goes to the head of the queue."""
        registration = get_object_or_404(self.get_queryset(request).select_related("participant", "session"), pk=pk)
        if not request.user.has_perm("participants.cancel_registration"):
            raise Http404
        page = "admin:participants_registration_change"
        if request.method == "POST":
            try:
                registrations.cancel(
                    registration=registration,
                    reason=Registration.Release.CANCELLED_BY_STAFF,
                    by=request.user,  # type: ignore[arg-type]
                    now=clock.now(),
                )
            except Refused as refusal:
                messages.error(request, str(refusal))
            else:
                self.log_change(request, registration, "cancelled")
                messages.success(request, _("Pendaftaran dibatalkan; yang bersangkutan dikabari."))
            return redirect(page, pk)
        return self._page(request, "cancel", registration, title=_("Batalkan pendaftaran"))

    def _page(
        self, request: HttpRequest, name: str, registration: Registration, *, title: Any, form: forms.Form | None = None
    ) -> HttpResponse:
        """A page that acts on one registration, named by the person as staff may see them."""
        context = self.admin_site.each_context(request) | {
            "title": title,
            "opts": self.opts,
            "registration": registration,
            "person": self.person(registration),
            "form": form,
        }
        status = 422 if form and form.is_bound else 200
        return TemplateResponse(request, f"admin/participants/registration/{name}.html", context, status=status)


class CorrectionForm(forms.Form):
    """What is right, and whom to ask where somebody turns out to be a minor."""

    full_name = NameField(
        required=False,
        label=_("Nama lengkap"),
        help_text=_("Yang dikosongkan tidak berubah."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    birth_date = BirthDateField(
        required=False, label=_("Tanggal lahir"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    guardian_email = AddressField(
        required=False,
        label=_("Alamat email wali"),
        help_text=_("Hanya kalau dengan tanggal ini umurnya belum 18 tahun dan walinya belum setuju."),
        widget=forms.EmailInput({"autocomplete": "off"}),
    )


class AddressChangeForm(forms.Form):
    """Another login address for somebody, and how staff know that it is theirs."""

    email = AddressField(label=_("Alamat email baru"), widget=forms.EmailInput({"autocomplete": "off"}))
    reason = TextField(
        max_length=200,
        label=_("Bagaimana identitasnya dipastikan"),
        help_text=_("Misalnya: datang sendiri dengan kartu pelajar. Tercatat dan tidak bisa diubah."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )


@admin.register(AddressChange)
class AddressChangeAdmin(ReadOnly, RegionScopedAdmin):
    """Addresses are masked here, as people read this list who helped nobody in it."""

    list_display = ["changed_at", "region", "from_address", "to_address", "reason", "staff"]
    list_select_related = ["region", "changed_by"]
    list_filter = [("region", ScopedRelatedFilter)]
    fields = ["changed_at", "region", "from_address", "to_address", "reason", "staff"]
    readonly_fields = ["from_address", "to_address", "staff"]

    @admin.display(description=_("alamat lama"))
    def from_address(self, change: AddressChange) -> str:
        return addresses.masked(change.old_email)

    @admin.display(description=_("alamat baru"))
    def to_address(self, change: AddressChange) -> str:
        return addresses.masked(change.new_email)

    @admin.display(description=_("diganti oleh"))
    def staff(self, change: AddressChange) -> str:
        return str(_("yang bersangkutan")) if change.is_by_oneself else str(change.changed_by)


@admin.register(GuardianRequest)
class GuardianRequestAdmin(ReadOnly, RegionScopedAdmin):
    list_display = ["asked_at", "city", "expires_at", "answer", "answered_at"]
    list_select_related = ["registration__session__region"]
    ordering = ["-asked_at"]
    list_filter = ["answer"]
    fields = ["asked_at", "expires_at", "answer", "answered_at", "signer_relation"]

    @admin.display(description=_("kota"))
    def city(self, request: GuardianRequest) -> str:
        return request.registration.session.region.city


@admin.register(Consent)
class ConsentAdmin(ReadOnly, RegionScopedAdmin):
    list_display = ["purpose", "giver", "text_version", "given_at", "withdrawn_at", "withdrawn_by"]
    list_filter = ["purpose", "giver"]
    fields = [
        "purpose",
        "giver",
        "text_version",
        "text_hash",
        "language",
        "channel",
        "given_at",
        "withdrawn_at",
        "withdrawn_by",
    ]
