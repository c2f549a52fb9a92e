"""WhatsApp: what goes to Meta, and what each of its answers means."""

import re

import pytest
from django.utils import translation

from participants import tokens
from participants.messages.channels import templates
from participants.messages.channels.whatsapp import LONGEST, cleaned
from participants.models import Consent, Notification, Participant
from participants.operations import claims, consents, message_facts, notifications, whatsapp_numbers
from portal.accounts.models import User
from programs.models import Channel
from tests.factories import make_participant, make_region, make_session, make_user
from tests.participants.operations.sending import NOW, REAL, deliver, opt_in, register

pytestmark = pytest.mark.django_db
NUMBER = "6281234567890"


@pytest.fixture
def opted_in(whatsapp):
    """Somebody who agreed to WhatsApp and whose confirmation is due."""
    registration = register(make_session(region=make_region(city="Jayapura", time_zone="Asia/Jayapura")))
    opt_in(registration)
    return registration


def promise_another(registration, occurrence="again"):
    """Something else that a template tells and that is true of whoever is registered."""
    notifications.promise(Notification.Kind.REGISTERED, subject=registration, occurrence=occurrence, now=NOW)


def row():
    return Notification.objects.get()


def test_sends_the_approved_template_with_the_facts(opted_in, whatsapp, mails):
    assert deliver() == 1

    (message,) = whatsapp.took
    template = message["template"]
    assert (message["to"], template["name"], template["language"]) == (NUMBER, "pelatihan_registered", {"code": "id"})
    texts = [parameter["text"] for parameter in template["components"][0]["parameters"]]
    assert texts[1:4] == ["Jayapura", "Selasa, 16 Desember 2025", "09.00–16.00 WIT"]
    assert texts[5] == tokens.grouped(tokens.message_code(row().pk, row().public_id))
    assert mails.mails == []
    assert (row().state, row().channel, row().sent_as, row().attempts) == ("sent", "whatsapp", "wamid.1", 1)


def test_speaks_the_readers_language(whatsapp):
    person = make_participant(user=make_user(email="a@example.com"), language="en")
    opt_in(register(make_session(), participant=person))

    deliver()

    (message,) = whatsapp.took
    assert message["template"]["language"] == {"code": "en"}
    assert message["template"]["components"][0]["parameters"][2]["text"] == "Tuesday, 16 December 2025"


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("a\nb\r\nc\td", "a b c d"),
        ("a" + " " * 9 + "b", "a b"),
        ("a\x00\x1f\u2028b", "a b"),
        ("", "—"),
        (" \n ", "—"),
        ("x" * 999, "x" * LONGEST),
    ],
)
def test_variables_are_what_meta_takes(typed, sent):
    assert cleaned(typed) == sent


def test_a_name_of_line_breaks_goes_through(whatsapp):
    opt_in(register(make_session(region=make_region(city="Kota\n\tBaru      Raya"))))

    assert deliver() == 1


@pytest.mark.parametrize("code", [131026, 131047, 131050, 132001, 132018])
def test_what_is_about_the_reader_or_the_text_goes_by_mail_at_once(opted_in, whatsapp, mails, code):
    whatsapp.errors[NUMBER] = (400, code)

    assert deliver() == 1

    assert len(mails.to("siti@example.com")) == 1
    assert (row().state, row().channel, row().attempts) == ("sent", "mail", 1)
    assert len(whatsapp.asked) == 1


@pytest.mark.parametrize(("code", "again"), [(131021, 1), (131026, 1), (131050, 1), (131047, 2), (132001, 2)])
def test_a_number_that_is_not_reached_is_not_tried_again(opted_in, whatsapp, mails, code, again):
    whatsapp.errors[NUMBER] = (400, code)
    deliver()
    promise_another(opted_in)
    deliver()

    assert len(whatsapp.asked) == again
    assert len(mails.to("siti@example.com")) == 2


def test_a_number_that_is_not_reached_is_tried_once_for_all_that_waits(opted_in, whatsapp, mails):
    whatsapp.errors[NUMBER] = (400, 131026)
    promise_another(opted_in)

    assert deliver() == 2

    assert len(whatsapp.asked) == 1
    assert len(mails.to("siti@example.com")) == 2


