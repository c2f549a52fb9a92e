"""Coordinators come by a mailed link that opens once, and go at once and everywhere."""

import re
from datetime import timedelta
from functools import partial

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from participants import tokens
from participants.models import AccountRequest, Deed, Invitation, Notification
from participants.operations import account_requests, approvals, invitations
from portal import clock
from portal.accounts.models import User
from portal.roles import COORDINATOR, EDITOR
from programs.models import Coordination
from tests.factories import make_region, make_registration, make_session, make_user
from tests.participants.operations.sending import text, tick_and_deliver
from tests.races import at_once
from tests.staff import make_staff, make_superuser, sign_in

pytestmark = pytest.mark.django_db
PASSWORD = "kalimat pendek yang panjang"


@pytest.fixture
def region():
    return make_region(name="Papua")


def invite(region, *, email="baru@example.go.id", by=None, now=None):
    by = by or make_staff("accounts")
    who = {"email": email, "name": "Yohana", "role": COORDINATOR, "regions": [region]}
    return invitations.invite(**who, by=by, now=now or clock.now())


def link(invitation):
    return f"/undangan/{tokens.invitation_token(invitation.public_id)}/"


def accept(invitation, client=None, password=PASSWORD):
    return (client or Client()).post(link(invitation), {"password": password, "again": password})


def test_link_of_the_mail_sets_the_password_and_leads_to_the_second_factor(region, mails):
    manager = sign_in(Client(), make_staff("accounts"))
    body = {"email": "baru@example.go.id", "name": "Yohana", "role": COORDINATOR, "regions": [region.pk]}
    assert manager.post("/staf/accounts/user/undang/", body).status_code == 302
    tick_and_deliver(clock.now())
    (mail,) = mails.mails
    assert mail["To"] == "baru@example.go.id"
    assert "Yohana" not in text(mail)  # nobody has shown yet that the address is hers
    (path,) = re.findall(r"http://testserver(/undangan/\S+)", text(mail))

    newcomer = Client()
    assert "Papua" in newcomer.get(path).content.decode()
    assert not User.objects.get(email=mail["To"]).has_usable_password()
    answer = newcomer.post(path, {"password": PASSWORD, "again": PASSWORD})

    assert answer["Location"] == "/staf/akun/2fa/aplikasi/"
    assert newcomer.get("/staf/").status_code == 302  # nothing before the second factor
    account = User.objects.get(email=mail["To"])
    assert account.check_password(PASSWORD)
    assert [group.name for group in account.groups.all()] == [COORDINATOR]
    assert [deed.what for deed in Deed.objects.about(account)] == ["joined", "invited"]


def test_link_opens_once_and_within_a_week(region):
    invitation = invite(region)
    late = invite(make_region(), email="lain@example.go.id", now=clock.now() - invitations.VALID)
    assert accept(invitation).status_code == 302
    for used in (invitation, late):
        answer = accept(used, password="kata sandi yang lain lagi")
        assert "sudah dipakai, dicabut, atau lewat waktunya" in answer.content.decode()
    assert User.objects.get(pk=invitation.account_id).check_password(PASSWORD)
    assert not User.objects.get(pk=late.account_id).has_usable_password()


@pytest.mark.parametrize(
    "body",
    [
        {"password": "pendek", "again": "pendek"},
        {"password": PASSWORD, "again": f"{PASSWORD}!"},
        {"password": "", "again": ""},
        {"password": "password12345", "again": "password12345"},
    ],
)
def test_password_that_is_none_changes_nothing(body, region):
    invitation = invite(region)
    assert Client().post(link(invitation), body).status_code == 422
    invitation.refresh_from_db()
    assert invitation.accepted_at is None


@pytest.mark.parametrize("token", ["x", "A" * 43, "%00"])
def test_link_that_we_did_not_make_is_unknown(token):
    assert Client().get(f"/undangan/{token}/").status_code in (400, 404)


def test_another_invitation_kills_the_one_before_and_its_mail(region, mails):
    by = make_staff("accounts")
    first = invite(region, by=by)
    second = invite(region, by=by)
    tick_and_deliver(clock.now())
    assert len(mails.mails) == 1
    assert "sudah dipakai" in Client().get(link(first)).content.decode()
    assert accept(second).status_code == 302


def test_address_of_somebody_else_is_not_invited(region):
    for email in (make_user().email, make_staff("editor").email):
        with pytest.raises(invitations.AddressInUse):
            invite(region, email=email)
    accepted = invite(region)
    accept(accepted)
    with pytest.raises(invitations.AddressInUse):
        invite(region)


