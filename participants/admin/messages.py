"""The ledger, to be read."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

from participants import queries
from participants.admin.session_links import session_link
from participants.models import AttendanceFact, Notification, Registration
from programs.admin.saved_filters import WithSavedFilters
from programs.admin.scoping import ReadOnly, RegionScopedAdmin, ScopedRelatedFilter

# What the ledger keeps as a code, in words. What a mail server said itself is shown as it said it.
REASONS = {
    "a newer reminder says more": _("pengingat yang lebih baru sudah memuatnya"),
    "answered after all": _("ternyata dijawab"),
    "answered already": _("sudah dijawab"),
    "answered or replaced": _("sudah dijawab atau diganti"),
    "cannot come on that day": _("penerimanya bilang tidak bisa datang pada hari itu"),
    "its reader called it spam": _("penerimanya menandainya sebagai spam"),
    "its rule names another day": _("aturannya menyebut hari lain"),
    "lives after all": _("pendaftarannya ternyata masih berlaku"),
    "moved again, or released": _("pindah lagi, atau dilepas"),
    "never asked": _("walinya tidak pernah ditanya"),
    "no channel of its rule reaches": _("tidak punya jalur yang dipakai aturannya"),
    "no longer comes": _("tidak jadi datang"),
    "no longer meant": _("bukan penerimanya lagi"),
    "no longer in the queue": _("tidak mengantre lagi"),
    "no seat any more": _("tidak punya kursi lagi"),
    "nothing ticked in time": _("penjadwal tidak berjalan pada waktunya"),
    "replaced again, or no longer comes": _("tiketnya diganti lagi, atau tidak jadi datang"),
    "staff stopped it": _("panitia menghentikannya"),
    "the account is off": _("akunnya dimatikan"),
    "the address refuses mail": _("alamatnya menolak surat"),
    "the code was used or is dead": _("kodenya sudah dipakai atau mati"),
    "the consent was withdrawn": _("persetujuannya ditarik"),
    "the invitation was withdrawn": _("undangannya dicabut"),
    "asked elsewhere, or released": _("wali ditanya di alamat lain, atau pendaftarannya dilepas"),
    "the letter went astray": _("suratnya sampai ke orang lain, dan ia bilang begitu"),
    "the need has changed, or released": _("kebutuhannya berubah, atau dilepas"),
    "the person was erased": _("data orangnya dihapus"),
    "the registration was released": _("pendaftarannya dilepas"),
    "the rule was turned off": _("aturannya dimatikan"),
    "the session is not offered": _("sesinya tidak ditawarkan"),
    "the session was moved": _("sesinya pindah"),
    "unsubscribed": _("penerimanya mematikan pesan ini"),
    "too late to be useful": _("terlambat untuk berguna"),
}
# Codes that go on: with another code, or with the name of what went wrong.
BEGINNINGS = {
    "perhaps sent; ": _("mungkin terkirim; %(rest)s"),
    "gave up: ": _("berhenti mencoba: %(rest)s"),
    "cannot be read: ": _("tidak bisa dibaca (%(rest)s)"),
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
class NotificationAdmin(WithSavedFilters, ReadOnly, RegionScopedAdmin):
    appears_here = _("Setiap pesan muncul di sini begitu dijanjikan: konfirmasi, pengingat, dan kabar.")
    list_display = ["kind", "region", "due_at", "state", "channel", "why", "attempts", "settled_at"]
    list_filter = ["state", "kind", "channel", ("region", ScopedRelatedFilter)]
    list_select_related = ["region"]
    ordering = ["-pk"]
    sorts = {}
    fields = [
        "kind",
        "occurrence",
        "version",
        "region",
        "due_at",
        "useful_until",
        "state",
        "channel",
        "why",
        "attempts",
        "arrived_at",
    ]
    readonly_fields = ["why"]

    @admin.display(description=_("alasan"))
    def why(self, notification: Notification) -> str:
        return reason_in_words(notification.reason)

    def get_urls(self) -> list[Any]:
        page = path("orang/<int:pk>/", self.admin_site.admin_view(self.person), name="participants_notification_person")
        return [page, *super().get_urls()]

    def person(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What was said to a registration's person and their guardian, when, and whether it arrived."""
        people: Any = self.admin_site.get_model_admin(Registration)
        rows = people.get_queryset(request).select_related("participant", "session__region")
        registration = get_object_or_404(rows, pk=pk)
        if not self.has_view_permission(request):
            raise Http404
        messages = queries.messages_to(registration, seen_by=request.user)
        context = self.admin_site.each_context(request) | {
            "title": _("Pesan yang dikirim"),
            "opts": people.opts,
            "registration": registration,
            "person": people.person(registration),
            "rows": [{"message": message, "why": reason_in_words(message.reason)} for message in messages],
        }
        return TemplateResponse(request, "admin/participants/notification/person.html", context)


@admin.register(AttendanceFact)
class AttendanceFactAdmin(ReadOnly, RegionScopedAdmin):
    appears_here = _("Setiap catatan kehadiran muncul di sini, sejak hari pertama sebuah sesi.")
    list_display = ["recorded_at", "city", "day_number", "mark", "source", "recorded_by"]
    list_select_related = ["session__region", "day", "recorded_by"]
    list_filter = [("session", ScopedRelatedFilter), "mark", "source"]
    ordering = ["-pk"]
    sorts = {"recorded_at": "pk"}
    fields = ["session_page", "day_number", "mark", "kind", "source", "recorder", "device_at", "recorded_at"]
    readonly_fields = ["session_page", "day_number", "recorder"]  # accounts have pages for their manager alone

    @admin.display(description=_("kota"))
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
