"""Guessing at the staff login: passwords and codes are tried a few times and no more, by few and by many at once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.hashers import get_hasher
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import User
from tests.factories import make_region, make_user
from tests.portal.accounts.logging_in import INDEX, PASSWORD, code_of, coordinator, log_in, no_limits_left_over, secret
from tests.races import at_once
from tests.staff import make_staff

__all__ = ["coordinator", "no_limits_left_over", "secret"]

pytestmark = pytest.mark.django_db


def test_stock_login_form_evaluates_no_password(client: Client, coordinator: User, monkeypatch: Any) -> None:
    evaluated = []
    monkeypatch.setattr(User, "check_password", lambda user, password: evaluated.append(password))
    answers = {
        client.post("/staf/login/", {"username": "papua@example.go.id", "password": f"salah{number}"}).status_code
        for number in range(50)
    }
    assert answers == {404}
    assert evaluated == []


def test_fifty_bad_passwords_are_not_fifty_evaluations(client: Client, coordinator: User, monkeypatch: Any) -> None:
    evaluated = []
    real = User.check_password
    monkeypatch.setattr(User, "check_password", lambda user, text: evaluated.append(text) or real(user, text))
    for number in range(50):
        log_in(client, f"salah-salah-{number}")
    assert len(evaluated) <= 10
    assert log_in(client).status_code in (200, 429)
    assert client.get(INDEX).status_code == 302


def test_failing_on_purpose_does_not_lock_out_the_browser_that_was_inside(coordinator: User, secret: str) -> None:
    own, colleague = Client(), make_staff("coordinator", make_region(), email="bali@example.go.id", password=PASSWORD)
    log_in(own)
    own.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    own.post(reverse("account_logout"))

    def enters(client: Client, password: str = PASSWORD, email: str = coordinator.email) -> bool:
        answer = client.post(reverse("account_login"), {"login": email, "password": password})
        client.post(reverse("account_logout"))
        return answer.status_code == 302

    for number in range(10):
        for email in (coordinator.email, colleague.email):
            assert not enters(Client(REMOTE_ADDR=f"10.0.0.{number}"), "salah-salah", email)
    assert not enters(Client(REMOTE_ADDR="10.0.1.1"))  # a stranger, even with the right password
    assert not enters(own, email=colleague.email)  # known for one account is known for no other
    assert enters(own)
    assert [enters(own, "salah-salah") for _ in range(5)] == [False] * 5
    assert not enters(own)  # guessing there has an end, too


def test_too_many_logins_from_one_address_get_a_page_of_ours(client: Client) -> None:
    responses = [client.post(reverse("account_login"), {"login": f"a{n}@b.id", "password": "x"}) for n in range(31)]
    assert [response.status_code for response in responses].count(429) >= 1
    assert "Terlalu banyak percobaan" in responses[-1].content.decode()
    assert responses[-1].headers["Retry-After"] == "60"


def test_fifty_bad_codes_are_not_fifty_evaluations(client: Client, coordinator: User, secret: str) -> None:
    log_in(client)
    for number in range(50):
        client.post(reverse("mfa_authenticate"), {"code": f"{number:06}"})
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert client.get(INDEX).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_twenty_bad_passwords_at_once_keep_the_limit(coordinator: User, monkeypatch: Any) -> None:
    evaluated = []
    real = User.check_password
    monkeypatch.setattr(User, "check_password", lambda user, text: evaluated.append(text) or real(user, text))
    results = at_once([lambda number=number: log_in(Client(), f"salah-salah-{number}") for number in range(20)])
    assert [result for result in results if isinstance(result, Exception)] == []
    assert len(evaluated) <= 10


@pytest.mark.django_db(transaction=True)
def test_a_code_of_the_app_works_once_even_at_once(coordinator: User, secret: str) -> None:
    clients = [Client() for _ in range(5)]
    for client in clients:
        log_in(client)
    code = code_of(secret)
    at_once([lambda client=client: client.post(reverse("mfa_authenticate"), {"code": code}) for client in clients])
    assert [client.get(INDEX).status_code for client in clients].count(200) == 1


def test_login_works_as_hard_for_a_stranger_as_for_staff(coordinator: User, secret: str, monkeypatch: Any) -> None:
    """Whoever measures the time learns nothing: by count of hashes and queries, not by clock."""
    hashed: list[str] = []
    hasher = get_hasher()
    real = type(hasher).encode
    monkeypatch.setattr(type(hasher), "encode", lambda self, *text: hashed.append(text[0]) or real(self, *text))
    make_user(email="siti@example.com")
    make_staff("ministry", email="mati@example.go.id")
    User.objects.filter(email="mati@example.go.id").update(is_active=False)
    cost = {}
    for email in ("papua@example.go.id", "siti@example.com", "mati@example.go.id", "tidak-ada@example.com"):
        hashed.clear()
        with CaptureQueriesContext(connection) as queries:
            answer = Client().post(reverse("account_login"), {"login": email, "password": "salah-salah-123"})
        asked = [query["sql"].split()[0] for query in queries if "portal_cache" not in query["sql"]]
        token = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
        cost[email] = (
            answer.status_code,
            len(hashed),
            asked,
            token.sub("", answer.content.decode()).replace(email, ""),
        )
    assert len(set(map(str, cost.values()))) == 1, {email: row[:3] for email, row in cost.items()}
    assert cost["siti@example.com"][1] == 1


def test_empty_password_is_refused(client: Client, coordinator: User) -> None:
    assert log_in(client, "").status_code == 200
    assert "_auth_user_id" not in client.session


def test_participant_has_no_password_to_guess(client: Client) -> None:
    user = make_user(email="siti@example.com")
    assert user.password.startswith("!")
    client.post(reverse("account_login"), {"login": "siti@example.com", "password": user.password})
    assert "_auth_user_id" not in client.session
