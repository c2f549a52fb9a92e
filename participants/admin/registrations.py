"""Registrations, and what staff do for one person. Until a guardian agrees, of a minor staff see a masked name only."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from participants import queries
from participants.admin import cohort_work, person_cards, searches
from participants.admin.corrections import CorrectionForm
from participants.admin.session_links import session_link
from participants.documents import tickets
from participants.fields import AddressField, ParagraphsField, TextField, readable
from participants.forms import TicketForm
from participants.models import Approval, Consent, GuardianRequest, Registration
from participants.models.registrations import UNANSWERED
from participants.operations import (
    approvals,
    guardian_requests,
    meanwhile,
    moves,
    notes,
    profiles,
    recoveries,
    ticket_changes,
)
from participants.operations.refusals import Refused
from portal import clock
from programs.admin.saved_filters import WithSavedFilters
from programs.admin.scoping import LONGEST_SEARCH, ReadOnly, RegionScopedAdmin, ScopedRelatedFilter


class ReachFilter(admin.SimpleListFilter):
    title = _("kabar")
    parameter_name = "surat"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("ditolak", _("Tidak sampai: telepon")), ("tanpa-wa", _("WhatsApp tidak sampai"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "ditolak":
                return queries.unreachable(queryset, now=clock.now())
            case "tanpa-wa":
                return queries.without_whatsapp(queryset)
        return queryset


@admin.register(Registration)
class RegistrationAdmin(WithSavedFilters, ReadOnly, RegionScopedAdmin):
    appears_here = _("Pendaftaran muncul di sini sejak pendaftaran dibuka.")
    list_display = ["person", "session_city", "place", "guardian", "queue_number", "registered_at"]
    list_filter = [("session", ScopedRelatedFilter), "place", "guardian", ReachFilter]
    list_select_related = ["participant", "session__region"]
    search_fields = ["participant__full_name", "participant__phone"]
    search_help_text = _("Cari nama, nomor ponsel, atau kode tiket")
    ordering = ["-pk"]
    sorts = {"registered_at": "pk"}
    fields = [
        "person",
        "session_page",
        "place",
        "guardian",
        "queue_number",
        "group_number",
        "registered_at",
        "offered_until",
        "released_at",
        "release_reason",
    ]
    readonly_fields = ["person", "session_page"]
    change_form_template = "admin/participants/registration/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Registration]:
        """Each with `has_withdrawn`: of such a person staff see that, and no name."""
        withdrawn = Consent.objects.taken_back().filter(participant=OuterRef("participant"))
        return super().get_queryset(request).annotate(has_withdrawn=Exists(withdrawn))

    def get_ordering(self, request: HttpRequest) -> Any:
        """The newest first; of one session by place, the queue in its order."""
        of_a_session = "session__id__exact" in request.GET
        return ["place", "queue_number", "pk"] if of_a_session else self.ordering

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Whom nothing reaches is called: their list has the number."""
        if request.GET.get(ReachFilter.parameter_name) in ("ditolak", "tanpa-wa"):
            return ["person", "number", "session_city", "place", "guardian"]
        return super().get_list_display(request)

    @admin.display(description=_("nomor ponsel"))
    def number(self, registration: Registration) -> str:
        phone = "" if registration.guardian in UNANSWERED else registration.participant.phone
        return format_html('<a href="tel:{}">{}</a>', phone, readable(phone)) if phone else "—"

    @admin.display(description=_("peserta"))
    def person(self, registration: Registration) -> str:
        return registration.shown_name

    @admin.display(description=_("sesi"))
    def session_city(self, registration: Registration) -> str:
        return registration.session.region.city

    @admin.display(description=_("sesi"))
    def session_page(self, registration: Registration) -> str:
        return session_link(registration.session)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """Named by the person as staff may see them; the row itself is named by a number that says nothing."""
        row = self.get_object(request, unquote(object_id))
        named = {"subtitle": self.person(row), "named": self.person(row)} if row else {}
        helps = {
            "may_correct": row is not None and self.may_correct(request, row),
            "may_replace": row is not None and self.may_replace_address(request, row),
            "may_work": request.user.has_perm("participants.work_with_cohort"),
            "notes": row.notes.select_related("written_by") if row else [],
            "note_form": NoteForm(),
            "astray": _letter_astray(row) if row else None,
            "card": person_cards.card(row, user=request.user, now=clock.now()) if row else None,  # type: ignore[arg-type]
        }
        return super().change_view(request, object_id, form_url, named | helps | (extra_context or {}))

    def may_replace_address(self, request: HttpRequest, registration: Registration) -> bool:
        """Whether the account is the reader's to open: where its person left for another region, theirs no longer."""
        later = Registration.objects.filter(participant=registration.participant_id, pk__gt=registration.pk)
        may = request.user.has_perm("participants.replace_login_address")
        return may and (registration.is_live or not later.exists())

    def may_correct(self, request: HttpRequest, registration: Registration) -> bool:
        """Also of an erased person, of whom it then says no more than until when a guardian decides."""
        person = registration.participant
        is_shown = person.user.is_active if person.is_erased else not registration.has_withdrawn  # type: ignore[attr-defined]
        may = is_shown and request.user.has_perm("participants.answer_appeal")
        return may and profiles.may_be_corrected(registration)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Registration], search_term: str) -> Any:
        """A search finds nobody whose name it may not show."""
        typed, rows = search_term[:LONGEST_SEARCH].strip(), queryset.filter(has_withdrawn=False)  # type: ignore[misc]
        return (searches.found(rows, typed) if typed else queryset), False

    def get_urls(self) -> list[Any]:
        cancel = path(
            "<int:pk>/batal/", self.admin_site.admin_view(self.cancel), name="participants_registration_cancel"
        )
        address = path(
            "<int:pk>/alamat/", self.admin_site.admin_view(self.address), name="participants_registration_address"
        )
        data = path("<int:pk>/data/", self.admin_site.admin_view(self.data), name="participants_registration_data")
        view, name = self.admin_site.admin_view, "participants_registration"
        move = path("<int:pk>/pindah/", view(self.move), name=f"{name}_move")
        seat = path("<int:pk>/kursi/", view(self.seat), name=f"{name}_seat")
        ticket = path("<int:pk>/tiket/", view(self.ticket), name=f"{name}_ticket")
        note = path("<int:pk>/catatan/", view(require_POST(self.note)), name=f"{name}_note")
        return [cancel, address, data, move, seat, ticket, note, *super().get_urls()]

    def move(self, request: HttpRequest, pk: int) -> HttpResponse:
        """To another session; the person is told once."""
        registration = self._worked_with(request, pk)
        initial = {"form_key": uuid.uuid4()}
        sessions = cohort_work.sessions_to_move_to(request, registration.session)
        if not sessions:
            return self._page(request, "move", registration, title=_("Pindahkan ke sesi lain"))
        form = cohort_work.BulkForm(request.POST or None, wanted=("to",), sessions=sessions, initial=initial)
        if request.method == "POST" and form.is_valid():
            try:
                moved = approvals.move_one(
                    registration=registration,
                    session=form.cleaned_data["to"],
                    form_key=form.cleaned_data["form_key"],
                    by=request.user,  # type: ignore[arg-type]
                    now=clock.now(),
                )
            except Refused as refusal:
                form.add_error("to", str(refusal))
            else:
                if isinstance(moved, Approval):
                    messages.warning(request, approvals.WAITS)
                    return redirect("admin:participants_registration_change", pk)
                messages.success(request, _("Sudah pindah; yang bersangkutan dikabari."))
                return redirect("admin:participants_registration_change", moved.pk)
        return self._page(request, "move", registration, title=_("Pindahkan ke sesi lain"), form=form)

    def seat(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make an offered seat theirs, or give one that is free to somebody in the queue."""
        registration = self._worked_with(request, pk)
        if request.method == "POST":
            try:
                moves.give_seat(registration=registration, by=request.user, now=clock.now())  # type: ignore[arg-type]
            except Refused as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, _("Kursinya sudah pasti; yang bersangkutan dikabari."))
            return redirect("admin:participants_registration_change", pk)
        return self._page(request, "seat", registration, title=_("Beri kursi"))

    def ticket(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Another ticket in the place of one that was shared or lost."""
        registration = self._worked_with(request, pk)
        form = TicketForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            told: Any = {"old": form.cleaned_data["old"], "by": request.user, "now": clock.now()}
            try:
                ticket_changes.replace(registration=registration, **told)
            except Refused as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, _("Tiketnya sudah diganti; yang bersangkutan dikabari."))
            return redirect("admin:participants_registration_change", pk)
        more: Any = {"form": form, "code": tickets.short_code(registration)}
        return self._page(request, "ticket", registration, title=_("Ganti tiket"), **more)

    def note(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Keep a note for colleagues."""
        registration, form = self._worked_with(request, pk), NoteForm(request.POST)
        if form.is_valid():
            notes.write(registration=registration, text=form.cleaned_data["text"], by=request.user, now=clock.now())  # type: ignore[arg-type]
            messages.success(request, _("Catatanmu tersimpan."))
            return redirect("admin:participants_registration_change", pk)
        return self._page(request, "note", registration, title=_("Catatan petugas"), form=form)

    def _worked_with(self, request: HttpRequest, pk: int) -> Registration:
        """The row, for whoever works with its cohort; to all others there is none."""
        rows = self.get_queryset(request).select_related("participant__user", "session__program", "session__region")
        registration = get_object_or_404(rows, pk=pk)
        if not request.user.has_perm("participants.work_with_cohort"):
            raise Http404
        return registration

    def data(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put a wrong name or birth date right; of a minor before the guardian's yes staff write without reading."""
        rows = self.get_queryset(request)
        registration = get_object_or_404(rows.select_related("participant__user", "session"), pk=pk)
        if not self.may_correct(request, registration):
            raise Http404
        person = registration.participant
        hidden = registration.guardian in UNANSWERED or person.is_erased
        known = {} if hidden else {"full_name": person.full_name, "birth_date": person.birth_date}
        form = CorrectionForm(request.POST if request.method == "POST" else None, initial=known)
        if form.is_valid():
            try:
                profiles.correct(registration=registration, by=request.user, now=clock.now(), seen=known, **form.said())  # type: ignore[arg-type]
            except guardian_requests.GuardianNeeded:
                form.add_error("guardian_email", _("Dengan tanggal ini walinya perlu setuju. Tulis alamat walinya."))
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("Sudah dibetulkan. Jawab permintaannya supaya yang bersangkutan tahu."))
                return redirect("admin:participants_registration_change", pk)
        return self._page(request, "data", registration, title=_("Betulkan data"), form=form)

    def address(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put another login address in the place of a lost one, once staff have made sure whom they help."""
        rows = self.get_queryset(request).select_related("participant__user", "region")
        registration = get_object_or_404(rows, pk=pk)
        if not self.may_replace_address(request, registration):
            raise Http404
        last = {"last": recoveries.last_change(registration.participant.user)}
        form = AddressChangeForm(request.POST if request.method == "POST" else None, initial=last)
        if form.is_valid():
            try:
                recoveries.change_address(
                    registration=registration,
                    email=form.cleaned_data["email"],
                    reason=form.cleaned_data["reason"],
                    by=request.user,  # type: ignore[arg-type]
                    now=clock.now(),
                    seen=form.cleaned_data["last"],
                )
            except meanwhile.ChangedMeanwhile as refusal:
                form.show_last(recoveries.last_change(registration.participant.user))
                form.add_error(None, str(refusal))
            except Refused as refusal:
                form.add_error("email", str(refusal))
            else:
                messages.success(request, _("Alamat masuknya sudah diganti; alamat yang lama dikabari."))
                return redirect("admin:participants_registration_change", pk)
        return self._page(request, "address", registration, title=_("Ganti alamat masuk"), form=form)

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, then cancel: the person is told, and the seat goes to the head of the queue."""
        registration = get_object_or_404(self.get_queryset(request).select_related("participant", "session"), pk=pk)
        if not request.user.has_perm("participants.cancel_registration"):
            raise Http404
        page = "admin:participants_registration_change"
        form = WhyForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                done = approvals.cancel_one(
                    registration=registration,
                    reason=form.cleaned_data["why"],
                    by=request.user,  # type: ignore[arg-type]
                    now=clock.now(),
                )
            except Refused as refusal:
                messages.error(request, str(refusal))
            else:
                if isinstance(done, Approval):
                    messages.warning(request, approvals.WAITS)
                else:
                    messages.success(request, _("Pendaftaran dibatalkan; yang bersangkutan dikabari."))
            return redirect(page, pk)
        return self._page(request, "cancel", registration, title=_("Batalkan pendaftaran"), form=form)

    def _page(
        self,
        request: HttpRequest,
        name: str,
        registration: Registration,
        *,
        title: Any,
        form: forms.Form | None = None,
        **more: Any,
    ) -> HttpResponse:
        """A page that acts on one registration, named by the person as staff may see them."""
        context = self.admin_site.each_context(request) | {
            "title": title,
            "opts": self.opts,
            "registration": registration,
            "person": self.person(registration),
            "form": form,
            **more,
        }
        status = 422 if form and form.is_bound else 200
        return TemplateResponse(request, f"admin/participants/registration/{name}.html", context, status=status)


class WhyForm(forms.Form):
    """Why staff cancel for somebody."""

    why = TextField(
        max_length=200,
        label=_("Alasan"),
        help_text=_("Tersimpan sebagai catatan. Yang bersangkutan bisa membacanya di data tentang dirinya."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )


class NoteForm(forms.Form):
    """A note for colleagues."""

    text = ParagraphsField(
        max_length=500,
        label=_("Catatan baru"),
        help_text=_("Untuk rekan petugas. Yang bersangkutan bisa membacanya di data tentang dirinya."),
        widget=forms.Textarea({"rows": 3, "autocomplete": "off"}),
    )


class AddressChangeForm(forms.Form):
    """Another login address for somebody, and how staff know that it is theirs."""

    email = AddressField(label=_("Alamat email baru"), widget=forms.EmailInput({"autocomplete": "off"}))
    last = forms.IntegerField(required=False, widget=forms.HiddenInput)  # the newest change, as the page was opened
    reason = TextField(
        max_length=200,
        label=_("Bagaimana identitasnya dipastikan"),
        help_text=_("Misalnya: datang sendiri dengan kartu pelajar. Tercatat dan tidak bisa diubah."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def show_last(self, number: int) -> None:
        """Say with the next press that this change was seen."""
        data = self.data.copy()  # type: ignore[attr-defined]
        data["last"] = str(number)
        self.data = data


def _letter_astray(registration: Registration) -> GuardianRequest | None:
    """The open question whose letter reached somebody else, so that whoever calls the child knows why."""
    questions = registration.guardian_requests.filter(answer="", misdirected_at__isnull=False)
    return questions.first() if registration.is_live else None
