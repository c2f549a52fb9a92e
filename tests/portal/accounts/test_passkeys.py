"""Passkeys as the second factor, through the gate that holds for every other: never alone, and never stepped past."""

from __future__ import annotations

import json
from hashlib import sha256
from secrets import token_bytes

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from bs4 import BeautifulSoup
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from django.test import Client
from django.urls import reverse
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

from portal.accounts.models import User
from tests.factories import make_region
from tests.portal.accounts.logging_in import no_limits_left_over
from tests.staff import make_staff, sign_in

__all__ = ["no_limits_left_over"]

pytestmark = pytest.mark.django_db
ADD, LIST, AGAIN = (reverse(f"mfa_{name}_webauthn") for name in ("add", "list", "reauthenticate"))


@pytest.fixture
def staff() -> User:
    return make_staff("coordinator", make_region())


def passkey_of(user: User) -> Authenticator:
    """A key as one that a browser made would be kept; its private half is thrown away."""
    public = ES256.from_cryptography_key(generate_private_key(SECP256R1()).public_key())
    made = AttestedCredentialData.create(Aaguid(bytes(16)), token_bytes(16), public)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT
    data = AuthenticatorData.create(sha256(b"testserver").digest(), flags, 0, made)
    told = {"clientDataJSON": b'{"type":"webauthn.create","challenge":"","origin":"https://testserver"}'}
    told["attestationObject"] = AttestationObject.create("none", data, {})
    written = {name: websafe_encode(bytes(value)) for name, value in told.items()}
    key = websafe_encode(made.credential_id)
    credential = {"id": key, "rawId": key, "type": "public-key", "response": written}
    kept = {"name": "Ponsel", "credential": credential}
    return Authenticator.objects.create(user=user, type="webauthn", data=kept)


def asked(page: object) -> dict:
    form = BeautifulSoup(page.content, "html.parser").select_one("form[data-passkey]")  # type: ignore[attr-defined]
    assert form is not None
    return {"does": form["data-passkey"], "options": json.loads(str(form["data-options"]))}


def test_page_asks_the_browser_for_a_new_key_of_this_very_site(staff: User) -> None:
    page = sign_in(Client(), staff, proofs=["password"]).get(ADD)

    options = asked(page)["options"]["publicKey"]
    assert asked(page)["does"] == "create"
    assert options["rp"]["id"] == "testserver"
    assert len(options["challenge"]) >= 22
    assert "<script>" not in page.content.decode()


@pytest.mark.parametrize(("way", "label"), [("", "Nama"), ("/en", "Name")])
def test_name_of_a_new_key_is_asked_in_the_readers_language(way: str, label: str, staff: User) -> None:
    page = sign_in(Client(), staff, proofs=["password"]).get(way + ADD)

    asked_for = BeautifulSoup(page.content, "html.parser").select_one("label[for=id_name]")
    assert asked_for is not None
    assert asked_for.get_text().split()[0] == label


@pytest.mark.parametrize("credential", ["", "{}", "[]", "x", '{"id": 1, "response": {}}'])
def test_what_is_no_answer_of_a_key_adds_none(credential: str, staff: User) -> None:
    client = sign_in(Client(), staff, proofs=["password"])
    client.get(ADD)
    answer = client.post(ADD, {"name": "Ponsel", "credential": credential})
    assert answer.status_code == 200
    assert not Authenticator.objects.exists()
    assert client.get("/staf/").status_code == 302


def test_whoever_has_a_second_factor_adds_no_key_without_giving_it(staff: User) -> None:
    TOTP.activate(staff, generate_totp_secret())
    client = sign_in(Client(), staff, proofs=["password"])
    assert client.get(ADD)["Location"].startswith(reverse("mfa_reauthenticate"))
    assert client.get(LIST)["Location"].startswith(reverse("mfa_reauthenticate"))


def test_password_alone_does_not_pass_whoever_has_only_a_passkey(staff: User) -> None:
    passkey_of(staff)
    client = sign_in(Client(), staff, proofs=["password"])
    assert client.get("/staf/").status_code == 302
    assert asked(client.get(AGAIN))["does"] == "get"
    assert client.post(AGAIN, {"credential": "{}"}).status_code == 200
    assert client.get("/staf/").status_code == 302


def test_login_offers_a_passkey_to_whoever_has_one_only(staff: User) -> None:
    TOTP.activate(staff, generate_totp_secret())
    who = {"login": staff.email, "password": "kunci-rahasia-uji-2025"}
    for has_one in (False, True):
        if has_one:
            passkey_of(staff)
        page = Client().post(reverse("account_login"), who, follow=True)
        assert ("data-passkey" in page.content.decode()) == has_one


def test_without_the_last_key_the_workplace_is_closed(staff: User) -> None:
    key = passkey_of(staff)
    client = sign_in(Client(), staff)
    assert client.get("/staf/").status_code == 200
    remove = reverse("mfa_remove_webauthn", args=[key.pk])
    assert "Lepas kunci sandi" in client.get(remove).content.decode()
    client.post(remove)
    assert not Authenticator.objects.filter(type="webauthn").exists()
    assert client.get("/staf/").status_code == 302


def test_key_of_somebody_else_does_not_exist(staff: User) -> None:
    theirs = passkey_of(make_staff("editor"))
    client = sign_in(Client(), staff)
    assert client.post(reverse("mfa_remove_webauthn", args=[theirs.pk])).status_code == 404
    assert Authenticator.objects.filter(pk=theirs.pk).exists()
