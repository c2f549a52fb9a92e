"""Two records of one person: one of two, and exactly two again."""

import uuid
from datetime import date, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from participants.models import (
    Appeal,
    Consent,
    Deed,
    Merge,
    Note,
    Notification,
    OpeningAlert,
    OptOut,
    Participant,
    Registration,
)
from participants.models.appeals import absence_code
from participants.operations import (
    absences,
    deliveries,
    erasures,
    merges,
    message_facts,
    notes,
    profiles,
    registrations,
    retention,
    withdrawals,
)
from participants.operations.switched_off import AccountSwitchedOff
from portal.accounts.models import User
from tests.factories import (
    DURING_REGISTRATION,
    MINOR_BORN,
    kinds,
    make_participant,
    make_program,
    make_registration,
    make_session,
)
from tests.participants.operations.merging import by, consent, everything, session
from tests.races import at_once
from tests.staff import make_staff

pytestmark = pytest.mark.django_db
NOW = DURING_REGISTRATION
__all__ = ["by", "session"]


@pytest.fixture
def two(session, by):
    """The same person twice: once in the December edition, once in an earlier one of the same region."""
    earlier = make_session(program=make_program(slug="lalu"), region=session.region, slug="lalu")
    kept = make_participant(full_name="Siti Nuraini", region=session.region)
    gone = make_participant(
        full_name="Siti Nur'aini", region=session.region, phone="+6281211112222", occupation="freelance"
    )
    row, old = make_registration(session, participant=kept), make_registration(earlier, participant=gone)
    notes.write(registration=old, text="Datang dengan ibunya", by=by, now=NOW)
    for person in (kept, gone):
        consent(person)
    consent(kept, "whatsapp", number=kept.phone)
    consent(gone, "statistics")
    Appeal.objects.create(user=gone.user, session=earlier, registration=old, code="x", text="Keberatan", asked_at=NOW)
    OpeningAlert.objects.create(account=gone.user, region=session.region, asked_at=NOW)
    OptOut.objects.create(account=gone.user, topic="broadcast", chosen_at=NOW)
    return kept, gone, row, old


def test_merge_moves_what_hangs_on_the_record_and_takes_the_chosen_fields(two, by):
    kept, gone, row, old = two

    made = merges.merge(kept=kept, gone=gone, chosen=["full_name", "phone"], by=by, now=NOW)

    kept.refresh_from_db()
    assert (kept.full_name, kept.phone, kept.occupation) == ("Siti Nur'aini", "+6281211112222", "university")
    assert set(kept.registrations.all()) == {row, old}
    assert Note.objects.get().registration.participant == kept
    assert {(c.purpose, c.withdrawn_at is None) for c in kept.consents.all()} == {
        ("training", True),
        ("whatsapp", False),  # it was given for another number
        ("statistics", True),
    }
    assert gone.consents.get().purpose == "training"  # given twice: proof stays where it was given
    assert {Appeal.objects.get().user, OpeningAlert.objects.get().account, OptOut.objects.get().account} == {kept.user}
    gone.user.refresh_from_db()
    assert (gone.user.is_active, Participant.objects.get(pk=gone.pk).merged_into) == (False, kept)
    assert Deed.objects.about(made).get().changed == {"full_name": None, "phone": None}
    assert {deed.row for deed in Deed.objects.filter(what="merged", table="participants.registration")} == {
        str(row.pk),
        str(old.pk),
    }


def test_what_was_said_of_a_day_goes_with_its_registration(two, by):
    kept, gone, row, _old = two
    released = {"place": "released", "released_at": NOW, "release_reason": "cancelled_by_self"}
    left = make_registration(row.session, participant=gone, **released)
    for registration in (row, left):
        about = {"user": registration.participant.user, "session": row.session, "registration": registration}
        Appeal.objects.create(code=absence_code(row.session.first_day), text="", asked_at=NOW, **about)

    merges.merge(kept=kept, gone=gone, chosen=[], by=by, now=NOW)

    assert set(Appeal.objects.absences().values_list("user", "registration")) == {
        (kept.user_id, row.pk),
        (kept.user_id, left.pk),
    }


