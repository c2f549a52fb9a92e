"""On how many days somebody has to be there for a certificate, as one says it."""

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

register = template.Library()
_EVERY_DAY = {
    1: gettext_lazy("hadir pada harinya"),
    2: gettext_lazy("hadir di kedua hari"),
    3: gettext_lazy("hadir di ketiga hari"),
    4: gettext_lazy("hadir di keempat hari"),
    5: gettext_lazy("hadir di kelima hari"),
}


@register.simple_tag
def certificate_rule(needed: int, days: int) -> str:
    """What has to be done, `needed` of `days`: `hadir di ketiga hari`, `hadir paling sedikit 2 dari 3 hari`."""
    if needed < days:
        return _("hadir paling sedikit %(needed)s dari %(days)s hari") % {"needed": needed, "days": days}
    return str(_EVERY_DAY[days]) if days in _EVERY_DAY else _("hadir di semua %(days)s hari") % {"days": days}
