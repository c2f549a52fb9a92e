"""Demonstration accounts: made on this machine, kept by the next run, printed again, never in production."""

from __future__ import annotations

import stat
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from programs.models import Coordination, Region

pytestmark = pytest.mark.django_db
EDITION = Path(__file__).parents[2] / "programs" / "editions" / "2025_12.toml"


@pytest.fixture(autouse=True)
def fresh_machine(monkeypatch: Any, tmp_path: Path) -> Path:
    monkeypatch.setenv("PORTAL_STATE_DIR", str(tmp_path))
    call_command("load_edition", str(EDITION), stdout=StringIO())
    call_command("sync_roles", stdout=StringIO())
    return tmp_path


def make(*arguments: str) -> str:
    out = StringIO()
    call_command("demo_accounts", *arguments, stdout=out)
    return out.getvalue()


def test_every_role_gets_an_account_and_every_coordinator_a_region() -> None:
    make()
    assert User.objects.filter(is_staff=True, is_superuser=False).count() == 7
    assigned = dict(Coordination.objects.values_list("user__email", "region__name"))
    assert assigned == {
        "papua@example.go.id": "Papua",
        "bali@example.go.id": "Bali",
        "jakarta@example.go.id": "DKI Jakarta",
    }
    assert set(assigned.values()) <= set(Region.objects.values_list("name", flat=True))


def test_printed_password_and_recovery_code_let_in() -> None:
    password, _codes, code, *_rest = make().split("papua@example.go.id", 1)[1].split()
    client = Client()
    client.post(reverse("account_login"), {"login": "papua@example.go.id", "password": password})
    client.post(reverse("mfa_authenticate"), {"code": code})
    page = client.get("/staf/")
    assert page.status_code == 200
    assert code not in make("--print"), "a used code is not offered again"


def test_second_run_keeps_accounts_and_prints_the_same() -> None:
    first = make()
    users = dict(User.objects.values_list("email", "password"))
    authenticators = set(Authenticator.objects.values_list("pk", flat=True))
    assert make() == first == make("--print")
    assert dict(User.objects.values_list("email", "password")) == users
    assert set(Authenticator.objects.values_list("pk", flat=True)) == authenticators


def test_second_run_takes_no_time_over_passwords_that_it_knows(monkeypatch: Any) -> None:
    make()
    monkeypatch.setattr(User, "check_password", lambda *_: pytest.fail("asked what takes a quarter of a second"))
    make()


def test_a_password_that_was_changed_becomes_the_printed_one_again() -> None:
    first = make()
    user = User.objects.get(email="papua@example.go.id")
    user.set_password("kunci-yang-lain-2025")
    user.save()

    assert make() == first

    user.refresh_from_db()
    assert user.check_password(first.split("papua@example.go.id", 1)[1].split()[0])


def test_passwords_that_were_lost_are_made_anew(fresh_machine: Path) -> None:
    make()
    (fresh_machine / "accounts.json").unlink()

    password = make().split("papua@example.go.id", 1)[1].split()[0]

    assert User.objects.get(email="papua@example.go.id").check_password(password)


def test_second_factor_under_a_lost_key_is_made_anew(settings: Any) -> None:
    make()
    settings.SECRET_KEY = "x" * 60
    codes = make().split("papua@example.go.id", 1)[1].split()[2:5]
    assert codes == make("--print").split("papua@example.go.id", 1)[1].split()[2:5]


def test_passwords_are_long_random_and_readable_by_the_owner_alone(fresh_machine: Path) -> None:
    first = make()
    stored = fresh_machine / "accounts.json"
    for file in (stored, fresh_machine / "accounts.hashed.json"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    stored.unlink()
    User.objects.filter(is_staff=True).delete()
    assert set(first.split()) & set(make().split()) & {word for word in first.split() if word.count("-") == 3} == set()


def test_demo_accounts_have_no_place_in_production(settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="no place in production"):
        make()
    assert not User.objects.filter(is_staff=True).exists()
