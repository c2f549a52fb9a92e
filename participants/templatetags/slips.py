"""The hint below an address field: which address was probably meant."""

from typing import Any

from django import template

from participants.addresses import ENDINGS, PROVIDERS, REAL_ALTHOUGH_SIMILAR

register = template.Library()


@register.inclusion_tag("components/slip.html")
def slip_hint(name: str, own: str = "") -> dict[str, Any]:
    """What `static/js/fields.js` fills for the field `name`; `own` is said of the reader's own address."""
    return {
        "name": name,
        "own": own,
        "domains": " ".join(PROVIDERS),
        "real": " ".join(REAL_ALTHOUGH_SIMILAR),
        "endings": " ".join(f"{typed}>{meant}" for typed, meant in ENDINGS.items()),
    }
