"""A page's full address, for search engines and for whoever passes it on."""

from urllib.parse import quote, urlencode

from django import template
from django.conf import settings
from django.urls import translate_url
from django.utils.translation import gettext

from programs.models import TrainingSession, Venue
from programs.templatetags.session_time import dates

register = template.Library()


@register.filter
def address(path: str, language: str = "") -> str:
    """The full address of a path, as people type it; in another language where one is given."""
    return settings.BASE_URL + (translate_url(path, language) if language else path)


@register.simple_tag
def invitation(session: TrainingSession) -> str:
    """What somebody sends a friend: what, where, when and the session's address, in the language being read."""
    words = gettext(
        "Ikut yuk! Pelatihan gratis %(days)s hari tentang gig economy dan AI di %(city)s, %(when)s: %(url)s"
    )
    return words % {
        "days": session.program.days_per_session,
        "city": session.region.city,
        "when": dates(session),
        "url": address(session.get_absolute_url()),
    }


@register.filter
def whatsapp(text: str) -> str:
    """A link that opens WhatsApp with `text` ready to be sent to somebody."""
    return f"https://wa.me/?text={quote(text)}"


@register.filter
def map_app(venue: Venue) -> str:
    """A link that opens the phone's map app at the venue, and a map in the browser elsewhere."""
    place = ", ".join(part for part in (venue.name, venue.address, venue.city, "Indonesia") if part)
    return "https://www.google.com/maps/search/?" + urlencode({"api": "1", "query": place})
