"""Whether a message is from us: asked by anybody, and not to be found out by trying codes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from participants import addresses, queries, tokens
from participants.messages.mails import recipient
from participants.models import AddressChange, Consent, Merge, Notification, Registration
from participants.operations import bounces, locks
from participants.operations.refusals import Refused
from programs.models import Channel

WINDOW = timedelta(minutes=10)
MISSES = 20  # codes that are none, of one network within it: a school that mistypes is well below


class TooManyTries(Refused):
    code = "too_many_tries"
    sentence = _("Terlalu banyak kode yang tidak kami kenal diketik dari jaringanmu.")
    remedy = _("Tunggu beberapa menit, lalu coba lagi. Yang kamu ketik masih ada.")

    def __init__(self, retry_at: datetime) -> None:
        """`retry_at` is a machine instant."""
        super().__init__()
        self.retry_at = retry_at


@transaction.atomic
def look_up(*, code: str, network: str, machine_now: datetime) -> Notification | None:
    """The message at whose foot `code` stands, None where none was sent; which is remembered of the network a while.

    Raises TooManyTries after the twentieth within ten minutes.
    """
    key = f"message_proofs:{tokens.network_hash(network)}"
    locks.hold(key)
    missed = [at for at in cache.get(key, []) if at > machine_now - WINDOW]
    if len(missed) >= MISSES:
        raise TooManyTries(missed[0] + WINDOW)
    message = queries.message_with_code(code)
    if message is None:
        cache.set(key, [*missed, machine_now], timeout=WINDOW.total_seconds())
    return message


def sent_to(message: Notification) -> str:
    """Where `message` went, in part: enough for whoever reads there. Nothing of an address or a number since, which
    whoever holds an old message need not know; "" where it is not kept.
    """
    at, registration = message.settled_at or message.due_at, message.registration
    if registration and message.channel in (Channel.WHATSAPP, Channel.SMS):
        number = _number(message, registration, at)
        return f"{message.get_channel_display()}, …{number[-3:]}" if number else message.get_channel_display()
    address, account = recipient(message)[0], message.account
    if registration:
        merged = Merge.objects.standing().filter(moved__registrations__contains=[registration.pk], at__gt=at)
        first = merged.order_by("at").first()
        account = first.gone.user if first else registration.participant.user
        address = account.email
    if account and message.kind not in bounces.TO_THE_OLD_ADDRESS:
        changed = AddressChange.objects.filter(account=account, changed_at__gt=at).order_by("pk").first()
        address = changed.old_email if changed else address
    return addresses.masked(address) if "@" in address else ""


def _number(message: Notification, registration: Registration, at: datetime) -> str:
    if message.channel == Channel.SMS:
        return registration.participant.phone
    agreed = registration.participant.consents.filter(purpose=Consent.Purpose.WHATSAPP, given_at__lte=at)
    return agreed.order_by("-given_at").values_list("number", flat=True).first() or ""
