"""The ledger as staff read it: codes in words, instants with their zone."""

from __future__ import annotations

import ast
import inspect
import uuid
from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.utils import translation

from participants.admin.messages import BEGINNINGS, REASONS, reason_in_words
from participants.models import Notification
from participants.operations import deliveries, erasures, reminders, withdrawals
from tests.factories import make_registration, make_session
from tests.staff import make_staff, sign_in


def codes() -> set[str]:
    """Every reason that the operations write: what `untrue` and its like return, and what else they stamp."""
    found = set()
    for node in ast.walk(ast.parse(inspect.getsource(deliveries))):
        if isinstance(node, ast.FunctionDef) and node.name.removeprefix("_").startswith("untrue"):
            returned = [item.value for item in ast.walk(node) if isinstance(item, ast.Return) and item.value]
            constants = [text for value in returned for text in _texts(value)]
            found |= {text for text in constants if text}
    for module in (erasures, withdrawals):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "notifications.call_off":
                found |= {text for word in node.keywords if word.arg == "reason" for text in _texts(word.value)}
    return found


def _texts(value: ast.expr) -> list[str]:
    """The strings that an expression may come out as: not those that it compares."""
    if isinstance(value, ast.IfExp):
        return _texts(value.body) + _texts(value.orelse)
    return [value.value] if isinstance(value, ast.Constant) and isinstance(value.value, str) else []


def test_every_reason_has_words() -> None:
    sql = {"nothing ticked in time", "a newer reminder says more"}
    assert all(f"'{reason}'" in reminders.PROMISE for reason in sql)
    assert "too late to be useful" in inspect.getsource(deliveries)
    assert codes() | sql | {"too late to be useful"} == set(REASONS)


def test_every_beginning_is_one_that_is_written() -> None:
    source = inspect.getsource(deliveries)
    assert [beginning for beginning in BEGINNINGS if f'f"{beginning}' not in source] == []


@pytest.mark.parametrize(
    ("reason", "indonesian", "english"),
    [
        ("", "—", "—"),
        ("no longer comes", "tidak jadi datang", "no longer comes"),
        (
            "perhaps sent; the session was moved",
            "mungkin terkirim; sesinya pindah",
            "perhaps sent; the session was moved",
        ),
        ("gave up: 451 try later", "berhenti mencoba: 451 try later", "gave up: 451 try later"),
        ("550 no such user", "550 no such user", "550 no such user"),
    ],
)
def test_reason_is_said_in_the_readers_language(reason: str, indonesian: str, english: str) -> None:
    assert reason_in_words(reason) == indonesian
    with translation.override("en"):
        assert reason_in_words(reason) == english


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "shown"), [("", "2 Des 2025, 09.30 WIB"), ("/en", "2 Dec 2025, 09:30 WIB")])
def test_list_says_why_and_in_which_zone(language: str, shown: str) -> None:
    session = make_session(first_day=date(2025, 12, 16))
    at = datetime(2025, 12, 2, 2, 30, tzinfo=UTC)
    Notification.objects.create(
        public_id=uuid.uuid4(),
        kind=Notification.Kind.REMINDER,
        registration=make_registration(session),
        region=session.region,
        queue=Notification.Queue.BULK,
        due_at=at,
        state=Notification.State.CANCELLED,
        reason="the session was moved",
        created_at=at,
    )
    client = sign_in(Client(), make_staff("coordinator", session.region))
    page = client.get(f"{language}/staf/participants/notification/").content.decode()
    assert shown in page
    assert ("the session was moved" if language else "sesinya pindah") in page
