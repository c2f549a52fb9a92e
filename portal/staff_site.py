"""The admin site: the stock Django admin, entered only through the staff gate."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from participants import queries
from portal import clock, staff_menu, tasks
from portal.accounts import staff_gate

OUR_PACKAGES = {"portal", "programs", "participants"}
DAYS_AHEAD = 7  # that the first page tells of
# No form of ours asks for it; and no table stands by the app that keeps it, but by its work (`portal.staff_menu`).
CLOSED = {"password_change", "password_change_done", "view_on_site", "autocomplete", "app_list"}


class RehearsalForm(forms.Form):
    """Where to move the rehearsed clock: a step from now, or an instant in the ministry's own time (WIB)."""

    STEPS = {"1h": timedelta(hours=1), "6h": timedelta(hours=6), "1d": timedelta(days=1), "7d": timedelta(days=7)}

    step = forms.ChoiceField(choices=[(name, name) for name in STEPS], required=False)
    instant = forms.DateTimeField(required=False, input_formats=["%Y-%m-%dT%H:%M"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not (data.get("step") or data.get("instant")):
            raise forms.ValidationError("step or instant")
        return data

    def target(self, now: datetime) -> datetime:
        """The instant to move to, from `now`."""
        if step := self.cleaned_data["step"]:
            return now + self.STEPS[step]
        return self.cleaned_data["instant"].replace(tzinfo=clock.HOME)


class StaffSite(AdminSite):
    site_header = site_title = _("Ruang kerja pelatihan")
    index_title = _("Hari ini")
    site_url = "/"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Leave out the tables that libraries bring: they know no regions. Ours are checked at the start."""
        if admin_class is not None and admin_class.__module__.split(".")[0] in OUR_PACKAGES:
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return staff_gate.may_enter(request)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        ours = [path("gladi/", self.admin_view(self.rehearse), name="rehearse")] if settings.REHEARSAL else []
        return ours + [url for url in super().get_urls() if getattr(url, "name", None) not in CLOSED]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return super().each_context(request) | {"menu": staff_menu.sections_of(request, self._registry)}

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Nothing: the menu leads to the tables."""
        return []

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """No form of its own: staff are led to what is still missing, a participant to the way out of their login."""
        if request.method not in ("GET", "HEAD"):
            raise Http404
        if request.user.is_authenticated and not request.user.is_staff:
            return render(request, "account/participant.html", status=403)
        return staff_gate.lead_in(request)

    def rehearse(self, request: HttpRequest) -> HttpResponse:
        """Move the rehearsed clock, in the background; the page's banner shows how far it has come."""
        if not request.user.has_perm("programs.manage_session") or request.method != "POST":
            raise Http404
        form = RehearsalForm(request.POST)
        if form.is_valid():
            try:
                tasks.rehearse.apply_async((form.target(clock.now()).isoformat(),), retry=False)
            except OperationalError:
                messages.error(request, _("Antrean tugas sedang tidak menjawab. Coba lagi sebentar lagi."))
            else:
                messages.success(request, _("Waktu gladi sedang digeser. Muat ulang untuk melihat sampai mana."))
        else:
            messages.error(request, _("Isi tanggal dan jam tujuan (WIB), atau pilih satu langkah."))
        return redirect("admin:index")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseRedirect:  # type: ignore[override]
        return redirect("account_logout")

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        """What is going on today, in words, above the list of tables."""
        now = clock.now()
        soon = now + timedelta(days=DAYS_AHEAD)
        coming = sorted(queries.sessions_coming(request.user, now=now), key=lambda one: (one.starts, one.region.city))
        today = {
            "today": queries.sessions_today(request.user, now=now),
            "coming": coming,
            "unrecorded": queries.days_unrecorded(request.user, now=now, days=DAYS_AHEAD),
            "placeless": [one for one in coming if not one.venue.is_confirmed and one.starts <= soon],
            "agenda": queries.agenda(coming, now=now, days=DAYS_AHEAD),
            "asks": queries.open_asks(request.user, now=now),
            "unusual_askers": queries.unusual_askers(request.user, now=now),
            "account_work": queries.account_work_of(request.user, now=now),
            "ledger": queries.ledger_health(seen_by=request.user, now=clock.machine_now(), programme_now=now),
            "missed": sum(queries.missed_lately(seen_by=request.user, now=now).values()),
            "codes": queries.code_latency(now=now) if request.user.has_perm("programs.see_all_regions") else None,
        }
        return super().index(request, today | (extra_context or {}))
