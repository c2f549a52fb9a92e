"""The page of one's own data: what may be changed, what is fixed, and where a wrong one is put right."""

from datetime import timedelta
from uuid import uuid4

import pytest

from participants.models import Appeal, Participant, Registration
from participants.operations import erasures, registrations
from tests.factories import (
    ADULT_BORN,
    DURING_REGISTRATION,
    MINOR_BORN,
    log_in_staff,
    make_coordinator,
    make_participant,
    make_registration,
    make_session,
)
from tests.participants.test_fields import NAMES, NO_PHONES, PHONES

pytestmark = pytest.mark.django_db
CLOSED = DURING_REGISTRATION + timedelta(days=14)


@pytest.fixture
def session(db):
    return make_session()


@pytest.fixture
def registered(user, session):
    return make_registration(session, participant=make_participant(user=user, region=session.region))


@pytest.fixture
def waiting(user, session):
    child = make_participant(user=user, region=session.region, birth_date=MINOR_BORN, phone="", occupation="")
    return make_registration(session, participant=child, guardian="asked")


@pytest.fixture
def closed(monkeypatch):
    monkeypatch.setattr("portal.clock.now", lambda: CLOSED)


def send(client, session, path="/saya/data/", headers=None, **changed):
    body = {
        "full_name": "Canary Dua",
        "birth_date": ADULT_BORN.isoformat(),
        "region": session.region_id,
        "phone": "08123456789",
        "occupation": "school",
    }
    return client.post(path, body | changed, headers=headers)


def controls(shown):
    return [control["name"] for control in shown.select("main form .field [name]")]


def test_takes_everything_while_registration_is_open(reader, registered, session, page):
    shown = page(reader.get("/saya/data/"))
    assert controls(shown) == [
        "birth_date",
        "full_name",
        "region",
        "phone",
        "occupation",
        "gender",
        "accessibility_needs",
    ]
    assert "15 Desember 2025" in shown.main.text
    assert send(reader, session)["Location"] == "/saya/"

    assert Participant.objects.values_list("full_name", "phone", "occupation").get() == (
        "Canary Dua",
        "+628123456789",
        "school",
    )


def test_takes_the_rest_after_the_guardians_yes(reader, waiting, session):
    Registration.objects.update(guardian="given")

    send(reader, session, birth_date=MINOR_BORN.isoformat())

    assert Participant.objects.values_list("full_name", "phone").get() == ("Canary Dua", "+628123456789")


def test_takes_nothing_more_before_it(reader, waiting, session, page):
    assert controls(page(reader.get("/saya/data/"))) == ["birth_date", "full_name", "region"]

    send(reader, session, birth_date=MINOR_BORN.isoformat())

    assert Participant.objects.values_list("full_name", "phone", "occupation").get() == ("Canary Dua", "", "")


def test_says_what_is_fixed_after_the_closing_time_and_leaves_the_phone(reader, registered, session, page, closed):
    shown = page(reader.get("/saya/data/"))

    assert controls(shown) == ["phone", "accessibility_needs"]
    assert [term.text for term in shown.select("dl.pairs dt")] == [
        "Nama lengkap",
        "Tanggal lahir",
        "Wilayah tempat tinggal",
        "Kegiatan sekarang",
        "Jenis kelamin",
    ]
    assert send(reader, session)["Location"] == "/saya/"
    assert Participant.objects.values_list("full_name", "phone").get() == ("Siti Nur'aini", "+628123456789")


def test_a_birth_date_that_decides_something_else_comes_back_with_the_way_to_the_coordinator(
    reader, registered, session, page
):
    answer = send(reader, session, birth_date=MINOR_BORN.isoformat())

    shown = page(answer)
    assert answer.status_code == 422
    assert "minta koordinator" in shown.select_one("#galat").text
    assert shown.select_one("#id_full_name")["value"] == "Canary Dua"
    link = shown.select_one("main a[href^='/keberatan/']")["href"]
    asked = page(reader.get(link))
    assert asked.h1.text == "Minta pembetulan data"
    assert [row.dd.text for row in asked.select("dl.pairs div")] == ["Siti Nur'aini", "17 Mei 2004"]
    reader.post("/keberatan/", {"sesi": session.slug, "kode": "wrong_data", "text": "Lahirku 2009."})
    assert Appeal.objects.values_list("code", "registration").get() == ("wrong_data", registered.pk)


def test_keeps_what_was_wrong(reader, registered, page):
    shown = page(reader.post("/saya/data/", {"full_name": "123", "phone": "1"}))

    assert shown.select_one("#id_full_name")["value"] == "123"
    assert {error["id"] for error in shown.select(".error")} == {
        "id_birth_date_error",
        "id_full_name_error",
        "id_region_error",
        "id_phone_error",
        "id_occupation_error",
    }


def test_says_that_nothing_was_saved(reader, registered, session, page):
    shown = page(send(reader, session, full_name=""))

    assert shown.select_one("#galat h2").text == "Belum tersimpan"
    assert shown.title.text.startswith("Belum tersimpan: ")


def test_keeps_what_was_typed_when_the_login_has_ended(client, session, page):
    answer = send(client, session, full_name="Semalam Suntuk", headers={"origin": "http://testserver"})

    form = page(answer).select_one("main form")
    assert (answer.status_code, form["action"]) == (403, "/saya/data/")
    assert form.select_one("[name=full_name]")["value"] == "Semalam Suntuk"


def test_is_written_to_from_then_on_in_the_language_it_was_saved_in(reader, registered, session):
    send(reader, session, path="/en/saya/data/")

    person = Participant.objects.select_related("user").get()
    assert (person.language, person.user.language) == ("en", "en")


