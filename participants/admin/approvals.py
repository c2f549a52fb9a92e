"""What waits for a second person's yes: looked at with its number and ten samples, then decided."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from participants import queries
from participants.admin.session_links import session_link
from participants.models import Approval, Registration, RegistrationImport
from participants.operations import approvals
from participants.operations.refusals import Refused
from portal import clock
from programs.admin.scoping import ReadOnly, RegionScopedAdmin, ScopedRelatedFilter

SAMPLES = 10


class WaitingFilter(admin.SimpleListFilter):
    title = _("keadaan")
    parameter_name = "keadaan"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("terbuka", _("Menunggu orang kedua"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.open(clock.now()) if self.value() == "terbuka" else queryset


@admin.register(Approval)
class ApprovalAdmin(ReadOnly, RegionScopedAdmin):
    appears_here = _(
        "Muncul di sini kalau seorang rekan membatalkan atau memindahkan banyak orang: orang kedua menyetujuinya."
    )
    list_display = ["asked_at", "kind", "city", "number", "asker", "state"]
    list_filter = [WaitingFilter, ("session", ScopedRelatedFilter)]
    list_select_related = ["session__region", "asked_by"]
    change_form_template = "admin/participants/approval/change_form.html"
    fields = [
        "kind",
        "session_page",
        "target_page",
        "number",
        "reason",
        "asker",
        "asked_at",
        "expires_at",
        "state",
        "decider",
    ]
    readonly_fields = ["session_page", "target_page", "number", "asker", "state", "decider"]

    @admin.display(description=_("kota"), ordering="session__region__city")
    def city(self, approval: Approval) -> str:
        return approval.session.region.city

    @admin.display(description=_("sesi"))
    def session_page(self, approval: Approval) -> str:
        return session_link(approval.session)

    @admin.display(description=_("ke sesi"))
    def target_page(self, approval: Approval) -> str:
        return session_link(approval.target) if approval.target else "—"

    @admin.display(description=_("orang"))
    def number(self, approval: Approval) -> int:
        return len(approval.people)

    @admin.display(description=_("diminta oleh"))
    def asker(self, approval: Approval) -> str:
        return str(approval.asked_by)

    @admin.display(description=_("putusan"))
    def state(self, approval: Approval) -> Any:
        """Nobody waits for what its day has passed by."""
        is_over = not approval.verdict and not approval.is_open(clock.now())
        return _("Lewat waktunya, tidak terjadi") if is_over else approval.get_verdict_display()

    @admin.display(description=_("diputuskan oleh"))
    def decider(self, approval: Approval) -> str:
        return str(approval.decided_by) if approval.decided_by else "—"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A move says where to and gives no reason, and nobody is named who has not decided yet."""
        empty = {"reason" if obj.target_id else "target_page"} if obj else set()
        if obj and not obj.decided_by_id:
            empty.add("decider")
        return [name for name in super().get_fields(request, obj) if name not in empty]

    def get_urls(self) -> list[Any]:
        decide = self.admin_site.admin_view(require_POST(self.decide))
        return [path("<int:pk>/putuskan/", decide, name="participants_approval_decide"), *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        approval = self.get_object(request, unquote(object_id))
        context: dict[str, Any] = {}
        if approval:
            rows = Registration.objects.visible_to(request.user).filter(pk__in=approval.people).order_by("pk")
            may = request.user.has_perm("participants.cancel_registration") and approval.is_open(clock.now())
            context = {
                "more": max(0, len(approval.people) - SAMPLES),
                "names": [row.shown_name for row in queries.for_a_list(rows)[:SAMPLES]],
                "may_decide": may and approval.asked_by_id != request.user.pk,
                "waits_for_another": may and approval.asked_by_id == request.user.pk,
                "subtitle": str(approval),
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Yes or no; a press that says neither changes nothing."""
        approval = get_object_or_404(self.get_queryset(request).select_related("session"), pk=pk)
        if not request.user.has_perm("participants.cancel_registration"):
            raise Http404
        page, said = redirect("admin:participants_approval_change", pk), request.POST.get("verdict", "")
        if said not in ("yes", "no"):
            return page
        try:
            done = approvals.decide(approval=approval, yes=said == "yes", by=request.user, now=clock.now())  # type: ignore[arg-type]
        except Refused as refusal:
            messages.error(request, str(refusal))
            return page
        if isinstance(done, RegistrationImport):
            messages.success(request, _("Disetujui. Impornya sedang dibatalkan; kemajuannya terlihat di sini."))
            return redirect("admin:participants_registrationimport_change", done.pk)
        text = ngettext("Selesai untuk %(people)s orang.", "Selesai untuk %(people)s orang.", done)
        messages.success(request, text % {"people": done} if said == "yes" else _("Ditolak. Tidak ada yang berubah."))
        return page
