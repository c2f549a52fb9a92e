"""Why something was refused, as it stands where the whole of it stands elsewhere on the page already."""

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
_CODE = '<span class="reason'  # as components/reason.html begins


@register.filter
def without_code(error: str) -> str:
    """What stands beside a field (`refusals.in_full`) without the code for whoever helps, which is said once."""
    if not isinstance(error, SafeString):  # words of a form, which have none
        return error
    return mark_safe(error.partition(_CODE)[0].rstrip())  # noqa: S308 -- a part of what was safe, cut before a tag
