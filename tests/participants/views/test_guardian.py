"""The guardian's page: reading changes nothing, an answer is typed and pressed, the link is a secret."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client

from participants import consent_texts, tokens
from participants.models import Consent, GuardianRequest, Notification, Registration
from participants.operations import guardians, registrations
from tests.factories import DURING_REGISTRATION, MINOR_BORN, make_participant, make_registration, make_session

pytestmark = pytest.mark.django_db
NOW = DURING_REGISTRATION
SIGNED = {"signer_name": "Wati Ma'ruf", "signer_relation": "ibu"}


def ask_guardian(session=None, **fields):
    session = session or make_session()
    child = make_participant(
        region=session.region, full_name="Budi Canary", birth_date=MINOR_BORN, phone="", occupation="", **fields
    )
    registration = registrations.register(
        participant=child, session=session, form_key=uuid.uuid4(), guardian_email="ibu@example.com", now=NOW
    )
    return registration.guardian_requests.get()


@pytest.fixture
def question(db):
    return ask_guardian()


def path(question):
    return f"/wali/{tokens.guardian_token(question.public_id)}/"


def counts():
    models = [Consent, GuardianRequest, Notification, Registration]
    return [list(model.objects.order_by("pk").values_list()) for model in models]


class TestGet:
    def test_says_what_is_consented_to_and_for_whom_by_first_name(self, client, question, page):
        shown = page(client.get(path(question)))

        text = " ".join(shown.main.text.split())
        assert "Bolehkah Budi ikut" in shown.h1.text
        assert "Canary" not in text
        assert consent_texts.shown(Consent.Purpose.TRAINING, "id", Consent.Giver.GUARDIAN).words in text
        assert consent_texts.shown(Consent.Purpose.TRAINING, "id").words not in text  # said of oneself
        assert "Jumat, 5 Desember 2025, 09.00 WIB" in text

    def test_changes_nothing_however_often(self, client, question):
        before = counts()
        for _ in range(10):
            assert client.get(path(question)).status_code == 200

        assert counts() == before

    def test_is_kept_secret(self, client, question, page):
        answer = client.get(path(question))

        assert answer["Cache-Control"] == "private, no-store"
        assert answer["Referrer-Policy"] == "strict-origin"
        assert "noindex" in answer["X-Robots-Tag"]
        links = {element.get("href") or element.get("src") for element in page(answer).select("[href], [src]")}
        assert all(link.startswith(("/", "#", "mailto:")) and not link.startswith("//") for link in links)

    @pytest.mark.parametrize("token", ["x", "A" * 43, "a" * 500, "%E2%80%AE", None])
    def test_says_what_to_do_about_a_link_we_did_not_make(self, client, page, token):
        answer = client.get(f"/wali/{token or tokens.guardian_token(uuid.uuid4())}/")

        assert answer.status_code == 404
        assert "terpotong" in page(answer).main.text
        assert answer["Referrer-Policy"] == "strict-origin"

    def test_cannot_be_changed_to_another_childs(self, client, question):
        token = tokens.guardian_token(question.public_id)
        other = ask_guardian()
        forged = tokens.guardian_token(other.public_id)[:22] + token[22:]

        assert client.get(f"/wali/{forged}/").status_code == 404

    def test_says_when_the_time_is_over(self, client, question, page, monkeypatch):
        monkeypatch.setattr("portal.clock.now", lambda: question.expires_at)

        shown = page(client.get(path(question)))

        assert "sudah lewat" in shown.h1.text
        assert not shown.select("main form")

    def test_says_when_a_newer_letter_was_sent(self, client, question, page):
        guardians.ask_again(registration=question.registration, email="ayah@example.com", now=NOW)

        assert "sudah diganti" in page(client.get(path(question))).h1.text


class TestMisdirected:
    def test_one_press_ends_the_question_for_whom_it_is_not_and_says_what_happens(self, client, question, page):
        button = page(client.get(path(question))).select_one("main button[name=misdirected]")
        assert button.text == "Ini bukan untuk saya"

        answer = client.post(path(question), {"misdirected": "yes"})

        assert (answer.status_code, answer["Location"]) == (302, path(question))
        shown = page(client.get(path(question)))
        assert "Terima kasih" in shown.h1.text
        assert "tidak menulis lagi ke alamat Anda" in shown.main.text
        assert "Budi" not in shown.text
        assert not shown.select("main form")

    def test_the_child_reads_it_with_the_form_for_another_address_open(self, client, question, page):
        client.post(path(question), {"misdirected": "yes"})
        client.force_login(question.registration.participant.user)

        shown = page(client.get("/saya/")).select_one("#wali")

        assert "bukan untuknya" in shown.text
        assert shown.details.has_attr("open")
        assert "Surat dikirim ke" not in shown.text
        assert shown.select_one("#id_guardian_email").get("value", "") == ""

    @pytest.mark.parametrize("astray", [True, False])
    def test_in_the_queue_the_child_reads_of_no_time_that_may_be_over(self, client, question, page, astray):
        if astray:
            client.post(path(question), {"misdirected": "yes"})
        Registration.objects.update(place="queued", queue_number=1)
        client.force_login(question.registration.participant.user)

        shown = " ".join(page(client.get("/saya/")).select_one("#wali").text.split())

        assert "daftar tunggu" in shown
        assert "sebelum" not in shown

    def test_whoever_pressed_by_mistake_is_promised_no_letter_that_does_not_come(self, client, question, page):
        client.post(path(question), {"misdirected": "yes"})

        shown = page(client.get(path(question))).main.text

        assert "surat baru" not in shown
        assert "alamat email Anda yang lain" in shown


class TestPost:
    @pytest.mark.parametrize(
        ("pressed", "guardian", "place", "title"),
        [("yes", "given", "seat", "persetujuan Anda tercatat"), ("no", "refused", "released", "tidak setuju")],
    )
    def test_records_the_answer_and_shows_it(self, client, question, page, pressed, guardian, place, title):
        answer = client.post(path(question), SIGNED | {"answer": pressed})

        assert (answer.status_code, answer["Location"]) == (302, path(question))
        registration = Registration.objects.get()
        assert (registration.guardian, registration.place) == (guardian, place)
        shown = page(client.get(path(question)))
        assert title in shown.h1.text
        assert "Wati Ma'ruf" in shown.main.text
        consents = Consent.objects.filter(giver="guardian")
        assert [row.giver_name for row in consents] == (["Wati Ma'ruf"] if pressed == "yes" else [])

    def test_keeps_the_hash_of_the_text_that_was_shown(self, client, question, page):
        shown = page(client.get(path(question))).blockquote.text.strip()
        client.post(path(question), SIGNED | {"answer": "yes"})

        consent = Consent.objects.get(giver="guardian")
        assert consent.text_hash == consent_texts.ConsentText(Consent.Purpose.TRAINING, "id", shown).hash
        assert page(client.get(path(question))).blockquote.text.strip() == shown  # and can be read again

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"answer": "yes"}, {"id_signer_name_error", "id_signer_relation_error"}),
            (SIGNED | {"answer": "yes", "signer_name": " \u200b "}, {"id_signer_name_error"}),
            (SIGNED | {"answer": "yes", "signer_relation": ""}, {"id_signer_relation_error"}),
        ],
    )
    def test_needs_a_name_and_a_relation(self, client, question, page, fields, wrong):
        before = counts()
        answer = client.post(path(question), fields)

        assert answer.status_code == 422
        assert {error["id"] for error in page(answer).select(".error")} == wrong
        assert counts() == before

    @pytest.mark.parametrize("pressed", [{}, {"answer": "perhaps"}])
    def test_needs_a_pressed_button(self, client, question, page, pressed):
        answer = client.post(path(question), SIGNED | pressed)

        assert answer.status_code == 422
        assert page(answer).select_one("#id_signer_name")["value"] == SIGNED["signer_name"]
        assert Registration.objects.get().guardian == "asked"

    def test_counts_the_first_answer_alone(self, client, question):
        client.post(path(question), SIGNED | {"answer": "yes"})
        after_first = counts()

        client.post(path(question), SIGNED | {"answer": "no"})
        client.post(path(question), SIGNED | {"answer": "yes"})

        assert counts() == after_first

    def test_comes_too_late(self, client, question, page, monkeypatch):
        monkeypatch.setattr("portal.clock.now", lambda: question.expires_at + timedelta(seconds=1))

        shown = page(client.post(path(question), SIGNED | {"answer": "yes"}, follow=True))

        assert "sudah lewat" in shown.h1.text
        assert not Consent.objects.exists()

    def test_touches_no_other_child(self, client, question):
        other = ask_guardian()
        client.post(path(question), SIGNED | {"answer": "yes"})

        other.registration.refresh_from_db()
        assert other.registration.guardian == "asked"

    def test_needs_the_forms_token(self, question):
        browser = Client(enforce_csrf_checks=True)

        assert browser.post(path(question), SIGNED | {"answer": "yes"}).status_code == 403
        assert not Consent.objects.exists()


def test_works_in_the_queue_and_says_so_when_time_is_over_there(client, page, monkeypatch):
    session = make_session(capacity=1)
    make_registration(session)
    question = ask_guardian(session)
    monkeypatch.setattr("portal.clock.now", lambda: question.expires_at)

    assert "berlaku lagi" in page(client.get(path(question))).main.text


def test_costs_few_queries_and_no_session(client, question, django_assert_num_queries):
    with django_assert_num_queries(2):  # the question with all about it, the days
        client.get(path(question))


def test_a_no_needs_no_name(client, question, page):
    answer = client.post(path(question), {"answer": "no", "signer_name": "", "signer_relation": ""})

    question.refresh_from_db()
    assert (answer.status_code, question.answer, question.signer_name) == (302, "refused", "")
    assert "Dijawab Selasa, 2 Desember 2025" in page(client.get(path(question))).main.text


def test_a_yes_needs_one(client, question):
    answer = client.post(path(question), {"answer": "yes", "signer_name": "", "signer_relation": ""})

    question.refresh_from_db()
    assert (answer.status_code, question.answer) == (422, "")


def test_a_yes_is_taken_back_whatever_became_of_the_seat(client, question, page):
    client.post(path(question), SIGNED | {"answer": "yes"})
    registrations.cancel(registration=Registration.objects.get(), now=NOW)

    shown = page(client.get(path(question)))
    assert "sudah tidak terdaftar" in shown.main.text
    assert shown.select_one("button[name=withdraw]")
    client.post(path(question), {"signer_name": SIGNED["signer_name"], "withdraw": "yes"})

    shown = page(client.get(path(question)))
    assert "Persetujuan sudah ditarik" in shown.h1.text
    assert not shown.select_one("button[name=withdraw]")
    assert not Consent.objects.standing().exists()
