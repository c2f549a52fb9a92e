"""What search engines read: where they may go, and which pages there are in which language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap as answer
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from portal import clock
from programs.models import Program, TrainingSession


class _BothLanguages(Sitemap):
    """Pages that stand in Indonesian at the root and in English under /en/."""

    i18n = True
    alternates = True
    x_default = True
    protocol = settings.BASE_URL.split("://", 1)[0]

    def get_domain(self, site: Any = None) -> str:
        """The address people type, whatever name this request came by."""
        return settings.BASE_URL.split("://", 1)[1]


class Pages(_BothLanguages):
    def items(self) -> Sequence[str]:
        return ["home", "sessions"]

    def location(self, item: str) -> str:
        return reverse(item)


class Sessions(_BothLanguages):
    """Every public session of the editions that are not over."""

    def items(self) -> Sequence[TrainingSession]:
        return list(TrainingSession.objects.published().filter(program__in=Program.objects.unfinished(clock.now())))


@login_not_required
def sitemap(request: HttpRequest) -> TemplateResponse:
    return answer(request, {"pages": Pages, "sessions": Sessions})


@login_not_required
def robots(request: HttpRequest) -> HttpResponse:
    """Everywhere but the workplace; what is somebody's own asks not to be indexed by itself."""
    lines = ["User-agent: *", "Disallow: /staf/", f"Sitemap: {settings.BASE_URL}{reverse('sitemap')}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
