"""The pages by which a file of people is brought, looked at, written and taken back."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from participants.admin import imports as pages
from participants.models import Deed, Registration, RegistrationImport
from tests.factories import make_participant, make_registration, make_session
from tests.participants.admin.importing import HEADER, client, fields_of, line, look, session, soup, upload, work
from tests.staff import make_staff, sign_in
from tests.workbooks import xlsx

pytestmark = pytest.mark.django_db
__all__ = ["client", "session"]


def test_a_file_is_brought_in_three_presses_and_taken_back(client, session):
    page, looked = look(client, session, line("Ani", "ani@example.com"), line("Budi", "budi@example.com"))
    assert "Siap ditulis: 2 baris. Keliru: 0 baris." in looked.content.decode()
    assert not Registration.objects.exists()

    done = client.post(f"{page}/tulis/", follow=True)

    assert "Baru terdaftar: 2 orang" in done.content.decode()
    assert Registration.objects.live().filter(session=session).count() == 2
    back = client.post(f"{page}/batalkan/", follow=True)
    assert "Selesai untuk 2 orang" in back.content.decode()
    assert not Registration.objects.live().exists()


def test_wrong_rows_are_named_by_their_line_and_skipped_only_when_that_is_said(client, session):
    page, looked = look(client, session, line("Ani", "ani@example.com"), line("Budi", "budi@example.com", phone="12"))
    (row,) = soup(looked).select(".wide-table tbody tr")
    assert row.select_one("th").text == "Baris 3"
    assert "Nomor ponsel" in row.text
    assert "rows_with_errors" in client.post(f"{page}/tulis/", follow=True).content.decode()
    assert not Registration.objects.exists()
    client.post(f"{page}/tulis/", {"partial": "1"})
    assert Registration.objects.get().participant.full_name == "Ani"


def test_a_session_that_takes_nobody_says_so_once_above_the_rows(client, session):
    page, _looked = look(client, session, line("Ani", "ani@example.com"), line("Budi", "budi@example.com"))
    session.status = "cancelled"
    session.save()

    shown = soup(client.get(f"{page}/change/"))

    assert "sudah selesai, atau dibatalkan" in shown.select_one(".errornote").text
    assert not shown.select("form[action$='/tulis/'] input[type=submit]")
    assert "session_not_running" in client.post(f"{page}/tulis/", follow=True).text


def test_lookalikes_are_offered_and_chosen(client, session):
    known = make_participant(full_name="Siti Nur'aini", birth_date=date(2004, 5, 17), phone="+6281234567890")
    earlier = make_session(slug="lalu", region=session.region, program=session.program)
    make_registration(
        earlier,
        participant=known,
        place="released",
        release_reason="switched",
        released_at=earlier.program.registration_opens,
    )
    page, looked = look(client, session, line("Siti Nuraini", "baru@example.com"))
    select = soup(looked).select_one("select[name=alike_0]")
    assert [option.text for option in select.select("option")] == ["Orang baru", "Siti Nur'aini, 17 Mei 2004"]
    client.post(f"{page}/tulis/", {"alike_0": str(known.pk)})
    assert Registration.objects.live().get().participant == known


def test_a_long_file_is_a_job_with_a_bar(client, session, monkeypatch):
    monkeypatch.setattr(pages, "AT_ONCE", 1)
    page, looked = look(client, session, line("Ani", "ani@example.com"), line("Budi", "budi@example.com"))
    assert soup(looked).select_one("#export-state[data-under-way] progress")
    work()
    assert "Siap ditulis: 2 baris" in client.get(f"{page}/change/").content.decode()
    client.post(f"{page}/tulis/")
    work()
    assert Registration.objects.live().count() == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\n", "kosong"),
        (b"%PDF-1.4", "bukan CSV atau XLSX"),
        (b"PK\x03\x04", "Lembar pertama"),
        (b"Nama\n\xff\xfe", "bukan UTF-8"),
        (b"Nama\n", "hanya punya satu baris"),
        (b"Nama\n" + b"x\n" * 5_001, "lebih dari 5.000 baris"),
        (b"Nama\n" + b"x" * 131_073, "lebih dari 131.072 karakter"),
        (b"x" * 10_000_001, "lebih dari 10 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_table_is_refused_in_words(client, session, content, words):
    answer = upload(client, session, content=content)
    assert answer.status_code == 422
    assert words in soup(answer).select_one(".errorlist").text


def test_every_reason_to_refuse_a_file_has_its_sentence():
    assert set(pages.UNREAD) == set(pages.Why)


def test_columns_say_which_words_they_take_and_a_file_to_begin_with_is_there(client, session):
    page = soup(upload(client, session, line("Ani", "ani@example.com")))

    helps = {
        name: page.select_one(f"#id_{name}_helptext").text for name in ("occupation", "gender", "consent_training")
    }
    assert "bekerja" in helps["occupation"]
    assert "Perempuan, p" in helps["gender"]
    assert "Ya: ya, y" in helps["consent_training"]
    assert "17 Mei 2004" in page.select_one("#id_birth_date_helptext").text
    link = page.select_one("a[href$='/contoh/']")["href"]
    file = client.get(link)
    assert file.headers["Content-Disposition"] == 'attachment; filename="contoh-peserta.csv"'
    assert file.content.decode().startswith("\ufeffNama lengkap;Tanggal lahir;Alamat email;")


def test_a_title_above_the_header_and_words_of_everyday_are_understood(client, session):
    rows = ["Peserta Jakarta", "", HEADER + ",L/P", "ani@example.com,Ani,6 Mei 2001,0812-3456-7890,Bekerja,ya,P"]
    upload(client, session, content="\n".join(rows).encode())
    page = f"/staf/participants/registrationimport/{RegistrationImport.objects.get().pk}"
    sent = fields_of(soup(client.get(f"{page}/kolom/")), "form.stack-form")
    assert (sent["full_name"], sent["gender"]) == ("1", "6")

    looked = client.post(f"{page}/kolom/", sent, follow=True)
    client.post(f"{page}/tulis/")

    assert "Siap ditulis: 1 baris" in looked.text
    person = Registration.objects.get().participant
    assert (person.birth_date, person.occupation, person.gender) == (date(2001, 5, 6), "employed", "female")


def test_one_column_for_two_things_and_a_missing_one_are_refused(client, session):
    upload(client, session, line("Ani", "ani@example.com"))
    page = f"/staf/participants/registrationimport/{RegistrationImport.objects.get().pk}/kolom/"
    sent = fields_of(soup(client.get(page)), "form.stack-form") | {"phone": "1", "email": ""}
    answer = client.post(page, sent)
    assert answer.status_code == 422
    assert len(soup(answer).select(".errorlist")) == 2


def test_nobody_else_brings_or_sees_a_file(client, session):
    page, _looked = look(client, session, line("Ani", "ani@example.com"))
    other = sign_in(Client(), make_staff("coordinator", make_session(slug="lain", program=session.program).region))
    ministry = sign_in(Client(), make_staff("ministry"))
    for who in (other, ministry):
        assert upload(who, session, line("Ani", "ani@example.com")).status_code == 404
        for deed in ("tulis", "batalkan", "kolom"):
            assert who.post(f"{page}/{deed}/").status_code == 404
    assert other.get(f"{page}/change/").status_code == 404
    assert not soup(ministry.get(f"{page}/change/")).select_one("form[action$=tulis\\/]")


def test_a_number_that_is_none_of_ours_means_nobody(client, session):
    page, _looked = look(client, session, line("Ani", "ani@example.com"))

    answer = client.post(f"{page}/tulis/", {"alike_0": "9" * 5000})
    assert answer.status_code == 302
    assert Registration.objects.live().filter(session=session).count() == 1


def test_rows_are_named_by_their_number_in_the_file_blank_ones_counted(client, session):
    _page, looked = look(
        client, session, line("Ani", "ani@example.com"), "", ",,", line("Budi", "budi@example.com", "12")
    )
    (row,) = soup(looked).select(".wide-table tbody tr")
    assert row.select_one("th").text == "Baris 5"


def test_rows_of_a_sheet_are_named_by_their_number_in_it(client, session):
    rows = [line("Ani", "ani@example.com", "12").split(","), [], line("Budi", "budi@example.com", "12").split(",")]
    upload(client, session, content=xlsx([], [], HEADER.split(","), [None], *rows))
    page = f"/staf/participants/registrationimport/{RegistrationImport.objects.get().pk}"
    looked = client.post(
        f"{page}/kolom/", fields_of(soup(client.get(f"{page}/kolom/")), "form.stack-form"), follow=True
    )
    assert [row.text for row in soup(looked).select(".wide-table tbody th")] == ["Baris 5", "Baris 7"]


def test_refused_rows_keep_their_number_once_the_file_is_gone(client, session):
    type(session).objects.filter(pk=session.pk).update(capacity=1, seat_limit=1)
    page, _looked = look(client, session, "", line("Ani", "ani@example.com"), "", line("Budi", "budi@example.com"))
    done = client.post(f"{page}/tulis/", follow=True)
    assert "Baris 5: Tidak ada kursi kosong" in done.content.decode()


def test_whoever_reads_sees_what_is_wrong_in_their_own_language(client, session, monkeypatch):
    """A worker looks, whose language is nobody's; one has brought it in English, another reads it in Indonesian."""
    monkeypatch.setattr(pages, "AT_ONCE", 0)
    type(session).objects.filter(pk=session.pk).update(capacity=1, seat_limit=1)
    rows = [line("Ani", "ani@example.com", "12"), line("Budi", "x@example.com"), line("Cici", "y@example.com")]
    file = SimpleUploadedFile("daftar.csv", "\n".join([HEADER, *rows]).encode())
    folder = "/staf/participants/registrationimport"
    answer = client.post(f"/en{folder}/unggah/{session.pk}/", {"file": file}, follow=True)
    page = f"{folder}/{RegistrationImport.objects.get().pk}"
    client.post(f"/en{page}/kolom/", fields_of(soup(answer), "form.stack-form"))

    work()
    for prefix, field in [("", "Nomor ponsel: Nomor"), ("/en", "Phone number: This")]:
        (cell, *_more) = soup(client.get(f"{prefix}{page}/change/")).select(".wide-table tbody td")
        assert cell.text.startswith(field)

    client.post(f"/en{page}/tulis/", {"partial": "1"})
    work()
    assert "Baris 4: Tidak ada kursi kosong" in client.get(f"{page}/change/").content.decode()
    assert "Row 4: No seat is free" in client.get(f"/en{page}/change/").content.decode()


