"""The reader's own registrations, and which of them a page is about."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest

from participants import queries
from participants.models import Registration
from participants.views.offered import shown
from portal.accounts.models import User


def chosen(request: HttpRequest) -> Registration:
    """The reader's registration named by `pendaftaran`, else the live one; 404 when there is none."""
    user: Any = request.user
    name = (request.POST if request.method == "POST" else request.GET).get("pendaftaran", "")
    try:
        public_id = UUID(name) if name else None
    except ValueError as error:
        raise Http404 from error
    for registration in own(user):
        if registration.public_id == public_id or (public_id is None and registration.is_live):
            return registration
    raise Http404


def own(user: User) -> list[Registration]:
    """All registrations of the reader, live ones first, then the latest, each with its session and place at hand."""
    registrations = queries.registrations_of(user)
    sessions = shown(registration.session for registration in registrations)
    for registration in registrations:
        registration.session = sessions[registration.session_id]
    return registrations
