"""Mail by a provider that django-anymail knows: the same promises as by SMTP."""

import pytest

from participants.models import Notification
from portal.accounts.models import User
from tests.factories import make_session
from tests.participants.operations.sending import NOW, deliver, register

pytestmark = pytest.mark.django_db
SITI = '"siti@example.com"'


def row():
    return Notification.objects.order_by("pk")[0]


def test_sends_by_the_provider_with_our_id_and_without_spying(provider):
    register(make_session())

    assert deliver() == 1

    (mail,) = provider.took
    assert mail["Metadata"] == {"notification": str(row().public_id)}
    assert (mail["TrackOpens"], mail["TrackLinks"]) == (False, "None")
    assert mail["To"] == "siti@example.com"
    assert (row().state, row().channel, row().sent_as) == ("sent", "mail", "pm-1")


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [(422, 300, "failed"), (500, 1, "retrying"), (503, 1, "retrying"), (429, 1, "retrying"), (401, 10, "retrying")],
)
def test_the_providers_answer_decides_and_none_of_its_words_is_kept(provider, status, code, state):
    register(make_session())
    provider.errors["siti@example.com"] = (status, code)

    assert deliver() == 0

    assert row().state == state
    assert "@" not in row().reason
    assert str(status) in row().reason


def test_an_inactive_recipient_gets_no_more_mail(provider):
    register(make_session())
    provider.errors["siti@example.com"] = (422, 406)

    deliver()

    assert (row().state, row().reason) == ("failed", "the provider refuses the address")
    assert User.objects.get(email="siti@example.com").bounced_at >= NOW


def test_a_provider_that_takes_nothing_is_asked_once(provider):
    session = make_session()
    for number in range(3):
        register(session, email=f"p{number}@example.com")
    provider.refuses_everybody = (401, 10)

    assert deliver() == 0

    assert len(provider.asked) == 1
    assert sorted(Notification.objects.values_list("state", "attempts")) == [("due", 0), ("due", 0), ("retrying", 1)]


def test_a_provider_that_is_not_there_is_tried_later(provider, settings):
    register(make_session())
    settings.ANYMAIL = settings.ANYMAIL | {"POSTMARK_API_URL": "http://127.0.0.1:9/"}

    assert deliver() == 0

    assert row().state == "retrying"


def test_an_answer_that_is_lost_leaves_the_mail_unknown(provider, settings):
    settings.ANYMAIL = settings.ANYMAIL | {"REQUESTS_TIMEOUT": 0.3}
    register(make_session())
    provider.hangs.add("siti@example.com")

    deliver()
    deliver()

    assert row().state == "unknown"
    assert len(provider.asked) == 1
