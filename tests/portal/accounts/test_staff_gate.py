"""Every path into the workplace asks for a password and a second factor, in this session, not too long ago."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from tests.factories import make_user
from tests.portal.accounts.logging_in import INDEX, PASSWORD, code_of, coordinator, log_in, no_limits_left_over, secret
from tests.staff import make_superuser, sign_in

__all__ = ["coordinator", "no_limits_left_over", "secret"]

pytestmark = pytest.mark.django_db
MANAGING = ["mfa_index", "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_download_recovery_codes"]
MANAGING += ["mfa_deactivate_totp", "mfa_activate_totp", "mfa_reauthenticate", "account_reauthenticate"]


def test_login_with_password_and_app_enters(client: Client, coordinator: User, secret: str) -> None:
    assert log_in(client).headers["Location"] == reverse("mfa_authenticate")
    assert client.get(INDEX).status_code == 302
    response = client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert response.headers["Location"] == INDEX
    assert client.get(INDEX).status_code == 200


def test_login_with_password_and_recovery_code_enters_once(client: Client, coordinator: User, secret: str) -> None:
    codes = RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes()
    log_in(client)
    client.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert client.get(INDEX).status_code == 200
    again = Client()
    log_in(again)
    again.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert again.get(INDEX).status_code == 302


def test_login_leads_staff_without_second_factor_to_enrol(client: Client, coordinator: User) -> None:
    page = log_in(client, follow=True)
    assert page.redirect_chain[-1][0].startswith(reverse("mfa_activate_totp"))
    assert page.status_code == 200
    assert "data:image/svg+xml" in page.content.decode()
    old_key = client.session.session_key
    response = client.post(reverse("mfa_activate_totp"), {"code": code_of(client.session[SECRET_SESSION_KEY])})
    assert response.headers["Location"] == reverse("mfa_view_recovery_codes")
    codes = client.get(reverse("mfa_view_recovery_codes"))
    assert codes.status_code == 200
    assert (
        RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes()[0] in codes.content.decode()
    )
    assert client.get(INDEX).status_code == 200
    assert client.session.session_key != old_key


def test_password_alone_reaches_no_staff_page(client: Client, coordinator: User) -> None:
    sign_in(client, coordinator, proofs=["password"])
    for path in (INDEX, "/staf/participants/registration/", "/staf/jsi18n/", "/en/staf/"):
        response = client.get(path)
        assert response.status_code == 302, path
        assert "/login/" in response.headers["Location"]
    assert client.get("/staf/login/").headers["Location"].startswith(reverse("mfa_activate_totp"))


@pytest.mark.parametrize("name", MANAGING)
def test_code_from_the_door_opens_nothing_of_staff(name: str, client: Client, coordinator: User, secret: str) -> None:
    """Mailbox and password are two proofs, but not the two that are asked for."""
    sign_in(client, coordinator, proofs=[])
    response = client.get(reverse(name))
    assert response.headers["Location"].startswith(reverse("account_login"))
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("name", MANAGING)
def test_password_alone_shows_and_changes_no_second_factor(
    name: str, client: Client, coordinator: User, secret: str
) -> None:
    sign_in(client, coordinator, proofs=["password"])
    for response in (client.get(reverse(name)), client.post(reverse(name), {"password": PASSWORD})):
        if name == "mfa_reauthenticate":
            assert response.status_code == 200
        else:
            assert response.headers["Location"].startswith(reverse("mfa_reauthenticate"))
    assert Authenticator.objects.filter(user=coordinator).count() == 2


def test_second_factor_after_the_password_enters_under_a_new_key(
    client: Client, coordinator: User, secret: str
) -> None:
    sign_in(client, coordinator, proofs=["password"])
    old_key = client.session.session_key
    client.post(reverse("mfa_reauthenticate"), {"code": code_of(secret)})
    assert client.get(INDEX).status_code == 200
    assert client.session.session_key != old_key


def test_giving_up_the_second_factor_closes_the_workplace(client: Client, coordinator: User, secret: str) -> None:
    sign_in(client, coordinator)
    assert client.get(INDEX).status_code == 200
    client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.filter(user=coordinator).exists()
    assert client.get(INDEX).status_code == 302


def test_old_proof_is_asked_for_again_before_the_second_factor_is_shown(
    client: Client, coordinator: User, secret: str
) -> None:
    sign_in(client, coordinator)
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 301
    session.save()
    assert client.get(INDEX).status_code == 200
    response = client.get(reverse("mfa_view_recovery_codes"))
    assert response.headers["Location"].startswith((reverse("account_reauthenticate"), reverse("mfa_reauthenticate")))


@pytest.mark.parametrize("proofs", [[], ["mfa"], ["password"], ["socialaccount", "mfa"], ["code", "mfa"]])
def test_workplace_wants_both_proofs(proofs: list[str], client: Client, coordinator: User) -> None:
    sign_in(client, coordinator, proofs=proofs)
    assert client.get(INDEX).status_code == 302


def test_proofs_of_another_user_count_nothing(client: Client, coordinator: User) -> None:
    sign_in(client, coordinator)
    session = client.session
    session["account_authentication_methods_user"] = str(coordinator.pk + 1)
    session.save()
    assert client.get(INDEX).status_code == 302


@pytest.mark.parametrize("page", ["", "participants/registration/", "participants/registration/?q=siti", "akun/2fa/"])
def test_who_is_not_logged_in_is_led_from_every_page_to_the_staff_login_and_back(
    client: Client, coordinator: User, secret: str, page: str
) -> None:
    led = client.get(INDEX + page)
    assert led["Location"].startswith("/staf/login/?next=")
    login = client.get(led["Location"])["Location"]

    client.post(login, {"login": coordinator.email, "password": PASSWORD})
    entered = client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})

    assert entered["Location"] == INDEX + page


def test_participant_finds_no_workplace_and_the_way_out_of_their_login(client: Client) -> None:
    sign_in(client, make_user())
    page = client.get(INDEX, follow=True)
    assert (page.status_code, page.redirect_chain) == (403, [("/staf/login/?next=/staf/", 302)])
    assert "sedang masuk sebagai peserta" in page.content.decode()

    left = client.post(reverse("account_logout"), {"next": reverse("account_login")})

    assert left["Location"] == reverse("account_login")
    assert client.get(INDEX)["Location"] == "/staf/login/?next=/staf/"
    sign_in(client, make_user())
    for name in MANAGING:
        assert client.get(reverse(name)).status_code == 404, name


def idle(client: Client, *, since: float = 0, seen: float = 0) -> None:
    """Let the session have begun and been used so many seconds ago, by machine time."""
    session = client.session
    session["staff_since"], session["staff_seen"] = time.time() - since, time.time() - seen
    session.save()


@pytest.mark.parametrize(
    ("since", "seen", "status"),
    [
        (0, 0, 200),
        (29 * 60, 29 * 60, 200),
        (31 * 60, 31 * 60, 302),
        (12 * 3600 - 60, 10, 200),
        (12 * 3600 + 1, 10, 302),
    ],
)
def test_staff_session_ends_idle_and_old(since: int, seen: int, status: int, client: Client, coordinator: User) -> None:
    sign_in(client, coordinator)
    idle(client, since=since, seen=seen)
    cookie = client.cookies["session"].value
    assert client.get(INDEX).status_code == status
    client.cookies["session"] = cookie
    assert client.get(INDEX).status_code == status, "replayed"


def test_use_keeps_an_idle_session_and_not_an_old_one(client: Client, coordinator: User) -> None:
    sign_in(client, coordinator)
    idle(client, since=11.9 * 3600, seen=20 * 60)
    assert client.get(INDEX).status_code == 200
    assert time.time() - client.session["staff_seen"] < 5
    assert time.time() - client.session["staff_since"] > 11 * 3600


def test_logout_is_a_post_and_kills_the_key(client: Client, coordinator: User) -> None:
    sign_in(client, coordinator)
    key = client.cookies["session"].value
    assert client.get(reverse("account_logout")).status_code == 200
    assert client.get(INDEX).status_code == 200
    answer = client.post(reverse("account_logout"))
    assert answer["Clear-Site-Data"] == '"cache", "storage"'  # an office computer is shared, too
    client.cookies["session"] = key
    assert client.get(INDEX).status_code == 302


def test_login_changes_the_session_key(client: Client, coordinator: User, secret: str) -> None:
    session = client.session
    session["before"] = 1
    session.save()
    client.cookies["session"] = session.session_key
    log_in(client)
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert client.cookies["session"].value != session.session_key
    replay = Client()
    replay.cookies["session"] = session.session_key
    assert replay.get(INDEX).status_code == 302


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
def test_switched_off_account_is_out_at_the_next_request(
    change: dict[str, bool], client: Client, coordinator: User
) -> None:
    sign_in(client, coordinator)
    assert client.get(INDEX).status_code == 200
    User.objects.filter(pk=coordinator.pk).update(**change)
    assert client.get(INDEX).status_code in (302, 404)


def test_role_taken_away_counts_at_the_next_request(client: Client, coordinator: User) -> None:
    sign_in(client, coordinator)
    assert client.get("/staf/participants/registration/").status_code == 200
    coordinator.groups.clear()
    assert client.get("/staf/participants/registration/").status_code == 403


def test_new_password_ends_other_sessions(client: Client, coordinator: User) -> None:
    sign_in(client, coordinator)
    coordinator.set_password("kunci-yang-lain-2025")
    coordinator.save()
    assert client.get(INDEX).status_code == 302


def test_superuser_passes_the_same_gate(client: Client) -> None:
    boss = make_superuser()
    sign_in(client, boss, proofs=["password"])
    assert client.get(INDEX).status_code == 302
    sign_in(client, boss)
    assert client.get(INDEX).status_code == 200


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example/", "\\\\evil.example", "javascript:x", "/saya/"]
)
def test_next_never_leads_elsewhere(wanted: str, client: Client) -> None:
    location = client.get("/staf/login/", {"next": wanted}).headers["Location"]
    assert location == f"{reverse('account_login')}?next=%2Fstaf%2F"
