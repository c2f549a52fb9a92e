"""What one agreed to, in the very words; taken back by oneself or by a guardian behind their link."""

import uuid
from datetime import date

import pytest

from participants import consent_texts, tokens
from participants.models import Consent, Participant
from participants.operations import guardians, profiles, registrations, withdrawals
from participants.operations.registrations import Profile
from programs.models import Region
from tests.factories import DURING_REGISTRATION, MINOR_BORN, as_reader, make_session, make_user

pytestmark = pytest.mark.django_db
NOW = DURING_REGISTRATION
PATH = "/saya/persetujuan/"


def enrol(*, born=date(2004, 5, 17), purposes=("training",)):
    session = make_session()
    rest = {} if born == MINOR_BORN else {"phone": "+6281377713777", "occupation": "school"}
    return registrations.enrol(
        user=make_user(),
        session=session,
        profile=Profile("Canary Satu", born, session.region, "id", **rest),
        purposes=purposes,
        form_key=uuid.uuid4(),
        guardian_email="ibu@example.com" if born == MINOR_BORN else "",
        now=NOW,
    )


@pytest.fixture
def guarded():
    """A minor's registration with its guardian's yes, and the path behind the guardian's link."""
    registration = enrol(born=MINOR_BORN)
    request = registration.guardian_requests.get()
    guardians.answer(
        request=request, agrees=True, signer_name="Ibu Wati", signer_relation="ibu", language="id", now=NOW
    )
    return registration, f"/wali/{tokens.guardian_token(request.public_id)}/"


