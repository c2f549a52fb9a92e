"""Editions: their rules, the next one copied from one that stands, looked at before it opens, published and hidden."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from participants.operations import programs
from participants.operations.refusals import Refused
from portal import clock
from programs import pages, queries
from programs.admin.edition_copies import EditionCopyForm
from programs.admin.scoping import MinistryOnlyAdmin
from programs.models import Program


def _previewed(program: Program, *, now: datetime, session: int | None = None) -> list[queries.Offer]:
    """What the edition will offer, each session with the address of its preview: its own page is nobody's yet.

    But for `session`, the one that is looked at: what is shared from its page names the address it will have.
    """
    offers = queries.offered_once_published(program, now=now)
    for offer in (offer for offer in offers if offer.session.pk != session):
        where = reverse("admin:programs_program_preview_session", args=[program.pk, offer.session.pk])
        vars(offer.session)["get_absolute_url"] = where
    return offers


@admin.register(Program)
class ProgramAdmin(MinistryOnlyAdmin):
    pages = MinistryOnlyAdmin.pages - {"add"}
    list_display = ["name_id", "starts_on", "ends_on", "is_published"]
    change_form_template = "admin/programs/program/change_form.html"
    readonly_fields = ["slug", "is_published"]  # publishing and hiding have pages of their own, which say what they do

    def save_model(self, request: HttpRequest, obj: Program, form: Any, change: bool) -> None:
        fields = [name for name in form.fields if name != "loaded"]
        programs.change(program=obj, fields=fields, now=clock.now(), by=request.user)  # type: ignore[arg-type]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # an edition comes from a file (manage.py load_edition) or is copied from another

    def get_urls(self) -> list[Any]:
        view, name = self.admin_site.admin_view, "programs_program"
        return [
            path("<int:pk>/salin/", view(self.copy_page), name=f"{name}_copy"),
            path("<int:pk>/pratinjau/", view(self.preview), name=f"{name}_preview"),
            path("<int:pk>/pratinjau/<int:session>/", view(self.preview_session), name=f"{name}_preview_session"),
            path("<int:pk>/terbitkan/", view(self.publish_page), name=f"{name}_publish"),
            path("<int:pk>/turunkan/", view(self.unpublish_page), name=f"{name}_unpublish"),
            *super().get_urls(),
        ]

    def copy_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The next edition: everything of this one with other dates, and nobody's data."""
        source = self._found(request, pk, "programs.add_program")
        if not source.sessions.exists():
            messages.error(request, _("Edisi ini tidak punya sesi, jadi tidak ada yang bisa disalin."))
            return redirect("admin:programs_program_change", pk)
        now = clock.now()
        form = EditionCopyForm(request.POST if request.method == "POST" else None, source=source, now=now)
        if form.is_valid() and form.edition:
            try:
                made = programs.copy(source=source, edition=form.edition, now=now, by=request.user)  # type: ignore[arg-type]
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("Edisi baru dibuat. Belum tampil: lihat pratinjaunya, lalu terbitkan."))
                return redirect("admin:programs_program_change", made.pk)
        title = _("Salin edisi ini")
        return self._page(request, "copy", source, title=title, form=form, rules=source.reminder_rules.all())

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The home page as it will be, with its sessions as they will be."""
        program = self._found(request, pk, "programs.view_program")
        offers = _previewed(program, now=clock.now())
        back = reverse("admin:programs_program_change", args=[pk])
        return render(request, "programs/home.html", pages.of_edition(program, offers) | {"preview_back": back})

    def preview_session(self, request: HttpRequest, pk: int, session: int) -> HttpResponse:
        """The page of one session as it will be."""
        program, now = self._found(request, pk, "programs.view_program"), clock.now()
        offers = _previewed(program, now=now, session=session)
        offer = next((offer for offer in offers if offer.session.pk == session), None)
        if offer is None:
            raise Http404
        back = reverse("admin:programs_program_preview", args=[pk])
        shown = pages.of_session(offer, now=now, offers=offers)
        return render(request, "programs/session.html", shown | {"preview_back": back})

    def publish_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What publishing means, and the button that does it."""
        program, refused = self._found(request, pk, "programs.change_program"), None
        if request.method == "POST":
            try:
                programs.publish(program=program, now=clock.now(), by=request.user)  # type: ignore[arg-type]
            except Refused as refusal:
                refused = refusal
            else:
                messages.success(request, _("Terbit: semua orang melihat edisi ini."))
                return redirect("admin:programs_program_change", pk)
        sessions = list(program.sessions.filter(status="published").select_related("venue"))
        unsure = [session for session in sessions if not session.venue.is_confirmed]
        facts = {
            "sessions": len(sessions),
            "seats": sum(session.capacity for session in sessions),
            "unsure": len(unsure),
        }
        is_open = program.registration_opens <= clock.now()
        title = _("Terbitkan edisi ini?")
        return self._page(request, "publish", program, title=title, refused=refused, is_open=is_open, **facts)

    def unpublish_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What taking an edition off the site means, and the button that does it where nobody is still to come."""
        program, refused = self._found(request, pk, "programs.change_program"), None
        if request.method == "POST":
            try:
                programs.unpublish(program=program, now=clock.now(), by=request.user)  # type: ignore[arg-type]
            except Refused as refusal:
                refused = refusal
            else:
                messages.success(request, _("Diturunkan: hanya petugas yang melihat edisi ini."))
                return redirect("admin:programs_program_change", pk)
        people = programs.to_come(program, now=clock.now())
        title = _("Turunkan edisi ini dari situs?")
        return self._page(request, "unpublish", program, title=title, refused=refused, people=people)

    def _found(self, request: HttpRequest, pk: int, right: str) -> Program:
        program = get_object_or_404(self.get_queryset(request), pk=pk)
        if not request.user.has_perm(right):
            raise Http404
        return program

    def _page(self, request: HttpRequest, name: str, program: Program, **more: Any) -> HttpResponse:
        context = self.admin_site.each_context(request) | {"opts": self.opts, "program": program} | more
        return TemplateResponse(request, f"admin/programs/program/{name}.html", context)
