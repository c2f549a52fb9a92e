"""What becomes of what people tell us: who answers for it, what is kept, how long, and what everybody may ask for."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """The same for every reader. The periods are those of `portal/data_map.toml`."""
    return render(request, "participants/privacy.html")
