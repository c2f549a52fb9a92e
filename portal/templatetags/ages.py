"""Spans of time as people say them."""

from datetime import datetime

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()


@register.filter
def span(seconds: float) -> str:
    """A span in its largest whole unit, for example `30 detik`, `4 menit`, `2 jam`, `3 hari`."""
    whole = max(0, int(seconds))
    if whole < 120:
        return ngettext("%(n)s detik", "%(n)s detik", whole) % {"n": whole}
    if whole < 2 * 3600:
        return ngettext("%(n)s menit", "%(n)s menit", whole // 60) % {"n": whole // 60}
    if whole < 2 * 86400:
        return ngettext("%(n)s jam", "%(n)s jam", whole // 3600) % {"n": whole // 3600}
    return ngettext("%(n)s hari", "%(n)s hari", whole // 86400) % {"n": whole // 86400}


@register.filter
def ago(then: datetime, now: datetime) -> str:
    """How long before `now` something was, for example `4 menit lalu`; of the last minute `baru saja`."""
    seconds = (now - then).total_seconds()
    return _("baru saja") if seconds < 60 else _("%(span)s lalu") % {"span": span(seconds)}
