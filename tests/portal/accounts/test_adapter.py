"""What the second factor keeps lies encrypted, survives a change of the server's key and never becomes guessable."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.utils import decrypt

from tests.factories import make_coordinator

pytestmark = pytest.mark.django_db


def test_secrets_lie_encrypted_in_the_database() -> None:
    user, secret = make_coordinator(), generate_totp_secret()
    TOTP.activate(user, secret)
    codes = RecoveryCodes.activate(user).get_unused_codes()
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert not any(code in stored for code in codes)
    assert decrypt(Authenticator.objects.get(type="totp").data["secret"]) == secret


def test_secrets_survive_a_new_server_key_while_the_old_one_is_kept(settings: Any) -> None:
    user, secret = make_coordinator(), generate_totp_secret()
    TOTP.activate(user, secret)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = secrets.token_urlsafe(60)
    assert decrypt(Authenticator.objects.get(type="totp").data["secret"]) == secret


def test_lost_key_leaves_nothing_that_could_be_guessed(settings: Any) -> None:
    user = make_coordinator()
    codes = RecoveryCodes.activate(user).get_unused_codes()
    settings.SECRET_KEY = secrets.token_urlsafe(60)
    found = [RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes() for _time in range(2)]
    assert not set(codes) & set(found[0])
    assert not set(found[0]) & set(found[1])