def test_whoever_presses_is_who_had_it_done(client, session):
    """Whoever brought it has gone meanwhile, and it goes on in the name of who is there."""
    page, _looked = look(client, session, line("Ani", "ani@example.com"))
    first = RegistrationImport.objects.get().by
    first.coordinations.all().delete()
    second = make_staff("coordinator", session.region)

    sign_in(Client(), second).post(f"{page}/tulis/")

    assert Registration.objects.live().get().participant.full_name == "Ani"
    assert [deed.by for deed in Deed.objects.filter(what="imported")] == [second]
    assert str(second) in sign_in(Client(), second).get(f"{page}/change/").content.decode()


def test_nobody_brings_in_whom_they_may_not_see_by_what_another_was_offered(session):
    other = make_session(slug="lain", program=session.program)
    known = make_participant(full_name="Siti Nur'aini", birth_date=date(2004, 5, 17), phone="+6281234567890")
    make_registration(
        other,
        participant=known,
        place="released",
        release_reason="switched",
        released_at=other.program.registration_opens,
    )
    wide = sign_in(Client(), make_staff("coordinator", session.region, other.region))
    page, looked = look(wide, session, line("Siti Nuraini", "baru@example.com"))
    assert soup(looked).select_one("select[name=alike_0]")
    narrow = sign_in(Client(), make_staff("coordinator", session.region))

    done = narrow.post(f"{page}/tulis/", {"alike_0": str(known.pk)}, follow=True)

    assert not session.registrations.exists()
    assert "lookalike_gone" in done.content.decode()


