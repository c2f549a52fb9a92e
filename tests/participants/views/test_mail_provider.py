"""The mail provider's webhook, as django-anymail reads it."""

import base64
import json

import pytest
from django.core.exceptions import SuspiciousOperation
from django.test import RequestFactory

from participants.models import Notification
from participants.views.mail_provider import mail_provider
from portal.accounts.models import User
from tests.factories import make_session
from tests.participants.operations.sending import deliver, register

pytestmark = pytest.mark.django_db
PASSWORD = "Basic " + base64.b64encode(b"hook:secret").decode()


@pytest.fixture
def sent(provider):
    register(make_session())
    deliver()
    return provider.took[0]


def post(event, password=PASSWORD):
    raw = event if isinstance(event, bytes) else json.dumps(event)
    request = RequestFactory().post("/kabar/surat/", raw, content_type="application/json", HTTP_AUTHORIZATION=password)
    return mail_provider(request).status_code


def bounce(mail, kind="HardBounce", *, record="Bounce", to="siti@example.com", named=True, **told):
    said = {"RecordType": record, "Type": kind, "MessageID": "pm-1", "Email": to, "ID": 42, "Details": "", **told}
    return said | {"Metadata": mail["Metadata"] if named else {}, "BouncedAt": "2025-12-02T03:00:00Z"}


def row():
    return Notification.objects.get()


def is_stopped():
    return User.objects.get(email="siti@example.com").bounced_at is not None


@pytest.mark.parametrize("named", [True, False])
def test_a_hard_bounce_stops_mail_to_that_address(sent, named):
    assert post(bounce(sent, named=named)) == 200

    assert (row().state, row().reason) == ("bounced", "the provider: bounced")
    assert is_stopped()


def test_the_servers_own_status_is_kept_and_none_of_its_words(sent):
    post(bounce(sent, Details="smtp;550 5.1.1 <siti@example.com> does not exist"))

    assert (row().state, row().reason) == ("bounced", "5.1.1")
    assert is_stopped()


@pytest.mark.parametrize("details", ["552 5.2.2 <siti@example.com> mailbox full", "550 5.7.1 blocked"])
def test_a_full_inbox_or_a_policy_calls_no_address_dead(sent, details):
    post(bounce(sent, Details=details))

    assert row().state == "bounced"
    assert not is_stopped()


@pytest.mark.parametrize("kind", ["Transient", "DnsError", "SMTPApiError", "AutoResponder"])
def test_what_may_still_end_well_or_is_not_about_the_address_stops_nothing(sent, kind):
    assert post(bounce(sent, kind)) == 200

    assert not is_stopped()


def test_a_complaint_stops_mail_and_the_message_has_arrived(sent):
    post(bounce(sent, "SpamComplaint", record="SpamComplaint"))

    assert row().state == "sent"
    assert is_stopped()


def test_a_report_about_an_earlier_address_leaves_the_new_one_alone(sent):
    post(bounce(sent, to="lama@example.com"))

    assert not is_stopped()


def test_a_delivery_is_written_down_once(sent):
    event = {"RecordType": "Delivery", "MessageID": "pm-1", "Recipient": "siti@example.com", "Tag": "", "Details": ""}
    event |= {"Metadata": sent["Metadata"], "DeliveredAt": "2025-12-02T03:00:00Z"}
    post(event)
    first = Notification.objects.values().get()
    post(event)

    assert first["arrived_at"] is not None
    assert Notification.objects.values().get() == first


def test_a_bounce_that_is_told_ten_times_stops_mail_once(sent):
    for _time in range(10):
        assert post(bounce(sent)) == 200
    once = Notification.objects.values().get()
    assert is_stopped()
    User.objects.update(bounced_at=None)  # she came in by a code mailed there

    assert post(bounce(sent)) == 200

    assert not is_stopped()
    assert Notification.objects.values().get() == once


@pytest.mark.parametrize("password", ["", "Basic x", "Basic " + base64.b64encode(b"hook:wrong").decode(), "Bearer x"])
def test_who_does_not_know_the_password_changes_nothing(sent, password):
    with pytest.raises(SuspiciousOperation):  # which Django answers with 400
        post(bounce(sent), password)

    assert row().state == "sent"


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{", b"null", b"\xff", b'{"RecordType": "Bounce"}', b'{"RecordType": []}']
)
def test_a_report_that_cannot_be_read_is_refused_or_passed_over(sent, raw):
    assert post(raw) in (200, 400)
    assert row().state == "sent"


@pytest.mark.parametrize("name", ["pm\x00", "pm\ud800", ["pm"], "pm" * 200])
def test_a_name_that_no_row_can_hold_is_no_failure(sent, name):
    assert post(bounce(sent, named=False, MessageID=name)) == 200
    assert row().state == "sent"


@pytest.mark.parametrize("name", ["pm\x00", "pm\ud800"])
def test_what_is_named_by_our_own_id_counts_whatever_the_provider_calls_it(sent, name):
    Notification.objects.update(state="unknown", sent_as="")
    told = {"RecordType": "Delivery", "Recipient": "siti@example.com", "Tag": "", "Details": "", "MessageID": name}
    assert post(told | {"Metadata": sent["Metadata"], "DeliveredAt": "2025-12-02T03:00:00Z"}) == 200

    assert (row().state, row().sent_as) == ("sent", "")
    assert row().arrived_at is not None


def test_is_looked_at_before_it_is_used(provider):
    assert mail_provider(RequestFactory().head("/kabar/surat/")).status_code == 200
    assert mail_provider(RequestFactory().get("/kabar/surat/")).status_code == 405