def test_withdrawal_ends_every_session_at_once_and_leaves_nothing_to_enter_with(region):
    account = make_staff("coordinator", region)
    TOTP.activate(account, generate_totp_secret())
    RecoveryCodes.activate(account)
    session = make_session(region=region)
    phones = [sign_in(Client(), account) for _ in range(2)]
    pages = ["/staf/", f"/staf/programs/trainingsession/{session.pk}/change/"]
    assert [phone.get(page).status_code for phone in phones for page in pages] == [200] * 4
    manager = sign_in(Client(), make_staff("accounts"))
    assert "Semua perangkatnya dikeluarkan" in manager.get(f"/staf/accounts/user/{account.pk}/cabut/").content.decode()
    manager.post(f"/staf/accounts/user/{account.pk}/cabut/")

    assert [phone.get(page).status_code for phone in phones for page in pages] == [302] * 4
    account.refresh_from_db()
    assert (account.is_active, account.has_usable_password(), account.groups.count()) == (False, False, 0)
    assert not Coordination.objects.filter(user=account).exists()
    assert not account.authenticator_set.exists()
    deed = Deed.objects.about(account).get()
    assert deed.changed == {"regions": ["Papua", ""], "groups": [COORDINATOR, ""]}


def test_withdrawal_kills_an_invitation_that_waits(region):
    invitation = invite(region)
    invitations.withdraw(account=invitation.account, by=make_staff("accounts"), now=clock.now())
    assert "sudah dipakai, dicabut" in accept(invitation).content.decode()


def test_nobody_withdraws_themselves():
    by = make_staff("accounts")
    with pytest.raises(invitations.OwnAccount):
        invitations.withdraw(account=by, by=by, now=clock.now())


def test_page_says_what_a_person_can_see_as_the_rules_say_it(region):
    account = make_staff("coordinator", region)
    mine = make_session(region=region)
    make_session(program=mine.program, region=make_region(name="Bali"))
    manager = sign_in(Client(), make_staff("accounts"))
    page = manager.get(f"/staf/accounts/user/{account.pk}/melihat/").content.decode()

    assert "Papua" in page
    assert "Bali" not in page
    assert "mencatat kehadiran" in page
    assert "mengunduh kehadiran" not in page
    assert "/staf/participants/registration/" in page
    english = manager.get(f"/en/staf/accounts/user/{account.pk}/melihat/").content.decode()
    assert "/staf/participants/registration/" in english
    invitations.withdraw(account=account, by=make_staff("accounts"), now=clock.now())
    page = manager.get(f"/staf/accounts/user/{account.pk}/melihat/").content.decode()
    assert "Orang ini tidak melihat apa-apa" in page
    assert "Papua" not in page


@pytest.mark.parametrize("role", ["coordinator", "ministry", "editor"])
def test_only_the_accounts_manager_invites_and_withdraws(role, region):
    other = make_staff("coordinator", region)
    client = sign_in(Client(), make_staff(role, region))
    body = {"email": "baru@example.go.id", "name": "Y", "role": COORDINATOR, "regions": [region.pk]}
    for page in ("undang", f"{other.pk}/cabut", f"{other.pk}/tautan", f"{other.pk}/melihat"):
        assert client.post(f"/staf/accounts/user/{page}/", body).status_code == 404
        assert client.get(f"/staf/accounts/user/{page}/").status_code == 404
    assert not Invitation.objects.exists()


def test_link_opens_for_no_other_address_than_the_one_it_was_mailed_to(region):
    invitation = invite(region)
    User.objects.filter(pk=invitation.account_id).update(email="betul@example.go.id")
    assert "sudah dipakai, dicabut" in Client().get(link(invitation)).content.decode()
    assert "sudah dipakai, dicabut" in accept(invitation).content.decode()
    with pytest.raises(invitations.InvitationOver):
        invitations.accept(invitation=invitation, password=PASSWORD, now=clock.now())
    assert not User.objects.get(pk=invitation.account_id).has_usable_password()


def test_invitation_sent_again_goes_to_the_address_of_now_and_ends_the_one_before(region, mails):
    by = make_staff("accounts")
    first = invite(region, by=by)
    User.objects.filter(pk=first.account_id).update(email="betul@example.go.id")
    manager = sign_in(Client(), by)
    assert "Kirim undangan lagi" in manager.get(f"/staf/accounts/user/{first.account_id}/change/").content.decode()
    manager.post(f"/staf/accounts/user/{first.account_id}/tautan/")
    tick_and_deliver(clock.now())

    (mail,) = mails.mails
    assert (mail["To"], mail["Subject"]) == ("betul@example.go.id", "Undangan ke ruang kerja Pelatihan Gen Z")
    second = Invitation.objects.latest("pk")
    assert second.renews is False
    assert "sudah dipakai" in Client().get(link(first)).content.decode()
    assert accept(second).status_code == 302