def test_columns_named_by_another_are_looked_at_with_their_eyes(client, session):
    upload(client, session, line("Ani", "ani@example.com"))
    batch = RegistrationImport.objects.get()
    page = f"/staf/participants/registrationimport/{batch.pk}/kolom/"
    batch.by.coordinations.all().delete()
    second = sign_in(Client(), make_staff("coordinator", session.region))

    second.post(page, fields_of(soup(second.get(page)), "form.stack-form"))

    batch.refresh_from_db()
    assert batch.state == "checked"


def test_who_is_chosen_on_one_page_stays_chosen_when_it_is_turned(client, session, monkeypatch):
    monkeypatch.setattr(pages, "PAGE", 1)
    earlier = make_session(slug="lalu", region=session.region, program=session.program)
    gone = {"place": "released", "release_reason": "switched", "released_at": earlier.program.registration_opens}
    known = [
        make_participant(full_name=name, birth_date=date(2004, 5, 17), phone=f"+62812345678{number}")
        for number, name in enumerate(["Siti Nur'aini", "Dewi Kartika"], start=10)
    ]
    for person in known:
        make_registration(earlier, participant=person, **gone)
    lines = [
        line("Siti Nuraini", "baru@example.com", "081298765432"),
        line("Dewi Kartikasari", "lain@example.com", "081298765433"),
    ]
    page, looked = look(client, session, *lines)
    turn = soup(looked).select_one("button[name=p]")

    second = client.post(turn["formaction"], {"alike_0": str(known[0].pk), "p": turn["value"]}, follow=True)
    assert soup(second).select_one("select[name=alike_1]")
    back = soup(second).select_one("button[name=p]")
    first = client.post(back["formaction"], {"alike_1": "", "p": back["value"]}, follow=True)
    assert soup(first).select_one("select[name=alike_0] [selected]")["value"] == str(known[0].pk)
    client.post(turn["formaction"], {"alike_0": str(known[0].pk), "p": turn["value"]})
    client.post(f"{page}/tulis/", {"alike_1": str(known[1].pk)})

    people = Registration.objects.live().filter(session=session).order_by("pk")
    assert [row.participant for row in people] == known


