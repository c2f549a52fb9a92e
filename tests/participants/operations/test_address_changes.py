"""Another login address by oneself: two proofs, one transaction, and who is told."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from participants.messages.mails import mail
from participants.models import AddressChange, LoginCode, Notification
from participants.operations import address_changes, login_codes, recoveries
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
OLD, NEW, SECOND = "siti@example.com", "siti.baru@example.com", "cadangan@example.com"
BROWSER = "b" * 43


@pytest.fixture
def user(db):
    return make_user(email=OLD)


def ask_owner(user, by_recovery=False, browser=BROWSER, at=MACHINE):
    return address_changes.ask_owner(
        user=user, by_recovery=by_recovery, browser=browser, language="id", machine_now=at, now=NOW
    )


def prove_owner(user, code, browser=BROWSER, at=MACHINE):
    address_changes.prove_owner(user=user, code=code, browser=browser, machine_now=at)


def proven(user, browser=BROWSER, at=MACHINE):
    prove_owner(user, login_codes.text(ask_owner(user, browser=browser, at=at)), browser, at)
    return user


def ask(user, email=NEW, browser=BROWSER, at=MACHINE):
    return address_changes.ask_address(user=user, email=email, browser=browser, language="id", machine_now=at, now=NOW)


def change(user, code, browser=BROWSER, at=MACHINE):
    return address_changes.change(user=user, code=code, browser=browser, machine_now=at, now=NOW)


def changed(user, email=NEW):
    return change(user, login_codes.text(ask(proven(user), email)))


def at_the_door(email, browser="d" * 43):
    code = login_codes.ask(email=email, browser=browser, language="id", machine_now=MACHINE, now=NOW)
    return login_codes.check(code=login_codes.text(code), browser=browser, machine_now=MACHINE, now=NOW)


def set_recovery(user, *, since=timedelta(days=7), email=SECOND):
    return RecoveryAddress.objects.create(user=user, email=email, proven_at=NOW - since)


class TestChange:
    def test_opens_the_account_by_the_new_address_and_no_more_by_the_old(self, user):
        changed(user)

        assert at_the_door(NEW) == user
        assert at_the_door(OLD) != user
        user.refresh_from_db()
        assert user.email == NEW
        assert not user.has_usable_password()
        assert user.emailaddress_set.values_list("email", "verified", "primary").get() == (NEW, True, True)

    def test_tells_the_old_address_and_does_not_name_the_new(self, user):
        changed(user)

        told = Notification.objects.exclude(kind="login_code").get()
        message = mail(told, now=NOW)
        assert (told.kind, message.to) == ("address_changed", [OLD])
        assert "dari dalam akun itu" in message.body
        assert "Koordinator wilayahmu mengganti" not in message.body
        assert NEW not in message.body

    def test_writes_down_what_was_changed_with_the_region_of_the_newest_registration(self, user):
        session = make_session()
        registration = make_registration(session, participant=make_participant(user=user, region=session.region))

        row = changed(user)

        assert AddressChange.objects.values_list(
            *("account", "changed_by", "registration", "region", "old_email", "new_email", "reason", "changed_at")
        ).get() == (user.pk, user.pk, registration.pk, session.region.pk, OLD, NEW, "", NOW)
        assert AddressChange.objects.visible_to(make_coordinator(session.region)).get() == row
        assert Notification.objects.get(kind="address_changed").region == session.region

    def test_of_somebody_who_never_registered_is_seen_by_no_coordinator(self, user):
        row = changed(user)

        assert (row.registration, row.region) == (None, None)
        assert not AddressChange.objects.visible_to(make_coordinator(make_session().region)).exists()

    def test_keeps_the_recovery_address(self, user):
        set_recovery(user)
        changed(user)

        assert at_the_door(SECOND) == user

    def test_takes_ones_own_recovery_address_and_then_there_is_none(self, user):
        set_recovery(user)
        changed(user, SECOND)

        assert at_the_door(SECOND) == user
        assert not RecoveryAddress.objects.exists()

    @pytest.mark.parametrize("owner", ["own", "recovery", "other-case"])
    def test_refuses_an_address_of_somebody_else_only_to_its_reader(self, user, owner):
        other = make_user(email="lain@example.com" if owner == "recovery" else NEW)
        if owner == "recovery":
            set_recovery(other, email=NEW)
        code = login_codes.text(ask(proven(user), NEW.upper() if owner == "other-case" else NEW))

        with pytest.raises(recoveries.AddressTaken):
            change(user, code)
        user.refresh_from_db()
        assert user.email == OLD
        assert not AddressChange.objects.exists()
        with pytest.raises(login_codes.CodeIsDead):  # the code is used up all the same
            change(user, code)
        assert ask(user, "lain.lagi@example.com").email == "lain.lagi@example.com"

    def test_refuses_an_address_that_became_somebodys_meanwhile(self, user):
        code = login_codes.text(ask(proven(user)))
        owner = at_the_door(NEW)

        with pytest.raises(recoveries.AddressTaken):
            change(user, code)
        assert User.objects.with_address(NEW).get() == owner

    def test_needs_the_proof_still_at_the_end(self, user):
        proven(user)
        code = login_codes.text(ask(user, at=MACHINE + timedelta(minutes=15)))

        with pytest.raises(address_changes.NotProvenNow):
            change(user, code, at=MACHINE + timedelta(minutes=20))
        assert LoginCode.objects.get(purpose="address").used_at is None
        assert change(user, code, at=MACHINE + timedelta(minutes=19)).new_email == NEW

    def test_spends_the_proof(self, user):
        changed(user)
        user.refresh_from_db()

        with pytest.raises(address_changes.NotProvenNow):
            ask(user, "lagi@example.com")

    def test_counts_wrong_codes(self, user):
        ask(proven(user))
        for expected in (login_codes.WrongCode, login_codes.WrongCode, login_codes.CodeIsDead):
            with pytest.raises(expected):
                change(user, "BBBBBBBB")
        assert LoginCode.objects.get(purpose="address").wrong_guesses == 3

    def test_takes_no_code_of_another_account_or_browser(self, user):
        code = login_codes.text(ask(proven(user)))
        other = proven(make_user())
        proven(user, browser="c" * 43)

        with pytest.raises(login_codes.NoCode):
            change(other, code)
        with pytest.raises(login_codes.NoCode):
            change(user, code, browser="c" * 43)


class TestPurposes:
    """A code for one thing does no other, in this browser and for this account."""

    def test_code_of_the_owner_is_none_for_the_address_or_the_door(self, user):
        code = login_codes.text(ask_owner(user))
        with pytest.raises(login_codes.NoCode):
            login_codes.check(code=code, browser=BROWSER, machine_now=MACHINE, now=NOW)
        with pytest.raises(login_codes.NoCode):
            recoveries.prove(user=user, code=code, browser=BROWSER, machine_now=MACHINE, now=NOW)
        prove_owner(user, code)
        ask(user)

        with pytest.raises(login_codes.WrongCode):
            change(user, code)

    @pytest.mark.parametrize("purpose", ["login", "recovery", "address"])
    def test_other_codes_do_not_prove_the_owner(self, user, purpose):
        asking = {"email": OLD, "browser": BROWSER, "language": "id", "machine_now": MACHINE, "now": NOW}
        if purpose == "login":
            other = login_codes.ask(**asking)
        elif purpose == "recovery":
            other = recoveries.ask(user=user, **asking | {"email": SECOND})
        else:
            other = ask(proven(user))
        ask_owner(user)

        with pytest.raises(login_codes.WrongCode):
            prove_owner(user, login_codes.text(other))


class TestProof:
    def test_comes_before_the_new_address(self, user):
        with pytest.raises(address_changes.NotProvenNow):
            ask(user)
        ask_owner(user)
        with pytest.raises(address_changes.NotProvenNow):
            ask(user)
        assert not LoginCode.objects.filter(purpose="address").exists()

    def test_lasts_twenty_minutes_in_the_browser_that_gave_it(self, user):
        proven(user)

        with pytest.raises(address_changes.NotProvenNow):
            ask(user, browser="c" * 43)
        with pytest.raises(address_changes.NotProvenNow):
            ask(user, at=MACHINE + timedelta(minutes=20))
        assert ask(user, at=MACHINE + timedelta(minutes=19))

    def test_goes_to_the_address_of_the_account(self, user):
        assert ask_owner(user).email == OLD

    def test_may_go_to_the_recovery_address(self, user):
        set_recovery(user)
        code = ask_owner(user, by_recovery=True)
        prove_owner(user, login_codes.text(code))

        assert code.email == SECOND
        assert change(user, login_codes.text(ask(user))).new_email == NEW

    def test_does_not_go_to_a_recovery_address_that_is_new(self, user):
        set_recovery(user, since=timedelta(days=7) - timedelta(seconds=1))

        with pytest.raises(address_changes.NoRecoveryAddress):
            ask_owner(user, by_recovery=True)

    def test_ends_with_the_recovery_address_it_came_from(self, user):
        set_recovery(user)
        prove_owner(user, login_codes.text(ask_owner(user, by_recovery=True)))
        recoveries.remove(user=user, now=NOW)

        with pytest.raises(address_changes.NotProvenNow):
            ask(user)

    def test_is_not_for_staff(self, db):
        with pytest.raises(recoveries.StaffHaveNone):
            ask_owner(make_coordinator())


class TestAsk:
    def test_answers_alike_for_known_and_unknown_addresses(self, user):
        make_user(email="ada@example.com")
        proven(user)

        codes = [ask(user, email) for email in ("ada@example.com", "belum@example.com")]

        assert [code.email for code in codes] == ["ada@example.com", "belum@example.com"]

    def test_refuses_the_address_that_is_there(self, user):
        with pytest.raises(recoveries.SameAddress):
            ask(proven(user), "SITI@example.com")

    def test_mails_five_strangers_a_day_with_those_of_the_recovery_address(self, user):
        proven(user)
        for number in range(4):
            ask(user, f"orang{number}@example.com")
        asking = {"browser": BROWSER, "language": "id", "machine_now": MACHINE, "now": NOW}
        recoveries.ask(user=user, email=SECOND, **asking)

        with pytest.raises(login_codes.TooManyMails) as refusal:
            ask(user, "lagi@example.com")
        assert refusal.value.retry_at == MACHINE + timedelta(days=1)

    @pytest.mark.parametrize("purpose", ["owner", "address"])
    def test_says_what_the_code_is_for(self, user, purpose):
        code = ask_owner(user) if purpose == "owner" else ask(proven(user))
        message = mail(Notification.objects.get(login_code=code), now=NOW)

        subjects = {"owner": "memastikan bahwa ini kamu", "address": "membuktikan alamat masukmu yang baru"}
        assert message.to == [OLD if purpose == "owner" else NEW]
        assert subjects[purpose] in message.subject
        assert "tidak bisa dipakai untuk masuk" in message.body


def test_database_asks_others_for_a_reason(user):
    row = {"account": user, "old_email": OLD, "new_email": NEW, "reason": "", "changed_at": NOW}

    with pytest.raises(IntegrityError, match="address_change_by_others_has_a_reason"), transaction.atomic():
        AddressChange.objects.create(changed_by=make_coordinator(), **row)
    AddressChange.objects.create(changed_by=user, **row)


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_do_not_get_one_address():
    people = [make_user() for _ in range(4)]
    calls = []
    for number, person in enumerate(people):
        browser = str(number) * 43
        at = MACHINE + number * timedelta(minutes=15)  # three mails in ten minutes go to one inbox
        code = login_codes.text(ask(proven(person, browser, at), NEW, browser, at))
        calls.append(partial(change, person, code, browser, at))

    results = at_once(calls)

    assert sorted(type(result).__name__ for result in results) == ["AddressChange", *["AddressTaken"] * 3]
    assert User.objects.with_address(NEW).count() == AddressChange.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_stranger_who_logs_in_with_the_address_at_that_moment_gets_it_or_finds_it_taken():
    user, browser = proven(make_user()), "d" * 43
    code = login_codes.text(ask(user))
    login = login_codes.ask(email=NEW, browser=browser, language="id", machine_now=MACHINE, now=NOW)
    enter = partial(login_codes.check, code=login_codes.text(login), browser=browser, machine_now=MACHINE, now=NOW)

    taken, entered = at_once([partial(change, user, code), enter])

    owner = User.objects.with_address(NEW).get()
    assert entered == owner
    assert (owner == user) == isinstance(taken, AddressChange)
    assert isinstance(taken, AddressChange | recoveries.AddressTaken)


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_in_a_ring_with_who_comes_in_by_the_door():
    for number in range(8):
        user = make_user(email=f"siti{number}@example.com")
        code = login_codes.ask(email=user.email, browser="d" * 43, language="en", machine_now=MACHINE, now=NOW)
        enter = partial(login_codes.check, code=login_codes.text(code), browser="d" * 43, machine_now=MACHINE, now=NOW)

        came, asked = at_once([enter, partial(ask_owner, user)])

        assert (came, asked.account) == (user, user)
