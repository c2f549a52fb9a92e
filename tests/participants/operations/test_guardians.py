"""A guardian's yes, no and silence; also twice, too late, and with somebody else's link."""

import uuid
from datetime import datetime, timedelta
from functools import partial

import pytest

from participants import tokens
from participants.models import Consent, GuardianRequest, Notification, Registration
from participants.operations import (
    bounces,
    consents,
    guardian_requests,
    guardians,
    notifications,
    offers,
    profiles,
    registrations,
    sessions,
    switches,
    truths,
    withdrawals,
)
from tests.factories import (
    DURING_REGISTRATION,
    MINOR_BORN,
    WIB,
    make_coordinator,
    make_participant,
    make_program,
    make_session,
)
from tests.participants.operations.sending import deliver, text
from tests.races import at_once, meeting

NOW = DURING_REGISTRATION


@pytest.fixture
def request_(db):
    return ask()


def ask(session=None):
    registration = registrations.register(
        participant=make_participant(birth_date=MINOR_BORN, phone="", occupation=""),
        session=session or make_session(),
        form_key=uuid.uuid4(),
        guardian_email="ibu@example.com",
        now=NOW,
    )
    return registration.guardian_requests.get()


def answer(request, *, agrees=True, now=NOW, name="Nur'aini", relation="Ibu"):
    return guardians.answer(
        request=request, agrees=agrees, signer_name=name, signer_relation=relation, language="id", now=now
    )


def registration_of(request):
    return Registration.objects.get(pk=request.registration_id)


def test_yes_confirms_and_is_kept_as_proof(request_):
    answer(request_)

    registration = registration_of(request_)
    assert registration.is_confirmed
    consent = Consent.objects.get(giver="guardian")
    assert (consent.giver_name, consent.giver_relation, consent.purpose) == ("Nur'aini", "Ibu", "training")
    assert Notification.objects.filter(kind="guardian_given", registration=registration).count() == 1


def test_no_releases_the_seat_and_promotes_the_next(db):
    session = make_session(capacity=1)
    request = ask(session)
    waiting = registrations.register(participant=make_participant(), session=session, form_key=uuid.uuid4(), now=NOW)

    answer(request, agrees=False)

    registration = registration_of(request)
    assert (registration.place, registration.release_reason) == ("released", "guardian_refused")
    waiting.refresh_from_db()
    assert waiting.place == "seat"
    assert Notification.objects.filter(kind="guardian_refused", registration=registration).exists()


@pytest.mark.parametrize(("name", "relation"), [("", "Ibu"), ("Nur'aini", "")])
def test_answer_needs_a_signature(request_, name, relation):
    with pytest.raises(guardians.SignatureMissing):
        answer(request_, name=name, relation=relation)

    assert registration_of(request_).guardian == "asked"


def test_second_answer_is_refused(request_):
    answer(request_)

    with pytest.raises(guardians.AnsweredBefore):
        answer(request_, agrees=False)
    assert registration_of(request_).is_confirmed


def test_answer_after_the_deadline_is_refused(request_):
    with pytest.raises(guardians.AnswerTooLate):
        answer(request_, now=request_.expires_at)


def test_answer_to_a_cancelled_registration_is_refused(request_):
    registrations.cancel(registration=request_.registration, now=NOW)

    with pytest.raises(guardians.LinkReplaced):
        answer(request_)


def test_silence_releases_the_seat_and_tells_both(request_):
    assert guardians.expire_due(now=request_.expires_at - timedelta(seconds=1)) == 0
    assert guardians.expire_due(now=request_.expires_at) == 1
    assert guardians.expire_due(now=request_.expires_at) == 0

    registration = registration_of(request_)
    assert (registration.guardian, registration.release_reason) == ("expired", "guardian_expired")
    told = Notification.objects.filter(kind="guardian_expired")
    assert {(row.registration_id, row.guardian_request_id) for row in told} == {
        (registration.pk, None),
        (None, request_.pk),
    }


def leave(registration):
    registrations.cancel(registration=registration, now=NOW)


def withdraw(registration):
    consents.give(participant=registration.participant, purposes=["training"], giver="self", language="id", now=NOW)
    withdrawals.withdraw(participant=registration.participant, purpose="training", now=NOW)


