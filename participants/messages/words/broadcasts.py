"""What staff write to the people of a session, as each of them reads it."""

from __future__ import annotations

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from participants.messages.inert import inert
from participants.messages.words.parts import (
    Words,
    city_and_date,
    date_of,
    facts_of,
    hello,
    hours_of,
    my_page,
    place_of,
)
from participants.models import Notification
from programs.models.reminders import filled_in


def broadcast(notification: Notification) -> Words:
    """The words of staff with the reader's facts filled in, once: what stands in a name is text."""
    registration, session = facts_of(notification)
    written = notification.broadcast
    assert written is not None  # noqa: S101 -- what is gone is not written
    english = get_language() == "en" and written.subject_en
    subject, body = (written.subject_en, written.body_en) if english else (written.subject_id, written.body_id)
    first = session.days.all()[0]
    values = {
        "nama": inert(registration.participant.full_name),
        "kota": inert(session.region.city),
        "tanggal": date_of(first),
        "jam": hours_of(first, session),
        "tempat": place_of(session),
    }
    title, paragraphs = filled_in(subject, body, values)
    signed = _("Kabar ini dari panitia pelatihan di %(city)s, %(date)s.") % city_and_date(session)
    return Words(title, [hello(registration), *paragraphs, signed], my_page())
