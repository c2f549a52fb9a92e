"""The public pages: what is offered, where and when. Each is the same for every reader and cached whole."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from portal import clock
from portal.page_cache import cached_whole
from programs import maps, queries
from programs.eligibility import nearest_open
from programs.forms import EligibilityForm
from programs.models import Program, TrainingSession


@login_not_required
@cached_whole
def home(request: HttpRequest) -> HttpResponse:
    """What, for whom, when and where, in one screen; then whether one may take part, where, and how it goes."""
    now = clock.now()
    program = Program.objects.current(now)
    if program is None:
        return render(request, "programs/home.html", {"program": None})
    offers = queries.offered(program, now=now)
    context = {
        "program": program,
        "offers": offers,
        "state": queries.best_state(offers),
        "form": EligibilityForm(),
        "pins": maps.pins(offers),
        "drawing": maps.DRAWING,
        "partnerships": program.partnerships.select_related("partner"),
    }
    return render(request, "programs/home.html", context)


@login_not_required
@cached_whole
def sessions(request: HttpRequest) -> HttpResponse:
    """Every session of the editions that are not over, by region, with seats left and local times."""
    now = clock.now()
    programs = list(Program.objects.unfinished(now)) or list(Program.objects.published()[:1])
    editions = [(program, queries.offered(program, now=now)) for program in programs]
    return render(request, "programs/sessions.html", {"editions": editions})


@login_not_required
@cached_whole
def session(request: HttpRequest, slug: str) -> HttpResponse:
    """One session: three days, place, agenda, seats, and whether one can register now; if not, where else."""
    row, now = get_object_or_404(TrainingSession.objects.published().with_places(), slug=slug), clock.now()
    offer = queries.Offer(row, queries.offer_state(row, now=now))
    has_seat_or_will = offer.state in (queries.OfferState.OPEN, queries.OfferState.SOON)
    context = {
        "offer": offer,
        "session": row,
        "program": row.program,
        "agenda": queries.agenda(row, now=now),
        "partnerships": row.program.partnerships.select_related("partner"),
        "nearby": [] if has_seat_or_will else nearest_open(queries.offered(row.program, now=now), row.region),
    }
    return render(request, "programs/session.html", context)