class TestMyConsents:
    def test_shows_purpose_words_version_time_and_giver(self, page):
        shown = page(as_reader(enrol()).get(PATH))

        text = " ".join(shown.main.text.split())
        assert [heading.text for heading in shown.select("section.card h2")] == ["Mengikuti pelatihan"]
        assert consent_texts.shown(Consent.Purpose.TRAINING, "id").words in text
        assert f"teks versi {consent_texts.VERSION}" in text
        assert "olehmu sendiri, Selasa, 2 Desember 2025, 09.00 WIB" in text

    def test_shows_what_child_and_guardian_each_agreed_to(self, guarded, page):
        shown = page(as_reader(guarded[0]).get(PATH))

        told = [quote.text.strip().strip("“”") for quote in shown.select("section.card blockquote")]
        assert sorted(told) == sorted(
            consent_texts.shown("training", "id", giver).words for giver in ("self", "guardian")
        )

    def test_shows_the_same_words_of_child_and_guardian_once(self, guarded, page):
        same = consent_texts.shown("training", "id").hash  # as both read them before guardians had words of their own
        Consent.objects.filter(giver="guardian").update(text_version="2025-12", text_hash=same)

        shown = page(as_reader(guarded[0]).get(PATH))

        assert len(shown.select("section.card blockquote")) == 1
        assert shown.select_one("section.card").text.count("Diberikan oleh") == 2
        assert "Kata-katanya sama dengan yang di atas." in shown.text

    def test_tells_the_time_where_the_reader_lives_in_their_language(self, page):
        registration = enrol()
        Region.objects.filter(pk=registration.participant.region_id).update(time_zone="Asia/Jayapura")

        text = " ".join(page(as_reader(registration).get("/en/saya/persetujuan/")).main.text.split())

        assert "Tuesday, 2 December 2025, 11:00 WIT" in text

    def test_of_a_minor_once_withdrawn_leaves_no_way_to_data_that_are_gone(self, guarded, page):
        registration, link = guarded
        reader = as_reader(registration)
        assert page(reader.get("/saya/")).select("a[href='/saya/data/']")

        reader.post(link, {"withdraw": "yes", "signer_name": "Ibu Wati"})

        shown = page(reader.get("/saya/"))
        told = [" ".join(row.b.text.split()) for row in shown.select(".ledger li")]
        assert not shown.select("a[href='/saya/data/']")
        assert told[-2:] == ["Persetujuan ditarik", "Persetujuan ditarik · dikirim ke walimu"]

    def test_proof_is_the_hash_of_the_words_that_were_shown(self):
        """Acceptance case 170."""
        enrol(purposes=("training", "statistics"))

        for consent in Consent.objects.all():
            assert consent.text_hash == consent_texts.shown(Consent.Purpose(consent.purpose), "id").hash
            assert (consent.given_at, consent.channel, consent.giver) == (NOW, "web", "self")
        assert Consent.objects.count() == 2

    def test_shows_no_words_that_were_not_the_ones(self, page):
        registration = enrol()
        Consent.objects.update(text_hash="0" * 64, text_version="2024")

        shown = page(as_reader(registration).get(PATH))

        assert not shown.select("blockquote")
        assert "teks versi 2024" in shown.main.text

    def test_reading_withdraws_nothing_and_pressing_does(self, page):
        registration = enrol()
        client = as_reader(registration)
        client.get(PATH, {"withdraw": "training"})
        assert Consent.objects.standing().exists()

        answer = client.post(PATH, {"withdraw": "training"})

        assert answer["Location"] == PATH
        registration.refresh_from_db()
        assert registration.release_reason == "consent_withdrawn"
        assert "Sudah ditarik" in page(client.get(PATH)).main.text
        mine = page(client.get("/saya/"))
        assert "ditarik, jadi kami berhenti" in mine.main.text
        assert "Kode bantuan" not in mine.main.text  # nobody decided anything

    def test_says_when_it_was_withdrawn_before(self, page):
        client = as_reader(enrol())
        client.post(PATH, {"withdraw": "training"})

        answer = client.post(PATH, {"withdraw": "training"})

        assert answer.status_code == 409
        assert "Kode bantuan: nothing_to_withdraw" in page(answer).select_one("#galat").text

    def test_says_when_the_place_changed_at_the_same_moment_every_time(self, page, monkeypatch):
        registration = enrol()
        monkeypatch.setattr(withdrawals, "lock_sessions", lambda _participant: set())

        answer = as_reader(registration).post(PATH, {"withdraw": "training"})

        assert answer.status_code == 409
        assert "Kode bantuan: registered_meanwhile" in page(answer).select_one("#galat").text
        registration.refresh_from_db()
        assert registration.is_live
        assert registration.participant.consents.standing().exists()

    def test_gives_and_ends_an_optional_purpose(self, page):
        registration = enrol()
        client = as_reader(registration)
        offered = {button["value"] for button in page(client.get(PATH)).select("[name=give]")}
        assert offered == {"statistics", "partner_contact"}

        client.post(PATH, {"give": "partner_contact"})
        assert Consent.objects.standing().filter(purpose="partner_contact").exists()
        client.post(PATH, {"withdraw": "partner_contact"})

        assert not Consent.objects.standing().filter(purpose="partner_contact").exists()
        registration.refresh_from_db()
        assert registration.is_confirmed

    @pytest.mark.parametrize("sent", [{}, {"give": "training"}, {"give": "x"}, {"withdraw": "x"}])
    def test_ignores_what_its_buttons_do_not_send(self, sent):
        client = as_reader(enrol())

        client.post(PATH, sent)

        assert list(Consent.objects.values_list("purpose", "withdrawn_at")) == [("training", None)]

    def test_offers_a_minor_nothing_more(self, guarded, page):
        registration, _path = guarded

        shown = page(as_reader(registration).get(PATH))

        assert not shown.select("[name=give]")
        assert "Diberikan oleh Ibu Wati (ibu)" in shown.main.text

    def test_leads_who_never_registered_to_their_page(self, reader):
        assert reader.get(PATH)["Location"] == "/saya/"


