"""Pages on which staff work with a cohort: looked at before it is done, and for whoever works with it alone."""

import re
import uuid
from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from participants import consent_texts
from participants.models import Approval, Consent, Note, Registration
from participants.operations import approvals
from tests.factories import make_participant, make_registration, make_session
from tests.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def session():
    session = make_session(first_day=date(2100, 12, 14), capacity=30)
    session.program.registration_opens = session.program.registration_opens.replace(year=2020)
    session.program.save()
    return session


@pytest.fixture
def client(session):
    return sign_in(Client(), make_staff("coordinator", session.region, name="Koordinator"))


def path(session, page):
    return f"/staf/programs/trainingsession/{session.pk}/{page}/"


def seats(session, number):
    people = [make_participant(full_name=f"Orang {n:02}", region=session.region) for n in range(number)]
    return [make_registration(session, participant=person) for person in people]


def soup(answer):
    return BeautifulSoup(answer.content, "html.parser")


def sent_back(page):
    """Every value that the page's bulk form would send."""
    form = page.select_one("form[action$='/bersama/']")
    return {field["name"]: field.get("value", "") for field in form.select("input[name]")}


def bulk(client, session, rows, do, **more):
    """Look first, then do it as the page says."""
    looked = soup(client.post(path(session, "bersama"), {"people": [row.pk for row in rows], "do": do}))
    return looked, client.post(path(session, "bersama"), sent_back(looked) | more, follow=True)


def test_bulk_says_how_many_and_ten_of_them_first(client, session):
    rows = seats(session, 12)
    looked = soup(client.post(path(session, "bersama"), {"people": [row.pk for row in rows], "do": "kelompok"}))

    assert looked.select_one("h2").text == "Masukkan ke kelompok: 12 orang"
    assert re.findall(r"Orang \d\d", looked.select_one("h2 + p").text) == [f"Orang {n:02}" for n in range(10)]
    assert not Registration.objects.exclude(group_number=None).exists()


def test_bulk_groups_those_ticked_after_their_number_was_typed(client, session):
    rows = seats(session, 12)
    _looked, wrong = bulk(client, session, rows, "kelompok", group="3", confirm="11")
    assert "Angkanya berbeda" in wrong.content.decode()
    assert not Registration.objects.exclude(group_number=None).exists()

    _looked, done = bulk(client, session, rows, "kelompok", group="3", confirm="12")

    assert "Selesai untuk 12 orang" in done.content.decode()
    assert set(Registration.objects.values_list("group_number", flat=True)) == {3}


def test_bulk_takes_all_that_the_list_shows(client, session):
    seats(session, 3)
    body = {"all": "1", "q": "Orang 02", "do": "kelompok"}
    assert soup(client.post(path(session, "bersama"), body)).select_one("h2").text.endswith(": 1 orang")


def test_bulk_moves_who_can_be_moved_and_names_the_others(client, session):
    rows = seats(session, 2)
    there = make_session(
        program=session.program, region=session.region, first_day=date(2100, 12, 20), capacity=1, slug="lain"
    )
    _looked, done = bulk(client, session, rows, "pindah", to=str(there.pk))

    text = done.content.decode()
    assert "Selesai untuk 1 orang" in text
    assert "Orang 01: Tidak ada kursi kosong di sesi itu" in text
    assert Registration.objects.live().filter(session=there).count() == 1


def test_bulk_cancels_few_at_once_and_asks_a_second_person_for_many(client, session):
    few, many = seats(session, 2), seats(session, approvals.ALONE + 1)
    bulk(client, session, few, "batal", why="Kembar")
    assert Registration.objects.live().count() == len(many)
    _looked, asked = bulk(client, session, many, "batal", why="Gedung tutup", confirm=str(len(many)))
    assert "petugas lain harus menyetujuinya" in asked.content.decode()
    assert Registration.objects.live().count() == len(many)

    approval = Approval.objects.get()
    page = f"/staf/participants/approval/{approval.pk}"
    own = client.get(f"{page}/change/").content.decode()
    assert "Kamu yang memintanya" in own
    client.post(f"{page}/putuskan/", {"verdict": "yes"})
    assert Registration.objects.live().count() == len(many)
    assert not [link for link in soup(client.get("/staf/")).select(".tile a") if "approval" in link["href"]]
    second = sign_in(Client(), make_staff("coordinator", session.region))
    (waits,) = [link for link in soup(second.get("/staf/")).select(".tile a") if "approval" in link["href"]]
    type(session.region).objects.update(time_zone="Asia/Jayapura")
    listed = soup(second.get(waits["href"]))
    assert len(listed.select("#result_list tbody tr")) == 1
    told = soup(second.get(f"{page}/change/"))
    decision = told.select_one("form.stack-form")
    assert "11 orang: " in decision.text  # before the facts
    assert "dan 1 orang lain" in " ".join(decision.text.split())
    assert decision.select_one("button").text == f"Setujui untuk {len(many)} orang"
    asked_at = told.select_one(".field-asked_at .readonly").text
    assert asked_at == listed.select_one("#result_list .field-asked_at").text
    assert asked_at.endswith("WIT")
    done = second.post(f"{page}/putuskan/", {"verdict": "yes"}, follow=True)
    assert f"Selesai untuk {len(many)} orang" in done.content.decode()
    assert not Registration.objects.live().exists()