def test_who_is_chosen_stays_chosen_where_writing_is_refused(client, session):
    known = make_participant(full_name="Siti Nur'aini", birth_date=date(2004, 5, 17), phone="+6281234567890")
    earlier = make_session(slug="lalu", region=session.region, program=session.program)
    gone = {"place": "released", "release_reason": "switched", "released_at": earlier.program.registration_opens}
    make_registration(earlier, participant=known, **gone)
    page, _looked = look(client, session, line("Siti Nuraini", "baru@example.com"), line("Ani", "a@example.com", "12"))
    refused = client.post(f"{page}/tulis/", {"alike_0": str(known.pk)}, follow=True)
    assert "rows_with_errors" in refused.content.decode()
    assert soup(refused).select_one("select[name=alike_0] [selected]")["value"] == str(known.pk)


def test_who_only_looks_turns_pages_by_links(client, session, monkeypatch):
    monkeypatch.setattr(pages, "PAGE", 1)
    lines = [line("Ani", "ani@example.com", "12"), line("Budi", "budi@example.com", "12")]
    page, _looked = look(client, session, *lines)
    seen = soup(sign_in(Client(), make_staff("ministry")).get(f"{page}/change/"))
    assert not seen.select_one("button[name=p]")
    assert [link["href"] for link in seen.select("a[href^='?p=']")] == ["?p=2"]
