"""What every template may know."""

from django.conf import settings
from django.http import HttpRequest

from portal import clock


def rehearsal(request: HttpRequest) -> dict[str, object]:
    """The rehearsed instant (UTC), so that every page can say that it is one."""
    return {"rehearsal_now": clock.now()} if settings.REHEARSAL else {}
