"""Staff come by invitation, and their access ends at once and everywhere when it is withdrawn."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from participants import tokens
from participants.models import AccountRequest, Deed, Invitation, Notification, SavedFilter
from participants.operations import account_changes, account_requests, approvals, deeds, locks, notifications
from participants.operations.account_changes import AddressInUse, OwnAccount
from participants.operations.refusals import Refused
from portal.accounts.models import User
from programs.models import Coordination, Region

VALID = timedelta(days=7)
RENEWAL = timedelta(days=1)
Kind = Notification.Kind


class InvitationOver(Refused):
    code = "invitation_over"
    sentence = _("Undangan ini sudah dipakai, dicabut, atau lewat waktunya.")
    remedy = _("Masuk dengan kata sandimu, atau minta undangan baru dari pengelola akun.")


class AccountOff(Refused):
    code = "account_off"
    sentence = _("Akun ini tidak aktif, jadi tidak ada tautan yang dikirim.")
    remedy = _("Aktifkan dulu akunnya.")


@transaction.atomic
def invite(*, email: str, name: str, role: str, regions: Collection[Region], by: User, now: datetime) -> Invitation:
    """Make an account with `role`, for `regions`, and mail its owner a link; an earlier one that waits is dead.

    A role that reaches every region is asked of another manager, and until then the account has none. Raises
    AddressInUse for whoever has a password already, or takes part.
    """
    locks.hold(f"invitations:{email.lower()}")
    account = User.objects.with_address(email).select_for_update(no_key=True).first()
    if account is None:
        account = User(email=email, name=name, is_staff=True, joined_at=now)
        account.set_unusable_password()
        account.save(force_insert=True)
    elif (
        not Invitation.objects.filter(account=account).exists()
        or account.has_usable_password()
        or not account.is_active
    ):
        raise AddressInUse
    group, _made = Group.objects.get_or_create(name=role)
    is_wide = account_changes.sees_all(group)
    account.groups.set([] if is_wide else [group])
    account_requests.end(account, now)
    if is_wide:
        account_requests.ask(AccountRequest.Kind.ROLE, account=account, by=by, now=now, role=role)
    Coordination.objects.filter(user=account).exclude(region__in=regions).delete()
    rows = [Coordination(user=account, region=region) for region in regions]
    Coordination.objects.bulk_create(rows, ignore_conflicts=True)
    named = ", ".join(sorted(region.name for region in regions))
    changed = {"groups": ("", role)} | ({"regions": ("", named)} if named else {})
    deed = deeds.note(Deed.What.INVITED, about=account, by=by, now=now, changed=changed)
    account_changes.tell(deed, account=account, now=now, owner=False)
    return _mail_link(account, by, now, renews=False)


@transaction.atomic
def send_link(*, account: User, by: User, now: datetime) -> Invitation:
    """Mail `account` its invitation again, or, where it has had a password, a link for another one; earlier ones end.

    The password that it has opens the workplace until the link is used. Raises OwnAccount or AccountOff.
    """
    if account.pk == by.pk:
        raise OwnAccount
    account = User.objects.select_for_update(no_key=True).get(pk=account.pk)
    if not account.is_active:
        raise AccountOff
    deeds.note(Deed.What.LINKED, about=account, by=by, now=now)
    return _mail_link(account, by, now, renews=had_password(account))


def had_password(account: User) -> bool:
    """Whether `account` has ever been entered with a password, so that a link renews it."""
    return account.has_usable_password() or account.invitations.filter(accepted_at__isnull=False).exists()


def opens(invitation: Invitation, now: datetime) -> bool:
    """Whether the link still lets somebody set a password: it is open, and the account has the address it went to."""
    account = User.objects.with_address(invitation.email).filter(pk=invitation.account_id, is_active=True)
    return invitation.is_open(now) and account.exists()


@transaction.atomic
def accept(*, invitation: Invitation, password: str, now: datetime) -> User:
    """Set the password of whoever holds the link, once. Raises InvitationOver, and then changes nothing."""
    account = User.objects.select_for_update(no_key=True).get(pk=invitation.account_id)
    invitation = Invitation.objects.select_for_update(no_key=True).get(pk=invitation.pk)
    if not opens(invitation, now):
        raise InvitationOver
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])
    account.set_password(password)
    account.save(update_fields=["password"])
    account_changes.end_links(account, now)
    if invitation.renews:
        deeds.note(Deed.What.CHANGED, about=account, by=account, now=now, changed={"password": None})
    else:
        deeds.note(Deed.What.JOINED, about=account, by=account, now=now)
    return account


@transaction.atomic
def withdraw(*, account: User, by: User, now: datetime) -> User:
    """End the access of a member of staff, at once: no region, no role, no password, no second factor, no session.

    What they kept for themselves goes, what they asked for waits no more, and phones at the door that they paired die
    with their right (`Scanner.objects.trusted`). Whatever they did stays under their name. Raises OwnAccount.
    """
    if account.pk == by.pk:
        raise OwnAccount
    account = User.objects.select_for_update(no_key=True).get(pk=account.pk)
    regions = account.coordinations.order_by("region__name").values_list("region__name", flat=True)
    groups = account.groups.order_by("name").values_list("name", flat=True)
    lost = {"regions": (", ".join(regions), ""), "groups": (", ".join(groups), "")}
    Coordination.objects.filter(user=account).delete()
    SavedFilter.objects.filter(owner=account).delete()
    account.groups.clear()
    Authenticator.objects.filter(user=account).delete()
    account.is_active = False
    account.set_unusable_password()  # another one: sessions carry its digest, so each ends at its next request
    account.save(update_fields=["is_active", "password"])
    account_changes.end_links(account, now)
    account_requests.end(account, now)
    approvals.close(asker=account, by=by, now=now)
    deed = deeds.note(Deed.What.WITHDRAWN, about=account, by=by, now=now, changed=lost)
    account_changes.tell(deed, account=account, now=now)
    return account


def find(token: str) -> Invitation | None:
    """The invitation whose link holds `token`; None for a token that this server did not make."""
    public_id = tokens.invited_id(token)
    return Invitation.objects.select_related("account").filter(public_id=public_id).first() if public_id else None


def _mail_link(account: User, by: User, now: datetime, *, renews: bool) -> Invitation:
    """Promise a link to the address that `account` has; those before it end."""
    account_changes.end_links(account, now)
    invitation = Invitation.objects.create(
        account=account,
        email=account.email,
        renews=renews,
        invited_by=by,
        invited_at=now,
        expires_at=now + (RENEWAL if renews else VALID),
    )
    kind = Kind.PASSWORD_LINK if renews else Kind.STAFF_INVITED
    notifications.promise(kind, subject=account, occurrence=str(invitation.public_id), now=now)
    return invitation
