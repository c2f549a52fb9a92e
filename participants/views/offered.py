"""The sessions that pages of the door, of the form and one's own are about."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import Http404

from portal.page_cache import remembered, remembered_each
from programs.models import TrainingSession


def offered(slug: str) -> TrainingSession:
    """The published session `slug`, as it was at most ten seconds ago; 404 when there is none.

    Good for what a page says. An operation takes the session's row and reads it anew before it decides.
    """
    sessions = TrainingSession.objects
    session = remembered(f"session {slug}", lambda: sessions.published().with_places().filter(slug=slug).first())
    if session is None:
        raise Http404
    return session


def shown(sessions: Iterable[TrainingSession]) -> dict[int, TrainingSession]:
    """Each of `sessions` by its key with its programme, region, venue and days, as they were at most ten seconds ago.

    Who was told of a move, a new place or the end of a session finds it on the next page: `sessions` are rows of now.
    """
    names = {row.pk: f"session {row.pk} {row.status} {row.schedule_version} {row.place_version}" for row in sessions}
    return remembered_each(names, lambda keys: TrainingSession.objects.with_places().in_bulk(keys))
