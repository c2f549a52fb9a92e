"""The languages of the portal: Indonesian first."""

from django.conf import settings
from django.utils.translation import get_language


def current() -> str:
    """The language that is being written in: "id" or "en"; Indonesian where nothing was chosen."""
    return get_language() or settings.LANGUAGE_CODE
