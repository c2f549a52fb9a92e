"""Meta's webhook: who may speak, what is written down, and STOP."""

import json
from datetime import timedelta

import pytest

from participants.models import Consent, Notification
from participants.operations import whatsapp_numbers
from tests.cloud_api import SECRET, VERIFY, report, signature, status_of
from tests.factories import make_participant, make_session, make_user
from tests.participants.operations.sending import NOW, deliver, opt_in, register

pytestmark = pytest.mark.django_db
PATH = "/kabar/whatsapp/"
STATUSES = ["sent", "delivered", "read", "failed"]


@pytest.fixture(autouse=True)
def during_the_edition(monkeypatch):
    monkeypatch.setattr("portal.clock.database_now", lambda: NOW)


@pytest.fixture
def sent(whatsapp):
    """The message that Meta took."""
    opt_in(register(make_session()))
    deliver()
    return whatsapp.took[0]


def post(client, raw, **headers):
    signed = headers or {"HTTP_X_HUB_SIGNATURE_256": signature(raw)}
    return client.post(PATH, raw, content_type="application/json", **signed).status_code


def said(text, number="6281234567890", at=NOW):
    told = {"from": number, "id": "wamid.in", "timestamp": str(int(at.timestamp()))}
    return told | {"type": "text", "text": {"body": text}}


def row():
    return Notification.objects.get()


class TestChallenge:
    ASKED = {"hub.mode": "subscribe", "hub.verify_token": VERIFY, "hub.challenge": "1158201444"}

    def test_is_answered_to_who_knows_the_token(self, client, whatsapp):
        answer = client.get(PATH, self.ASKED)

        assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, b"1158201444", "text/plain")

    @pytest.mark.parametrize(
        "changed", [{"hub.verify_token": "x"}, {"hub.verify_token": ""}, {"hub.verify_token": "é"}, {"hub.mode": "x"}]
    )
    def test_and_to_nobody_else(self, client, whatsapp, changed):
        assert client.get(PATH, self.ASKED | changed).status_code == 403


def test_is_not_there_without_whatsapp(client):
    assert client.get(PATH).status_code == 404
    assert post(client, b"{}", HTTP_X_HUB_SIGNATURE_256=signature(b"{}", "")) == 404


@pytest.mark.parametrize(
    "signed", ["", "sha256=", "sha256=" + "0" * 64, "é", signature(b"other"), signature(b"{}", "x"), "sha1=" + "0" * 40]
)
def test_a_bad_signature_changes_nothing(client, sent, signed):
    raw = report(status_of(sent, "failed", code=131026))

    assert post(client, raw, HTTP_X_HUB_SIGNATURE_256=signed) == 403
    assert row().state == "sent"


def test_the_very_bytes_are_signed(client, sent):
    raw = report(status_of(sent, "failed", code=131026))

    assert post(client, raw + b" ", HTTP_X_HUB_SIGNATURE_256=signature(raw)) == 403
    assert post(client, raw) == 200
    assert (row().state, row().channel, row().reason) == ("due", "mail", "WhatsApp 131026")


def test_writes_down_whether_it_arrived_and_not_whether_it_was_read(client, sent):
    post(client, report(status_of(sent, "delivered")))
    before = Notification.objects.values().get()
    post(client, report(status_of(sent, "read")))

    assert row().arrived_at is not None
    assert Notification.objects.values().get() == before


def test_a_report_that_is_played_again_changes_nothing(client, sent, mails, monkeypatch):
    """Ten times, then a day later: the row, and what is known of the number, are what the first time made of them."""
    raw = report(status_of(sent, "failed", code=131026))
    for _time in range(10):
        assert post(client, raw) == 200
        deliver()
    once = [*Notification.objects.values(), *Consent.objects.values()]
    assert len(mails.mails) == 1
    assert (row().state, row().channel) == ("sent", "mail")

    monkeypatch.setattr("portal.clock.database_now", lambda: NOW + timedelta(days=1))
    assert post(client, raw) == 200

    deliver(NOW + timedelta(days=1))
    assert [*Notification.objects.values(), *Consent.objects.values()] == once
    assert len(mails.mails) == 1


def test_a_report_with_any_byte_altered_is_refused(client, sent):
    raw = report(status_of(sent, "failed", code=131026))
    for place in range(0, len(raw), 7):
        altered = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        assert post(client, altered, HTTP_X_HUB_SIGNATURE_256=signature(raw)) == 403

    assert row().state == "sent"


