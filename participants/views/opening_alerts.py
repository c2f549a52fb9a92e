"""Tell me when my region opens: asked for with one press, withdrawn with another."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from participants import queries
from participants.operations import opening_alerts
from participants.operations.refusals import Refused
from participants.views.refusals import in_full
from participants.views.typed import keeps_what_was_typed
from portal import clock
from programs.models import Region


@keeps_what_was_typed
def opening_alert(request: HttpRequest, code: str) -> HttpResponse:
    """Ask whether it is meant, of somebody who came through the door; then note it."""
    region = get_object_or_404(Region, code=code)
    user: Any = request.user
    refusal = None
    if request.method == "POST":
        try:
            opening_alerts.ask(account=user, region=region, now=clock.now())
        except Refused as no:
            refusal = no
        else:
            told = _("Baik. Begitu pendaftaran di %(city)s dibuka, kami kirim satu surat.")
            messages.success(request, told % {"city": region.city})
            return redirect("my_page")
    context = {
        "region": region,
        "is_waiting": region in queries.regions_waited_for(user),
        "refusal": refusal,
        "email": user.email,
    }
    return render(request, "participants/opening_alert.html", context)


@keeps_what_was_typed
def opening_alert_withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Forget it."""
    if request.method == "POST":
        region = get_object_or_404(Region, code=code)
        user: Any = request.user
        try:
            opening_alerts.withdraw(account=user, region=region)
        except Refused as refusal:
            messages.error(request, in_full(refusal))
        else:
            messages.success(request, _("Kami tidak akan mengabarimu soal %(city)s.") % {"city": region.city})
    return redirect("my_page")
