"""The registration form: what is asked of whom, what is kept, and that a repeat changes nothing."""

import uuid
from datetime import date, timedelta

import pytest

from participants.models import Consent, GuardianRequest, Notification, Participant, Registration
from tests.factories import (
    ADULT_BORN,
    MINOR_BORN,
    make_participant,
    make_program,
    make_region,
    make_registration,
    make_session,
    make_user,
)
from tests.participants.views.registering import ADULT, MINOR, errors, parts, path, send

pytestmark = pytest.mark.django_db


class TestForm:
    def test_asks_a_newcomer_first_what_decides(self, reader, session, page):
        form = page(reader.get(path(session)))

        assert parts(form) == set()
        assert [control["name"] for control in form.select("form[data-register] > .field [name]")] == [
            "birth_date",
            "full_name",
            "region",
        ]
        born = form.select_one("#id_birth_date")  # without a date picker a browser shows a line, with the example
        assert (born["type"], born["placeholder"]) == ("date", "misalnya 2004-05-17")
        assert form.select_one("#id_region option[selected]")["value"] == str(session.region_id)

    @pytest.mark.parametrize(("born", "part"), [(ADULT_BORN, "adult"), (MINOR_BORN, "minor")])
    def test_shows_the_part_that_fits_the_age_and_keeps_what_was_typed(self, reader, session, page, born, part):
        answer = send(reader, session, {"birth_date": born.isoformat(), "full_name": "  Siti  "})

        form = page(answer)
        assert answer.status_code == 200
        assert parts(form) == {part}
        assert errors(form) == set()
        assert form.select_one("#id_birth_date")["value"] == born.isoformat()
        assert not Participant.objects.exists()

    def test_says_which_date_it_read_in_words(self, reader, session, page):
        form = page(send(reader, session, {"birth_date": "2008-04-03", "full_name": "Siti"}))

        assert "3 April 2008" in form.select_one("[data-in-words]").text

    @pytest.mark.parametrize(("day", "part"), [(16, "adult"), (17, "minor")])
    def test_decides_the_age_on_the_sessions_first_day(self, reader, session, page, day, part):
        form = page(send(reader, session, {"birth_date": f"2007-12-{day}", "full_name": "Siti"}))

        assert parts(form) == {part}
        assert form.select_one("form[data-register]")["data-adults-until"] == "2007-12-16"

    @pytest.mark.parametrize("born", ["1996-12-31", "2013-01-01", "0001-01-01", "2090-01-01"])
    def test_tells_who_may_not_take_part_only_that_and_what_to_do(self, reader, session, page, born):
        answer = send(reader, session, {"birth_date": born, "full_name": "Siti"})

        form = page(answer)
        assert answer.status_code == 422
        assert errors(form) == {"id_birth_date"}
        assert "1997–2012" in form.select_one("#galat").text
        assert "perbaiki" in form.select_one("#galat").text
        assert parts(form) == set()
        assert not Participant.objects.exists()

    @pytest.mark.parametrize(
        ("born", "part"),
        [("1997-01-01", "adult"), ("2000-02-29", "adult"), ("2004-02-29", "adult"), ("2012-12-31", "minor")],
    )
    def test_admits_the_first_and_the_last_birth_date(self, reader, session, page, born, part):
        assert parts(page(send(reader, session, {"birth_date": born, "full_name": "Siti"}))) == {part}

    @pytest.mark.parametrize("typed", ["04/03/2008", "3-4-08", "2003-02-29", "٢٠٠٤-٠٥-١٧", "besok", ""])
    def test_guesses_no_date(self, reader, session, page, typed):
        answer = send(reader, session, ADULT, birth_date=typed)

        form = page(answer)
        assert (answer.status_code, errors(form)) == (422, {"id_birth_date"})
        assert form.select_one("#id_birth_date").get("value", "") == typed
        assert form.select_one("#id_phone")["value"] == ADULT["phone"]

    def test_puts_every_error_beside_its_field_and_in_the_summary(self, reader, session, page):
        answer = send(
            reader, session, ADULT, phone="123", occupation="king", consent_training=None, accessibility_needs="x" * 501
        )

        form = page(answer)
        wrong = {"id_phone", "id_occupation", "id_consent_training", "id_accessibility_needs"}
        assert (answer.status_code, errors(form)) == (422, wrong)
        assert {link["href"].removeprefix("#") for link in form.select("#galat a")} == wrong
        assert form.select_one("#id_phone")["value"] == "123"
        assert form.select_one("#id_phone")["aria-invalid"] == "true"
        assert not Participant.objects.exists()

    def test_ticks_no_consent_beforehand_and_shows_the_very_text(self, reader, session, page):
        form = page(send(reader, session, {"birth_date": ADULT_BORN.isoformat(), "full_name": "Siti"}))

        boxes = form.select("fieldset[data-part=adult] input[type=checkbox]")
        assert [box["name"] for box in boxes] == ["consent_training", "consent_statistics", "consent_partner_contact"]
        assert not any(box.has_attr("checked") for box in boxes)
        assert "Kementerian Ekonomi Kreatif menyimpan" in form.select_one("label[for=id_consent_training]").text

    def test_is_filled_with_what_is_known(self, client, session, page):
        participant = make_participant(region=session.region)
        client.force_login(participant.user)

        form = page(client.get(path(session)))

        assert parts(form) == {"adult"}
        assert form.select_one("#id_full_name")["value"] == participant.full_name
        assert form.select_one("#id_birth_date")["value"] == participant.birth_date.isoformat()
        assert form.select_one("#id_phone")["value"] == "0812-3456-7890"
        assert errors(form) == set()

    @pytest.mark.parametrize(
        "name", ["<b>tebal</b>", "{{7*7}}", "{% load x %}", "${7*7}", '"><script>alert(1)</script>']
    )
    def test_shows_markup_as_it_was_typed(self, reader, session, page, name):
        form = page(send(reader, session, {"birth_date": "2004-05-17", "full_name": name}))

        assert form.select_one("#id_full_name")["value"] == name

    @pytest.mark.parametrize("field", ["full_name", "phone", "accessibility_needs", "birth_date", "region", "form_key"])
    def test_refuses_ten_thousand_letters_with_a_sentence(self, reader, session, page, field):
        answer = send(reader, session, ADULT, **{field: "x" * 10_000})

        if field == "form_key":
            assert answer.status_code == 302
        else:
            assert (answer.status_code, errors(page(answer))) == (422, {f"id_{field}"})

    @pytest.mark.parametrize("region", ["9" * 30, "-1", "1.5", "nan", "٣٣٣", "1 OR 1=1", "[]"])
    def test_refuses_a_region_that_is_not_in_the_list(self, reader, session, page, region):
        answer = send(reader, session, ADULT, region=region)

        assert (answer.status_code, errors(page(answer))) == (422, {"id_region"})

    @pytest.mark.parametrize("rubbish", ["\x00", "\x1b[31m", "\ud800", "\u202e", "\ufeff", "\U000e0041", "\uffff"])
    def test_survives_rubbish_in_every_field(self, reader, session, rubbish):
        """Sent as multipart, whose broken letters the outermost layer lets through."""
        rubbish = rubbish.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        for field in ["full_name", "birth_date", "region", "phone", "occupation", "gender", "form_key", "part", "next"]:
            assert send(reader, session, ADULT, **{field: rubbish}).status_code in {200, 422, 302, 400}
            assert reader.post("/saya/data/", {field: rubbish}).status_code in {302, 422, 400}

    def test_is_for_a_session_that_can_be_seen(self, reader):
        hidden = [make_session(status="draft"), make_session(program=make_program(is_published=False))]

        assert [reader.get(path(session)).status_code for session in hidden] == [404, 404]
        assert [send(reader, session, ADULT).status_code for session in hidden] == [404, 404]
        assert reader.get("/daftar/tidak-ada/").status_code == 404

    def test_says_why_nobody_can_register_and_what_to_do(self, reader, session, page, monkeypatch):
        monkeypatch.setattr("portal.clock.now", lambda: session.closes)

        for answer in [reader.get(path(session)), send(reader, session, ADULT)]:
            assert "sudah ditutup" in page(answer).h1.text
            assert page(answer).select_one("main a[href='/sesi/']")
        assert not Registration.objects.exists()


