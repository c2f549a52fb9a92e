"""Registering by the form: what is kept of whom, and that a repeat changes nothing."""

import uuid
from datetime import timedelta

import pytest

from participants.models import Consent, GuardianRequest, Notification, Participant, Registration
from tests.factories import (
    ADULT_BORN,
    DURING_REGISTRATION,
    MINOR_BORN,
    make_region,
    make_registration,
    make_session,
    make_user,
)
from tests.participants.views.registering import ADULT, MINOR, errors, path, send

pytestmark = pytest.mark.django_db


class TestEnrol:
    def test_registers_an_adult(self, reader, user, session):
        answer = send(reader, session, ADULT, consent_statistics="on")

        assert (answer.status_code, answer["Location"]) == (302, "/saya/")
        registration = Registration.objects.select_related("participant").get()
        person = registration.participant
        assert (registration.session, registration.place, person.user) == (session, "seat", user)
        assert (person.full_name, person.phone, person.occupation) == ("Siti Nur'aini", "+6281234567890", "university")
        assert person.accessibility_needs == "juru bahasa isyarat"
        assert set(Consent.objects.values_list("purpose", flat=True)) == {"training", "statistics"}

    def test_keeps_of_a_minor_only_what_may_be_kept(self, reader, session):
        answer = send(reader, session, MINOR, phone="0812-3456-7890", occupation="school", gender="male")

        assert answer["Location"] == "/saya/"
        person, question = Participant.objects.get(), GuardianRequest.objects.get()
        assert (person.full_name, person.birth_date, person.region) == ("Budi", MINOR_BORN, session.region)
        assert (person.phone, person.occupation, person.gender, person.accessibility_needs) == ("", "", "", "")
        assert question.email == "Ibu@example.com"
        assert Registration.objects.get().guardian == "asked"

    def test_refuses_a_minors_own_address_as_the_guardians(self, client, session, page):
        client.force_login(make_user(email="budi@gmail.com"))

        answer = send(client, session, MINOR, guardian_email="Bu.Di+wali@gmail.com")

        assert (answer.status_code, errors(page(answer))) == (422, {"id_guardian_email"})
        assert [place.parent["id"] for place in page(answer).select(".reason")] == ["id_guardian_email_error"]
        assert page(answer).select_one("#galat li").text.endswith("Isi alamat yang dibaca orang tua atau walimu.")
        assert not Registration.objects.exists()

    def test_says_of_a_minors_own_address_together_with_what_else_is_wrong(self, client, session, page):
        client.force_login(make_user(email="budi@gmail.com"))

        answer = send(client, session, MINOR, guardian_email="budi@gmail.com", consent_training=None)

        assert errors(page(answer)) == {"id_guardian_email", "minor_consent_training"}

    @pytest.mark.parametrize(
        "fields", [ADULT | {"part": None}, ADULT | {"birth_date": MINOR_BORN.isoformat()}, MINOR | ADULT]
    )
    def test_cannot_be_talked_past_a_step(self, reader, session, fields):
        send(reader, session, fields, birth_date=MINOR_BORN.isoformat())

        assert not Registration.objects.exists()
        assert not Participant.objects.exists()

    def test_ignores_fields_that_nobody_asked_for(self, reader, user, session):
        send(
            reader,
            session,
            ADULT,
            is_staff="1",
            place="seat",
            queue_number="1",
            guardian="given",
            user="1",
            email="x@y.z",
        )

        user.refresh_from_db()
        assert (user.is_staff, Registration.objects.get().queue_number) == (False, None)

    def test_answers_a_repeat_with_the_first_registration(self, reader, session):
        key = str(uuid.uuid4())
        answers = [send(reader, session, ADULT, form_key=key) for _ in range(3)]

        assert [answer["Location"] for answer in answers] == ["/saya/"] * 3
        assert Registration.objects.count() == 1
        assert Notification.objects.count() == 1

    def test_answers_a_repeat_with_the_first_registration_also_after_closing(self, reader, session, monkeypatch):
        key = str(uuid.uuid4())
        monkeypatch.setattr("portal.clock.now", lambda: session.closes - timedelta(seconds=1))
        send(reader, session, ADULT, form_key=key)
        monkeypatch.setattr("portal.clock.now", lambda: session.closes + timedelta(hours=1))

        assert send(reader, session, ADULT, form_key=key)["Location"] == "/saya/"

    def test_decides_by_the_rows_and_not_by_a_page_that_was_kept(self, reader, page, settings):
        session = make_session(capacity=1)
        public = reader.get(f"/sesi/{session.slug}/").content
        make_registration(session)
        assert reader.get(f"/sesi/{session.slug}/").content == public

        send(reader, session, ADULT)

        assert Registration.objects.get(participant__user=reader.session["_auth_user_id"]).place == "queued"

    def test_shows_the_registration_that_stands_instead_of_a_second(self, reader, session, page):
        send(reader, session, ADULT)

        for again in [lambda: send(reader, session, ADULT), lambda: reader.get(path(session))]:
            assert again()["Location"] == "/saya/"
            assert "sudah terdaftar" in page(reader.get("/saya/")).text
        assert Registration.objects.count() == 1

    def test_asks_who_is_registered_elsewhere_whether_they_want_to_move(self, reader, session, page):
        send(reader, session, ADULT)
        other = make_session(program=session.program)

        answer = reader.get(path(other))

        assert answer["Location"] == f"/saya/pindah/?ke={other.slug}"
        assert f"Pindah ke {other.region.city}?" in page(reader.get(answer["Location"])).h1.text
        assert Registration.objects.get().session == session

    def test_tells_a_stranger_that_it_is_closed_before_asking_for_an_address(self, client, session, page, monkeypatch):
        assert page(client.get(path(session))).select_one("#id_email")
        monkeypatch.setattr("portal.clock.now", lambda: session.closes)

        shown = page(client.get(path(session)))

        assert "Kode bantuan: registration_closed" in shown.main.text
        assert not shown.select("#id_email")

    def test_takes_a_mended_name_after_going_back(self, reader, session):
        key, elsewhere = str(uuid.uuid4()), make_region()
        send(reader, session, ADULT, form_key=key)

        send(reader, session, ADULT, form_key=key, full_name="Siti Aminah", region=elsewhere.pk)

        person = Participant.objects.get()
        assert (person.full_name, person.region, person.phone) == ("Siti Aminah", elsewhere, "+6281234567890")
        assert Registration.objects.count() == 1

    def test_takes_what_else_was_mended_after_going_back(self, reader, session):
        key = str(uuid.uuid4())
        send(reader, session, ADULT, form_key=key, consent_statistics="on")

        answer = send(
            reader,
            session,
            ADULT,
            form_key=key,
            phone="0813 9876 5432",
            occupation="school",
            accessibility_needs="kursi roda",
            consent_partner_contact="on",
        )

        person = Participant.objects.get()
        assert (person.phone, person.occupation, person.accessibility_needs) == (
            "+6281398765432",
            "school",
            "kursi roda",
        )
        assert set(person.consents.standing().values_list("purpose", flat=True)) == {"training", "partner_contact"}
        assert 'role="status"' not in reader.get(answer["Location"]).content.decode()

    def test_writes_to_the_guardian_whose_address_was_mended(self, reader, session):
        key = str(uuid.uuid4())
        for email in ("ibu@exampel.com", "ibu@example.com", "ibu@example.com"):
            send(reader, session, MINOR, form_key=key, guardian_email=email)

        assert list(GuardianRequest.objects.order_by("pk").values_list("email", "answer")) == [
            ("ibu@exampel.com", "replaced"),
            ("ibu@example.com", ""),
        ]

    @pytest.mark.parametrize(
        ("meanwhile", "mended", "kept", "told"),
        [
            ({}, {"birth_date": "2003-01-02"}, "Siti Nur'aini", "Tanggal lahir"),
            (
                {"place": "released", "release_reason": "cancelled_by_staff", "released_at": DURING_REGISTRATION},
                {"full_name": "Siti Aminah", "phone": "081398765432"},
                "Siti Nur'aini",
                "Nama lengkap, Nomor ponsel",
            ),
        ],
    )
    def test_says_what_of_a_mended_form_was_not_taken(self, reader, session, page, meanwhile, mended, kept, told):
        key = str(uuid.uuid4())
        send(reader, session, ADULT, form_key=key)
        Registration.objects.update(**meanwhile)

        answer = send(reader, session, ADULT, form_key=key, **mended)

        person = Participant.objects.get()
        assert (person.full_name, person.birth_date, person.phone) == (kept, ADULT_BORN, "+6281234567890")
        assert (
            f"Ini tidak ikut berubah: {told}." in page(reader.get(answer["Location"])).select_one("[role=status]").text
        )

    def test_says_that_a_guardian_who_agreed_stays(self, reader, session, page):
        key = str(uuid.uuid4())
        send(reader, session, MINOR, form_key=key)
        GuardianRequest.objects.update(answer="given", answered_at=DURING_REGISTRATION, signer_name="W")
        Registration.objects.update(guardian="given")

        answer = send(reader, session, MINOR, form_key=key, guardian_email="ayah@example.com")

        assert GuardianRequest.objects.count() == 1
        assert "Email orang tua atau wali" in page(reader.get(answer["Location"])).select_one("[role=status]").text

    def test_answers_somebody_elses_form_with_a_new_key(self, reader, session, page):
        key = str(uuid.uuid4())
        make_registration(session, form_key=uuid.UUID(key))

        answer = send(reader, session, ADULT, form_key=key)

        form = page(answer)
        assert answer.status_code == 422
        assert form.select_one("[name=form_key]")["value"] != key
        assert form.select_one("#id_phone")["value"] == ADULT["phone"]

    def test_queues_when_the_seats_are_gone(self, reader, page):
        session = make_session(capacity=1)
        make_registration(session)
        assert "daftar tunggu" in page(reader.get(path(session))).select_one(".notice-warn").text

        send(reader, session, ADULT)

        assert "Kamu nomor 1 di daftar tunggu" in page(reader.get("/saya/")).h1.text


