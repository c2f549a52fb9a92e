"""Other ways to an account: the recovery address, and a login address changed by staff."""

import secrets
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from participants.messages.mails import mail, recipient
from participants.models import AddressChange, LoginCode, Notification
from participants.operations import login_codes, recoveries
from portal.accounts.models import RecoveryAddress, User
from tests.factories import (
    DURING_REGISTRATION,
    make_coordinator,
    make_participant,
    make_registration,
    make_session,
    make_user,
)
from tests.races import at_once

NOW = DURING_REGISTRATION
MACHINE = datetime(2026, 3, 1, 8, tzinfo=UTC)
SECOND = "cadangan@example.com"
BROWSER = "b" * 43


def ask(user, email=SECOND, browser=BROWSER, at=MACHINE):
    return recoveries.ask(user=user, email=email, browser=browser, language="id", machine_now=at, now=NOW)


def prove(user, code, browser=BROWSER, at=MACHINE):
    return recoveries.prove(user=user, code=code, browser=browser, machine_now=at, now=NOW)


def set_up(user, email=SECOND):
    return prove(user, login_codes.text(ask(user, email)))


def at_the_door(email, browser=None):
    browser = browser or secrets.token_urlsafe(32)
    code = login_codes.ask(email=email, browser=browser, language="id", machine_now=MACHINE, now=NOW)
    return login_codes.check(code=login_codes.text(code), browser=browser, machine_now=MACHINE, now=NOW)


def kinds():
    return [*Notification.objects.exclude(kind="login_code").order_by("pk").values_list("kind", flat=True)]


@pytest.fixture
def user(db):
    return make_user(email="siti@example.com")


class TestProve:
    def test_lets_the_second_address_open_the_same_account(self, user):
        set_up(user)

        assert at_the_door(SECOND) == user
        assert at_the_door("CADANGAN@example.com") == user
        assert User.objects.count() == 1

    def test_tells_the_accounts_own_address(self, user):
        set_up(user)

        told = Notification.objects.get(kind="recovery_set")
        assert recipient(told) == ("siti@example.com", "id")
        assert SECOND not in mail(told, now=NOW).body

    def test_replaces_an_earlier_one(self, user):
        set_up(user)
        set_up(user, "lain@example.com")

        assert RecoveryAddress.objects.get().email == "lain@example.com"
        assert kinds() == ["recovery_set", "recovery_set"]
        assert at_the_door(SECOND) != user

    def test_opens_nothing_before_it_is_proven(self, user):
        ask(user)

        assert at_the_door(SECOND) != user

    def test_sends_the_code_to_the_spelling_that_was_proven(self, user):
        set_up(user, "Cadangan@example.com")

        code = login_codes.ask(email=SECOND, browser="c" * 43, language="id", machine_now=MACHINE, now=NOW)
        assert code.email == "Cadangan@example.com"

    def test_gives_way_to_somebodys_own_address(self, user):
        set_up(user)
        owner = make_user(email=SECOND)

        assert at_the_door(SECOND) == owner

    def test_costs_the_door_the_same_queries_for_any_address(self, user):
        set_up(user)
        statements = []
        for email in [SECOND, "siti@example.com", "baru@example.com"]:
            with CaptureQueriesContext(connection) as queries:
                login_codes.ask(
                    email=email, browser="c" * 43, language="id", machine_now=MACHINE, now=NOW, network="192.0.2.1"
                )
            statements.append([query["sql"].partition("(")[0].partition('"')[0] for query in queries])

        assert statements[0] == statements[1] == statements[2]

    @pytest.mark.parametrize("owner", ["own", "recovery"])
    def test_refuses_an_address_that_opens_another_account_only_to_its_reader(self, user, owner):
        other = make_user(email=SECOND if owner == "own" else "lain@example.com")
        if owner == "recovery":
            set_up(other)
        code = login_codes.text(ask(user))  # asking tells nothing

        with pytest.raises(recoveries.AddressTaken):
            prove(user, code)
        assert not RecoveryAddress.objects.filter(user=user).exists()

    def test_takes_no_code_for_another_purpose(self, user):
        recovery = login_codes.text(ask(user))
        with pytest.raises(login_codes.NoCode):
            login_codes.check(code=recovery, browser=BROWSER, machine_now=MACHINE, now=NOW)
        login = login_codes.ask(email=SECOND, browser=BROWSER, language="id", machine_now=MACHINE, now=NOW)

        with pytest.raises(login_codes.WrongCode):
            prove(user, login_codes.text(login))
        row = LoginCode.objects.get(purpose="recovery")
        assert login_codes.text(row) != login_codes.text(LoginCode(public_id=row.public_id))

    def test_takes_no_code_of_another_account_or_browser(self, user):
        code = login_codes.text(ask(user))

        with pytest.raises(login_codes.NoCode):
            prove(make_user(), code)
        with pytest.raises(login_codes.NoCode):
            prove(user, code, browser="c" * 43)

    def test_counts_wrong_codes(self, user):
        ask(user)
        for expected in (login_codes.WrongCode, login_codes.WrongCode, login_codes.CodeIsDead):
            with pytest.raises(expected):
                prove(user, "BBBBBBBB")
        assert LoginCode.objects.get().wrong_guesses == 3


