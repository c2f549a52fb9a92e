"""People, seen through registrations."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from participants import queries
from participants.admin import searches
from participants.fields import readable
from participants.models import Participant
from programs.admin.scoping import LONGEST_SEARCH, ReadOnly, RegionScopedAdmin


@admin.register(Participant)
class ParticipantAdmin(ReadOnly, RegionScopedAdmin):
    appears_here = _("Orang muncul di sini begitu mendaftar ke sebuah sesi di wilayahmu.")
    list_display = ["full_name", "number", "occupation", "region"]
    list_select_related = ["region"]
    sorts = {"full_name": "full_name"}
    region_path = "region"
    search_fields = ["full_name", "phone"]
    search_help_text = _("Cari nama atau nomor ponsel.")
    fields = ["full_name", "birth_date", "region", "number", "occupation", "gender", "created_at"]
    readonly_fields = ["number"]
    change_list_template = "admin/participants/participant/change_list.html"
    change_form_template = "admin/participants/participant/change_form.html"

    @admin.display(description=_("nomor ponsel"))
    def number(self, participant: Participant) -> str:
        return readable(participant.phone) if participant.phone else "—"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Participant]:
        return queries.nameable(super().get_queryset(request))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Participant], search_term: str) -> Any:
        typed = search_term[:LONGEST_SEARCH].strip()
        return (searches.people(queryset, typed) if typed else queryset), False
