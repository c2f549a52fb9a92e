"""Whether a message is from us: asked by anybody, and not to be found out by trying codes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from participants import queries, tokens
from participants.models import Notification
from participants.operations import locks
from participants.operations.refusals import Refused

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
