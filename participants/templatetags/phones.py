"""Phone numbers as people write them."""

from django import template

from participants import fields

register = template.Library()


@register.filter
def readable(number: str) -> str:
    """`+6281234567890` as `0812-3456-7890`; a dash where there is none."""
    return fields.readable(number) if number else "—"
