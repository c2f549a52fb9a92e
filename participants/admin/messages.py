"""The ledger, to be read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import path
from django.utils.translation import gettext_lazy as _

from participants.admin import attendance
from participants.admin.people import session_link
from participants.models import AttendanceExport, AttendanceFact, Notification
from programs.admin.scoping import MinistryOnlyAdmin, ReadOnly, RegionScopedAdmin, ScopedRelatedFilter

# What the ledger keeps as a code, in words. What a mail server said itself is shown as it said it.
REASONS = {
    "a newer reminder says more": _("pengingat yang lebih baru sudah memuatnya"),
    "answered after all": _("ternyata dijawab"),
    "answered already": _("sudah dijawab"),
    "answered or replaced": _("sudah dijawab atau diganti"),
    "lives after all": _("pendaftarannya ternyata masih berlaku"),
    "moved again, or released": _("pindah lagi, atau dilepas"),
    "no longer comes": _("tidak jadi datang"),
    "no longer meant": _("bukan penerimanya lagi"),
    "no longer in the queue": _("tidak mengantre lagi"),
    "no seat any more": _("tidak punya kursi lagi"),
    "nothing ticked in time": _("penjadwal tidak berjalan pada waktunya"),
    "staff stopped it": _("panitia menghentikannya"),
    "the account is off": _("akunnya dimatikan"),
    "the address refuses mail": _("alamatnya menolak surat"),
    "the code was used or is dead": _("kodenya sudah dipakai atau mati"),
    "the consent was withdrawn": _("persetujuannya ditarik"),
    "the need has changed, or released": _("kebutuhannya berubah, atau dilepas"),
    "the person was erased": _("data orangnya dihapus"),
    "the registration was released": _("pendaftarannya dilepas"),
    "the session is not offered": _("sesinya tidak ditawarkan"),
    "the session was moved": _("sesinya pindah"),
    "too late to be useful": _("terlambat untuk berguna"),
}
# Codes that go on: with another code, or with the name of what went wrong.
BEGINNINGS = {
    "perhaps sent; ": _("mungkin terkirim; %(rest)s"),
    "gave up: ": _("berhenti mencoba: %(rest)s"),
    "cannot be written: ": _("tidak bisa ditulis (%(rest)s)"),
    "cannot be sent: ": _("tidak bisa dikirim (%(rest)s)"),
}


def reason_in_words(reason: str) -> str:
    """The ledger's `reason` for whoever reads it, for example `mungkin terkirim; sesinya pindah`."""
    for beginning, words in BEGINNINGS.items():
        if reason.startswith(beginning):
            return words % {"rest": reason_in_words(reason.removeprefix(beginning))}
    return str(REASONS.get(reason, reason or "—"))


@admin.register(Notification)
class NotificationAdmin(ReadOnly, RegionScopedAdmin):
    list_display = ["kind", "region", "due_at", "state", "why", "attempts", "settled_at"]
    list_filter = ["state", "kind", ("region", ScopedRelatedFilter)]
    list_select_related = ["region"]
    ordering = ["-due_at"]
    fields = ["kind", "occurrence", "version", "region", "due_at", "useful_until", "state", "why", "attempts"]
    readonly_fields = ["why"]

    @admin.display(description=_("alasan"), ordering="reason")
    def why(self, notification: Notification) -> str:
        return reason_in_words(notification.reason)


@admin.register(AttendanceFact)
class AttendanceFactAdmin(ReadOnly, RegionScopedAdmin):
    list_display = ["recorded_at", "city", "day_number", "mark", "source", "recorded_by"]
    list_select_related = ["session__region", "day", "recorded_by"]
    list_filter = [("session", ScopedRelatedFilter), "mark", "source"]
    ordering = ["-pk"]
    fields = ["session_page", "day_number", "mark", "kind", "source", "recorder", "device_at", "recorded_at"]
    readonly_fields = ["session_page", "day_number", "recorder"]  # accounts have pages for their manager alone

    @admin.display(description=_("kota"), ordering="session__region__city")
    def city(self, fact: AttendanceFact) -> str:
        return fact.session.region.city

    @admin.display(description=_("sesi"))
    def session_page(self, fact: AttendanceFact) -> str:
        return session_link(fact.session)

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
