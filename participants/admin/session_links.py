"""A session as staff tables name it: by place and days, leading to its page."""

from __future__ import annotations

from django.urls import reverse
from django.utils.html import format_html

from programs.models import TrainingSession
from programs.templatetags.session_time import where_and_when


def session_link(session: TrainingSession) -> str:
    """The session by place and days, leading to its page; whoever sees registrations sees sessions too."""
    page = reverse("admin:programs_trainingsession_change", args=[session.pk])
    return format_html('<a href="{}">{}</a>', page, where_and_when(session))