def test_queries_of_registering(reader, session, django_assert_num_queries):
    with django_assert_num_queries(7):  # login 2, session and days 2, participant, draft, regions
        reader.get(path(session))
    with django_assert_num_queries(4):  # session, days and regions are remembered
        reader.get(path(session))
    with django_assert_num_queries(15):
        send(reader, session, ADULT)
    reader.post("/saya/batal/")
    with django_assert_num_queries(4):  # what was told before is known with who it is
        assert ADULT["accessibility_needs"] in reader.get(path(session)).content.decode()
    with django_assert_num_queries(14):  # nothing new is told, so nothing is written of the person
        send(reader, session, ADULT)


def test_an_adult_who_is_a_minor_by_the_day_to_which_the_session_was_moved_is_asked_for_a_guardian(
    reader, session, page
):
    reader.get(path(session))  # from now on the session is remembered as it was
    for day in session.days.all():
        session.days.filter(pk=day.pk).update(date=day.date - timedelta(days=7))

    answer = send(reader, session, ADULT, birth_date="2007-12-15")

    assert answer.status_code == 422
    assert not Registration.objects.exists()
    assert "kamu belum dewasa" in page(answer).select_one("[role=alert]").text
    assert page(answer).select_one("#id_guardian_email").get("value") is None


class TestWhatsApp:
    @pytest.mark.parametrize(("token", "numbers"), [("token", ["+6281234567890"]), ("", [])])
    def test_is_kept_with_the_number_when_it_was_ticked(self, reader, session, settings, token, numbers):
        settings.WHATSAPP_TOKEN = token

        send(reader, session, ADULT, consent_whatsapp="on")

        given = Consent.objects.filter(purpose="whatsapp").values_list("number", flat=True)
        assert list(given) == numbers
        assert Consent.objects.filter(purpose="training").get().number == ""
