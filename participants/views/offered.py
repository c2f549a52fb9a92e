"""The session that a page of the door or of the form is about."""

from __future__ import annotations

from django.http import Http404

from portal.page_cache import remembered
from programs.models import TrainingSession


def offered(slug: str) -> TrainingSession:
    """The published session `slug`, as it was at most ten seconds ago; 404 when there is none.

    Good for what a page says. An operation takes the session's row and reads it anew before it decides.
    """
    sessions = TrainingSession.objects.published().with_places().filter(slug=slug)
    session = remembered(f"session {slug}", sessions.first)
    if session is None:
        raise Http404
    return session
