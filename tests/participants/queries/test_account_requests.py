"""What a manager of accounts finds before them."""

from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from bs4 import BeautifulSoup
from django.contrib.auth.models import AnonymousUser

from participants.models import AccountRequest
from participants.operations import account_requests, invitations
from participants.queries import account_work_of
from portal import clock
from portal.roles import COORDINATOR, MINISTRY
from tests.factories import make_region
from tests.staff import make_staff, make_superuser, sign_in

pytestmark = pytest.mark.django_db


def with_second_factor(account):
    TOTP.activate(account, generate_totp_secret())
    return account


@pytest.fixture
def manager():
    return with_second_factor(make_staff("accounts"))


def invite(manager, email, now):
    region = make_region()
    return invitations.invite(
        email=email, name=f"Petugas {email[:4]}", role=COORDINATOR, regions=[region], by=manager, now=now
    )


def test_work_parts_what_others_ask_from_what_one_asked_oneself(manager):
    other, account, now = make_staff("accounts"), make_staff("coordinator"), clock.now()
    for by, role in ((manager, MINISTRY), (other, "Pengelola program")):
        account_requests.ask(AccountRequest.Kind.ROLE, account=account, by=by, now=now, role=role)

    work = account_work_of(manager, now=now)

    assert [request.asked_by for request in work.to_decide] == [other]
    assert [request.asked_by for request in work.asked] == [manager]
    assert account_work_of(manager, now=now + timedelta(days=2)).to_decide == []


def test_work_names_whose_invitation_waits_or_has_ended_and_who_has_one_factor(manager):
    now = clock.now()
    gone = invite(manager, "lama@example.go.id", now - timedelta(days=8))
    waits = invite(manager, "baru@example.go.id", now)
    ready = invite(manager, "siap@example.go.id", now)
    with_second_factor(invitations.accept(invitation=ready, password="kalimat pendek yang panjang", now=now))
    withdrawn = invite(manager, "pergi@example.go.id", now)
    invitations.withdraw(account=withdrawn.account, by=manager, now=now)
    with_second_factor(make_superuser())
    alone = make_staff("coordinator")

    work = account_work_of(manager, now=now)

    assert work.invited == [waits]
    assert work.lapsed == [gone.account]
    assert (work.stranded, work.one_factor) == ([], [alone])


def test_work_names_whoever_has_no_password_and_no_way_to_one(manager):
    stranded = make_staff("coordinator")
    stranded.set_unusable_password()
    stranded.save()

    assert account_work_of(manager, now=clock.now()).stranded == [stranded]


def test_superusers_without_a_second_factor_are_named_too_and_lead_to_no_page_that_is_not_there(client, manager):
    root = make_superuser()

    assert account_work_of(manager, now=clock.now()).one_factor == [root]
    sign_in(client, manager)
    page = BeautifulSoup(client.get("/staf/").content, "html.parser")
    assert [sign.text for sign in page.select("main .sign")] == ["Belum ada faktor kedua"]
    assert not page.select(f'main a[href*="/{root.pk}/"]')


@pytest.mark.parametrize("role", ["coordinator", "ministry", "editor"])
def test_work_of_accounts_is_nobody_elses(role):
    assert account_work_of(make_staff(role), now=clock.now()) is None
    assert account_work_of(AnonymousUser(), now=clock.now()) is None


def test_first_page_of_a_manager_tells_whom_to_help_into_the_workplace(client, manager, django_assert_max_num_queries):
    now = clock.now()
    gone = invite(manager, "lama@example.go.id", now - timedelta(days=8))
    for number in range(3):
        invite(manager, f"baru{number}@example.go.id", now)
        make_staff("coordinator", name=f"Tanpa Faktor {number}")
    sign_in(client, manager)

    with django_assert_max_num_queries(25):
        page = BeautifulSoup(client.get("/staf/").content, "html.parser")

    signs = [sign.text for sign in page.select("main .sign")]
    assert signs == ["Undangan habis, belum dipakai"] + ["Undangan belum dibuka"] * 3 + ["Belum ada faktor kedua"] * 3
    assert page.select_one(f'main a[href="/staf/accounts/user/{gone.account_id}/tautan/"]')
    assert page.select_one('main a.button[href="/staf/accounts/user/undang/"]')
