"""Who may be the second person: somebody whose account is not the work of the first, and no newcomer."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from participants.models import Deed
from participants.operations.refusals import Refused
from portal.accounts.models import User

NEW = timedelta(days=1)
What = Deed.What
MADE = [What.ADDED, What.INVITED]
CHANGED = ["groups", "email", "reset_second_factor", "password"]


class NotIndependent(Refused):
    code = "not_independent"
    sentence = _("Salah satu dari kalian pernah mengurus akun yang lain, jadi orang ketiga yang memutuskan.")
    remedy = _("Minta petugas yang akunnya tidak diurus oleh salah satu dari kalian.")


class TooNew(Refused):
    code = "too_new"
    sentence = _("Akunmu belum sehari umurnya, jadi belum bisa memutuskan sebagai orang kedua.")
    remedy = _("Minta rekan yang lebih lama di sini, atau coba lagi besok.")


class AskerWithoutRight(Refused):
    code = "asker_without_right"
    sentence = _("Yang meminta tidak lagi berhak melakukan ini, jadi permintaannya tidak bisa disetujui.")
    remedy = _("Tolak permintaannya; kalau masih perlu, minta sendiri.")


def check(*, asker: User, decider: User, now: datetime) -> None:
    """Raises NotIndependent where one of the two made or changed the other's account, TooNew as `check_age` does."""
    one_of_the_other = Q(by=asker, row=str(decider.pk)) | Q(by=decider, row=str(asker.pk))
    work = Q(what__in=MADE) | Q(changed__has_any_keys=CHANGED)
    if Deed.objects.filter(one_of_the_other, work, table=User._meta.label_lower).exists():
        raise NotIndependent
    check_age(decider, now)


def check_age(decider: User, now: datetime) -> None:
    """Raises TooNew for whoever was added or invited, or accepted an invitation, less than a day before `now`."""
    arrivals = Deed.objects.about(decider).filter(what__in=[*MADE, What.JOINED])
    if arrivals.filter(at__gt=now - NEW).exists():
        raise TooNew
