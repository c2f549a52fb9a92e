"""Accounts of staff: what the manager of accounts types goes through the same door as what participants type."""

import pytest

from portal.accounts.models import User
from tests.participants.test_addresses import ACCEPTED, REFUSED
from tests.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client):
    return sign_in(client, make_staff("accounts", email="akun@example.go.id"))


def add(manager, **typed):
    fields = {"email": "baru@example.go.id", "name": "Baru", "is_active": "on", "password": "kunci-rahasia-uji-2025"}
    return manager.post("/staf/accounts/user/add/", fields | typed)


@pytest.mark.parametrize(("typed", "address"), ACCEPTED.items())
def test_address_is_kept_as_mail_can_be_sent_to(manager, typed, address):
    assert add(manager, email=typed).status_code == 302
    assert User.objects.latest("pk").email == address


@pytest.mark.parametrize("typed", REFUSED)
def test_address_that_mail_cannot_reach_is_refused(manager, typed):
    answer = add(manager, email=typed)

    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == ["email"]
    assert User.objects.count() == 1


def test_name_holds_nothing_invisible(manager):
    add(manager, name="  Ani \u202eirtuP\u200b ")

    assert User.objects.latest("pk").name == "Ani irtuP"