@pytest.mark.parametrize("named", ["018f2d3e-0000-7000-8000-000000000000", "x", ""])
@pytest.mark.parametrize("status", STATUSES)
def test_a_message_that_nobody_sent_is_passed_over(client, sent, named, status):
    before = Notification.objects.values().get()
    told = status_of(sent, status, sent_as="wamid.other", code=131047) | {"biz_opaque_callback_data": named}

    assert post(client, report(told)) == 200

    assert Notification.objects.values().get() == before


@pytest.mark.parametrize("older", ["sent", "failed"])
def test_a_report_that_comes_late_undoes_nothing_that_is_newer(client, sent, mails, monkeypatch, older):
    """Meta tries for days: an old report is heard, and compared with the row as it stands."""
    post(client, report(status_of(sent, "delivered")))
    before = Notification.objects.values().get()
    monkeypatch.setattr("portal.clock.database_now", lambda: NOW + timedelta(hours=1))

    assert post(client, report(status_of(sent, older, code=131000))) == 200

    assert deliver(NOW + timedelta(hours=1)) == len(mails.mails) == 0
    assert Notification.objects.values().get() == before


def test_many_at_once_and_out_of_order(client, sent):
    assert post(client, report(*[status_of(sent, status) for status in ("read", "delivered", "sent")])) == 200

    assert (row().state, row().arrived_at is not None) == ("sent", True)


@pytest.mark.parametrize("text", ["STOP", " stop. ", "Berhenti", "berhenti!\n"])
def test_stop_takes_the_consent_back(client, sent, mails, text):
    assert post(client, report(messages=[said(text)])) == 200

    consent = Consent.objects.get(purpose="whatsapp")
    assert (consent.withdrawn_by, consent.withdrawn_at is not None) == ("self", True)


@pytest.mark.parametrize("text", ["", "tidak berhenti", "jam berapa?", "stop" * 50])
def test_other_words_mean_nothing(client, sent, text):
    assert post(client, report(messages=[said(text)])) == 200

    assert Consent.objects.standing().filter(purpose="whatsapp").exists()


def test_stop_is_the_word_of_its_own_number_alone(client, sent):
    other = register(make_session(), participant=make_participant(user=make_user(), phone="+6281111111111"))
    opt_in(other, "+6281111111111")

    post(client, report(messages=[said("STOP", "6281111111111")]))

    assert Consent.objects.standing().get(purpose="whatsapp").number == "+6281234567890"


@pytest.mark.parametrize("text", ["\\u0000", "\x00", "\ud800"])
def test_what_a_stranger_writes_keeps_no_stop_beside_it_from_being_heard(client, sent, text):
    assert post(client, report(messages=[said(text, "6281111111111"), said("STOP")])) == 200

    assert not Consent.objects.standing().filter(purpose="whatsapp").exists()


@pytest.mark.parametrize("name", ["wamid\x00", "wamid\ud800"])
def test_a_name_that_no_row_can_hold_is_no_failure(client, sent, name):
    assert post(client, report(status_of(sent, "delivered") | {"id": name})) == 200

    assert row().arrived_at is not None


@pytest.mark.parametrize(("minutes", "stands"), [(-60, True), (-2, True), (0, False), (5, False)])
def test_stop_that_comes_late_leaves_what_was_agreed_to_since(client, sent, monkeypatch, minutes, stands):
    monkeypatch.setattr("portal.clock.database_now", lambda: NOW + timedelta(hours=1))

    post(client, report(messages=[said("STOP", at=NOW + timedelta(minutes=minutes))]))

    assert Consent.objects.standing().filter(purpose="whatsapp").exists() is stands


@pytest.mark.parametrize("when", [None, "", "x", "9" * 30, "-1e9", [], "99999999999"])
def test_stop_of_no_known_moment_counts_from_now(client, sent, when):
    post(client, report(messages=[said("STOP") | {"timestamp": when}]))

    assert not Consent.objects.standing().filter(purpose="whatsapp").exists()


def test_a_button_of_the_template_may_say_stop(client, sent):
    post(client, report(messages=[{"from": "6281234567890", "type": "button", "button": {"text": "Berhenti"}}]))

    assert not Consent.objects.standing().filter(purpose="whatsapp").exists()


def test_another_number_of_the_app_is_not_ours(client, sent):
    assert post(client, report(status_of(sent, "failed", code=1), number_id="999")) == 200

    assert row().state == "sent"


def lost():
    return Consent.objects.get(purpose="whatsapp").unreached_at is not None


@pytest.mark.parametrize(("code", "is_lost"), [(131026, True), (131021, True), (131047, False), (131000, False)])
def test_a_report_about_the_number_is_remembered_with_the_consent(client, sent, code, is_lost):
    post(client, report(status_of(sent, "failed", code=code)))

    assert lost() is is_lost