def test_undo_restores_both_exactly(two, by):
    kept, gone, *_rows = two
    before = everything()
    made = merges.merge(kept=kept, gone=gone, chosen=list(merges.FIELDS), by=by, now=NOW)
    assert everything() != before

    undone = merges.undo(merge=made, by=by, now=NOW + timedelta(days=29))

    assert everything() == before
    assert (undone.before, undone.moved, undone.undone_by) == ({}, {}, by)
    with pytest.raises(merges.UndoIsOver):
        merges.undo(merge=made, by=by, now=NOW)
    assert merges.merge(kept=gone, gone=kept, chosen=[], by=by, now=NOW).kept == gone  # and the other way round


def test_both_addresses_are_told_also_the_one_that_opens_nothing_any_more(two, by):
    kept, gone, *_rows = two
    merges.merge(kept=kept, gone=gone, chosen=[], by=by, now=NOW)
    told = Notification.objects.filter(kind="merged")
    assert set(told.values_list("account", flat=True)) == {kept.user_id, gone.user_id}
    for row in message_facts.read(told.values_list("pk", flat=True)):
        assert deliveries.untrue(row, NOW) == ""


def test_merge_is_refused_where_both_are_registered_in_one_edition(session, by):
    rows = [make_registration(session), make_registration(session)]
    kept, gone = (row.participant for row in rows)
    with pytest.raises(merges.BothRegistered):
        merges.merge(kept=kept, gone=gone, chosen=[], by=by, now=NOW)
    assert not Merge.objects.exists()
    registrations.cancel(registration=rows[1], reason="cancelled_by_staff", by=by, now=NOW)
    merges.merge(kept=kept, gone=gone, chosen=[], by=by, now=NOW)
    assert kept.registrations.count() == 2


def test_merge_is_refused_of_people_who_are_elsewhere_too(two, by, session):
    kept, gone, *_rows = two
    elsewhere = make_session(program=make_program(slug="lain"), slug="lain")
    make_registration(elsewhere, participant=gone)
    with pytest.raises(merges.OutsideYourRegions):
        merges.merge(kept=kept, gone=gone, chosen=[], by=by, now=NOW)
    made = merges.merge(kept=kept, gone=gone, chosen=[], by=make_staff("editor"), now=NOW)
    with pytest.raises(merges.OutsideYourRegions):
        merges.undo(merge=made, by=by, now=NOW)


def test_merge_is_refused_of_the_same_staff_waiting_and_withdrawn(two, by, session):
    kept, gone, row, _old = two
    with pytest.raises(merges.SameRecord):
        merges.merge(kept=kept, gone=kept, chosen=[], by=by, now=NOW)
    Registration.objects.filter(pk=row.pk).update(guardian="asked")
    with pytest.raises(merges.GuardianOrConsentOpen):
        merges.merge(kept=kept, gone=gone, chosen=[], by=by, now=NOW)
    Registration.objects.filter(pk=row.pk).update(guardian="not_needed")
    gone.consents.filter(purpose="training").update(withdrawn_at=NOW, withdrawn_by="self")
    with pytest.raises(merges.GuardianOrConsentOpen):
        merges.merge(kept=kept, gone=gone, chosen=[], by=by, now=NOW)
    User.objects.filter(pk=gone.user_id).update(is_staff=True)
    with pytest.raises(merges.StaffAccount):
        merges.merge(kept=kept, gone=gone, chosen=[], by=by, now=NOW)


def test_a_birth_date_that_asks_for_a_guardian_is_refused(two, by):
    kept, gone, *_rows = two
    Participant.objects.filter(pk=gone.pk).update(birth_date=MINOR_BORN)
    with pytest.raises(merges.BirthDateDecides):
        merges.merge(kept=kept, gone=gone, chosen=["birth_date"], by=by, now=NOW)