class TestReadBack:
    def test_says_in_words_what_would_be_registered_and_registers_nothing(self, reader, session, page):
        answer = send(reader, session, ADULT, checked=None, gender="female")

        told = page(answer).select_one("main dl")
        assert answer.status_code == 200
        assert {row["data-from"]: row.dd.text for row in told.select("[data-from]") if not row.has_attr("hidden")} == {
            "full_name": "Siti Nur'aini",
            "birth_date": "17 Mei 2004 (21 tahun pada hari pertama)",
            "region": session.region.name,
            "phone": "0812-3456-7890",
            "occupation": "Mahasiswa",
            "gender": "Perempuan",
            "accessibility_needs": "juru bahasa isyarat",
        }
        assert told.text.count("09.00–16.00") == 3
        assert not Participant.objects.exists()

    def test_says_of_a_minor_whom_the_letter_goes_to(self, reader, session, page):
        answer = send(reader, session, MINOR, checked=None, guardian_email="ibu@gmial.com", phone="0812-3456-7890")

        told = [row["data-from"] for row in page(answer).select("[data-from]:not([hidden])")]
        assert told == ["full_name", "birth_date", "region", "guardian_email"]
        assert "ibu@gmail.com" in page(answer).select_one(".notice-warn").text
        assert not page(answer).select("[name=phone]")

    @pytest.mark.parametrize("fields", [ADULT | {"consent_statistics": "on"}, MINOR])
    def test_carries_all_that_was_typed_to_the_registration(self, reader, session, page, fields):
        key = str(uuid.uuid4())
        form = page(send(reader, session, fields, checked=None, form_key=key)).select_one("main form")
        kept = {control["name"]: control["value"] for control in form.select("input[type=hidden]")}

        answer = reader.post(path(session), kept | {"checked": "1"})

        assert kept.pop("csrfmiddlewaretoken")
        assert kept == {"form_key": key, "region": str(session.region_id), **{k: v for k, v in fields.items() if v}}
        assert answer["Location"] == "/saya/"
        assert Consent.objects.count() == len([name for name in fields if name.startswith("consent_")])

    def test_leads_back_to_the_form_with_all_that_was_typed(self, reader, session, page):
        answer = send(reader, session, ADULT, checked="1", change="1")

        form = page(answer)
        assert (answer.status_code, errors(form)) == (200, set())
        assert form.select_one("#id_phone")["value"] == ADULT["phone"]
        assert form.select_one("#id_full_name")["value"] == ADULT["full_name"]
        assert form.select_one("#id_consent_training").has_attr("checked")
        assert not Registration.objects.exists()


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
        assert not Registration.objects.exists()

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

        assert "Kode alasan: registration_closed" in shown.main.text
        assert not shown.select("#id_email")

    def test_takes_a_mended_name_after_going_back(self, reader, session):
        key, elsewhere = str(uuid.uuid4()), make_region()
        send(reader, session, ADULT, form_key=key)

        send(reader, session, ADULT, form_key=key, full_name="Siti Aminah", region=elsewhere.pk)

        person = Participant.objects.get()
        assert (person.full_name, person.region, person.phone) == ("Siti Aminah", elsewhere, "+6281234567890")
        assert Registration.objects.count() == 1

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
    with django_assert_num_queries(16):
        send(reader, session, ADULT)


@pytest.mark.parametrize("on", [date(2025, 12, 16), date(2028, 2, 29), date(2026, 3, 1)])
def test_the_pages_border_of_age_is_the_rules(on):
    program = make_program()
    until = program.adults_born_until(on=on)

    assert not program.needs_guardian(until, on=on)
    assert program.needs_guardian(until + timedelta(days=1), on=on)


def test_an_adult_who_is_a_minor_by_the_day_to_which_the_session_was_moved_is_asked_for_a_guardian(
    reader, session, page
):
    reader.get(path(session))  # from now on the session is remembered as it was
    for day in session.days.all():
        session.days.filter(pk=day.pk).update(date=day.date - timedelta(days=7))

    answer = send(reader, session, ADULT, birth_date="2007-12-15")

    assert answer.status_code == 422
    assert not Registration.objects.exists()
    assert "umurmu belum 18 tahun" in page(answer).select_one("[role=alert]").text
    assert page(answer).select_one("#id_guardian_email").get("value") is None