@pytest.mark.parametrize(
    ("said_of", "minutes", "is_lost"),
    [
        ("delivered", 5, False),
        ("read", 5, False),
        ("sent", 5, True),
        ("delivered", -5, True),  # older than what Meta said since
        ("message", 5, False),
        ("message", -5, True),
    ],
)
def test_what_arrives_or_comes_from_there_shows_that_a_number_is_reached(
    client, sent, monkeypatch, said_of, minutes, is_lost
):
    whatsapp_numbers.lose(number="+6281234567890", at=NOW + timedelta(minutes=10))
    monkeypatch.setattr("portal.clock.database_now", lambda: NOW + timedelta(hours=1))
    at = NOW + timedelta(minutes=10 + minutes)
    status = status_of(sent, said_of) | {"timestamp": str(int(at.timestamp()))}

    post(client, report(messages=[said("Halo", at=at)]) if said_of == "message" else report(status))

    assert lost() is is_lost


@pytest.mark.parametrize(("minutes", "is_lost"), [(-5, False), (-1, False), (5, True)])
@pytest.mark.parametrize("known", ["asked", "arrived"])
def test_an_older_report_that_comes_later_does_not_outweigh_what_is_newer(
    client, sent, monkeypatch, known, minutes, is_lost
):
    whatsapp_numbers.lose(number="+6281234567890", at=NOW + timedelta(minutes=10))
    since = NOW + timedelta(minutes=20)
    if known == "asked":
        whatsapp_numbers.try_again(participant=Consent.objects.get(purpose="whatsapp").participant, now=since)
    else:
        whatsapp_numbers.find(number="+6281234567890", at=since)
    monkeypatch.setattr("portal.clock.database_now", lambda: NOW + timedelta(hours=1))
    at = since + timedelta(minutes=minutes)

    post(client, report(status_of(sent, "failed", code=131026) | {"timestamp": str(int(at.timestamp()))}))

    assert lost() is is_lost


def test_a_report_about_the_time_before_somebody_agreed_anew_is_not_about_the_new_consent(client, sent, monkeypatch):
    Consent.objects.update(given_at=NOW + timedelta(minutes=30))
    monkeypatch.setattr("portal.clock.database_now", lambda: NOW + timedelta(hours=1))

    post(client, report(status_of(sent, "failed", code=131026) | {"timestamp": str(int(NOW.timestamp()))}))

    assert not lost()


HOSTILE = [
    report({"status": "failed", "errors": [{"code": 131026}], "recipient_id": []}),
    report({"status": "failed", "errors": [{"code": 131026}], "recipient_id": "\u0663" * 9, "timestamp": {}}),
    report({"status": "delivered", "recipient_id": "9" * 99, "timestamp": "9" * 99}),
    b"",
    b"[]",
    b"null",
    b"\xff\xfe",
    b'{"entry": 1}',
    b'{"entry": [1, {"changes": [2, {"value": 3}]}]}',
    report({"status": "failed", "id": 1, "biz_opaque_callback_data": {}}),
    report({"status": "failed", "errors": [{"code": "x" * 999}], "biz_opaque_callback_data": "x"}),
    report({"status": ["sent"], "id": None}),
    report(messages=[{"from": "1" * 99, "text": {"body": "stop"}}, {"from": "٣", "text": {"body": "stop"}}, {}]),
    report(messages=[{"text": "stop", "button": []}]),
    json.dumps({"entry": [{"changes": [{"value": {"metadata": [], "statuses": {}}}]}]}).encode(),
]


@pytest.mark.parametrize("raw", HOSTILE)
def test_a_signed_report_of_any_shape_is_no_failure(client, sent, raw):
    assert post(client, raw) in (200, 400)
    assert row().state == "sent"


def test_more_than_meta_ever_sends_is_refused_unread(client, whatsapp):
    raw = b" " * (3 * 1024 * 1024 + 1)

    assert post(client, raw) == 400


def test_as_much_as_meta_sends_is_read(client, sent):
    raw = report(status_of(sent, "delivered")) + b" " * (2 * 1024 * 1024)

    assert post(client, raw, HTTP_X_HUB_SIGNATURE_256=signature(raw, SECRET)) == 200
    assert row().arrived_at is not None


@pytest.mark.parametrize("raw", [b"{", b"[" * 100_000])
def test_what_cannot_be_read_is_refused(client, whatsapp, raw):
    assert post(client, raw) == 400
