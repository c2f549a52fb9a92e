"""The ledger, to be read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import path
from django.utils.translation import gettext_lazy as _

from participants.admin import attendance
from participants.models import AttendanceExport, AttendanceFact, Notification
from programs.admin.scoping import MinistryOnlyAdmin, ReadOnly, RegionScopedAdmin, ScopedRelatedFilter


@admin.register(Notification)
class NotificationAdmin(ReadOnly, RegionScopedAdmin):
    list_display = ["kind", "occurrence", "region", "due_at", "state", "reason", "attempts", "settled_at"]
    list_filter = ["state", "kind", ("region", ScopedRelatedFilter)]
    list_select_related = ["region"]
    ordering = ["-due_at"]
    fields = ["kind", "occurrence", "version", "region", "due_at", "useful_until", "state", "reason", "attempts"]


@admin.register(AttendanceFact)
class AttendanceFactAdmin(ReadOnly, RegionScopedAdmin):
    list_display = ["recorded_at", "session", "day_number", "mark", "source", "recorded_by"]
    list_select_related = ["session", "day", "recorded_by"]
    list_filter = [("session", ScopedRelatedFilter), "mark", "source"]
    ordering = ["-pk"]
    fields = ["session", "mark", "kind", "source", "recorder", "device_at", "recorded_at"]
    readonly_fields = ["recorder"]  # a name: accounts have pages for their manager alone

    @admin.display(description=_("dicatat oleh"))
    def recorder(self, fact: AttendanceFact) -> str:
        return str(fact.recorded_by or "—")

    @admin.display(description=_("hari"))
    def day_number(self, fact: AttendanceFact) -> int:
        return fact.day.number


@admin.register(AttendanceExport)
class AttendanceExportAdmin(ReadOnly, MinistryOnlyAdmin):
    list_display = ["at", "by", "format", "row_count", "reason"]
    fields = ["at", "requester", "format", "filter", "columns", "reason", "row_count", "sha256"]
    readonly_fields = ["requester"]
    list_select_related = ["by"]
    change_list_template = "admin/participants/attendanceexport/change_list.html"

    @admin.display(description=_("oleh"))
    def requester(self, export: AttendanceExport) -> str:
        return str(export.by)

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(self.export_page)
        return [path("unduh/", page, name="attendance_export"), *super().get_urls()]

    def export_page(self, request: HttpRequest) -> Any:
        """Choose and download attendance."""
        context = self.admin_site.each_context(request) | {"title": _("Unduh kehadiran"), "opts": self.opts}
        return attendance.export_page(request, context)
