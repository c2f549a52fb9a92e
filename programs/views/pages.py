"""The public pages: what is offered, where and when. Each is the same for every reader and cached whole."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from portal import clock
from portal.page_cache import cached_whole
from programs import queries
from programs.models import Program, TrainingSession


@login_not_required
@cached_whole
def home(request: HttpRequest) -> HttpResponse:
    """What, for whom, when and where, in one screen; then how it goes."""
    program = Program.objects.current()
    sessions = queries.offered(program, now=clock.now()) if program else []
    return render(request, "programs/home.html", {"program": program, "offers": sessions})


@login_not_required
@cached_whole
def sessions(request: HttpRequest) -> HttpResponse:
    """Every session of the current edition by region, with seats left and local times."""
    program = Program.objects.current()
    offers = queries.offered(program, now=clock.now()) if program else []
    return render(request, "programs/sessions.html", {"program": program, "offers": offers})


@login_not_required
@cached_whole
def session(request: HttpRequest, slug: str) -> HttpResponse:
    """One session: three days, place, agenda, seats, and whether one can register now."""
    row = get_object_or_404(TrainingSession.objects.published().with_places(), slug=slug)
    offer = queries.Offer(row, queries.offer_state(row, now=clock.now()))
    agenda = queries.agenda(row)
    partnerships = row.program.partnerships.select_related("partner")
    return render(
        request,
        "programs/session.html",
        {"offer": offer, "session": row, "program": row.program, "agenda": agenda, "partnerships": partnerships},
    )
