"""Why something was refused, as it stands where the whole of it stands elsewhere on the page already."""

from django import template

register = template.Library()


@register.filter
def without_code(error: str) -> str:
    """What stands beside a field (`refusals.in_full`) without the code for whoever helps, which is said once.

    Words of a form have none, and stay as they are.
    """
    return getattr(error, "without_code", error)
