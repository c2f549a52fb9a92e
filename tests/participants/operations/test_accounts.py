"""One manager does little alone, and whatever is done to an account its owner and the other managers hear of."""

import pytest
from django.contrib.auth.models import Group

from participants.models import AccountRequest, Approval, Deed, Invitation, Notification
from participants.operations import account_changes, accounts, approvals, invitations
from portal.roles import ACCOUNTS, COORDINATOR, EDITOR, MINISTRY
from tests.factories import DURING_REGISTRATION as NOW
from tests.factories import make_registration, make_session, make_user
from tests.participants.operations.sending import text, tick_and_deliver
from tests.staff import make_staff

pytestmark = pytest.mark.django_db


def roles(*names):
    return list(Group.objects.filter(name__in=names))


def change(account, *, by=None, **fields):
    stands = {"email": account.email, "name": account.name, "is_active": True, "roles": list(account.groups.all())}
    wanted = accounts.Wanted(**(stands | fields))
    return accounts.change(account=account, wanted=wanted, by=by or make_staff("accounts"), now=NOW)


def told():
    return [row.account_id for row in Notification.objects.filter(kind="staff_changed").order_by("pk")]


def test_name_is_changed_alone_and_nobody_is_mailed():
    account = make_staff("coordinator")
    assert change(account, name="Yohana") == []
    account.refresh_from_db()
    assert (account.name, told()) == ("Yohana", [])
    assert Deed.objects.about(account).get().changed == {"name": None}


def test_coordinators_role_is_given_alone_and_told_to_owner_and_other_managers():
    account, by, other = make_staff("ministry"), make_staff("accounts"), make_staff("accounts")
    assert change(account, by=by, roles=roles(COORDINATOR)) == []
    assert [role.name for role in account.groups.all()] == [COORDINATOR]
    assert told() == [account.pk, other.pk]
    assert Deed.objects.about(account).get().changed == {"groups": [MINISTRY, COORDINATOR]}


@pytest.mark.parametrize(
    "fields",
    [{"email": "lain@example.go.id"}, {"reset_second_factor": True}, {"roles": [EDITOR]}, {"roles": [ACCOUNTS]}],
)
def test_role_for_all_regions_address_and_second_factor_are_asked_and_told_once_to_each(fields):
    account, by, other = make_staff("ministry"), make_staff("accounts"), make_staff("accounts")
    if "roles" in fields:
        fields = {"roles": roles(MINISTRY, *fields["roles"])}
    (asked,) = change(account, by=by, **fields)
    assert (asked.verdict, asked.asked_by) == ("", by)
    assert [role.name for role in account.groups.all()] == [MINISTRY]
    assert told() == [account.pk, other.pk]
    assert change(account, by=by, **fields) == [asked]


def test_mails_say_to_the_owner_what_and_to_the_manager_where(mails):
    account, by, other = make_staff("ministry"), make_staff("accounts"), make_staff("accounts")
    change(account, by=by, email="lain@example.go.id")
    tick_and_deliver(NOW)
    sent = {mail["To"]: text(mail) for mail in mails.mails}
    assert set(sent) == {account.email, other.email}
    assert "akunmu sendiri. Yang disebut: alamat email" in sent[account.email]
    assert f"/staf/accounts/user/{account.pk}/change/" in sent[other.email]
    assert "lain@example.go.id" not in "".join(sent.values())


def test_switching_off_ends_links_and_what_waits():
    account, by = make_staff("editor"), make_staff("accounts")
    link = invitations.send_link(account=account, by=by, now=NOW)
    session = make_session()
    people = [make_registration(session) for _number in range(approvals.ALONE + 1)]
    waits = approvals.cancel_people(session=session, people=people, reason="x", by=account, now=NOW)
    change(account, by=by, email="lain@example.go.id")
    change(account, by=by, is_active=False)

    assert not Invitation.objects.get(pk=link.pk).is_open(NOW)
    assert Approval.objects.get(pk=waits.pk).verdict == "no"
    assert not AccountRequest.objects.open(NOW).exists()


def test_nobody_changes_themselves_or_takes_the_address_of_another_or_mixes_roles():
    by, account = make_staff("accounts"), make_staff("coordinator")
    with pytest.raises(account_changes.OwnAccount):
        change(by, by=by, name="Lain")
    with pytest.raises(account_changes.AddressInUse):
        change(account, email=make_user().email)
    with pytest.raises(account_changes.RolesDoNotMix):
        change(account, roles=roles(COORDINATOR, ACCOUNTS))
    assert not Deed.objects.exists()