@pytest.mark.parametrize(("typed", "number"), PHONES.items())
def test_keeps_one_form_of_a_number(reader, registered, session, typed, number):
    send(reader, session, phone=typed)

    assert Participant.objects.values_list("phone", flat=True).get() == number


@pytest.mark.parametrize("typed", NO_PHONES)
def test_says_beside_a_number_what_is_wrong_with_it(reader, registered, session, page, typed):
    answer = send(reader, session, phone=typed)

    shown = page(answer)
    assert (answer.status_code, [error["id"] for error in shown.select(".error")]) == (422, ["id_phone_error"])
    assert shown.select_one("#id_phone")["value"] == typed


@pytest.mark.parametrize("name", NAMES)
def test_shows_a_name_everywhere_as_it_was_typed(reader, registered, session, page, name):
    answer = send(reader, session, full_name=name)

    assert answer["Location"] == "/saya/"
    assert page(reader.get("/saya/data/")).select_one("#id_full_name")["value"] == name
    assert name in page(reader.get("/saya/tiket/")).main.get_text()


def test_leads_who_never_registered_to_their_page(reader):
    assert reader.get("/saya/data/")["Location"] == "/saya/"


def test_leads_who_was_erased_to_their_page(reader, user):
    make_participant(user=user, full_name=Participant.ERASED)

    assert reader.get("/saya/data/")["Location"] == "/saya/"


class TestStaff:
    def path(self, registration):
        return f"/staf/participants/registration/{registration.pk}/data/"

    @pytest.fixture
    def staff(self, client, session):
        log_in_staff(client, make_coordinator(session.region), "Koordinator wilayah")
        return client

    def test_put_a_birth_date_right_and_ask_the_guardian(self, staff, registered, page):
        refused = staff.post(self.path(registered), {"full_name": "Siti", "birth_date": MINOR_BORN.isoformat()})
        assert (refused.status_code, "alamat walinya" in refused.content.decode()) == (422, True)

        done = staff.post(
            self.path(registered),
            {"full_name": "Siti", "birth_date": MINOR_BORN.isoformat(), "guardian_email": "ibu@example.com"},
        )

        assert done.status_code == 302
        assert Registration.objects.values_list("birth_date", "guardian").get() == (MINOR_BORN, "asked")
        assert Participant.objects.values_list("full_name", "birth_date").get() == ("Siti", MINOR_BORN)

    def test_write_without_reading_of_a_minor_before_the_yes(self, staff, waiting, page):
        shown = page(staff.get(self.path(waiting)))
        assert "Nur'aini" not in shown.text
        assert not shown.select_one("#id_birth_date").get("value")

        staff.post(self.path(waiting), {"full_name": "", "birth_date": ADULT_BORN.isoformat()})

        assert Registration.objects.values_list("birth_date", "guardian").get() == (ADULT_BORN, "not_needed")
        assert Participant.objects.get().full_name == "Siti Nur'aini"

    def test_find_no_registration_of_another_region_and_none_that_was_released_and_followed(self, staff, registered):
        other = make_registration(make_session())
        Registration.objects.filter(pk=registered.pk).update(
            place="released", release_reason="cancelled_by_self", released_at=DURING_REGISTRATION
        )
        make_registration(registered.session, participant=registered.participant)

        assert [staff.get(self.path(row)).status_code for row in (other, registered)] == [404, 404]

    def test_put_right_what_is_recorded_of_somebody_without_a_place(self, staff, waiting):
        registrations.cancel(registration=waiting, now=DURING_REGISTRATION)

        staff.post(self.path(waiting), {"full_name": "", "birth_date": ADULT_BORN.isoformat()})

        assert Participant.objects.get().birth_date == ADULT_BORN

    def test_read_nothing_of_somebody_erased(self, staff, waiting):
        registrations.cancel(registration=waiting, now=DURING_REGISTRATION)
        erasures.empty_profile(waiting.participant, now=DURING_REGISTRATION)

        shown = staff.get(self.path(waiting)).content.decode()

        assert ("sudah dihapus" in shown, "2009" in shown) == (True, False)


class TestAfterAGuardiansNo:
    @pytest.fixture
    def refused(self, waiting):
        Registration.objects.filter(pk=waiting.pk).update(
            guardian="refused", place="released", release_reason="guardian_refused", released_at=DURING_REGISTRATION
        )
        return waiting

    @pytest.mark.parametrize("path", ["/saya/data/", "/daftar/{slug}/"])
    def test_a_wrong_date_leads_to_the_coordinator(self, reader, refused, session, path, page):
        about = {"checked": "1", "part": "adult", "form_key": str(uuid4()), "shown": "", "consent_training": "on"}

        shown = page(send(reader, session, path.format(slug=session.slug), **about))

        assert shown.select_one("#galat"), shown.main.text
        (link,) = shown.select("main a[href*=wrong_data]")
        assert "Tanggal lahir" in page(reader.get(link["href"])).main.text
        reader.post("/keberatan/", {"sesi": session.slug, "kode": "wrong_data", "text": "Tahunnya 2004."})
        assert Appeal.objects.get().registration == refused

    def test_the_page_says_who_changes_the_date_and_leads_there(self, reader, refused, page):
        shown = page(reader.get("/saya/data/"))

        assert "semuanya masih boleh diubah" not in shown.main.text
        assert "hanya bisa ditulis koordinator" in shown.main.text
        assert shown.select_one("main a[href*=wrong_data]")

    def test_of_age_they_are_told_so_no_more(self, reader, refused, page):
        Participant.objects.update(birth_date=ADULT_BORN)

        assert "semuanya masih boleh diubah" in page(reader.get("/saya/data/")).main.text
