"""Who is reached by which way, and at what price in queries."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from participants import tokens
from participants.messages.channels import ladders
from participants.messages.channels.templates import TEMPLATES
from participants.models import Notification, Registration
from participants.operations import claims, deliveries, message_facts, notifications, reminders
from portal.accounts.models import User
from tests.factories import MINOR_BORN, make_broadcast, make_participant, make_rule, make_session, make_user
from tests.faults.people import EVE
from tests.participants.messages.test_words import every_promise
from tests.participants.messages.test_words import register as register_child
from tests.participants.operations.sending import NOW, deliver, opt_in, register

pytestmark = pytest.mark.django_db
Kind = Notification.Kind


def ways(**which):
    (row,) = message_facts.read(Notification.objects.filter(**which).values_list("pk", flat=True))
    return [way.value for way in ladders.ways(row)]


def test_whatsapp_comes_first_for_whom_it_is_agreed_then_mail_then_sms(whatsapp, sms):
    opt_in(register(make_session()))

    assert ways() == ["whatsapp", "mail", "sms"]


def test_without_consent_nothing_goes_by_whatsapp(whatsapp):
    register(make_session())

    assert ways() == ["mail"]


def test_without_its_settings_whatsapp_is_not_there_whatever_was_agreed():
    opt_in(register(make_session()))

    assert ways() == ["mail"]


def test_a_withdrawn_consent_counts_no_more(whatsapp):
    registration = register(make_session())
    opt_in(registration)
    registration.participant.consents.update(withdrawn_at=NOW, withdrawn_by="self")

    assert ways() == ["mail"]


def test_what_no_template_tells_goes_by_mail(whatsapp):
    session = make_session()
    registration = register(session)
    opt_in(registration)
    notifications.promise(Kind.BROADCAST, subject=registration, now=NOW, occurrence=make_broadcast(session).occurrence)
    notifications.promise(Kind.STILL_COMING, subject=registration, now=NOW)

    assert ways(kind="broadcast") == ways(kind="still_coming") == ["mail"]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({}, ["whatsapp", "mail"]),
        (dict.fromkeys(["subject_id", "body_id", "subject_en", "body_en"], "Bawa payung"), ["mail"]),
    ],
)
def test_a_reminder_in_staffs_own_words_goes_by_mail(whatsapp, own, expected):
    session = make_session()
    make_rule(session.program, **own)
    opt_in(register(session))
    reminders.plan(now=EVE)

    assert ways(kind="reminder") == expected


def test_guardians_get_mail(whatsapp, sms):
    child = make_participant(birth_date=MINOR_BORN, user=make_user(email="a@example.com"), phone="")
    registration = register(make_session(), participant=child, guardian_email="ibu@example.com")
    opt_in(registration)

    assert ways(kind="guardian_asked") == ["mail"]
    assert ways(kind="registered") == ["mail"]  # the seat is held only: no template tells that


# Of whom which word about WhatsApp stands: their guardian's state, and what the row of the consent says; None for none.
STANDING = {
    "nothing": ("not_needed", None),
    "agreed": ("not_needed", {}),
    "taken back": ("not_needed", {"withdrawn_at": NOW, "withdrawn_by": "self"}),
    "the guardian's, of before they were of age": ("not_needed", {"giver": "guardian"}),
    "a child's own": ("given", {}),
    "a child's own, the guardian is asked": ("asked", {}),
    "the guardian's": ("given", {"giver": "guardian"}),
}


def test_of_every_kind_whatsapp_gets_what_a_template_tells_and_only_for_numbers_that_were_agreed_to(
    whatsapp, mails, monkeypatch
):
    """Every kind is promised, what is about a registration to everybody, and goes out whether or not it is true."""
    monkeypatch.setattr(deliveries, "untrue", lambda row, machine_now: "")
    session, numbers = make_session(), {}
    make_rule(session.program)
    for count, (standing, (guardian, consent)) in enumerate(STANDING.items()):
        registration = register_child(session)
        for kind, subject, key in every_promise(session, "id", registration):
            if subject == registration or not count:
                notifications.promise(kind, subject=subject, now=NOW, **key)
        Registration.objects.filter(pk=registration.pk).update(guardian=guardian)
        numbers[standing] = f"628120000000{count}"
        if consent is not None:
            given = opt_in(registration, f"+{numbers[standing]}")
            type(given).objects.filter(pk=given.pk).update(**consent)

    for queue in Notification.Queue:
        deliver(queue=queue)

    assert set(Notification.objects.values_list("kind", "state")) == {(kind, "sent") for kind in Kind}
    told = sorted((message["to"], message["template"]["name"]) for message in whatsapp.asked)
    allowed = [numbers["agreed"], numbers["the guardian's"]]
    assert told == sorted((number, template.name) for number in allowed for template in TEMPLATES.values())


def test_consents_are_read_once_a_batch_and_not_at_all_without_whatsapp(settings):
    def count():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            message_facts.read(Notification.objects.values_list("pk", flat=True))
        return len(queries)

    session = make_session()
    opt_in(register(session, email="p0@example.com"))
    without = count()
    settings.WHATSAPP_TOKEN = "x"
    one = count()
    for number in range(1, 4):
        opt_in(register(session, email=f"p{number}@example.com"))

    assert (one, count()) == (without + 1, without + 1)


def test_sms_is_the_last_word_where_mail_fails(mails, sms):
    register(make_session())
    mails.recipient_answers["siti@example.com"] = "550 5.1.1 no such user"

    assert deliver() == 1

    (message,) = sms.took
    assert (message["to"], message["from"]) == ("+6281234567890", "GenZ")
    assert message["text"].startswith("Kamu terdaftar: ")
    assert message["text"].endswith("http://testserver/saya/")
    row = Notification.objects.get()
    assert f" (kode pesan {tokens.grouped(tokens.message_code(row.pk, row.public_id))}) http" in message["text"]
    assert (row.state, row.channel, row.sent_as) == ("sent", "sms", "m1")
    assert User.objects.get(email="siti@example.com").bounced_at is not None


def test_when_the_last_one_fails_the_message_has_failed(mails, sms):
    register(make_session())
    mails.answers["siti@example.com"] = "554 spam"
    sms.errors["+6281234567890"] = (400, 1)

    assert deliver() == 0

    row = Notification.objects.get()
    assert (row.state, row.channel, row.reason) == ("failed", "sms", "SMS 400")


def test_an_sms_gateway_that_is_away_is_asked_once_and_the_message_waits(mails, sms):
    session = make_session()
    for number in range(3):
        register(session, email=f"p{number}@example.com")
        mails.answers[f"p{number}@example.com"] = "554 spam"
    sms.refuses_everybody = (503, 1)

    deliver()

    assert len(sms.asked) == 1
    assert sorted(Notification.objects.values_list("state", flat=True)) == ["due", "due", "retrying"]


def test_mail_that_is_away_holds_nobody_up_who_gets_whatsapp(whatsapp, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    session = make_session()
    register(session, email="p0@example.com")
    opt_in(register(session, email="p1@example.com"))
    register(session, email="p2@example.com")

    assert deliver() == 1

    assert len(whatsapp.took) == 1
    assert sorted(Notification.objects.values_list("state", "attempts")) == [("due", 0), ("due", 0), ("sent", 1)]


def test_mail_that_is_away_holds_nobody_up_behind_a_whole_batch_that_waits_for_it(whatsapp, settings, monkeypatch):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    monkeypatch.setattr(claims, "BATCH", 2)
    session = make_session()
    for number in range(4):
        register(session, email=f"p{number}@example.com")
    opt_in(register(session, email="p4@example.com"))

    assert deliver() == 1

    assert len(whatsapp.took) == 1
    assert sorted(Notification.objects.values_list("state", "leased_until")) == [*[("due", None)] * 4, ("sent", None)]


def test_one_that_waits_for_an_sms_gateway_slows_no_mail(mails, sms, monkeypatch):
    monkeypatch.setattr(claims, "BATCH", 2)
    session = make_session()
    for number in range(6):
        register(session, email=f"p{number}@example.com")
    for number in range(2):
        mails.answers[f"p{number}@example.com"] = "554 spam"
    sms.refuses_everybody = (503, 1)

    assert deliver() == 4

    assert len(sms.asked) == 1
