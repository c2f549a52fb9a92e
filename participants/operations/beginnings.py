"""Once a training has begun for somebody, they can neither let go of their seat nor change it by themselves."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from participants import queries
from participants.models import Registration
from participants.operations.refusals import Refused


class AlreadyBegun(Refused):
    code = appeal = "already_begun"
    sentence = _("Pelatihanmu sudah dimulai, jadi kursimu tidak bisa lagi dipindah atau dilepas.")
    remedy = _("Tidak bisa datang pada hari berikutnya? Beri tahu koordinator wilayahmu lewat halamanmu.")


def check(registration: Registration, *, now: datetime) -> None:
    """Raise AlreadyBegun once the training has begun for the person of `registration` (`queries.has_begun`)."""
    if queries.has_begun(registration.session, queries.marks_so_far(registration, now=now), now=now):
        raise AlreadyBegun
