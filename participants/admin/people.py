"""People, seen through registrations. Until a guardian agrees, of a minor staff see a masked name and nothing else."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

from participants.models import Consent, GuardianRequest, Participant, Registration
from participants.operations import registrations
from participants.operations.refusals import Refused
from portal import clock
from programs.admin.scoping import ReadOnly, RegionScopedAdmin, ScopedRelatedFilter

UNANSWERED = [Registration.Guardian.ASKED, Registration.Guardian.REFUSED, Registration.Guardian.EXPIRED]


def masked(name: str) -> str:
    """`Siti Nur'aini` as `S*** N***`."""
    return " ".join(f"{part[0]}***" for part in name.split())


@admin.register(Participant)
class ParticipantAdmin(ReadOnly, RegionScopedAdmin):
    list_display = ["full_name", "phone", "occupation", "region"]
    list_select_related = ["region"]
    search_fields = ["full_name", "phone"]
    search_help_text = _("Cari nama atau nomor ponsel (+62…).")
    fields = ["full_name", "birth_date", "region", "phone", "occupation", "gender", "accessibility_needs", "created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Participant]:
        """Without those for whom a guardian has not agreed, and those who have withdrawn."""
        unanswered = Registration.objects.filter(participant=OuterRef("pk"), guardian__in=UNANSWERED)
        agreed = Registration.objects.filter(participant=OuterRef("pk")).exclude(guardian__in=UNANSWERED)
        seen = super().get_queryset(request).exclude(Exists(unanswered), ~Exists(agreed))
        return seen.exclude(pk__in=Participant.objects.withdrawn().values("pk"))


@admin.register(Registration)
class RegistrationAdmin(ReadOnly, RegionScopedAdmin):
    list_display = ["person", "session_city", "place", "guardian", "queue_number", "registered_at"]
    list_filter = [("session", ScopedRelatedFilter), "place", "guardian"]
    list_select_related = ["participant", "session__region"]
    search_fields = ["participant__full_name", "participant__phone"]
    ordering = ["session", "place", "queue_number", "pk"]
    fields = [
        "person",
        "session",
        "place",
        "guardian",
        "queue_number",
        "registered_at",
        "offered_until",
        "released_at",
        "release_reason",
    ]
    readonly_fields = ["person"]
    change_form_template = "admin/participants/registration/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Registration]:
        """Each with `has_withdrawn`: of such a person staff see that, and no name."""
        withdrawn = Participant.objects.withdrawn().filter(pk=OuterRef("participant"))
        return super().get_queryset(request).annotate(has_withdrawn=Exists(withdrawn))

    @admin.display(description=_("peserta"))
    def person(self, registration: Registration) -> str:
        if registration.has_withdrawn:  # type: ignore[attr-defined]
            return str(Registration.Release.CONSENT_WITHDRAWN.label)
        name = registration.participant.full_name
        return masked(name) if registration.guardian in UNANSWERED else name

    @admin.display(description=_("sesi"), ordering="session")
    def session_city(self, registration: Registration) -> str:
        return registration.session.region.city

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """Named by the person as staff may see them; the row itself is named by a number that says nothing."""
        row = self.get_object(request, unquote(object_id))
        named = {"subtitle": self.person(row), "named": self.person(row)} if row else {}
        return super().change_view(request, object_id, form_url, named | (extra_context or {}))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Registration], search_term: str) -> Any:
        """A search finds nobody whose name it may not show."""
        rows, duplicates = super().get_search_results(request, queryset, search_term)
        unnamed = Q(guardian__in=UNANSWERED) | Q(has_withdrawn=True)
        return (rows.exclude(unnamed) if search_term else rows), duplicates

    def get_urls(self) -> list[Any]:
        cancel = path(
            "<int:pk>/batal/", self.admin_site.admin_view(self.cancel), name="participants_registration_cancel"
        )
        return [cancel, *super().get_urls()]

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
        context = self.admin_site.each_context(request) | {
            "title": _("Batalkan pendaftaran"),
            "opts": self.opts,
            "registration": registration,
            "person": self.person(registration),
        }
        return TemplateResponse(request, "admin/participants/registration/cancel.html", context)


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
