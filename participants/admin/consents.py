"""What people agreed to, in the very words that they read."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from participants import consent_texts
from participants.models import Consent
from programs.admin.scoping import ReadOnly, RegionScopedAdmin


@admin.register(Consent)
class ConsentAdmin(ReadOnly, RegionScopedAdmin):
    appears_here = _("Persetujuan muncul di sini begitu seseorang mendaftar.")
    list_display = ["purpose", "giver", "text_version", "given_at", "withdrawn_at", "withdrawn_by"]
    ordering = ["-pk"]
    sorts = {"given_at": "pk"}
    region_path = "participant__region"
    list_filter = ["purpose", "giver"]
    fields = [
        "purpose",
        "giver",
        "text_version",
        "words",
        "text_hash",
        "language",
        "channel",
        "given_at",
        "unreached_at",
        "withdrawn_at",
        "withdrawn_by",
    ]
    readonly_fields = ["words"]

    @admin.display(description=_("teks yang disetujui"))
    def words(self, consent: Consent) -> str:
        return consent_texts.agreed(consent) or "—"
