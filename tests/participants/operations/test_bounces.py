"""Mails that come back: the row says so, the address is left alone, and its owner is told in the portal."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from participants import queries, tokens
from participants.messages.reports import Report, read_report
from participants.models import AccountRequest, GuardianRequest, Notification
from participants.operations import login_codes, notifications, receipts, reminders
from portal.accounts.models import User
from tests.factories import (
    MINOR_BORN,
    make_coordinator,
    make_participant,
    make_region,
    make_rule,
    make_session,
    make_user,
)
from tests.faults.people import EVE
from tests.participants.operations.sending import NOW, REAL, deliver, register

pytestmark = pytest.mark.django_db


def report_of(mail, *, status="5.1.1", action="failed", address="siti@example.com", headers_only=False):
    """The report that a mail server makes of `mail`, as bytes."""
    said = (
        "Reporting-MTA: dns; mx.example.com\r\n\r\n"
        f"Final-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
    )
    original = mail.as_string()
    if headers_only:
        original = original.partition("\n\n")[0] + "\n\n"
    kind = "text/rfc822-headers" if headers_only else "message/rfc822"
    return (
        "From: MAILER-DAEMON@mx.example.com\r\nTo: pelatihan@example.go.id\r\n"
        "Subject: Undelivered\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\r\n\r\n'
        "--x\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        f"--x\r\nContent-Type: message/delivery-status\r\n\r\n{said}\r\n"
        f"--x\r\nContent-Type: {kind}\r\n\r\n{original}\r\n--x--\r\n"
    ).encode()


@pytest.fixture
def reader_of(client, monkeypatch):
    """A browser of somebody who is logged in."""
    monkeypatch.setattr("portal.clock.now", lambda: NOW)

    def log_in(user):
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def sent(mails):
    """A registration whose confirmation went out to siti@example.com, and that mail."""
    registration = register(make_session())
    deliver()
    (mail,) = mails.mails
    return registration, mail


@pytest.mark.parametrize("headers_only", [False, True])
def test_a_report_marks_the_message_and_stops_what_is_still_to_come(sent, mails, headers_only):
    registration, mail = sent
    report = read_report(report_of(mail, headers_only=headers_only))
    assert receipts.came_back(report, now=NOW)

    row = Notification.objects.get()
    assert (row.state, row.reason) == ("bounced", "5.1.1")
    assert User.objects.get(email="siti@example.com").bounced_at == NOW
    notifications.promise(Notification.Kind.SESSION_MOVED, subject=registration, now=NOW)
    notifications.promise(Notification.Kind.REGISTERED, subject=registration, now=NOW, occurrence="again")
    deliver()
    assert [(row.state, row.reason) for row in Notification.objects.filter(occurrence="again")] == [
        ("cancelled", "the address refuses mail")
    ]
    assert len(mails.mails) == 1


def test_a_report_that_comes_again_or_was_made_up_changes_nothing(sent):
    _registration, mail = sent
    report = read_report(report_of(mail))
    forged = Report(message_id=report.message_id.__class__(int=1), status="5.1.1", address="siti@example.com")

    assert not receipts.came_back(forged, now=NOW)
    assert User.objects.get(email="siti@example.com").bounced_at is None
    assert receipts.came_back(report, now=NOW)
    assert not receipts.came_back(report, now=NOW + timedelta(days=1))
    assert User.objects.get(email="siti@example.com").bounced_at == NOW


@pytest.mark.parametrize("number", ["-" * 36, "0" * 36, "a-" * 18])
def test_a_report_about_what_is_no_number_of_ours_is_about_none(sent, number):
    _registration, mail = sent
    del mail["Message-ID"]
    mail["Message-ID"] = f"<{number}@example.com>"

    assert read_report(report_of(mail)) is None


@pytest.mark.parametrize("status", ["5.2.2", "5.7.1", "5.4.4"])
def test_a_full_inbox_or_a_policy_calls_no_address_dead(sent, status):
    _registration, mail = sent

    assert receipts.came_back(read_report(report_of(mail, status=status)), now=NOW)

    assert Notification.objects.get().state == "bounced"
    assert User.objects.get(email="siti@example.com").bounced_at is None


def test_a_report_about_an_earlier_address_leaves_the_new_one_alone(sent):
    _registration, mail = sent

    assert receipts.came_back(read_report(report_of(mail, address="lama@example.com")), now=NOW)

    assert User.objects.get(email="siti@example.com").bounced_at is None


def test_an_address_that_staff_had_before_refuses_and_the_new_one_still_gets_mail(mails):
    account = make_coordinator(email="baru@example.go.id")
    who = {"account": account, "asked_by": make_coordinator(), "asked_at": NOW, "expires_at": NOW}
    request = AccountRequest.objects.create(kind="address", email=account.email, old_email="lama@example.go.id", **who)
    occurrence = str(request.public_id)
    notifications.promise(Notification.Kind.STAFF_ADDRESS, subject=account, occurrence=occurrence, now=NOW)
    mails.recipient_answers[request.old_email] = "550 5.1.1 no such user"

    deliver()

    assert Notification.objects.get().state == "failed"
    assert User.objects.get(pk=account.pk).bounced_at is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"hello",
        b"\xff\xfe\x00",
        b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n\r\n--x--\r\n",
        b"Content-Type: multipart/report\r\n\r\nno boundary",
        b"Content-Type: message/delivery-status\r\n\r\nStatus: 5.1.1\r\n",
    ],
)
def test_what_is_no_report_is_none(raw):
    assert read_report(raw) is None


@pytest.mark.parametrize(("action", "status"), [("delayed", "4.4.1"), ("failed", "4.2.2"), ("delivered", "2.0.0")])
def test_what_may_still_end_well_is_no_report(sent, action, status):
    assert read_report(report_of(sent[1], action=action, status=status)) is None


def test_a_guardians_address_is_the_guardians_and_the_child_is_told(reader_of, mails):
    session = make_session(region=make_region())
    child = make_participant(user=make_user(email="anak@example.com"), region=session.region, birth_date=MINOR_BORN)
    register(session, participant=child, guardian_email="ibu@example.com")
    deliver()
    (letter,) = [mail for mail in mails.mails if mail["To"] == "ibu@example.com"]

    assert receipts.came_back(read_report(report_of(letter, address="ibu@example.com")), now=NOW)

    assert GuardianRequest.objects.get().bounced_at == NOW
    assert User.objects.get(email="anak@example.com").bounced_at is None
    assert "ditolak: alamat itu tidak ada" in reader_of(child.user).get("/saya/").content.decode()


def test_a_refusal_on_the_line_says_the_same(mails):
    mails.recipient_answers["siti@example.com"] = "550 5.1.1 no such user"
    register(make_session())
    deliver()

    assert Notification.objects.get().state == "failed"
    assert User.objects.get(email="siti@example.com").bounced_at >= NOW


def test_the_owner_is_told_and_coming_in_by_the_address_clears_it(sent, reader_of):
    registration, _mail = sent
    user = registration.participant.user
    User.objects.filter(pk=user.pk).update(bounced_at=NOW)
    assert "Surat kami ditolak alamatmu" in reader_of(user).get("/saya/").content.decode()

    asked = login_codes.ask(email=user.email, browser="b" * 32, language="id", machine_now=REAL, now=NOW)
    login_codes.check(code=login_codes.text(asked), browser="b" * 32, machine_now=REAL, now=NOW)

    assert User.objects.get(pk=user.pk).bounced_at is None


def test_command_reads_one_mail_from_a_pipe(sent, monkeypatch, capsys):
    _registration, mail = sent

    class Stdin:
        def __init__(self, raw):
            self.buffer = self
            self.raw = raw

        def read(self, longest):
            return self.raw[:longest]

    for raw, said in [
        (report_of(mail), "came back: 5.1.1"),
        (report_of(mail), "no mail of ours"),
        (b"x", "not a report"),
    ]:
        monkeypatch.setattr("sys.stdin", Stdin(raw))
        call_command("take_bounce")
        assert said in capsys.readouterr().out


def test_a_reminder_that_came_back_is_counted_and_still_proves_to_be_ours():
    session = make_session()
    make_rule(session.program)
    register(session)
    reminders.plan(now=EVE)
    message = Notification.objects.get(kind="reminder")
    Notification.objects.filter(pk=message.pk).update(state="bounced", settled_at=EVE)

    (planned,) = queries.timeline([session.pk])

    assert (planned.sent, planned.waiting, planned.other) == (0, 0, 1)
    assert queries.message_with_code(tokens.message_code(message.pk, message.public_id)) == message
