"""Whoever holds a message can ask whether it is ours; whoever makes codes up learns nothing."""

import re
import uuid
from datetime import timedelta
from functools import partial

import pytest

from participants import queries, tokens
from participants.messages.mails import mail
from participants.models import Merge, Notification, Registration
from participants.operations import message_facts, message_proofs, recoveries, registrations
from tests.factories import DURING_REGISTRATION, make_participant, make_region, make_session, make_user
from tests.participants.operations.sending import opt_in
from tests.races import at_once, meeting

pytestmark = pytest.mark.django_db
NOW = DURING_REGISTRATION


@pytest.fixture
def message():
    """A confirmation that was sent to siti@example.com, in Jayapura."""
    session = make_session(region=make_region(city="Jayapura", time_zone="Asia/Jayapura"))
    person = make_participant(user=make_user(email="siti@example.com"), region=session.region)
    registrations.register(participant=person, session=session, form_key=uuid.uuid4(), now=NOW)
    message = Notification.objects.get()
    Notification.objects.update(state="sent", settled_at=NOW)
    return message


def code_of(message):
    return tokens.message_code(message.pk, message.public_id)


def test_the_code_in_the_mail_tells_kind_time_and_masked_address(client, page, message):
    (row,) = message_facts.read([message.pk])
    written = mail(row, now=NOW)
    (code,) = re.findall(r"Kode surat ini ([A-Z-]+)\. Ragu\? Ketik kodenya di http://testserver/surat/", written.body)
    assert code in written.alternatives[0][0]

    for typed in (code, code.lower().replace("-", " "), code_of(message)):
        told = page(client.get("/surat/", {"code": typed})).select_one("[role=status]").text
        assert "Ya, dari kami" in told
        assert "Pendaftaran diterima" in told
        assert "s***@example.com" in told
        assert "WIT" in told
        assert "siti" not in told


def test_tells_the_address_it_was_sent_to_and_not_the_one_since(client, page, message):
    user = message.registration.participant.user
    for address, hours in (("baru@example.org", 1), ("lagi@example.net", 2)):
        recoveries.replace(user, address, registration=None, reason="", by=user, now=NOW + timedelta(hours=hours))

    told = page(client.get("/surat/", {"code": code_of(message)})).select_one("[role=status]").text

    assert "s***@example.com" in told
    assert "example.org" not in told
    assert "example.net" not in told


def test_tells_the_address_of_the_record_that_went_into_another_since(client, page, message):
    registration, gone = message.registration, message.registration.participant
    kept = make_participant(user=make_user(email="ani@example.org"), region=gone.region)
    later = NOW + timedelta(hours=1)
    Merge.objects.create(kept=kept, gone=gone, by=kept.user, at=later, moved={"registrations": [registration.pk]})
    Registration.objects.update(participant=kept)

    assert "s***@example.com" in page(client.get("/surat/", {"code": code_of(message)})).main.text


def test_tells_the_number_that_whatsapp_went_to_and_no_address(client, page, message):
    opt_in(message.registration)
    Notification.objects.update(channel="whatsapp")

    told = page(client.get("/surat/", {"code": code_of(message)})).select_one("[role=status]").text

    assert "WhatsApp, …890" in told
    assert "@" not in told


def test_asking_changes_nothing_and_needs_no_login(client, message):
    before = Notification.objects.values().get()

    assert client.get("/surat/").status_code == 200
    assert client.get("/surat/", {"code": code_of(message)}).status_code == 200
    assert client.post("/surat/", {"code": code_of(message)}).status_code == 405

    assert Notification.objects.values().get() == before


@pytest.mark.parametrize("state", ["due", "retrying", "cancelled", "missed", "failed"])
def test_what_was_never_sent_is_unknown(client, page, message, state):
    settled_at = None if state in ("due", "retrying") else NOW
    Notification.objects.update(state=state, settled_at=settled_at)

    assert "tidak kami kenal" in page(client.get("/surat/", {"code": code_of(message)})).main.text


