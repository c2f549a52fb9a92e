"""By which ways a message may reach its reader, in which order, and the channels that carry it, made when needed."""

from __future__ import annotations

from django.conf import settings
from django.utils.module_loading import import_string

from participants.messages.channels import templates
from participants.messages.channels.base import Channel, Way
from participants.models import Notification

ORDER = [Way.WHATSAPP, Way.MAIL, Way.SMS]
# By name: those that fetch bring requests along, which costs every process memory that never uses it.
CHANNELS = {
    Way.WHATSAPP: "participants.messages.channels.whatsapp.WhatsApp",
    Way.MAIL: "participants.messages.channels.mail.Mail",
    Way.SMS: "participants.messages.channels.sms.Sms",
}
PROVIDER = "participants.messages.channels.mail_provider.MailProvider"


def ways(notification: Notification) -> list[Way]:
    """The ways to the reader from the one on which the row stands, first to last; its facts are at hand.

    WhatsApp to whoever agreed to it and is reached there, for what a template tells; then mail; then, about a
    registration, SMS. Whatever goes to a guardian, an account or an address that asked for a code goes by mail alone. A
    reminder's rule may leave out some of them.
    """
    registration = notification.registration
    may = {Way.MAIL}
    if (consent := notification.whatsapp) and not consent.unreached_at and templates.of(notification):
        may.add(Way.WHATSAPP)
    if settings.SMS_URL and registration and registration.participant.phone:
        may.add(Way.SMS)
    first = ORDER.index(Way(notification.channel)) if notification.channel else 0
    return [way for way in ORDER[first:] if way in may and notification.may_go_by(way)]


class Channels:
    """The channels of one run. Each is made when it is first needed; one that was away stays so for the run."""

    def __init__(self) -> None:
        self._made: dict[Way, Channel] = {}
        self.away: set[Way] = set()

    @property
    def open(self) -> set[Way]:
        """The ways that the settings name and that were not found away."""
        named = {Way.MAIL} | ({Way.WHATSAPP} if settings.WHATSAPP_TOKEN else set())
        return (named | ({Way.SMS} if settings.SMS_URL else set())) - self.away

    def __getitem__(self, way: Way) -> Channel:
        if way not in self._made:
            by_provider = way == Way.MAIL and settings.MAIL_PROVIDER
            self._made[way] = import_string(PROVIDER if by_provider else CHANNELS[way])()
        return self._made[way]

    def close(self) -> None:
        for channel in self._made.values():
            channel.close()
