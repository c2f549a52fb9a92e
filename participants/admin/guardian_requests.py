"""What guardians were asked, and what they answered; never their addresses."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from participants.models import GuardianRequest
from programs.admin.scoping import ReadOnly, RegionScopedAdmin


@admin.register(GuardianRequest)
class GuardianRequestAdmin(ReadOnly, RegionScopedAdmin):
    appears_here = _("Muncul di sini begitu seorang di bawah umur mendaftar dan walinya ditanya.")
    list_display = ["asked_at", "city", "expires_at", "answer", "answered_at"]
    list_select_related = ["registration__session__region"]
    ordering = ["-pk"]
    sorts = {"asked_at": "pk"}
    list_filter = ["answer"]
    fields = ["asked_at", "expires_at", "answer", "answered_at", "signer_relation"]

    @admin.display(description=_("kota"))
    def city(self, request: GuardianRequest) -> str:
        return request.registration.session.region.city