class TestAsk:
    def test_refuses_ones_own_inbox_in_any_spelling(self, user):
        with pytest.raises(recoveries.SameInbox):
            ask(user, "SITI+dua@example.com")

    def test_refuses_staff(self, db):
        with pytest.raises(recoveries.StaffHaveNone):
            ask(make_coordinator())

    def test_mails_five_addresses_a_day(self, user):
        for number in range(5):
            ask(user, f"orang{number}@example.com")

        with pytest.raises(login_codes.TooManyMails) as refusal:
            ask(user, "lagi@example.com", at=MACHINE + timedelta(hours=23))
        assert refusal.value.retry_at == MACHINE + timedelta(days=1)
        ask(user, "lagi@example.com", at=MACHINE + timedelta(days=1))

    def test_counts_with_the_mails_of_the_door(self, user):
        for _ in range(3):
            login_codes.ask(
                email=SECOND, browser=secrets.token_urlsafe(32), language="id", machine_now=MACHINE, now=NOW
            )

        with pytest.raises(login_codes.TooManyMails):
            ask(user)


class TestRemove:
    def test_closes_the_way_and_tells(self, user):
        set_up(user)

        assert recoveries.remove(user=user, now=NOW)
        assert not recoveries.remove(user=user, now=NOW)
        assert kinds() == ["recovery_set", "recovery_removed"]
        assert at_the_door(SECOND) != user


@pytest.fixture
def registration(user):
    session = make_session()
    return make_registration(session, participant=make_participant(user=user, region=session.region))


@pytest.fixture
def coordinator(registration):
    return make_coordinator(registration.region)


def change(registration, by, email="baru@example.com"):
    return recoveries.change_address(
        registration=registration, email=email, reason="Datang dengan kartu pelajar", by=by, now=NOW
    )


class TestChangeAddress:
    def people(self, registration, number):
        return [make_registration(registration.session) for _ in range(number)]

    def test_of_ten_people_a_day_is_all_that_one_alone_may(self, registration, coordinator):
        rows, other = self.people(registration, recoveries.REPLACED_ALONE + 1), make_coordinator(registration.region)
        for number, row in enumerate(rows[:-1]):
            change(row, coordinator, f"baru{number}@example.com")

        with pytest.raises(recoveries.TooManyReplaced):
            change(rows[-1], coordinator, "terlalu@example.com")
        assert not AddressChange.objects.filter(new_email="terlalu@example.com").exists()
        assert change(rows[-1], other, "terlalu@example.com")
        later = {"reason": "x", "by": coordinator, "now": NOW + timedelta(days=1)}
        assert recoveries.change_address(registration=rows[0], email="esok@example.com", **later)

    @pytest.mark.django_db(transaction=True)
    def test_of_many_people_at_once_is_no_more(self, registration, coordinator):
        rows = self.people(registration, recoveries.REPLACED_ALONE + 4)
        calls = [partial(change, row, coordinator, f"baru{number}@example.com") for number, row in enumerate(rows)]

        done = at_once(calls)

        assert sum(isinstance(one, AddressChange) for one in done) == recoveries.REPLACED_ALONE
        assert sum(isinstance(one, recoveries.TooManyReplaced) for one in done) == 4

    def test_lets_the_new_address_in_and_no_other(self, registration, user, coordinator):
        set_up(user)
        change(registration, coordinator)

        assert at_the_door("baru@example.com") == user
        assert at_the_door("siti@example.com") != user
        assert at_the_door(SECOND) != user

    def test_ends_every_session(self, registration, user, coordinator):
        phone = Client()
        phone.force_login(user)
        assert phone.get("/saya/").status_code == 200

        change(registration, coordinator)

        assert phone.get("/saya/").status_code == 302

    def test_writes_down_who_did_what_and_why(self, registration, user, coordinator):
        change(registration, coordinator)

        row = AddressChange.objects.get()
        assert (row.account, row.region, row.old_email, row.new_email, row.reason, row.changed_by, row.changed_at) == (
            user,
            registration.region,
            "siti@example.com",
            "baru@example.com",
            "Datang dengan kartu pelajar",
            coordinator,
            NOW,
        )

    def test_tells_the_old_address_alone(self, registration, coordinator):
        change(registration, coordinator)

        told = Notification.objects.get()
        message = mail(told, now=NOW)
        assert message.to == ["siti@example.com"]
        assert "baru@example.com" not in message.body
        assert told.region == registration.region

    @pytest.mark.parametrize("email", ["LAIN@example.com", "cadangan@example.com"])
    def test_refuses_an_address_of_somebody_else(self, registration, coordinator, email):
        set_up(make_user(email="lain@example.com"))

        with pytest.raises(recoveries.AddressTaken):
            change(registration, coordinator, email)
        assert not AddressChange.objects.exists()

    def test_refuses_the_address_that_is_there(self, registration, coordinator):
        with pytest.raises(recoveries.SameAddress):
            change(registration, coordinator, "Siti@example.com")

    def test_refuses_accounts_of_staff(self, registration, user, coordinator):
        User.objects.filter(pk=user.pk).update(is_staff=True)

        with pytest.raises(recoveries.StaffHaveNone):
            change(registration, coordinator)

    @pytest.mark.parametrize(
        "attack",
        ["UPDATE participants_addresschange SET reason = 'lain'", "DELETE FROM participants_addresschange"],
    )
    def test_database_keeps_the_row_as_it_is(self, registration, coordinator, attack):
        change(registration, coordinator)

        with pytest.raises(DatabaseError, match="never altered"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(attack)
        assert AddressChange.objects.get().reason == "Datang dengan kartu pelajar"


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_do_not_get_one_address():
    sessions = make_session()
    rows = [make_registration(sessions) for _ in range(4)]
    staff = make_coordinator(sessions.region)

    results = at_once([partial(change, row, staff) for row in rows])

    assert sorted(type(result).__name__ for result in results) == ["AddressChange", *["AddressTaken"] * 3]
    assert User.objects.with_address("baru@example.com").count() == 1