@pytest.mark.parametrize(("let_go", "kind"), [(leave, "cancelled"), (withdraw, "consent_withdrawn")])
def test_a_question_that_nobody_need_answer_is_taken_back(request_, mails, let_go, kind):
    deliver()

    let_go(registration_of(request_))
    deliver()

    _asked, taken_back = mails.to("ibu@example.com")
    assert taken_back["Subject"] == "Jawaban Anda tidak diperlukan lagi"
    told = Notification.objects.exclude(guardian_request=None).order_by("pk")
    assert list(told.values_list("kind", "state")) == [("guardian_asked", "sent"), (kind, "sent")]


def test_a_question_that_was_never_sent_is_not_taken_back(request_, mails):
    leave(registration_of(request_))
    deliver()

    assert mails.to("ibu@example.com") == []


def test_a_question_is_taken_back_when_an_offered_seat_is_let_go(request_, mails):
    deliver()
    Registration.objects.update(place="offered", offered_until=NOW)
    offers.expire_due(now=NOW)
    deliver()

    assert len(mails.to("ibu@example.com")) == 2


def test_silence_costs_nothing_in_the_queue(db):
    session = make_session(capacity=1)
    registrations.register(participant=make_participant(), session=session, form_key=uuid.uuid4(), now=NOW)
    request = ask(session)

    assert guardians.expire_due(now=request.expires_at) == 0
    assert registration_of(request).place == "queued"


def test_ask_again_kills_the_old_link_and_keeps_the_deadline(request_):
    later = NOW + timedelta(hours=10)

    new = guardians.ask_again(registration=request_.registration, email="ayah@example.com", now=later)

    assert (new.email, new.expires_at) == ("ayah@example.com", request_.expires_at)
    with pytest.raises(guardians.LinkReplaced):
        answer(GuardianRequest.objects.get(pk=request_.pk), now=later)
    answer(new, now=later)


def test_ask_again_has_an_end(request_):
    for _ in range(guardian_requests.MOST_REQUESTS - 1):
        guardians.ask_again(registration=request_.registration, email="ibu@example.com", now=NOW)

    with pytest.raises(guardian_requests.TooManyRequests):
        guardians.ask_again(registration=request_.registration, email="ibu@example.com", now=NOW)


def test_a_minor_is_asked_the_rest_only_after_the_yes(request_):
    person = request_.registration.participant
    with pytest.raises(profiles.GuardianFirst):
        profiles.change(participant=person, phone="+6281234567890", occupation="school", now=NOW)

    answer(request_)

    assert profiles.change(participant=person, phone="+6281234567890", occupation="school", now=NOW).phone


def test_link_leads_to_its_own_request_alone(request_):
    token = tokens.guardian_token(request_.public_id)

    assert guardian_requests.find(token) == request_
    for forged in ("", "x", token[:-1], token[:-1] + ("A" if token[-1] != "A" else "B"), token + "A", "€" * 43):
        assert guardian_requests.find(forged) is None
    assert guardian_requests.find(tokens._encode(request_.public_id.bytes + bytes(16))) is None


def test_link_made_with_an_earlier_key_still_leads_there(request_, settings):
    token = tokens.guardian_token(request_.public_id)

    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key" * 10

    assert guardian_requests.find(token) == request_


@pytest.mark.django_db(transaction=True)
def test_two_answers_at_once_make_one():
    request = ask()

    results = at_once([partial(answer, request, agrees=True), partial(answer, request, agrees=False)] * 3)

    refused = [result for result in results if isinstance(result, Exception)]
    assert len(refused) == 5
    assert {type(result) for result in refused} <= {guardians.AnsweredBefore, guardians.LinkReplaced}


def test_a_letter_that_went_astray_is_written_no_more_and_the_child_told_while_the_seat_is_held(request_):
    guardians.say_misdirected(request=request_, now=NOW)

    registration = registration_of(request_)
    assert (registration.place, registration.guardian) == ("seat", "asked")
    (told,) = Notification.objects.filter(kind="guardian_misdirected", registration=registration)
    assert truths.untrue(told, NOW) == ""
    letter = Notification.objects.get(kind="guardian_asked")
    assert bounces.is_refused(letter)
    with pytest.raises(guardians.LinkReplaced):
        answer(request_)
    with pytest.raises(guardians.LinkReplaced):
        guardians.say_misdirected(request=request_, now=NOW)

    again = guardians.ask_again(registration=registration, email="ayah@example.com", now=NOW)

    assert (again.expires_at, again.misdirected_at) == (request_.expires_at, None)
    assert truths.untrue(told, NOW)
    assert not bounces.is_refused(Notification.objects.get(kind="guardian_asked", guardian_request=again))
    answer(again)
    assert registration_of(again).is_confirmed


def make_queued(request):
    Registration.objects.filter(pk=request.registration_id).update(place="queued", queue_number=1)


