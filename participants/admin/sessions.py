"""Sessions: the cohort in numbers, and what staff do to a whole session, always through the operations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

from participants import queries
from participants.admin import attendance, broadcasts, timelines
from participants.operations import sessions
from participants.operations.refusals import Refused
from portal import clock
from programs.admin.scoping import ReadOnly, RegionScopedAdmin, ScopedRelatedFilter
from programs.models import ReminderRule, TrainingSession, Venue
from programs.templatetags.session_time import dates, span


class CapacityForm(forms.Form):
    capacity = forms.IntegerField(label=_("Kapasitas"), min_value=0, max_value=100_000)


class ScheduleForm(forms.Form):
    """The session's days and venue; one row of fields for each day that the session has."""

    venue = forms.ModelChoiceField(label=_("Tempat"), queryset=Venue.objects.none())

    def __init__(self, *args: Any, session: TrainingSession, **options: Any) -> None:
        super().__init__(*args, **options)
        self.days = list(session.days.all())
        self.fields["venue"].queryset = Venue.objects.filter(region=session.region)  # type: ignore[attr-defined]
        self.fields["venue"].initial = session.venue
        for day in self.days:
            date = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            hour = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")  # as browsers want it, in every language
            name = _("Hari %(number)s") % {"number": day.number}
            self.fields[f"date_{day.number}"] = forms.DateField(label=name, widget=date, initial=day.date)
            self.fields[f"starts_{day.number}"] = forms.TimeField(label=_("mulai"), widget=hour, initial=day.starts_at)
            self.fields[f"ends_{day.number}"] = forms.TimeField(label=_("selesai"), widget=hour, initial=day.ends_at)

    def planned(self) -> list[sessions.Day]:
        data = self.cleaned_data
        return [
            sessions.Day(data[f"date_{day.number}"], data[f"starts_{day.number}"], data[f"ends_{day.number}"])
            for day in self.days
        ]


