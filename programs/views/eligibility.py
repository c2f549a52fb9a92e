"""The ten-second check: may I take part, and where? Nothing is stored, and no address holds a birth date."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal import clock
from portal.csrf import comes_from_elsewhere
from programs.eligibility import eligibility
from programs.forms import EligibilityForm
from programs.models import Program


# Without a token, because the form stands on the home page, which is one and the same for everybody and sets no cookie;
# nothing can be forged, since the answer changes nothing and tells only what the sender has typed.
@login_not_required
@csrf_exempt
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Answer a birth date and a region with yes, and where; or no, why, and what to do."""
    if request.method == "POST" and comes_from_elsewhere(request):
        return render(request, "403_csrf.html", status=403)
    form = EligibilityForm(request.POST if request.method == "POST" else None)
    now = clock.now()
    program = Program.objects.current(now)
    answer = None
    if program and form.is_valid():
        typed = form.cleaned_data
        answer = eligibility(program, birth_date=typed["birth_date"], region=typed["region"], now=now)
    return render(
        request,
        "programs/eligibility.html",
        {"form": form, "program": program, "answer": answer},
        status=422 if form.is_bound and form.errors else 200,
    )
