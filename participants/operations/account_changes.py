"""What follows from every change of an account of staff: who is told, and which links end."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import Group
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from participants.models import Deed, Invitation, Notification
from participants.operations import notifications
from participants.operations.refusals import Refused
from portal.accounts.models import User

Kind = Notification.Kind


class AddressInUse(Refused):
    code = "address_in_use"
    sentence = _("Alamat ini sudah dipakai akun lain.")
    remedy = _("Kalau ia sudah petugas, atur wilayahnya di tabel koordinator. Kalau peserta, minta alamat kantornya.")


class OwnAccount(Refused):
    code = "own_account"
    sentence = _("Akun dan akses sendiri tidak bisa diubah atau dicabut.")
    remedy = _("Minta pengelola akun lain.")


class RolesDoNotMix(Refused):
    code = "roles_do_not_mix"
    sentence = _("Koordinator hanya melihat wilayahnya; peran lain melihat semuanya, jadi keduanya tidak digabung.")
    remedy = _("Pilih salah satunya saja.")


def sees_all(role: Group) -> bool:
    """Whether `role` reaches every region: such a one is given by two, one for assigned regions by one."""
    return role.permissions.filter(codename="see_all_regions").exists()


def check_mix(roles: Collection[Group]) -> None:
    """Raises RolesDoNotMix where one of `roles` would carry the rights of another into all regions."""
    if len({sees_all(role) for role in roles}) > 1:
        raise RolesDoNotMix


def tell(deed: Deed, *, account: User, now: datetime, owner: bool = True) -> None:
    """Mail what `deed` did to `account`: to all other managers, and to its owner unless another mail tells them."""
    others = User.objects.managers().exclude(pk__in=[deed.by_id, account.pk])
    for reader in [*([account] if owner else []), *others]:
        notifications.promise(Kind.STAFF_CHANGED, subject=reader, occurrence=str(deed.pk), now=now)


def end_links(account: User, now: datetime) -> None:
    """Links that were mailed and not used lead nowhere, and mails that wait are not sent."""
    Invitation.objects.filter(account=account, accepted_at=None, withdrawn_at=None).update(withdrawn_at=now)
    about = Q(account=account, kind__in=[Kind.STAFF_INVITED, Kind.PASSWORD_LINK])
    notifications.call_off(about, reason="the invitation was withdrawn", now=now)
