"""A rule of the database that was to be expected is told in words; any other is a fault and not told as that one."""

import uuid
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from participants.models import Appeal, OptOut
from participants.operations import appeals, constraints, login_codes, recoveries, walk_ins
from participants.operations.participants import Profile
from portal.accounts.models import User
from tests.factories import ADULT_BORN, DURING_REGISTRATION, make_registration, make_session, make_user
from tests.participants.operations import test_address_changes, test_recoveries
from tests.races import at_once
from tests.staff import make_coordinator, make_staff

NOW = DURING_REGISTRATION
pytestmark = pytest.mark.django_db


def break_another_rule(*_told, **_more):
    User.objects.update(password="")


def prove_a_recovery_address():
    user = make_user()
    return partial(test_recoveries.prove, user, login_codes.text(test_recoveries.ask(user)))


def replace_an_address():
    registration = make_registration(make_session())
    return partial(test_recoveries.change, registration, make_coordinator(registration.region))


def change_ones_address():
    user = test_address_changes.proven(make_user())
    return partial(test_address_changes.change, user, login_codes.text(test_address_changes.ask(user)))


@pytest.mark.parametrize("prepare", [prove_a_recovery_address, replace_an_address, change_ones_address])
def test_another_rule_is_not_told_as_an_address_that_somebody_has(prepare, monkeypatch):
    call = prepare()
    monkeypatch.setattr(recoveries.notifications, "promise", break_another_rule)

    with pytest.raises(IntegrityError, match="user_password_is_not_empty"):
        call()


def test_another_rule_is_not_told_as_an_appeal_that_waits(monkeypatch):
    registration = make_registration(make_session())
    monkeypatch.setattr(appeals, "decision", lambda **about: appeals.Decision("", None, registration, None, []))
    told = {"user": registration.participant.user, "session": registration.session, "text": "Kenapa?", "now": NOW}

    with pytest.raises(IntegrityError, match="appeal_says_something"):
        appeals.submit(code="", **told)
    assert not Appeal.objects.exists()


def test_what_is_expected_is_told_and_the_transaction_goes_on():
    def choose():
        OptOut.objects.create(account=account, topic="broadcast", chosen_at=NOW)

    account = make_user()
    choose()

    with (
        pytest.raises(appeals.AlreadyAppealed),
        constraints.told_as({"one_opt_out_each": appeals.AlreadyAppealed}),
        transaction.atomic(),
    ):
        choose()
    assert OptOut.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_comes_in_by_the_address_while_the_desk_adds_them_is_somebody_elses_there(monkeypatch):
    session, by, known = make_session(), make_staff("editor"), walk_ins._known

    def enter_and_look(*told):
        found = known(*told)
        at_once([partial(make_user, email="yohana@example.com")])
        return found

    monkeypatch.setattr(walk_ins, "_known", enter_and_look)
    profile = Profile("Yohana Wonda", ADULT_BORN, session.region, "id", phone="+6281234567890", occupation="school")
    told = {"session": session, "email": "yohana@example.com", "profile": profile, "purposes": {"training"}}

    with pytest.raises(walk_ins.AddressOfAnother):
        walk_ins.add(signer=None, form_key=uuid.uuid4(), by=by, now=NOW, **told)
    assert session.registrations.count() == 0