def test_the_chosen_birth_date_holds_for_what_is_live(two, by):
    kept, gone, row, old = two
    Participant.objects.filter(pk=gone.pk).update(birth_date=date(2001, 2, 3))
    Registration.objects.filter(pk=old.pk).update(birth_date=date(2001, 2, 3))
    made = merges.merge(kept=kept, gone=gone, chosen=["birth_date"], by=by, now=NOW)
    row.refresh_from_db()
    assert row.birth_date == date(2001, 2, 3)
    merges.undo(merge=made, by=by, now=NOW)
    row.refresh_from_db()
    assert row.birth_date == kept.birth_date


@pytest.mark.parametrize("what", ["registered", "renamed"])
def test_undo_is_refused_once_something_contradicts(two, by, session, what):
    kept, gone, *_rows = two
    made = merges.merge(kept=kept, gone=gone, chosen=["full_name"], by=by, now=NOW)
    if what == "registered":
        make_registration(
            make_session(program=make_program(slug="baru"), region=session.region, slug="baru"), participant=kept
        )
    else:
        Participant.objects.filter(pk=kept.pk).update(full_name="Siti N")
    with pytest.raises(merges.ChangedSince):
        merges.undo(merge=made, by=by, now=NOW)


def test_after_thirty_days_the_record_that_went_is_emptied_and_its_address_free(two, by):
    kept, gone, *_rows = two
    made = merges.merge(kept=kept, gone=gone, chosen=["full_name"], by=by, now=NOW)
    later, address = NOW + merges.UNDO, gone.user.email
    with pytest.raises(merges.UndoIsOver):
        merges.undo(merge=made, by=by, now=later)

    retention.run(now=later, machine_now=later)

    made.refresh_from_db()
    gone.refresh_from_db()
    kept.refresh_from_db()
    assert (made.before, made.moved, made.undo_until) == ({}, {}, None)
    assert (gone.full_name, gone.phone, kept.full_name) == ("—", "", "Siti Nur'aini")
    assert not User.objects.with_address(address).exists()
    assert not kept.registrations.filter(participant=gone).exists()
    assert kept.registrations.count() == 2


def test_erasing_the_person_forgets_both_records_and_the_way_back(two, by):
    kept, gone, *_rows = two
    made = merges.merge(kept=kept, gone=gone, chosen=["full_name"], by=by, now=NOW)
    with transaction.atomic():
        erasures.erase([kept.pk], now=NOW)
    made.refresh_from_db()
    assert {person.full_name for person in Participant.objects.all()} == {"—"}
    assert (made.before, made.moved, made.undo_until) == ({}, {}, None)


def test_withdrawing_the_consent_empties_the_merged_record_too(two, by):
    kept, gone, *_rows = two
    merges.merge(kept=kept, gone=gone, chosen=["full_name"], by=by, now=NOW)
    with transaction.atomic():
        erasures.empty_profile(kept, now=NOW)
    gone.refresh_from_db()
    assert gone.full_name == "—"
    assert Merge.objects.get().before == {}


def test_the_ledger_follows_the_person(two, by):
    kept, gone, _row, old = two
    registrations.cancel(registration=old, reason="cancelled_by_staff", by=by, now=NOW)
    merges.merge(kept=kept, gone=gone, chosen=[], by=by, now=NOW)
    old.refresh_from_db()
    assert kinds(old) == ["cancelled"]
    assert merges.luggage(kept).messages == 1


def test_a_form_of_the_merged_record_sent_again_finds_its_registration(two, by):
    kept, gone, _row, old = two
    merges.merge(kept=kept, gone=gone, chosen=[], by=by, now=NOW)
    assert registrations.answered_before(uuid.UUID(str(old.form_key)), kept.user) == old


def test_nobody_takes_a_consent_back_of_the_record_that_is_gone_alone(two, by):
    kept, gone, *_rows = two
    merges.merge(kept=kept, gone=gone, chosen=[], by=by, now=NOW)

    with pytest.raises(AccountSwitchedOff):
        withdrawals.withdraw(participant=gone, purpose=Consent.Purpose.TRAINING, now=NOW)

    assert not Consent.objects.exclude(withdrawn_at=None).exists()