def test_many_are_moved_once_a_second_person_agrees_who_reads_where_to(client, session):
    there = make_session(program=session.program, region=session.region, first_day=date(2100, 12, 20))
    rows = seats(session, approvals.ALONE + 1)
    looked, asked = bulk(client, session, rows, "pindah", to=str(there.pk), confirm=str(len(rows)))
    assert "dibatalkan atau dipindahkan oleh satu petugas" in looked.text
    assert "petugas lain harus menyetujuinya" in asked.text
    single = client.post(
        f"/staf/participants/registration/{rows[0].pk}/pindah/", {"to": there.pk, "form_key": uuid.uuid4()}, follow=True
    )
    assert "Sudah pindah" in single.text
    page = f"/staf/participants/approval/{Approval.objects.get().pk}"
    second = sign_in(Client(), make_staff("coordinator", session.region))
    told = soup(second.get(f"{page}/change/"))

    assert told.select_one(f'a[href$="/trainingsession/{there.pk}/change/"]')
    assert [label.text.strip(":\n ") for label in told.select(".form-row label")] == [
        *("Perbuatan", "Sesi", "Ke sesi", "Orang", "Diminta oleh", "Diminta", "Berlaku sampai", "Putusan"),
    ]
    done = second.post(f"{page}/putuskan/", {"verdict": "yes"}, follow=True)
    assert f"Selesai untuk {len(rows) - 1} orang" in done.text
    assert Registration.objects.live().filter(session=there).count() == len(rows)


def test_bulk_means_nobody_of_another_session_or_region(client, session):
    foreign = seats(make_session(program=session.program), 1)
    answer = client.post(path(session, "bersama"), {"people": [foreign[0].pk, "x", "9" * 30, ""], "do": "kelompok"})
    assert answer.status_code == 302
    assert client.post(path(foreign[0].session, "bersama"), {"people": [foreign[0].pk]}).status_code == 404


WALK_IN = {
    "full_name": "Yohana Wonda",
    "birth_date": "2004-05-17",
    "email": "yohana@example.com",
    "phone": "0812-3456-7890",
    "occupation": "university",
    "consent_training": "on",
}


def test_somebody_is_added_at_the_desk_with_what_they_agreed_to(client, session):
    page = soup(client.get(path(session, "tambah")))
    assert "Putar layarnya" in page.text
    body = WALK_IN | {"form_key": str(uuid.uuid4())}
    refused = client.post(path(session, "tambah"), body | {"consent_training": ""})
    assert "Tanpa persetujuan ini" in refused.content.decode()
    assert not Registration.objects.exists()

    added = client.post(path(session, "tambah"), body, follow=True)

    assert "Ditambahkan dan punya kursi" in added.content.decode()
    person = Registration.objects.get().participant
    assert (person.full_name, person.region) == ("Yohana Wonda", session.region)


def test_a_form_that_was_sent_for_somebody_else_says_so_and_can_be_sent_again(client, session):
    """As by going back after somebody was added, and typing the next person over them."""
    body = WALK_IN | {"form_key": str(uuid.uuid4())}
    client.post(path(session, "tambah"), body)
    other = body | {"email": "maria@example.com", "full_name": "Maria Wonda"}

    refused = client.post(path(session, "tambah"), other)

    assert "belum ditambahkan" in refused.text
    assert Registration.objects.count() == 1
    key = soup(refused).select_one("[name=form_key]")["value"]
    added = client.post(path(session, "tambah"), other | {"form_key": key}, follow=True)
    assert "Ditambahkan dan punya kursi" in added.text
    assert Registration.objects.count() == 2


