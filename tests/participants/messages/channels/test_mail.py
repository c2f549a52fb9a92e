"""Mail by SMTP: what each answer means, and a server that hangs up or falls silent."""

import smtplib
import time

import pytest

from participants.messages.channels import mail as by_mail
from participants.messages.channels.base import Away, Later, Refused
from participants.messages.channels.mail import verdict
from participants.models import Notification, Registration
from participants.operations import claims
from tests.factories import make_session
from tests.participants.operations.sending import NOW, deliver, register, text


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (smtplib.SMTPRecipientsRefused({"a@b": (550, b"5.1.1 gone")}), Refused, "550 5.1.1 gone"),
        (smtplib.SMTPRecipientsRefused({"a@b": (450, b"busy")}), Later, "450 busy"),
        (smtplib.SMTPRecipientsRefused({"a@b": (530, b"log in")}), Away, "530 log in"),
        (smtplib.SMTPDataError(554, b"spam"), Refused, "554 spam"),
        (smtplib.SMTPDataError(451, b"busy"), Later, "451 busy"),
        (smtplib.SMTPServerDisconnected("gone"), Later, "SMTPServerDisconnected"),
        (smtplib.SMTPSenderRefused(550, b"who", "x"), Away, "550 who"),
        (TimeoutError(), Away, "TimeoutError"),
        (ConnectionResetError(), Away, "ConnectionResetError"),
    ],
)
def test_says_what_an_answer_means(error, kind, reason):
    said = verdict(error)

    assert (type(said), str(said)) == (kind, reason)


@pytest.mark.parametrize(("code", "text", "is_dead"), [(550, b"5.1.1 x", True), (552, b"5.2.2 full", False)])
def test_calls_an_address_dead_only_where_there_is_none(code, text, is_dead):
    said = verdict(smtplib.SMTPRecipientsRefused({"a@b": (code, text)}))

    assert isinstance(said, Refused)
    assert said.is_dead is is_dead


@pytest.mark.django_db
def test_a_server_that_hangs_up_on_one_takes_the_next(mails):
    session = make_session()
    for number in range(3):
        register(session, email=f"p{number}@example.com")
    mails.drops.add("p1@example.com")

    assert deliver() == 2

    assert set(mails.counts()) == {"p0@example.com", "p2@example.com"}
    assert sorted(Notification.objects.values_list("state", flat=True)) == ["retrying", "sent", "sent"]


@pytest.mark.django_db
def test_a_server_that_falls_silent_after_250_has_the_mail_and_it_is_not_sent_again(mails, settings):
    settings.EMAIL_TIMEOUT = 0.3
    session = make_session()
    for number in range(4):
        register(session, email=f"p{number}@example.com")
    mails.hangs.add("p1@example.com")

    assert deliver() == 2
    assert sorted(Notification.objects.values_list("state", flat=True)) == ["due", "retrying", "sent", "sent"]
    deliver(Notification.objects.get(state="retrying").retry_at)

    assert set(mails.counts().values()) == {1}
    assert len(mails.mails) == 4


@pytest.mark.django_db
def test_a_server_that_hangs_up_between_two_mails_gets_the_next_on_a_new_connection(mails, monkeypatch):
    session = make_session()
    for number in range(3):
        register(session, email=f"p{number}@example.com")
    mails.farewells.add("p1@example.com")
    stamp = claims.stamp
    monkeypatch.setattr(claims, "stamp", lambda *row, **outcome: (stamp(*row, **outcome), time.sleep(0.1)))

    assert deliver() == 3

    assert set(Notification.objects.values_list("state", "attempts")) == {("sent", 1)}


@pytest.mark.django_db
@pytest.mark.parametrize("pipelining", [False, True])
def test_words_said_before_a_fact_changed_are_taken_back(mails, monkeypatch, pipelining):
    """The others go by the same connection."""
    mails.pipelining = pipelining
    session = make_session()
    registrations = [register(session, email=f"p{number}@example.com") for number in range(4)]
    connected, mark = [], claims.mark
    greet = smtplib.SMTP.ehlo
    monkeypatch.setattr(smtplib.SMTP, "ehlo", lambda *server: (connected.append(1), greet(*server))[1])

    def cancel_before_marking(row, way):
        if row.registration_id in (registrations[1].pk, registrations[2].pk):
            Registration.objects.filter(pk=row.registration_id).update(
                place="released", release_reason="cancelled_by_self", released_at=NOW
            )
        return mark(row, way)

    monkeypatch.setattr(claims, "mark", cancel_before_marking)

    assert deliver() == 2

    assert set(mails.counts()) == {"p0@example.com", "p3@example.com"}
    assert sorted(Notification.objects.values_list("state", "attempts")) == [("cancelled", 0)] * 2 + [("sent", 1)] * 2
    assert connected == [1]


@pytest.mark.django_db
@pytest.mark.parametrize("pipelining", [False, True])
@pytest.mark.parametrize(("answer", "state"), [("550 5.1.1 no such user", "failed"), ("450 busy", "retrying")])
def test_a_recipient_that_is_refused_stops_no_other(mails, pipelining, answer, state):
    mails.pipelining = pipelining
    session = make_session()
    for number in range(3):
        register(session, email=f"p{number}@example.com")
    mails.recipient_answers["p1@example.com"] = answer

    assert deliver() == 2

    assert mails.counts() == {"p0@example.com": 1, "p2@example.com": 1}
    assert sorted(Notification.objects.values_list("state", flat=True)) == sorted([state, "sent", "sent"])


@pytest.mark.django_db
def test_a_line_that_begins_with_a_dot_arrives_with_it(mails, monkeypatch):
    register(make_session())
    write = by_mail.mail

    def dotted(notification, **options):
        letter = write(notification, **options)
        letter.body = ".\n..two\nend"
        return letter

    monkeypatch.setattr(by_mail, "mail", dotted)

    assert deliver() == 1

    assert text(mails.mails[0]).splitlines() == [".", "..two", "end"]
