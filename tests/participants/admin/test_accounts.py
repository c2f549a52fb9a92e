"""Accounts of staff: what the manager of accounts types goes through the same door as what participants type."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group
from django.test import Client

from participants.models import AccountRequest, Invitation
from portal.accounts.models import User
from portal.roles import ACCOUNTS, COORDINATOR, EDITOR, MINISTRY
from tests.participants.test_addresses import ACCEPTED, REFUSED
from tests.rules.visits import client_of, world
from tests.rules.world import World
from tests.staff import make_staff, sign_in

__all__ = ["world"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client):
    return sign_in(client, make_staff("accounts", email="akun@example.go.id"))


def add(manager, **typed):
    fields = {"email": "baru@example.go.id", "name": "Baru", "role": EDITOR}
    return manager.post("/staf/accounts/user/add/", fields | typed)


@pytest.mark.parametrize(("typed", "address"), ACCEPTED.items())
def test_address_is_kept_as_mail_can_be_sent_to(manager, typed, address):
    assert add(manager, email=typed).status_code == 302
    assert User.objects.latest("pk").email == address


@pytest.mark.parametrize("typed", REFUSED)
def test_address_that_mail_cannot_reach_is_refused(manager, typed):
    answer = add(manager, email=typed)

    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == ["email"]
    assert User.objects.count() == 1


def test_name_holds_nothing_invisible(manager):
    add(manager, name="  Ani \u202eirtuP\u200b ")

    assert User.objects.latest("pk").name == "Ani irtuP"


def test_an_invitation_without_a_name_or_a_region_says_what_to_write(manager):
    answer = manager.post("/staf/accounts/user/undang/", {"email": "", "role": COORDINATOR}).text

    for text in ("Tulis namanya.", "Tulis alamat emailnya.", "Pilih sedikitnya satu wilayah."):
        assert text in answer


def change(client, account, **typed):
    keys = [group.pk for group in account.groups.all()]
    fields = {"email": account.email, "name": account.name, "is_active": "on", "groups": keys}
    return client.post(f"/staf/accounts/user/{account.pk}/change/", fields | typed)


def keys(*names):
    return [group.pk for group in Group.objects.filter(name__in=names)]


@pytest.mark.parametrize("password", [{}, {"password": ""}, {"password": "kunci-yang-diketik-pengelola"}])
def test_saving_an_account_leaves_its_password(manager, password):
    account = make_staff("coordinator")
    assert change(manager, account, name="Yohana", **password).status_code == 302
    account.refresh_from_db()
    assert (account.name, account.check_password("kunci-rahasia-uji-2025")) == ("Yohana", True)


def test_nobody_types_a_password_for_another(manager):
    account = make_staff("coordinator")
    for page in ("add", f"{account.pk}/change"):
        assert "password" not in manager.get(f"/staf/accounts/user/{page}/").content.decode()
    add(manager, password="kunci-yang-diketik-pengelola")
    assert not User.objects.latest("pk").has_usable_password()


@pytest.mark.parametrize("was_inside", [False, True])
def test_button_says_what_the_page_behind_it_does(manager, was_inside):
    account = make_staff("coordinator")
    invited_at = datetime(2025, 12, 1, tzinfo=UTC)
    Invitation.objects.create(
        account=account,
        email=account.email,
        invited_by=make_staff("accounts"),
        invited_at=invited_at,
        expires_at=invited_at + timedelta(days=7),
        accepted_at=invited_at if was_inside else None,
    )
    account.set_unusable_password()  # as withdrawn and let in again
    account.save()

    form = BeautifulSoup(manager.get(f"/staf/accounts/user/{account.pk}/change/").text, "html.parser")
    button = form.select_one(f'a[href="/staf/accounts/user/{account.pk}/tautan/"]')
    behind = BeautifulSoup(manager.get(button["href"]).text, "html.parser")

    assert button.text == behind.select_one("#content h1, h1").text
    assert button.text == ("Kirim tautan kata sandi baru" if was_inside else "Kirim undangan lagi")


def test_saving_leads_to_the_list_and_no_button_says_otherwise(manager):
    account = make_staff("coordinator", email="papua@example.go.id", name="Papua")
    page = BeautifulSoup(manager.get(f"/staf/accounts/user/{account.pk}/change/").text, "html.parser")

    assert [button["name"] for button in page.select("#user_form input[type=submit]")] == ["_save"]


def test_what_two_must_agree_to_waits_and_is_shown_to_the_other(manager):
    account, other = make_staff("coordinator"), sign_in(Client(), make_staff("accounts"))
    TOTP.activate(account, generate_totp_secret())
    change(manager, account, email="lain@example.go.id", groups=keys(MINISTRY), reset_second_factor="on")

    account.refresh_from_db()
    assert account.email != "lain@example.go.id"
    assert not account.groups.exists()  # taking a role takes one
    assert account.authenticator_set.exists()
    for asked in AccountRequest.objects.all():
        page = f"/staf/accounts/user/permintaan/{asked.pk}/"
        for where in ("/staf/", "/staf/accounts/user/"):
            assert page in other.get(where).content.decode()
            assert page not in manager.get(where).content.decode()
        assert manager.post(page, {"verdict": "yes"}).status_code == 302
        assert not AccountRequest.objects.get(pk=asked.pk).verdict
        other.post(page, {"verdict": "maybe"})
        other.post(page, {"verdict": "yes"})
    account.refresh_from_db()
    assert account.email == "lain@example.go.id"
    assert [group.name for group in account.groups.all()] == [MINISTRY]
    assert not account.authenticator_set.exists()


def test_coordinator_is_no_accounts_manager_besides(manager):
    account = make_staff("coordinator")
    answer = change(manager, account, groups=keys(COORDINATOR, ACCOUNTS))
    assert "keduanya tidak digabung" in answer.content.decode()
    assert not AccountRequest.objects.exists()


def test_coordinator_is_invited_for_some_region(manager):
    answer = add(manager, role=COORDINATOR)
    assert list(answer.context["form"].errors) == ["regions"]


def test_account_manager_gives_roles_but_not_to_themselves(world: World) -> None:
    client, manager = client_of(world, "accounts"), world.users["accounts"]
    assert manager is not None
    own = client.get(f"/staf/accounts/user/{manager.pk}/change/")
    assert own.status_code == 200
    assert manager.password not in own.content.decode()
    body = {"email": "baru@example.go.id", "name": "Baru", "is_active": "on", "groups": [manager.groups.get().pk]}
    assert client.post(f"/staf/accounts/user/{manager.pk}/change/", body).status_code == 403
    forged = body | {"role": manager.groups.get().name, "password": "kunci-panjang-yang-baru", "is_superuser": "on"}
    assert client.post("/staf/accounts/user/add/", forged | {"role": "Dewa"}).status_code == 200
    assert not User.objects.filter(email="baru@example.go.id").exists()
    added = client.post("/staf/accounts/user/add/", forged)
    assert added.status_code == 302
    user = User.objects.get(email="baru@example.go.id")
    assert user.is_staff
    assert not user.is_superuser
    assert not user.has_usable_password()
    assert not user.groups.exists()  # another manager gives it


def test_forged_account_form_makes_no_superuser(world: World) -> None:
    client, target = client_of(world, "accounts"), world.users["coordinator"]
    assert target is not None
    body = {"email": target.email, "name": "A", "is_active": "on", "is_superuser": "on", "is_staff": ""}
    client.post(f"/staf/accounts/user/{target.pk}/change/", body | {"user_permissions": "1", "groups": []})
    target.refresh_from_db()
    assert (target.is_superuser, target.is_staff, target.name) == (False, True, "A")
    assert not target.user_permissions.exists()


def test_superusers_and_participants_are_not_in_the_accounts_list(world: World) -> None:
    client = client_of(world, "accounts")
    boss, participant = world.users["superuser"], world.users["participant"]
    assert boss is not None
    assert participant is not None
    for user in (boss, participant):
        assert client.get(f"/staf/accounts/user/{user.pk}/change/").status_code == 404
        assert user.email not in client.get("/staf/accounts/user/").content.decode()
