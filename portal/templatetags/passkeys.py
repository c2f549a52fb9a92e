"""What a passkey is asked, as the page carries it: in an attribute, since no script stands in a page."""

import json
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder

register = template.Library()


@register.filter
def as_json(options: dict[str, Any]) -> str:
    """The options of a ceremony as JSON; the template escapes it."""
    return json.dumps(options, cls=DjangoJSONEncoder)