def test_guardian_at_the_desk_reads_and_signs_words_of_their_own(client, session):
    said = consent_texts.shown(Consent.Purpose.TRAINING, "id", Consent.Giver.GUARDIAN)
    assert said.words in soup(client.get(path(session, "tambah"))).select_one("#id_signer_name_helptext").text
    signed = {"birth_date": "2084-05-17", "signer_name": "Wati", "signer_relation": "ibu"}
    session.program.__class__.objects.update(born_until=date(2090, 12, 31))

    client.post(path(session, "tambah"), WALK_IN | signed | {"form_key": str(uuid.uuid4())})

    hashes = dict(Consent.objects.filter(purpose="training").values_list("giver", "text_hash"))
    assert hashes == {"guardian": said.hash, "self": consent_texts.shown(Consent.Purpose.TRAINING, "id").hash}


def test_desk_says_why_not_and_keeps_what_was_typed(client, session):
    body = WALK_IN | {"birth_date": "1990-01-01"}
    answer = client.post(path(session, "tambah"), body)
    assert answer.status_code == 200
    assert "yohana@example.com" in answer.content.decode()
    assert not Registration.objects.exists()


def test_person_is_moved_and_a_note_is_kept_with_its_author(client, session):
    row = seats(session, 1)[0]
    there = make_session(program=session.program, region=session.region, first_day=date(2100, 12, 20))
    make_session(program=session.program, first_day=date(2100, 12, 20))
    page = f"/staf/participants/registration/{row.pk}"
    options = soup(client.get(f"{page}/pindah/")).select("[name=to] option[value]:not([value=''])")
    assert [option["value"] for option in options] == [str(there.pk)]
    client.post(f"{page}/catatan/", {"text": "Minta pindah."})
    moved = client.post(f"{page}/pindah/", {"to": there.pk, "form_key": uuid.uuid4()}, follow=True)

    assert "Sudah pindah" in moved.content.decode()
    assert Registration.objects.live().get().session == there
    assert Note.objects.get().written_by.name == "Koordinator"
    assert "Minta pindah." in client.get(f"{page}/change/").content.decode()


def test_where_there_is_no_other_session_nothing_empty_is_asked(client, session):
    rows = seats(session, 2)
    make_session(program=session.program, first_day=date(2100, 12, 20))  # in another region
    body = {"people": [row.pk for row in rows], "do": "pindah"}

    for page in (
        client.get(f"/staf/participants/registration/{rows[0].pk}/pindah/"),
        client.post(f"/staf/participants/registration/{rows[0].pk}/pindah/", {}),
        client.post(path(session, "bersama"), body),
    ):
        shown = soup(page)
        assert "Tidak ada sesi lain di wilayahmu." in shown.text
        assert not shown.select("#content-main :is(select, input[type=submit])")


def test_desk_is_told_what_is_missing_of_the_other_person_and_can_go_on(client, session):
    empty = soup(client.post(path(session, "tambah"), {"full_name": ""}))
    summary = {link["href"]: link.parent.text for link in empty.select("#galat a")}
    assert "Isi tanggal lahirnya." in summary["#id_birth_date"]
    assert "Tulis nomor ponselnya." in summary["#id_phone"]
    labels = {label["for"]: label.text for label in empty.select(".stack-form label[for]")}
    assert "boleh dikosongkan" in labels["id_gender"]
    assert f"di bawah {session.program.adult_age} tahun" in empty.text

    added = soup(client.post(path(session, "tambah"), WALK_IN | {"form_key": str(uuid.uuid4())}, follow=True))

    (again,) = [link for link in added.select(".messagelist a") if link.text == "Tambah peserta berikutnya"]
    assert again["href"] == path(session, "tambah")


@pytest.mark.parametrize("role", ["ministry", "accounts"])
def test_whoever_only_looks_can_do_nothing_to_a_cohort(role, session):
    row, client = seats(session, 1)[0], sign_in(Client(), make_staff(role))
    for page in ("tambah", "kelompok", "bersama"):
        assert client.post(path(session, page), {"number": 1, "people": row.pk, "do": "batal"}).status_code == 404
    for page in ("pindah", "kursi", "catatan"):
        body = {"text": "x"}
        assert client.post(f"/staf/participants/registration/{row.pk}/{page}/", body).status_code == 404
    assert Registration.objects.get(pk=row.pk).place == "seat"