def test_lost_password_is_renewed_by_its_owner_with_the_second_factor_still_asked(region, mails):
    account = make_staff("coordinator", region)
    TOTP.activate(account, generate_totp_secret())
    phone = sign_in(Client(), account)
    manager = sign_in(Client(), make_staff("accounts"))
    assert "Kirim tautan kata sandi baru" in manager.get(f"/staf/accounts/user/{account.pk}/change/").content.decode()
    manager.post(f"/staf/accounts/user/{account.pk}/tautan/")
    tick_and_deliver(clock.now())
    (mail,) = mails.mails
    assert mail["To"] == account.email
    assert phone.get("/staf/").status_code == 200  # the old password stays until the link is used
    (path,) = re.findall(r"http://testserver(/undangan/\S+)", text(mail))

    owner = Client()
    assert "Kata sandi baru" in owner.get(path).content.decode()
    answer = owner.post(path, {"password": PASSWORD, "again": PASSWORD}, follow=True)

    assert answer.redirect_chain[-1][0].startswith("/staf/akun/2fa/ulangi/")
    assert phone.get("/staf/").status_code == 302
    assert User.objects.get(pk=account.pk).check_password(PASSWORD)
    assert [deed.what for deed in Deed.objects.about(account)] == ["changed", "linked"]
    assert "sudah dipakai" in Client().get(path).content.decode()


def test_link_for_a_new_password_lives_a_day(region):
    account = make_staff("coordinator", region)
    sent = invitations.send_link(account=account, by=make_staff("accounts"), now=clock.now())
    assert invitations.opens(sent, clock.now())
    assert not invitations.opens(sent, clock.now() + invitations.RENEWAL)


def test_nobody_mails_a_link_to_an_account_that_is_off_or_their_own(region):
    account, by = make_staff("coordinator", region), make_staff("accounts")
    with pytest.raises(invitations.OwnAccount):
        invitations.send_link(account=by, by=by, now=clock.now())
    invitations.withdraw(account=account, by=by, now=clock.now())
    with pytest.raises(invitations.AccountOff):
        invitations.send_link(account=account, by=by, now=clock.now())


def test_invitation_to_a_role_for_all_regions_gives_none_until_another_manager_agrees(region):
    by, other = make_staff("accounts"), make_staff("accounts")
    sent = invitations.invite(
        email="baru@example.go.id", name="Yohana", role=EDITOR, regions=[], by=by, now=clock.now()
    )
    assert not sent.account.groups.exists()
    (asked,) = AccountRequest.objects.open(clock.now())
    account_requests.decide(request=asked, yes=True, by=other, now=clock.now())
    assert [group.name for group in sent.account.groups.all()] == [EDITOR]


def test_other_managers_hear_of_every_invitation_and_withdrawal(region):
    by, other = make_staff("accounts"), make_staff("accounts")
    boss, gone = make_superuser(), make_staff("accounts", email="gone@example.go.id")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    sent = invite(region, by=by)
    told = Notification.objects.filter(kind="staff_changed")
    assert {row.account_id for row in told} == {other.pk, boss.pk}
    invitations.withdraw(account=sent.account, by=by, now=clock.now())
    assert Notification.objects.filter(kind="staff_changed").count() == 2 + 3  # whoever lost it too


def test_withdrawal_declines_what_they_asked_of_second_persons(region):
    session, account, by = make_session(region=region), make_staff("coordinator", region), make_staff("accounts")
    people = [make_registration(session) for _number in range(approvals.ALONE + 1)]
    asked = approvals.cancel_people(session=session, people=people, reason="x", by=account, now=clock.now())
    invitations.withdraw(account=account, by=by, now=clock.now())
    asked.refresh_from_db()
    assert (asked.verdict, asked.decided_by) == ("no", by)


@pytest.mark.django_db(transaction=True)
def test_link_that_is_pressed_by_several_at_once_opens_for_one():
    invitation = invite(make_region())
    passwords = [f"{PASSWORD} {number}" for number in range(5)]
    now = clock.now() + timedelta(minutes=1)
    calls = [partial(invitations.accept, invitation=invitation, password=word, now=now) for word in passwords]
    results = at_once(calls)
    refused = [result for result in results if isinstance(result, invitations.InvitationOver)]
    assert len(refused) == 4
    account = User.objects.get(pk=invitation.account_id)
    assert sum(account.check_password(word) for word in passwords) == 1
