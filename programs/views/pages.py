"""The public pages: what is offered, where and when. Each is the same for every reader and cached whole."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from portal import clock
from portal.page_cache import cached_whole
from programs import pages, queries
from programs.models import Program, TrainingSession, Visits
from programs.views.visits import counted


@login_not_required
@counted(Visits.Page.HOME)
@cached_whole
def home(request: HttpRequest) -> HttpResponse:
    """What, for whom, when and where, in one screen; then whether one may take part, where, and how it goes."""
    now = clock.now()
    program = Program.objects.current(now)
    if program is None:
        return render(request, "programs/home.html", {"program": None})
    return render(request, "programs/home.html", pages.of_edition(program, queries.offered(program, now=now)))


@login_not_required
@counted(Visits.Page.SESSIONS)
@cached_whole
def sessions(request: HttpRequest) -> HttpResponse:
    """Every session of the editions that are not over, by zone and region, with seats left and local times; what to do
    where none is open."""
    now = clock.now()
    programs = list(Program.objects.unfinished(now)) or list(Program.objects.published()[:1])
    editions = [(program, queries.offered(program, now=now)) for program in programs]
    return render(request, "programs/sessions.html", pages.of_editions(editions, now=now))


@login_not_required
@counted(Visits.Page.SESSION)
@cached_whole
def session(request: HttpRequest, slug: str) -> HttpResponse:
    """One session: three days, place, agenda, seats, and whether one can register now; if not, where else."""
    row, now = get_object_or_404(TrainingSession.objects.published().with_places(), slug=slug), clock.now()
    offer = queries.Offer(row, queries.offer_state(row, now=now))
    return render(request, "programs/session.html", pages.of_session(offer, now=now))
