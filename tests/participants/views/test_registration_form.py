"""The registration form: what is asked of whom, in which words, what is refused, and what is read back."""

import uuid
from datetime import date, time, timedelta

import pytest
from django.core.cache import caches

from participants.models import Consent, Participant, Registration
from participants.operations import guardians
from tests.factories import (
    ADULT_BORN,
    DURING_REGISTRATION,
    MINOR_BORN,
    make_participant,
    make_program,
    make_session,
    register,
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
        assert form.select_one("#id_region option[selected]")["value"] == ""

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


class TestWords:
    def test_a_full_session_leads_to_the_waiting_list_by_name(self, reader, page):
        session = make_session(capacity=0)

        form = page(send(reader, session, ADULT, checked=None, change="1"))
        asked = page(send(reader, session, ADULT, checked=None))

        assert form.select_one("[data-submit]").text == form.select_one("[data-send]").text == "Masuk daftar tunggu"
        assert form.select_one("[data-submit]")["data-submit"] == "Masuk daftar tunggu"
        assert asked.select_one("button[name=checked]").text == "Masuk daftar tunggu"
        for shown in (form, asked):
            assert "daftar tunggu, belum kursi" in shown.select_one("dl.pairs").text

    def test_a_session_with_seats_says_nothing_of_the_waiting_list(self, reader, session, page):
        form = page(send(reader, session, ADULT, checked=None, change="1"))

        assert form.select_one("[data-submit]").text == "Daftar"
        assert "daftar tunggu" not in form.main.text

    def test_gaps_are_called_gaps_and_mistakes_mistakes(self, reader, session, page):
        gaps = page(send(reader, session, {"birth_date": "", "full_name": ""}))
        mistake = page(send(reader, session, ADULT, phone="0812", full_name=""))

        assert gaps.select_one("#galat h2").text == "Ada yang belum diisi"
        assert gaps.title.text.startswith("Ada yang belum diisi")
        assert mistake.select_one("#galat h2").text == "Belum bisa dikirim"

    def test_all_that_is_said_of_a_refused_birth_date_goes_together(self, reader, session, page):
        shown = page(send(reader, session, ADULT, birth_date="1990-01-01"))

        assert shown.select_one("[data-refused=birth_date] #galat")
        assert shown.select_one("[data-refused=birth_date] a[href^='/keberatan/']")


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
            "consent_training": "Mengikuti pelatihan",
        }
        assert "Selasa–Kamis, 16–18 Desember 2025, 09.00–16.00 WIB" in " ".join(told.text.split())
        assert not Participant.objects.exists()

    @pytest.mark.parametrize("changed", [{"date": date(2025, 12, 20)}, {"starts_at": time(10)}])
    def test_tells_days_one_by_one_that_are_apart_or_have_other_hours(self, reader, session, page, changed):
        session.days.filter(number=3).update(**changed)

        told = page(send(reader, session, ADULT, checked=None)).select_one("main dl").text

        assert told.count(" Desember 2025") == 3

    def test_says_of_a_minor_whom_the_letter_goes_to(self, reader, session, page):
        answer = send(reader, session, MINOR, checked=None, guardian_email="ibu@gmial.com", phone="0812-3456-7890")

        told = [row["data-from"] for row in page(answer).select("[data-from]:not([hidden])")]
        assert told == ["full_name", "birth_date", "region", "guardian_email", "consent_training"]
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


@pytest.mark.parametrize("on", [date(2025, 12, 16), date(2028, 2, 29), date(2026, 3, 1)])
def test_the_pages_border_of_age_is_the_rules(on):
    program = make_program()
    until = program.adults_born_until(on=on)

    assert not program.needs_guardian(until, on=on)
    assert program.needs_guardian(until + timedelta(days=1), on=on)


class TestWhatsApp:
    def test_is_an_unticked_box_for_adults_only_where_we_can_write_by_it(self, reader, session, page, settings):
        caches["pages"].clear()
        assert not page(reader.get(path(session))).select("[name=consent_whatsapp]")

        settings.WHATSAPP_TOKEN = "token"
        caches["pages"].clear()
        shown = page(reader.get(path(session)))

        (box,) = shown.select("[name=consent_whatsapp]")
        assert (box.has_attr("checked"), box.has_attr("required")) == (False, False)
        assert box.find_parent("fieldset")["data-part"] == "adult"


def test_another_guardian_after_a_no_leads_to_the_coordinator(reader, user, session, page):
    child = make_participant(user=user, region=session.region, birth_date=MINOR_BORN, phone="", occupation="")
    asked = register(session, child, guardian_email="ibu@example.com").guardian_requests.get()
    guardians.answer(
        request=asked, agrees=False, signer_name="", signer_relation="", language="id", now=DURING_REGISTRATION
    )

    shown = page(send(reader, session, MINOR, guardian_email="ayah@example.com"))

    assert "minta dulu kepada koordinator" in shown.main.text
    (link,) = shown.select("main a[href*=guardian_said_no]")
    assert "Wali menjawab" in page(reader.get(link["href"])).main.text


def test_what_each_of_several_presses_says_is_read_once(reader, user, session, page):
    register(session, make_participant(user=user, region=session.region))
    for _press in range(3):
        assert reader.get(path(session)).status_code == 302

    assert page(reader.get("/saya/")).main.text.count("Kamu sudah terdaftar di edisi ini") == 1