def test_nobody_corrects_the_record_that_is_gone_alone(two, by):
    kept, gone, _row, old = two
    stale = Registration.objects.select_related("participant").get(pk=old.pk)
    merges.merge(kept=kept, gone=gone, chosen=[], by=by, now=NOW)

    with pytest.raises(withdrawals.RegisteredMeanwhile):
        profiles.correct(registration=stale, full_name="Siti N", by=by, now=NOW)

    assert not Participant.objects.filter(full_name="Siti N").exists()


def test_who_registers_in_both_records_at_that_moment_is_named_by_the_database(session, by, monkeypatch):
    kept, gone = (make_registration(session).participant for _ in "12")
    monkeypatch.setattr(merges, "_check", lambda *told: None)

    with pytest.raises(merges.BothRegistered):
        merges.merge(kept=kept, gone=gone, chosen=[], by=by, now=NOW)


def wanted_no_more_at_that_moment(account, region):
    OptOut.objects.create(account=account, topic="broadcast", chosen_at=NOW)


def asked_to_be_told_at_that_moment(account, region):
    OpeningAlert.objects.create(account=account, region=region, asked_at=NOW)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("write", [wanted_no_more_at_that_moment, asked_to_be_told_at_that_moment])
def test_who_says_at_that_moment_what_the_other_has_said_is_no_fault_and_pressing_again_merges(
    session, by, monkeypatch, write
):
    kept, gone = (make_participant(region=session.region) for _ in "12")
    write(gone.user, session.region)
    hand_over = merges._hand_over

    def write_and_hand_over(keys, account):
        assert at_once([partial(write, account, session.region)]) == [None]  # another connection, committed
        hand_over(keys, account)

    with monkeypatch.context() as patch:
        patch.setattr(merges, "_hand_over", write_and_hand_over)
        with pytest.raises(merges.SaidAtThatMoment):
            merges.merge(kept=kept, gone=gone, chosen=[], by=by, now=NOW)
    assert not Merge.objects.exists()

    merges.merge(kept=kept, gone=gone, chosen=[], by=by, now=NOW)


def test_another_rule_of_the_database_is_not_told_as_one_of_these(two, by, monkeypatch):
    kept, gone, *_rows = two
    made = merges.merge(kept=kept, gone=gone, chosen=[], by=by, now=NOW)

    def break_a_rule(*_told, **_more):
        Consent.objects.filter(participant=kept).update(withdrawn_at=None, withdrawn_by="self")

    monkeypatch.setattr(merges.merged_consents, "move", break_a_rule)
    monkeypatch.setattr(merges.merged_consents, "give_back", break_a_rule)
    with pytest.raises(IntegrityError, match="consent_withdrawal_says_by_whom"):
        merges.undo(merge=made, by=by, now=NOW)
    third = make_participant(region=kept.region)
    with pytest.raises(IntegrityError, match="consent_withdrawal_says_by_whom"):
        merges.merge(kept=kept, gone=third, chosen=[], by=by, now=NOW)


def test_an_alert_asked_for_anew_meanwhile_speaks_against_undoing(two, by):
    kept, gone, *_rows = two
    made = merges.merge(kept=kept, gone=gone, chosen=[], by=by, now=NOW)
    OptOut.objects.create(account=gone.user, topic="broadcast", chosen_at=NOW)

    with pytest.raises(merges.ChangedSince):
        merges.undo(merge=made, by=by, now=NOW)


def test_what_was_said_of_a_day_meanwhile_goes_back_with_its_registration(two, by):
    kept, gone, row = two[0], two[1], two[3]
    made = merges.merge(kept=kept, gone=gone, chosen=[], by=by, now=NOW)
    row = Registration.objects.select_related("participant__user", "session__region").get(pk=row.pk)
    absences.say(registration=row, days=[row.session.first_day], text="sakit", now=NOW)
    assert Appeal.objects.get(registration=row, text="sakit").user == kept.user

    merges.undo(merge=made, by=by, now=NOW + timedelta(days=1))

    assert Appeal.objects.get(registration=row, text="sakit").user == gone.user
