"""A coordinator with a password and an app, and how they log in."""

from __future__ import annotations

import time
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from tests.factories import make_region
from tests.staff import make_staff

PASSWORD = "kunci-rahasia-uji-2025"
INDEX = "/staf/"


@pytest.fixture(autouse=True)
def no_limits_left_over() -> None:
    cache.clear()


@pytest.fixture
def coordinator() -> User:
    return make_staff("coordinator", make_region(), email="papua@example.go.id", password=PASSWORD)


@pytest.fixture
def secret(coordinator: User) -> str:
    """The secret of the coordinator's authenticator app; recovery codes are there too."""
    secret = generate_totp_secret()
    TOTP.activate(coordinator, secret)
    RecoveryCodes.activate(coordinator)
    return secret


def code_of(secret: str, *, steps: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def log_in(client: Client, password: str = PASSWORD, **extra: Any) -> Any:
    return client.post(reverse("account_login"), {"login": "papua@example.go.id", "password": password}, **extra)