def test_no_other_code_is_known(client, page, message):
    code = code_of(message)
    made_up = [code[:-1] + ("B" if code[-1] != "B" else "C"), "BBBBBBBBBBBB", code[5:] + code[:5], "Z" * 25]
    other = tokens.message_code(message.pk, uuid.uuid4())

    for typed in [*made_up, other]:
        answer = client.get("/surat/", {"code": typed})
        assert (answer.status_code, "tidak kami kenal" in page(answer).main.text) == (200, True)


@pytest.mark.parametrize("typed", ["", "BCDF", "AEIO-UAEI-OUAE", "1234-5678-9012", "<b>", "\x00" * 12, "é" * 12])
def test_what_is_no_code_comes_back_with_what_one_looks_like(client, page, typed):
    answer = client.get("/surat/", {"code": typed})

    assert answer.status_code in (400, 422)
    if answer.status_code == 422:
        assert page(answer).select_one("main .error")


def test_vowels_are_said_to_be_in_no_code(client, page):
    shown = page(client.get("/surat/", {"code": "AAAA-BBBB-CCCC"}))

    assert "tidak memakai huruf A, E, I, O, U, dan Y" in shown.select_one("main .error").text
    assert shown.select_one("#galat h2").text == "Periksa lagi kodenya"
    assert shown.title.text.startswith("Periksa lagi kodenya:")


def test_numbers_beyond_three_million_have_one_letter_more():
    public_id = uuid.uuid4()

    for number in (1, 20**5 - 1, 20**5, 2**63 - 1):
        code = tokens.message_code(number, public_id)
        assert tokens.message_number(code) == number
        assert tokens.is_message_code(code, public_id)
    assert len(tokens.message_code(20**5, public_id)) == 13


def test_a_code_of_an_earlier_key_still_counts(settings, message):
    code = code_of(message)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "n" * 60

    assert queries.message_with_code(code) == message
    settings.SECRET_KEY_FALLBACKS = []
    assert queries.message_with_code(code) is None


def test_a_message_before_its_time_has_no_proof(client, page, message):
    Notification.objects.update(state="due", settled_at=None, due_at=NOW + timedelta(days=1))

    assert queries.message_with_code(code_of(message)) is None


def test_who_tries_many_codes_is_asked_to_wait_and_keeps_what_was_typed(client, page, message, monkeypatch):
    now = [NOW]
    monkeypatch.setattr("portal.clock.machine_now", lambda: now[0])
    for _ in range(message_proofs.MISSES):
        assert client.get("/surat/", {"code": code_of(message)}).status_code == 200  # what is ours costs nothing
        assert client.get("/surat/", {"code": "BBBB-BBBB-BBBB"}).status_code == 200
        now[0] += timedelta(seconds=10)

    answer = client.get("/surat/", {"code": code_of(message)})

    shown = page(answer)
    assert (answer.status_code, answer["Retry-After"]) == (429, "400")
    assert shown.select_one("#id_code")["value"] == code_of(message)
    assert "Kode bantuan: too_many_tries" in shown.select_one("#galat").text
    elsewhere = client.get("/surat/", {"code": code_of(message)}, REMOTE_ADDR="203.0.113.7")
    assert "Ya, dari kami" in page(elsewhere).main.text
    now[0] += timedelta(seconds=400)
    assert client.get("/surat/", {"code": code_of(message)}).status_code == 200


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def tried_at_once(self):
        """How many of forty codes tried at once were looked up."""
        network = str(uuid.uuid4())
        tries = [partial(message_proofs.look_up, code="B" * 12, network=network, machine_now=NOW)] * 40
        return at_once(tries).count(None)

    def test_forty_at_once_find_twenty(self):
        assert self.tried_at_once() == message_proofs.MISSES

    def test_control_without_the_lock_more_are_looked_up(self, monkeypatch):
        monkeypatch.setattr(message_proofs.locks, "hold", lambda name: None)
        monkeypatch.setattr(queries, "message_with_code", meeting(lambda code: None, number=40))

        assert self.tried_at_once() > message_proofs.MISSES
