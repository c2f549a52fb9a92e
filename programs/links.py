"""Links in words that staff write: mails and other messages lead to this portal and nowhere else."""

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# What mail programs make a link of: an address with its scheme, or a name that ends as names of hosts do.
_ENDINGS = "com|net|org|info|biz|xyz|id|io|me|ly|co|cc|gl|gg|link|site|online|store|shop|app|dev|top|click|ru|cn|рф"
_HOST = r"\b[\w-]+(?:\.[\w-]+)*\."
_LINK = re.compile(
    rf"(?i)\b[a-z][a-z0-9+.-]*://\S+|\bwww\.\S+|{_HOST}(?:{_ENDINGS})\b(?:[:/?#]\S*)?|{_HOST}[^\W\d_]{{2,}}/\S*"
)


def check_links(text: str) -> None:
    """Raise ValidationError, naming it, for a link to any other site than this portal."""
    for link in _LINK.findall(text):
        if not f"{link}/".startswith(f"{settings.BASE_URL}/"):
            raise ValidationError(
                _("Tautan ke luar tidak dikirim: %(link)s. Sebut tempatnya dengan kata, atau pakai tautan portal ini."),
                params={"link": link[:60]},
            )
