"""Whom a coordinator calls: whose latest word was lost on every channel."""

from datetime import UTC, timedelta

import pytest

from participants import queries
from participants.models import GuardianRequest, Notification, Registration
from participants.operations import notifications, whatsapp_numbers, withdrawals
from portal.accounts.models import User
from tests.factories import MINOR_BORN, make_participant, make_session, make_user
from tests.participants.operations.sending import NOW, opt_in, register

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def registration():
    return register(make_session())


def settle(registration, state, at=NOW, **which):
    settled_at = None if state in ("due", "retrying", "sending") else at
    registration.notifications.filter(**which).update(state=state, settled_at=settled_at)


def second_word(registration, state, at=LATER):
    notifications.promise(Notification.Kind.SESSION_MOVED, subject=registration, now=NOW)
    settle(registration, state, at, kind="session_moved")


def listed():
    return list(queries.unreachable(Registration.objects.all(), now=NOW))


@pytest.mark.parametrize("state", ["failed", "bounced"])
def test_whose_word_was_lost_is_listed(registration, state):
    settle(registration, state)

    assert listed() == [registration]


@pytest.mark.parametrize("state", ["due", "retrying", "sending", "sent", "unknown", "missed", "cancelled"])
def test_what_waits_was_heard_or_was_called_off_lists_nobody(registration, state):
    settle(registration, state)

    assert listed() == []


@pytest.mark.parametrize(("first", "then", "is_lost"), [("failed", "sent", False), ("sent", "failed", True)])
def test_the_latest_word_counts(registration, first, then, is_lost):
    settle(registration, first)
    second_word(registration, then)

    assert (listed() == [registration]) is is_lost


def test_an_address_that_refuses_is_listed_until_another_channel_reaches_its_owner(registration):
    settle(registration, "sent", NOW - timedelta(hours=1))
    User.objects.filter(participant=registration.participant).update(bounced_at=NOW)
    assert listed() == [registration]

    second_word(registration, "sent")
    assert listed() == []


def test_who_was_released_is_called_by_nobody(registration):
    settle(registration, "failed")
    Registration.objects.update(place="released", released_at=NOW, release_reason="cancelled_by_self")

    assert listed() == []


@pytest.mark.parametrize("how", ["refusing", "astray", "failed"])
def test_a_guardian_whom_the_letter_does_not_reach_is_listed_while_asked(how):
    child = make_participant(birth_date=MINOR_BORN, user=make_user(email="a@example.com"))
    registration = register(make_session(), participant=child, guardian_email="ibu@example.com")
    if how == "refusing":
        GuardianRequest.objects.update(bounced_at=NOW)
    elif how == "astray":
        GuardianRequest.objects.update(misdirected_at=NOW)
    else:
        Notification.objects.filter(guardian_request__isnull=False).update(state="failed", settled_at=NOW)
    assert listed() == [registration]

    GuardianRequest.objects.update(answer="given", answered_at=NOW, signer_name="Ibu")
    assert listed() == []


def test_whom_whatsapp_does_not_reach_is_a_list_of_its_own(registration):
    opt_in(registration)
    others = register(make_session(), email="lain@example.com")
    opt_in(others, "+6281100000000")

    def without():
        return list(queries.without_whatsapp(Registration.objects.all()))

    assert without() == []
    whatsapp_numbers.lose(number="+6281234567890", at=NOW)
    assert (without(), listed()) == ([registration], [])
    withdrawals.stop_whatsapp(number="+6281234567890", now=NOW)
    assert without() == []


def test_nobody_is_called_any_more_whose_session_is_over(registration):
    settle(registration, "failed")
    last = registration.session.ends.astimezone(UTC)

    assert list(queries.unreachable(Registration.objects.all(), now=last)) == [registration]
    midnight = last.astimezone(registration.region.zone).replace(hour=0, minute=0) + timedelta(days=1)
    assert list(queries.unreachable(Registration.objects.all(), now=midnight - timedelta(minutes=1))) == [registration]
    assert list(queries.unreachable(Registration.objects.all(), now=midnight)) == []