def test_a_number_is_tried_again_when_its_person_agrees_anew_or_changes_it(opted_in, whatsapp, mails):
    whatsapp.errors[NUMBER] = (400, 131026)
    deliver()
    person = opted_in.participant
    consents.give(participant=person, purposes={Consent.Purpose.TRAINING}, now=NOW, language="id")
    whatsapp.errors.clear()
    consents.add(participant=person, purpose=Consent.Purpose.WHATSAPP, now=NOW, language="id")
    promise_another(opted_in)
    deliver()
    assert len(whatsapp.took) == 1

    whatsapp_numbers.lose(number=f"+{NUMBER}", at=NOW)
    consents.give(participant=person, purposes={"training", "whatsapp"}, now=NOW, language="id")
    assert not Consent.objects.unreached().exists()

    whatsapp_numbers.lose(number=f"+{NUMBER}", at=NOW)
    Participant.objects.update(phone="+6281100000000")
    person.refresh_from_db()
    consents.follow_number(person, now=NOW)
    consents.add(participant=person, purpose=Consent.Purpose.WHATSAPP, now=NOW, language="id")
    promise_another(opted_in, "once more")
    deliver()
    assert [message["to"] for message in whatsapp.took] == [NUMBER, "6281100000000"]


@pytest.mark.parametrize("code", [131000, 131016, 131056])
def test_what_passes_is_tried_three_times_and_then_goes_by_mail(opted_in, whatsapp, mails, code):
    whatsapp.errors[NUMBER] = (500, code)

    deliver()
    assert (row().state, row().channel, row().reason) == ("retrying", "whatsapp", f"WhatsApp {code}")
    deliver(row().retry_at)
    assert mails.mails == []
    deliver(row().retry_at)

    assert len(whatsapp.asked) == 3
    assert len(mails.mails) == 1


@pytest.mark.parametrize("refusal", [(401, 190), (400, 131031), (400, 130429), (403, 10), (429, 1)])
def test_an_account_that_may_not_send_is_asked_once_a_run(whatsapp, mails, refusal):
    session = make_session()
    for number in range(5):
        opt_in(register(session, email=f"p{number}@example.com"))
    whatsapp.refuses_everybody = refusal

    assert deliver() == 5

    assert len(whatsapp.asked) == 1
    assert len(mails.mails) == 5


def test_the_token_goes_to_nobody_else(opted_in, whatsapp, mails):
    """A redirect is not followed."""
    whatsapp.redirects_to = f"{whatsapp.url}/elsewhere"

    assert deliver() == 1

    assert len(whatsapp.asked) == 1
    assert len(mails.mails) == 1


def test_nobody_there_goes_by_mail(opted_in, whatsapp, mails, settings):
    settings.WHATSAPP_ORIGIN = "http://127.0.0.1:9"

    assert deliver() == 1

    assert len(mails.mails) == 1


@pytest.mark.parametrize("trouble", ["hangs", "drops"])
def test_an_answer_that_is_lost_leaves_the_message_unknown_and_unrepeated(opted_in, whatsapp, mails, settings, trouble):
    settings.HTTPS_TIMEOUT = 0.3
    getattr(whatsapp, trouble).add(NUMBER)

    deliver()
    deliver()

    assert (row().state, row().channel) == ("unknown", "whatsapp")
    assert len(whatsapp.asked) == 1
    assert mails.mails == []


def test_metas_words_which_repeat_the_number_are_not_kept(opted_in, whatsapp, mails):
    whatsapp.errors[NUMBER] = (500, 131000)

    deliver()

    assert NUMBER not in str(Notification.objects.values())


def test_who_stops_between_reading_and_sending_gets_it_by_mail(opted_in, whatsapp, mails):
    claimed = claims.claim("transactional", NOW)
    (read,) = message_facts.read(claimed)
    opted_in.participant.consents.update(withdrawn_at=NOW, withdrawn_by="self")

    assert not claims.mark(read, Channel.WHATSAPP)
    claims.give_back(claimed)
    assert deliver() == 1
    assert whatsapp.took == []
    assert len(mails.mails) == 1


def test_what_a_killed_process_left_goes_the_same_way(opted_in, whatsapp, mails):
    Notification.objects.update(state="sending", channel="whatsapp", leased_until=REAL.replace(year=2020))

    assert deliver() == 1

    assert len(whatsapp.took) == 1
    assert mails.mails == []


def test_templates_have_as_many_variables_as_their_words(opted_in):
    (read,) = message_facts.read([row().pk])
    for kind, template in templates.TEMPLATES.items():
        read.kind, read.occurrence = kind, "eve:1"
        filled = template.filled(read)
        variables = re.findall(r"\{\{(\d)\}\}", template.text)
        assert variables == [str(number + 1) for number in range(len(filled))]
        assert filled[-1] == tokens.grouped(tokens.message_code(read.pk, read.public_id))


def test_the_reminder_which_is_one_for_all_days_says_until_when_one_can_cancel():
    with translation.override("id"):
        said = str(templates.TEMPLATES[Notification.Kind.REMINDER].words)
    assert "Sebelum hari ke-1 dimulai batalkan dari halamanmu; sesudahnya beri tahu koordinator" in said


def test_an_address_that_refuses_mail_still_gets_whatsapp(opted_in, whatsapp, mails):
    User.objects.update(bounced_at=NOW)

    assert deliver() == 1
    assert len(whatsapp.took) == 1