@admin.register(TrainingSession)
class TrainingSessionAdmin(ReadOnly, RegionScopedAdmin):
    list_display = ["city", "dates", "status", "registered", "confirmed", "awaiting", "queued", "capacity"]
    list_filter = ["program", ("region", ScopedRelatedFilter), "status"]
    search_fields = ["region__name", "region__city"]
    change_form_template = "admin/programs/trainingsession/change_form.html"
    fields = ["edition", "region", "venue", "wave", "status", "capacity", "seats_taken", "seat_limit", "queue_issued"]
    readonly_fields = ["edition"]  # its name alone: a coordinator has no page of the edition to be led to
    ordering = ["-program__starts_on", "region__city"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TrainingSession]:
        return queries.with_cohort_counts(super().get_queryset(request).with_places())  # type: ignore[attr-defined]

    @admin.display(description=_("edisi"))
    def edition(self, session: TrainingSession) -> str:
        return session.program.name

    @admin.display(description=_("kota"), ordering="region__city")
    def city(self, session: TrainingSession) -> str:
        return session.region.city

    @admin.display(description=_("tanggal"))
    def dates(self, session: TrainingSession) -> str:
        return f"{span(session.first_day, session.last_day)} {session.region.zone_abbreviation}"

    registered = admin.display(description=_("terdaftar"))(lambda self, session: session.registered)
    confirmed = admin.display(description=_("pasti"))(lambda self, session: session.confirmed)
    awaiting = admin.display(description=_("menunggu wali"))(lambda self, session: session.awaiting)
    queued = admin.display(description=_("antre"))(lambda self, session: session.queued)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/kapasitas/", view(self.capacity_page), name="programs_trainingsession_capacity"),
            path("<int:pk>/jadwal/", view(self.schedule_page), name="programs_trainingsession_schedule"),
            path("<int:pk>/batal/", view(self.cancel_page), name="programs_trainingsession_cancel"),
            path("pesan/", view(self.timeline_page), name="programs_trainingsession_timeline"),
            path("<int:pk>/pesan/", view(self.messages_page), name="programs_trainingsession_messages"),
            path(
                "<int:pk>/pesan/<int:rule>/",
                view(self.example_page),
                name="programs_trainingsession_message_example",
            ),
            path("<int:pk>/kabar/", view(self.broadcast_page), name="programs_trainingsession_broadcast"),
            path("<int:pk>/hadir/", view(self.attendance_page), name="programs_trainingsession_attendance"),
            path(
                "<int:pk>/hadir/baru/",
                view(self.attendance_changes),
                name="programs_trainingsession_attendance_changes",
            ),
            *super().get_urls(),
        ]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        may = request.user.has_perm("programs.manage_session")
        session = self.get_object(request, unquote(object_id))
        named = f"{session.region.city}, {dates(session)}" if session else ""
        return super().change_view(
            request,
            object_id,
            form_url,
            {"may_manage": may, "named": named, "subtitle": named, **(extra_context or {})},
        )

    def capacity_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Set the number of seats; fewer than are taken drops nobody and is said aloud."""
        session = self._managed(request, pk)
        form = CapacityForm(request.POST or None, initial={"capacity": session.capacity})
        if request.method == "POST" and form.is_valid():
            session = sessions.set_capacity(
                session=session,
                capacity=form.cleaned_data["capacity"],
                now=clock.now(),
                by=request.user,  # type: ignore[arg-type]
            )
            self.log_change(request, session, f"capacity {session.capacity}")
            if session.seats_taken > session.capacity:
                text = _("%(taken)s kursi sudah terisi: tidak ada yang dikeluarkan, dan tidak ada kursi baru.")
                messages.warning(request, text % {"taken": session.seats_taken})
            return self._done(request, pk)
        return self._page(request, session, form, _("Ubah kapasitas"), _("Simpan kapasitas"))

    def schedule_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Move the session; everybody registered is told."""
        session = self._managed(request, pk)
        form = ScheduleForm(request.POST or None, session=session)
        if request.method == "POST" and form.is_valid():
            try:
                sessions.reschedule(
                    session=session,
                    days=form.planned(),
                    venue=form.cleaned_data["venue"],
                    now=clock.now(),
                    by=request.user,  # type: ignore[arg-type]
                )
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                self.log_change(request, session, "moved")
                return self._done(request, pk)
        return self._page(request, session, form, _("Ubah jadwal atau tempat"), _("Simpan dan kabari semua orang"))

    def cancel_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Cancel the session after a typed confirmation; everybody registered is told."""
        session = self._managed(request, pk)
        form = ConfirmForm(request.POST or None, word=session.slug)
        if request.method == "POST" and form.is_valid():
            sessions.cancel(session=session, now=clock.now(), by=request.user)  # type: ignore[arg-type]
            self.log_change(request, session, "cancelled")
            return self._done(request, pk)
        return self._page(request, session, form, _("Batalkan sesi ini untuk semua orang"), _("Batalkan sesi"))

    def messages_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Every reminder to the people of this session."""
        session = get_object_or_404(self.get_queryset(request), pk=pk)
        return self._timeline(request, [session], session)

    def example_page(self, request: HttpRequest, pk: int, rule: int) -> HttpResponse:
        """What one of its people would read, on the day `hari` of those that the rule speaks of."""
        day = request.GET.get("hari", "1")
        if day not in map(str, range(1, 100)):
            raise Http404
        session = get_object_or_404(self.get_queryset(request), pk=pk)
        found = get_object_or_404(ReminderRule, pk=rule, program=session.program_id)
        return timelines.example(request, session, found, int(day), self._message_context(request))

    def broadcast_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Write to the people of this session."""
        session = get_object_or_404(self.get_queryset(request), pk=pk)
        if not request.user.has_perm("participants.write_broadcast"):
            raise Http404
        context = self.admin_site.each_context(request) | {"title": _("Kirim kabar"), "opts": self.opts}
        written = broadcasts.compose(request, session, context)
        if isinstance(written, HttpResponse):
            return written
        self.log_change(request, session, "told")
        return redirect("admin:participants_broadcast_change", written.pk)

    def timeline_page(self, request: HttpRequest) -> HttpResponse:
        """Every reminder to the people of all sessions that are not over, of those that the reader may see."""
        rows = TrainingSession.objects.visible_to(request.user).published().with_places()
        return self._timeline(request, [session for session in rows if session.ends > clock.now()])

    def _timeline(
        self, request: HttpRequest, rows: list[TrainingSession], session: TrainingSession | None = None
    ) -> HttpResponse:
        return timelines.timeline(request, rows, self._message_context(request) | {"session": session})

    def _message_context(self, request: HttpRequest) -> dict[str, Any]:
        if not request.user.has_perm("participants.view_notification"):
            raise Http404
        return self.admin_site.each_context(request) | {"title": _("Garis waktu pesan"), "opts": self.opts}

    def attendance_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The attendance grid."""
        session = self._seen(request, pk)
        context = self.admin_site.each_context(request) | {"title": _("Daftar hadir"), "opts": self.opts}
        return attendance.grid(request, session, context)

    def attendance_changes(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What others recorded since."""
        return attendance.changes(request, self._seen(request, pk))

    def _seen(self, request: HttpRequest, pk: int) -> TrainingSession:
        if not request.user.has_perm("participants.view_attendancefact"):
            raise Http404
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def _managed(self, request: HttpRequest, pk: int) -> TrainingSession:
        session = get_object_or_404(self.get_queryset(request), pk=pk)
        if not request.user.has_perm("programs.manage_session"):
            raise Http404
        return session

    def _done(self, request: HttpRequest, pk: int) -> HttpResponse:
        messages.success(request, _("Tersimpan."))
        return redirect("admin:programs_trainingsession_change", pk)

    def _page(
        self, request: HttpRequest, session: TrainingSession, form: forms.Form, title: Any, action: Any
    ) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": title,
            "opts": self.opts,
            "original": session,
            "session": session,
            "form": form,
            "action": action,
        }
        return TemplateResponse(request, "admin/programs/trainingsession/form.html", context)


class ConfirmForm(forms.Form):
    """A word to be typed before something that cannot be taken back."""

    word = forms.CharField(label=_("Konfirmasi"))

    def __init__(self, *args: Any, word: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.wanted = word
        self.fields["word"].help_text = _("Ketik %(word)s untuk membatalkan.") % {"word": word}

    def clean_word(self) -> str:
        if self.cleaned_data["word"].strip() != self.wanted:
            raise forms.ValidationError(_("Ketikannya berbeda. Tidak ada yang dibatalkan."))
        return self.wanted