@pytest.mark.parametrize(
    ("hours_left", "before", "state"),
    [(8, None, "sent"), (20, None, "due"), (8, make_queued, "due")],  # 23.00; the quiet hours end at 07.00
)
def test_the_child_hears_of_a_letter_astray_while_there_is_time_to_name_another_address(
    request_, mails, hours_left, before, state
):
    night = datetime(2025, 12, 2, 23, tzinfo=WIB)
    GuardianRequest.objects.update(expires_at=night + timedelta(hours=hours_left))
    if before:
        before(request_)
    deliver()

    guardians.say_misdirected(request=request_, now=night)
    deliver(night)

    assert Notification.objects.get(kind="guardian_misdirected").state == state


def test_who_moves_to_another_session_still_hears_that_the_letter_went_astray(db, mails):
    program = make_program()
    request = ask(make_session(program=program))
    deliver()
    guardians.say_misdirected(request=request, now=NOW)

    new = switches.switch(
        registration=registration_of(request), session=make_session(program=program), form_key=uuid.uuid4(), now=NOW
    )
    deliver()

    told = Notification.objects.filter(kind="guardian_misdirected").order_by("pk")
    request.refresh_from_db()
    assert [(row.state, row.useful_until) for row in told][1:] == [("sent", request.expires_at)]
    assert told[0].state == "cancelled"
    assert not Notification.objects.filter(kind="guardian_moved").exists()
    (moved,) = [mail for mail in mails.to(new.participant.user.email) if "pindah" in mail["Subject"]]
    assert "tetap berlaku" not in text(moved)
    assert "bukan untuknya" in text(moved)


def test_whom_the_letter_is_not_for_is_neither_told_of_the_end_nor_counted(request_, mails):
    guardians.say_misdirected(request=request_, now=NOW)
    session = request_.registration.session
    deliver()
    letter = Notification.objects.get(kind="guardian_asked")
    assert (letter.state, letter.reason) == ("cancelled", "the letter went astray")

    assert sessions.told_of_the_end(session) == (1, 0)
    sessions.cancel(session=session, now=NOW, by=make_coordinator())

    assert not Notification.objects.filter(kind="session_cancelled", guardian_request=request_).exists()


def press_six_times_at_once(request):
    results = at_once([partial(guardians.say_misdirected, request=request, now=NOW)] * 6)
    return [type(result) for result in results if isinstance(result, Exception)]


@pytest.mark.django_db(transaction=True)
def test_of_presses_at_once_that_a_letter_went_astray_one_counts_and_the_child_is_told_once():
    request = ask()

    assert press_six_times_at_once(request) == [guardians.LinkReplaced] * 5

    assert Notification.objects.filter(kind="guardian_misdirected").count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_each_press_counts_and_the_key_alone_tells_the_child_once(monkeypatch):
    request = ask()
    look_unlocked(monkeypatch)

    assert press_six_times_at_once(request) == []

    assert Notification.objects.filter(kind="guardian_misdirected").count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_lock_and_key_the_child_is_told_by_each_press(monkeypatch):
    request = ask()
    look_unlocked(monkeypatch)
    promise = notifications.promise
    monkeypatch.setattr(
        notifications, "promise", lambda kind, **told: promise(kind, **told | {"occurrence": str(uuid.uuid4())})
    )

    assert press_six_times_at_once(request) == []

    assert Notification.objects.filter(kind="guardian_misdirected").count() == 6


def look_unlocked(monkeypatch):
    """Let everybody look whether the question is open before anybody has written that it is not."""

    def look(request, now):
        request = GuardianRequest.objects.get(pk=request.pk)
        assert request.misdirected_at is None
        return request, registration_of(request)

    monkeypatch.setattr(guardians, "_held_open", meeting(look, number=6))


def test_who_was_told_that_the_letter_went_astray_is_not_told_again_on_moving(db, mails):
    program = make_program()
    request = ask(make_session(program=program))
    guardians.say_misdirected(request=request, now=NOW)
    deliver()

    switches.switch(
        registration=registration_of(request), session=make_session(program=program), form_key=uuid.uuid4(), now=NOW
    )
    deliver()

    assert [row.state for row in Notification.objects.filter(kind="guardian_misdirected")] == ["sent"]


def test_a_letter_that_was_answered_did_not_go_astray(request_):
    answer(request_)

    with pytest.raises(guardians.AnsweredBefore):
        guardians.say_misdirected(request=request_, now=NOW)
    assert not Notification.objects.filter(kind="guardian_misdirected").exists()
