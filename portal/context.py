"""What every template may know."""

from django.conf import settings
from django.http import HttpRequest

from portal import clock


def rehearsal(request: HttpRequest) -> dict[str, object]:
    """The rehearsed instant (UTC), so that every page can say that it is one."""
    return {"rehearsal_now": clock.now()} if settings.REHEARSAL else {}


def organiser(request: HttpRequest) -> dict[str, object]:
    """Where a person of the ministry answers ("" where none is set), and the ministry's own site."""
    return {"contact_email": settings.CONTACT_EMAIL, "ministry_site": settings.MINISTRY_SITE}
