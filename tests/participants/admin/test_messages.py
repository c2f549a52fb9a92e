"""The ledger as staff read it: codes in words, instants with their zone."""

from __future__ import annotations

import ast
import inspect
import re
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import translation

from participants import queries
from participants.admin.messages import BEGINNINGS, REASONS, reason_in_words
from participants.models import Notification, Registration
from participants.operations import deliveries, erasures, receipts, reminders, truths, withdrawals
from tests.factories import (
    MINOR_BORN,
    make_broadcast,
    make_participant,
    make_registration,
    make_rule,
    make_session,
)
from tests.participants.operations.sending import register
from tests.staff import make_staff, sign_in


def codes() -> set[str]:
    """Every reason that the operations write: what `untrue`, `unreachable` return, and what else they stamp."""
    found = set()
    for node in ast.walk(ast.parse(inspect.getsource(truths))):
        if isinstance(node, ast.FunctionDef) and node.name.removeprefix("_").startswith(("unreachable", "untrue")):
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
    said = {"too late to be useful"}
    assert all(f'"{reason}"' in inspect.getsource(deliveries) for reason in said)
    assert codes() | sql | said | {receipts.CALLED_SPAM} == set(REASONS)


def test_every_beginning_is_one_that_is_written() -> None:
    written = set(re.findall(r'f"([a-z ]+[:;] )\{', inspect.getsource(deliveries)))
    assert written == set(BEGINNINGS)


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


@pytest.mark.django_db
class TestPerson:
    @pytest.fixture
    def session(self):
        return make_session(first_day=date(2100, 12, 16))

    def rows(self, client, registration):
        answer = client.get(f"/staf/participants/notification/orang/{registration.pk}/")
        table = BeautifulSoup(answer.content, "html.parser").select("#content-main tbody tr")
        return [[" ".join(cell.text.split()) for cell in row.select("th, td")] for row in table]

    def test_tells_what_when_and_whether_it_arrived_newest_first(self, session):
        rule = make_rule(session.program, slug="eve")
        registration, other = make_registration(session), make_registration(session)
        due = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)
        wrote = make_broadcast(session, subject_id="Bawa payung")
        row = {"region": session.region, "queue": "bulk", "created_at": due, "due_at": due}
        said = [
            {"kind": "registered", "state": "sent", "settled_at": due, "attempts": 1, "arrived_at": due},
            {"kind": "reminder", "occurrence": f"{rule.slug}:1", "state": "failed", "reason": "550 no", "attempts": 2},
            {"kind": "broadcast", "occurrence": wrote.occurrence, "state": "cancelled", "reason": "unsubscribed"},
        ]
        for hours, message in enumerate(said):
            late = {"due_at": due + timedelta(hours=hours)}
            Notification.objects.create(**row | late | message, registration=registration, public_id=uuid.uuid4())
        Notification.objects.create(**row | {"due_at": due - timedelta(hours=1)}, kind="region_open",
                                    account=registration.participant.user)  # fmt: skip
        Notification.objects.create(**row, kind="registered", registration=other)
        client = sign_in(Client(), make_staff("coordinator", session.region))

        assert self.rows(client, registration) == [
            ["Jumat, 2 Januari 2026, 12.00 WIB", "Kabar panitia · Bawa payung",
             "Tidak jadi dikirim: penerimanya mematikan pesan ini", "—", "0"],
            ["Jumat, 2 Januari 2026, 11.00 WIB", "Pengingat · 1 hari sebelum hari pertama, 18.00",
             "Gagal: 550 no", "—", "2"],
            ["Jumat, 2 Januari 2026, 10.00 WIB", "Pendaftaran diterima",
             "TerkirimSampai Jumat, 2 Januari 2026, 10.00 WIB",
             "Jumat, 2 Januari 2026, 10.00 WIB", "1"],
            ["Jumat, 2 Januari 2026, 09.00 WIB", "Pendaftaran di wilayah dibuka", "Menunggu waktunya", "—", "0"],
        ]  # fmt: skip

    def test_guardians_letters_are_named_so_and_a_child_is_masked(self):
        session = make_session()
        child = make_participant(full_name="Putri Ayu", birth_date=MINOR_BORN, region=session.region)
        registration = register(session, participant=child, guardian_email="ibu@example.com")
        client = sign_in(Client(), make_staff("coordinator", session.region))

        page = client.get(f"/staf/participants/notification/orang/{registration.pk}/").content.decode()

        assert "kepada wali" in page
        assert "P*** A***" in page
        assert "Putri" not in page
        assert "ibu@" not in page

    def test_of_another_region_or_without_the_right_is_not_found(self, session):
        registration = make_registration(session)
        for reader in (make_staff("coordinator", make_session().region), make_staff("accounts")):
            client = sign_in(Client(), reader)
            assert client.get(f"/staf/participants/notification/orang/{registration.pk}/").status_code == 404

    @pytest.mark.parametrize("messages", [1, 3])
    def test_costs_the_same_queries_for_any_number(self, session, messages, django_assert_num_queries):
        registration = make_registration(session)
        make_rule(session.program)
        for number in range(messages):
            Notification.objects.create(
                kind="reminder", occurrence=f"eve:{number}", registration=registration, region=session.region,
                queue="bulk", due_at=registration.registered_at, created_at=registration.registered_at,
            )  # fmt: skip
        seer = make_staff("editor")
        registration = Registration.objects.select_related("participant").get()
        seer.has_perm("x")
        with django_assert_num_queries(2):
            queries.messages_to(registration, seen_by=seer)
