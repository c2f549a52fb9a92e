"""Cancelling many at once says and keeps of each what cancelling one does, in as few statements as one takes."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from participants.models import Deed, GuardianRequest, Note, Notification, Registration
from participants.operations import approvals, registrations, sessions
from tests.factories import (
    DURING_REGISTRATION,
    MINOR_BORN,
    make_participant,
    make_program,
    make_registration,
    make_session,
)
from tests.staff import make_staff

NOW = DURING_REGISTRATION
Answer = GuardianRequest.Answer
WRONG = ([Answer.OPEN], {"misdirected_at": NOW})  # the letter reached somebody else
STAFFS = Registration.Release.CANCELLED_BY_STAFF
pytestmark = pytest.mark.django_db


def everybody(session):
    """Somebody in each state that a live registration can be in; guardians who agreed, are asked, or are not."""
    number = Registration.objects.filter(session=session).count()
    make_registration(session)
    make_registration(session, place="queued", queue_number=number + 1)
    make_registration(session, place="offered", offered_until=NOW + timedelta(hours=1))
    for answers, more in [([Answer.REPLACED, Answer.GIVEN], {}), ([Answer.REPLACED, Answer.OPEN], {}), WRONG, ([], {})]:
        minor = make_participant(birth_date=MINOR_BORN, region=session.region)
        row = make_registration(session, participant=minor, guardian="given" if Answer.GIVEN in answers else "asked")
        for answer in answers:
            answered = {} if answer == Answer.OPEN else {"answered_at": NOW, "signer_name": "W", "signer_relation": "x"}
            asked = {"email": "wali@example.com", "asked_at": NOW, "expires_at": NOW + timedelta(days=1)}
            GuardianRequest.objects.create(registration=row, answer=answer, **asked, **answered, **more)
    return list(Registration.objects.filter(session=session).order_by("pk"))


def facts(rows):
    """What is kept of each and was said about each, without the keys."""
    keys = {row.pk: number for number, row in enumerate(rows)}
    questions = GuardianRequest.objects.filter(registration__in=rows).order_by("pk")
    asked = {question.pk: number for number, question in enumerate(questions)}
    told = Notification.objects.filter(registration__in=rows) | Notification.objects.filter(guardian_request__in=asked)
    of_row = ("place", "guardian", "release_reason", "released_at", "offered_until")
    deeds = Deed.objects.filter(row__in=[str(key) for key in keys], table="participants.registration")
    return [
        [*Registration.objects.filter(pk__in=keys).order_by("pk").values_list(*of_row)],
        [(question.answer, question.answered_at) for question in questions],
        Counter((row.kind, keys.get(row.registration_id), asked.get(row.guardian_request_id)) for row in told),
        Counter((deed.what, keys[int(deed.row)], deed.by_id, deed.session_id == rows[0].session_id) for deed in deeds),
        Counter(Note.objects.filter(registration__in=rows).values_list("text", "written_by")),
    ]


@pytest.mark.parametrize("reason", [STAFFS, Registration.Release.SESSION_CANCELLED])
def test_the_facts_are_those_of_cancelling_one_by_one(reason):
    by, said = make_staff("editor"), []
    for at_once in (False, True):
        rows = everybody(make_session())
        told = {"reason": reason, "by": by, "why": "Banjir", "now": NOW}
        if at_once:
            assert registrations.end_all(rows, **told)
        else:
            assert [registrations.end(row, **told) for row in rows].count(False) == 1  # who waited held no seat
        assert {row.place for row in rows} == {"released"}
        said.append(facts(rows))

    assert said[0] == said[1]
    told = Counter(about is None for (_kind, about, _guardian) in said[1][2].elements())
    assert told == {False: len(rows), True: 1} if reason == STAFFS else {False: len(rows)}


@pytest.mark.parametrize("is_whole", [True, False])
def test_many_take_as_many_statements_as_few(is_whole):
    by, numbers = make_staff("editor"), []
    for times in (1, 3):
        session = make_session()
        rows = [everybody(session) for _time in range(times)][-1]
        with CaptureQueriesContext(connection) as asked:
            if is_whole:
                sessions.cancel(session=session, by=by, now=NOW)
            else:
                approvals._cancel_people([row.pk for row in rows], session, "x", by, NOW)
        numbers.append(len(asked))
        assert not Registration.objects.live().filter(session=session).exists()
        assert Notification.objects.filter(registration__session=session).count() == 7 * times

    assert numbers[0] == numbers[1]


@pytest.mark.parametrize("offer_hours", [0, 24])
def test_all_seats_that_are_freed_at_once_go_to_the_heads_of_the_queue(offer_hours):
    session, by = make_session(program=make_program(offer_hours=offer_hours), capacity=3), make_staff("editor")
    seated = [make_registration(session) for _ in range(3)]
    waiting = [make_registration(session, place="queued", queue_number=number) for number in range(1, 5)]

    assert approvals._cancel_people([row.pk for row in seated], session, "x", by, NOW) == 3

    rows = [*Registration.objects.filter(pk__in=[row.pk for row in waiting]).order_by("pk")]
    assert [row.place for row in rows] == [*["offered" if offer_hours else "seat"] * 3, "queued"]
    assert [row.offered_until is not None for row in rows] == [*[bool(offer_hours)] * 3, False]
    told = Notification.objects.filter(kind="promoted").order_by("registration")
    assert [(row.registration_id, row.useful_until) for row in told] == [
        (row.pk, row.offered_until) for row in rows[:3]
    ]