class TestWhatsApp:
    @pytest.fixture
    def may_write(self, settings):
        settings.WHATSAPP_TOKEN = "token"

    def test_is_offered_only_where_we_can_write_by_it(self, page, settings):
        client = as_reader(enrol())
        assert not page(client.get(PATH)).select("[name=give][value=whatsapp]")
        client.post(PATH, {"give": "whatsapp"})
        assert not Consent.objects.filter(purpose="whatsapp").exists()

        settings.WHATSAPP_TOKEN = "token"

        assert page(client.get(PATH)).select("[name=give][value=whatsapp]")

    def test_is_given_for_the_number_of_that_moment_and_taken_back(self, may_write):
        client = as_reader(enrol())
        client.post(PATH, {"give": "whatsapp"})

        given = Consent.objects.get(purpose="whatsapp")
        assert given.number == "+6281377713777"
        assert given.text_hash == consent_texts.shown(Consent.Purpose.WHATSAPP, "id").hash
        client.post(PATH, {"withdraw": "whatsapp"})
        assert not Consent.objects.standing().filter(purpose="whatsapp").exists()

    def test_says_that_the_number_is_not_reached_and_tries_it_again_when_asked(self, page, may_write):
        registration = enrol(purposes=("training", "statistics", "whatsapp"))
        client, consent = as_reader(registration), Consent.objects.filter(purpose="whatsapp")
        assert not page(client.get(PATH)).select("#whatsapp .notice")

        consent.update(unreached_at=NOW)
        notice = page(client.get(PATH)).select_one("#whatsapp .notice")
        assert "0813-7771-3777" in notice.text
        assert notice.a["href"] == "/saya/data/"
        client.post(PATH, {"give": notice.button["value"]})

        assert consent.get().unreached_at is None
        assert not page(client.get(PATH)).select("#whatsapp .notice")

    @pytest.mark.parametrize(("phone", "stands"), [("0813-7771-3777", True), ("0812-0000-0001", False)])
    def test_ends_when_the_number_changes(self, may_write, phone, stands):
        registration = enrol(purposes=("training", "statistics", "whatsapp"))
        profiles.change(
            participant=registration.participant, phone=phone.replace("-", "").replace("0", "+62", 1), now=NOW
        )

        assert Consent.objects.standing().filter(purpose="whatsapp").exists() is stands
        assert Consent.objects.standing().filter(purpose="statistics").exists()

    def test_ends_when_somebody_registers_again_with_another_number_and_may_be_given_for_that(self, may_write):
        registration = enrol(purposes=("training", "whatsapp"))
        registrations.cancel(registration=registration, now=NOW)
        again = {"user": registration.participant.user, "session": registration.session, "now": NOW}
        profile = Profile(
            "Canary Satu", date(2004, 5, 17), registration.session.region, "id", "+6281200000001", "school"
        )
        registrations.enrol(profile=profile, purposes=["training", "whatsapp"], form_key=uuid.uuid4(), **again)

        numbers = Consent.objects.filter(purpose="whatsapp").order_by("pk").values_list("number", "withdrawn_at")
        assert list(numbers) == [("+6281377713777", NOW), ("+6281200000001", None)]

    def test_goes_with_the_consent_to_training(self, may_write):
        client = as_reader(enrol(purposes=("training", "whatsapp")))
        client.post(PATH, {"withdraw": "training"})

        assert not Consent.objects.standing().exists()

    def test_needs_a_number(self, may_write, page):
        registration = enrol()
        Participant.objects.update(phone="")

        answer = as_reader(registration).post(PATH, {"give": "whatsapp"})

        assert answer.status_code == 409
        assert "Kode bantuan: number_missing" in page(answer).select_one("#galat").text

    def test_of_who_turns_out_to_be_a_minor_no_number_is_left(self, may_write):
        registration = enrol(purposes=("training", "whatsapp"))

        profiles.correct(
            registration=registration, by=make_user(), now=NOW, birth_date=MINOR_BORN, guardian_email="ibu@example.com"
        )

        given = Consent.objects.get(purpose="whatsapp")
        assert (given.number, given.withdrawn_at) == ("", NOW)


class TestGuardian:
    def test_withdraws_with_the_name_typed_again(self, client, guarded, page):
        registration, path = guarded
        for _time in range(3):
            client.get(path)
        assert Consent.objects.standing().count() == 2

        client.post(path, {"withdraw": "yes", "signer_name": "ibu wati"})

        shown = page(client.get(path))
        assert shown.h1.text == "Persetujuan sudah ditarik"
        assert not shown.select("form[method=post]")
        assert Participant.objects.get().is_erased
        registration.refresh_from_db()
        assert registration.release_reason == "consent_withdrawn"

    @pytest.mark.parametrize(("typed", "said"), [("", "Ketik nama lengkap Anda"), ("Orang Lain", "name_differs")])
    def test_is_asked_again_for_a_missing_or_another_name(self, client, guarded, page, typed, said):
        registration, path = guarded

        answer = client.post(path, {"withdraw": "yes", "signer_name": typed})

        assert answer.status_code == 422
        assert said in page(answer).main.text
        registration.refresh_from_db()
        assert registration.is_confirmed

    def test_has_nothing_to_withdraw_before_the_answer(self, client, page):
        request = enrol(born=MINOR_BORN).guardian_requests.get()
        path = f"/wali/{tokens.guardian_token(request.public_id)}/"
        assert not page(client.get(path)).select("[name=withdraw]")

        client.post(path, {"withdraw": "yes", "signer_name": "Ibu Wati"})

        assert Consent.objects.standing().count() == 1
