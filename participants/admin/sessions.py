"""Sessions: the cohort in numbers, and what staff do to a whole session, always through the operations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from participants import queries
from participants.admin import attendance, broadcasts, cohort_work, cohorts, dashboards, doors, papers, timelines, walls
from participants.admin.session_forms import CapacityForm, ConfirmForm, ScheduleForm
from participants.fields import number_in
from participants.models import Approval
from participants.operations import approvals, meanwhile, sessions
from participants.operations.refusals import Refused
from portal import clock
from programs.admin.conflicts import looked_at_anew
from programs.admin.saved_filters import WithSavedFilters
from programs.admin.scoping import ReadOnly, RegionScopedAdmin, ScopedRelatedFilter
from programs.models import Program, ReminderRule, TrainingSession
from programs.templatetags.session_time import dates, span


@admin.register(TrainingSession)
class TrainingSessionAdmin(WithSavedFilters, ReadOnly, RegionScopedAdmin):
    list_display = ["city", "dates", "status", "registered", "confirmed", "awaiting", "queued", "capacity"]
    list_filter = [("program", ScopedRelatedFilter), ("region", ScopedRelatedFilter), "status"]
    search_fields = ["region__name", "region__city"]
    ordering = ["-program__starts_on", "region__city"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TrainingSession]:
        return queries.with_cohort_counts(super().get_queryset(request).with_places())  # type: ignore[attr-defined]

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
            path("<int:pk>/tambah/", view(self.walk_in_page), name="programs_trainingsession_walk_in"),
            path("<int:pk>/kelompok/", view(self.groups_page), name="programs_trainingsession_groups"),
            path("<int:pk>/bersama/", view(require_POST(self.bulk_page)), name="programs_trainingsession_bulk"),
            path("<int:pk>/antrean/", view(self.queue_page), name="programs_trainingsession_queue"),
            path("<int:pk>/agenda/", view(self.agenda_page), name="programs_trainingsession_agenda"),
            path("ringkasan/", view(self.dashboard_page), name="programs_trainingsession_dashboard"),
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
            path("<int:pk>/pintu/", view(self.door_page), name="programs_trainingsession_door"),
            path("<int:pk>/pintu/aturan/", view(self.door_rule), name="programs_trainingsession_door_rule"),
            path(
                "<int:pk>/pintu/<int:scanner>/cabut/",
                view(self.withdraw_scanner),
                name="programs_trainingsession_scanner_withdraw",
            ),
            path(
                "<int:pk>/pintu/<int:scanner>/pindaian/",
                view(self.dismiss_scans),
                name="programs_trainingsession_scanner_dismiss",
            ),
            path("<int:pk>/kertas/", view(self.paper_page), name="programs_trainingsession_paper"),
            path("<int:pk>/kertas/<int:day>.pdf", view(self.roster_file), name="programs_trainingsession_roster"),
            path("<int:pk>/dinding/", view(self.wall_page), name="programs_trainingsession_wall"),
            path("<int:pk>/pintu/pindaian/<int:doubt>/", view(self.settle_scan), name="programs_trainingsession_scan"),
            *super().get_urls(),
        ]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """The people of the session: the first of its tabs. Nothing is changed by this form."""
        session = self._any(request, object_id)
        if request.method == "POST":
            raise PermissionDenied
        return cohorts.people(request, session, self._tab(request, session, "change"))

    def queue_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        session = self._any(request, str(pk))
        return cohorts.queue(request, session, self._tab(request, session, "queue"))

    def agenda_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        session = self._any(request, str(pk))
        return cohorts.agenda(request, session, self._tab(request, session, "agenda"))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        session = self._any(request, object_id)
        return cohorts.history(request, session, self._tab(request, session, "history"))

    def walk_in_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        session = self._worked_with(request, pk)
        return cohort_work.walk_in(request, session, self._tab(request, session, "change"))

    def groups_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        session = self._worked_with(request, pk)
        return cohort_work.divide(request, session, self._tab(request, session, "change"))

    def bulk_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        session = self._worked_with(request, pk)
        return cohort_work.bulk(request, session, self._tab(request, session, "change"))

    def _worked_with(self, request: HttpRequest, pk: int) -> TrainingSession:
        session = self._any(request, str(pk))
        if not request.user.has_perm("participants.work_with_cohort"):
            raise Http404
        return session

    def _any(self, request: HttpRequest, object_id: str) -> TrainingSession:
        """A session that the reader may see."""
        session = self.get_object(request, unquote(object_id))
        if session is None:
            raise Http404
        return session

    def _tab(self, request: HttpRequest, session: TrainingSession, name: str) -> dict[str, Any]:
        """What every tab shows over its own content."""
        now = clock.now()
        today = now.astimezone(session.region.zone).date()
        return self.admin_site.each_context(request) | {
            "opts": self.opts,
            "session": session,
            "named": f"{session.region.city}, {dates(session)}",
            "tabs": cohorts.tabs(session, name),
            "is_open": session.is_open(now),
            "has_begun": now >= session.starts,
            "is_over": now >= session.ends,
            "day_today": next((day for day in session.days.all() if day.date == today), None),
            "may_manage": request.user.has_perm("programs.manage_session"),
            "may_work": request.user.has_perm("participants.work_with_cohort"),
            "actions": cohort_work.offered(name),
        }

    def capacity_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Set the number of seats; fewer than are taken drops nobody and is said aloud."""
        session = self._managed(request, pk)
        form = CapacityForm(request.POST or None, initial={"capacity": session.capacity})
        below = None
        if request.method == "POST" and form.is_valid():
            capacity = form.cleaned_data["capacity"]
            if capacity >= session.seats_taken or request.POST.get("sure") == str(capacity):
                told = {"session": session, "capacity": capacity, "now": clock.now(), "by": request.user}
                try:
                    sessions.set_capacity(**told, seen=session.capacity)
                except meanwhile.ChangedMeanwhile as refusal:
                    session = self._managed(request, pk)
                    form = looked_at_anew(CapacityForm(request.POST, initial={"capacity": session.capacity}), refusal)
                else:
                    return self._done(request, pk)
            else:
                below = capacity
        action = _("Simpan kapasitas") if below is None else _("Ya, simpan batas %(limit)s") % {"limit": below}
        return self._page(request, session, form, _("Ubah kapasitas"), action, below=below)

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
                    seen=session.whereabouts,
                )
            except meanwhile.ChangedMeanwhile as refusal:
                session = self._managed(request, pk)
                form = looked_at_anew(ScheduleForm(request.POST, session=session), refusal)
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                return self._done(request, pk)
        return self._page(request, session, form, _("Ubah jadwal atau tempat"), _("Simpan dan kabari semua orang"))

    def cancel_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Cancel the session after a typed confirmation; everybody registered is told."""
        session = self._managed(request, pk)
        form = ConfirmForm(request.POST or None, word=session.region.city.upper())
        people, guardians = sessions.told_of_the_end(session)
        if request.method == "POST" and form.is_valid():
            by, why = request.user, form.cleaned_data["why"]
            done = approvals.cancel_session(session=session, reason=why, now=clock.now(), by=by)  # type: ignore[arg-type]
            if isinstance(done, Approval):
                messages.warning(request, approvals.WAITS)
                return redirect("admin:participants_approval_change", done.pk)
            told = {"people": people, "guardians": guardians}
            text = _("Sesi dibatalkan. %(people)s orang dan %(guardians)s wali dikabari.") % told
            messages.success(request, text)
            return redirect("admin:programs_trainingsession_agenda", pk)
        return self._page(
            request,
            session,
            form,
            _("Batalkan sesi ini untuk semua orang"),
            _("Batalkan sesi"),
            losers=people,
            guardians=guardians,
        )

    def dashboard_page(self, request: HttpRequest) -> HttpResponse:
        """How far people come: an edition, a region or a session in numbers."""
        if not (self.has_view_permission(request) and request.user.has_perm("participants.view_registration")):
            raise Http404
        return dashboards.page(
            request, self.admin_site.each_context(request) | {"title": _("Ringkasan"), "opts": self.opts}
        )

    def messages_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Every reminder to the people of this session."""
        session = self._any(request, str(pk))
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
        return redirect("admin:participants_broadcast_change", written.pk)

    def timeline_page(self, request: HttpRequest) -> HttpResponse:
        """Every reminder to the people of all sessions that are not over, or of the edition `edisi`; of those that the
        reader may see."""
        rows = TrainingSession.objects.visible_to(request.user).with_places()
        if "edisi" not in request.GET:
            now = clock.now()
            recent = rows.published().with_a_day_since(now.date() - timedelta(days=1))  # a zone moves a day by less
            return self._timeline(request, [session for session in recent if session.ends > now])
        edition = get_object_or_404(Program, pk=number_in(request.GET["edisi"]))
        sessions = list(rows.filter(program=edition))
        if not (sessions or request.user.sees_all_regions):  # type: ignore[union-attr]
            raise Http404
        return self._timeline(request, sessions, edition=edition)

    def _timeline(
        self,
        request: HttpRequest,
        rows: list[TrainingSession],
        session: TrainingSession | None = None,
        edition: Program | None = None,
    ) -> HttpResponse:
        context = self._message_context(request) | {"session": session, "edition": edition}
        return timelines.timeline(request, rows, context | (self._tab(request, session, "messages") if session else {}))

    def _message_context(self, request: HttpRequest) -> dict[str, Any]:
        if not request.user.has_perm("participants.view_notification"):
            raise Http404
        return self.admin_site.each_context(request) | {"title": _("Garis waktu pesan"), "opts": self.opts}

    def attendance_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The attendance grid."""
        session = self._seen(request, pk)
        context = self._tab(request, session, "attendance") | {"title": _("Daftar hadir")}
        return attendance.grid(request, session, context)

    def attendance_changes(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What others recorded since."""
        return attendance.changes(request, self._seen(request, pk))

    def door_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Phones at the door, and what they saw that somebody must look at."""
        session = self._seen(request, pk)
        return doors.door(request, session, self._door_context(request, session))

    @method_decorator(require_POST)
    def door_rule(self, request: HttpRequest, pk: int) -> HttpResponse:
        """When scans count."""
        session = self._seen(request, pk)
        return doors.change_rule(request, session, self._door_context(request, session))

    def _door_context(self, request: HttpRequest, session: TrainingSession) -> dict[str, Any]:
        return self._tab(request, session, "door") | {"title": _("Pintu")}

    @method_decorator(require_POST)
    def withdraw_scanner(self, request: HttpRequest, pk: int, scanner: int) -> HttpResponse:
        """End a phone at the door."""
        return doors.withdraw(request, self._seen(request, pk), scanner)

    @method_decorator(require_POST)
    def settle_scan(self, request: HttpRequest, pk: int, doubt: int) -> HttpResponse:
        """Count a doubtful scan, or do not."""
        return doors.settle(request, self._seen(request, pk), doubt)

    def dismiss_scans(self, request: HttpRequest, pk: int, scanner: int) -> HttpResponse:
        """Count none of what a withdrawn phone left in doubt."""
        session = self._seen(request, pk)
        return doors.dismiss(request, session, scanner, self._door_context(request, session))

    def paper_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Rosters to print, and what was ticked on them typed in."""
        session = self._seen(request, pk)
        context = self._tab(request, session, "paper") | {"title": _("Kertas")}
        return papers.paper(request, session, context)

    def roster_file(self, request: HttpRequest, pk: int, day: int) -> HttpResponse:
        """The roster of one day."""
        return papers.roster(request, self._seen(request, pk), day)

    def wall_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The code with which people check in by themselves, to be projected."""
        session = self._seen(request, pk)
        return walls.wall(request, session)

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
        return redirect("admin:programs_trainingsession_agenda", pk)

    def _page(
        self, request: HttpRequest, session: TrainingSession, form: forms.Form, title: Any, action: Any, **more: Any
    ) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": title,
            "opts": self.opts,
            "original": session,
            "session": session,
            "form": form,
            "action": action,
        }
        return TemplateResponse(request, "admin/programs/trainingsession/form.html", context | more)
