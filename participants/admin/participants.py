"""People, seen through registrations."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from participants import queries
from participants.fields import e164_part, readable
from participants.models import Participant
from programs.admin.scoping import ReadOnly, RegionScopedAdmin


@admin.register(Participant)
class ParticipantAdmin(ReadOnly, RegionScopedAdmin):
    appears_here = _("Orang muncul di sini begitu mendaftar ke sebuah sesi di wilayahmu.")
    list_display = ["full_name", "number", "occupation", "region"]
    list_select_related = ["region"]
    region_path = "region"
    search_fields = ["full_name", "phone"]
    search_help_text = _("Cari nama atau nomor ponsel.")
    fields = ["full_name", "birth_date", "region", "number", "occupation", "gender", "created_at"]
    readonly_fields = ["number"]
    change_list_template = "admin/participants/participant/change_list.html"
    change_form_template = "admin/participants/participant/change_form.html"

    @admin.display(description=_("nomor ponsel"), ordering="phone")
    def number(self, participant: Participant) -> str:
        return readable(participant.phone) if participant.phone else "—"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Participant]:
        return queries.nameable(super().get_queryset(request))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Participant], search_term: str) -> Any:
        return super().get_search_results(request, queryset, e164_part(search_term) or search_term)
