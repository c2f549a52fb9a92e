"""Whoever still writes for a record while it goes into another is told, and nothing is half saved."""

import threading
import uuid
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest

from participants.models import Appeal, Consent, Draft, LoginCode, Merge, OpeningAlert, OptOut, Participant
from participants.operations import (
    appeals,
    consents,
    drafts,
    merges,
    opening_alerts,
    opt_outs,
    profiles,
    recoveries,
    registrations,
    switched_off,
    walk_ins,
    withdrawals,
)
from participants.operations.participants import Profile
from participants.operations.switched_off import AccountSwitchedOff
from tests.factories import ADULT_BORN, DURING_REGISTRATION, OPENS, make_participant, make_session
from tests.races import at_once
from tests.staff import make_staff

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture
def merge_and(monkeypatch):
    """Run a call of the one whose record goes, which waits for the account that a merge holds; what came of both."""
    locked, halfway, check = threading.Event(), threading.Barrier(2), merges._check

    def check_and_meet(*told):
        check(*told)
        locked.set()
        with suppress(threading.BrokenBarrierError):  # the other one waits for the account, as it should
            halfway.wait(timeout=1)

    monkeypatch.setattr(merges, "_check", check_and_meet)

    def run(call, before=lambda gone: None):
        kept, gone = make_participant(), make_participant()
        before(gone)
        merge = partial(merges.merge, kept=kept, gone=gone, chosen=[], by=make_staff("editor"), now=DURING_REGISTRATION)
        session = make_session()
        results = at_once([merge, lambda: locked.wait(timeout=10) and call(gone, session)])
        assert isinstance(results[0], Merge), results
        return gone, results[1]

    return run


def enrol(person, session):
    profile = Profile(person.full_name, ADULT_BORN, person.region, "id", phone=person.phone, occupation="school")
    told = {"user": person.user, "session": session, "form_key": uuid.uuid4(), "now": DURING_REGISTRATION}
    return registrations.enrol(profile=profile, purposes={"training"}, **told)


def register_again(person, session):
    return registrations.register(participant=person, session=session, form_key=uuid.uuid4(), now=DURING_REGISTRATION)


@pytest.mark.parametrize("call", [enrol, register_again])
def test_who_registers_while_their_record_goes_into_another_is_refused_in_words(merge_and, call):
    gone, refusal = merge_and(call)

    assert isinstance(refusal, AccountSwitchedOff)
    assert "alamat email yang satunya" in str(refusal)
    assert not gone.registrations.exists()


@pytest.mark.parametrize("call", [enrol, register_again])
def test_control_where_nobody_reads_whether_the_account_is_on_they_land_on_the_record_that_is_gone(
    merge_and, call, monkeypatch
):
    monkeypatch.setattr(switched_off, "check", lambda is_on: None)

    gone, registration = merge_and(call)

    assert gone.registrations.get() == registration


def add_at_the_desk(person, session):
    told = {"session": session, "email": person.user.email, "signer": None, "form_key": uuid.uuid4()}
    profile = Profile(person.full_name, person.birth_date, person.region, "id", phone=person.phone)
    return walk_ins.add(
        profile=profile, purposes={"training"}, by=make_staff("editor"), now=DURING_REGISTRATION, **told
    )


def keep_a_draft(person, session):
    told = {"user": person.user, "session": session, "typed": {"full_name": "Siti"}}
    return drafts.save(birth_date=person.birth_date, now=DURING_REGISTRATION, **told)


def change_the_phone(person, session):
    profiles.change(participant=person, now=DURING_REGISTRATION, phone="+6281200009999")


def agree(person, session):
    consents.add(participant=person, purpose=Consent.Purpose.STATISTICS, now=DURING_REGISTRATION, language="id")


def take_back(person, session):
    withdrawals.withdraw(participant=person, purpose=Consent.Purpose.TRAINING, now=DURING_REGISTRATION)


def appeal(person, session):
    told = {"user": person.user, "session": session, "code": "not_open_yet", "text": "Kenapa belum?"}
    return appeals.submit(now=OPENS - DAY, **told)


def ask_for_a_second_way_in(person, session):
    told = {"user": person.user, "email": "cadangan@example.com", "browser": "b" * 43, "language": "id"}
    return recoveries.ask(machine_now=DURING_REGISTRATION, now=DURING_REGISTRATION, **told)


def ask_to_be_told(person, session):
    opening_alerts.ask(account=person.user, region=session.region, now=OPENS - DAY)


def want_no_more(person, session):
    opt_outs.turn_off(OptOut(account=person.user, topic=OptOut.Topic.BROADCAST), now=DURING_REGISTRATION)


@pytest.mark.parametrize(
    ("call", "table"),
    [
        (appeal, Appeal),
        (ask_for_a_second_way_in, LoginCode),
        (ask_to_be_told, OpeningAlert),
        (want_no_more, OptOut),
    ],
)
class TestWhatHangsOnTheAccount:
    def test_is_not_written_for_the_one_that_is_switched_off_meanwhile(self, merge_and, call, table):
        _gone, refusal = merge_and(call)

        assert isinstance(refusal, AccountSwitchedOff)
        assert not table.objects.exists()

    def test_control_where_nobody_reads_whether_it_is_on_it_is_written(self, merge_and, call, table, monkeypatch):
        monkeypatch.setattr(switched_off, "check", lambda is_on: None)

        merge_and(call)

        assert table.objects.count() == 1


@pytest.mark.parametrize(
    ("call", "result"),
    [
        (add_at_the_desk, walk_ins.AddressOfAnother),
        (keep_a_draft, type(None)),
        (change_the_phone, AccountSwitchedOff),
        (agree, AccountSwitchedOff),
        (take_back, AccountSwitchedOff),
    ],
)
def test_nothing_is_written_for_a_record_that_goes_into_another_meanwhile(merge_and, call, result):
    gone, found = merge_and(call)

    assert isinstance(found, result)
    assert not gone.registrations.exists()
    assert not gone.consents.exists()
    assert not Draft.objects.exists()
    assert Participant.objects.get(pk=gone.pk).phone == gone.phone


def want_it_again(person, session):
    opt_outs.turn_on(person.user, topic=OptOut.Topic.BROADCAST)


def need_not_be_told(person, session):
    opening_alerts.withdraw(account=person.user, region=person.region)


@pytest.mark.parametrize(
    ("call", "write"),
    [
        (want_it_again, lambda gone: OptOut(account=gone.user, topic="broadcast", chosen_at=OPENS)),
        (need_not_be_told, lambda gone: OpeningAlert(account=gone.user, region=gone.region, asked_at=OPENS)),
    ],
)
def test_what_is_taken_back_while_it_goes_along_is_told_to_stand(merge_and, call, write):
    gone, refusal = merge_and(call, before=lambda gone: write(gone).save())

    assert isinstance(refusal, AccountSwitchedOff)
    assert type(write(gone)).objects.exclude(account=gone.user).count() == 1
