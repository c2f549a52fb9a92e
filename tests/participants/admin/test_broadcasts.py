"""Staff write to a cohort: seen first as readers see it, counted, typed when many, and stoppable."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from participants.admin import broadcasts
from participants.models import Broadcast, Notification
from participants.operations import notifications
from tests.factories import (
    MINOR_BORN,
    WIB,
    make_broadcast,
    make_participant,
    make_region,
    make_registration,
    make_session,
)
from tests.participants.operations.sending import deliver
from tests.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db
WORDS = {"audience": "all", "subject_id": "Kabar {kota}", "body_id": "Bawa payung, {nama}."}


@pytest.fixture
def session():
    session = make_session(first_day=date(2100, 12, 16))
    make_registration(session, participant=make_participant(full_name="Siti Nur", region=session.region))
    return session


@pytest.fixture
def client(session):
    return sign_in(Client(), make_staff("coordinator", session.region))


def address(session):
    return f"/staf/programs/trainingsession/{session.pk}/kabar/"


def looked_at(client, session, **words):
    """The page after "look first", of a new form or one whose key is given, and the fields with which its button
    sends."""
    empty = BeautifulSoup(client.get(address(session)).content, "html.parser")
    words = {"form_key": empty.select_one("[name=form_key]")["value"]} | words
    page = BeautifulSoup(client.post(address(session), WORDS | words).content, "html.parser")
    fields = {field["name"]: field.get("value", "") for field in page.select("form.broadcast input[name]")}
    return page, WORDS | words | {name: fields[name] for name in ("seen", "form_key", "send")}


def test_shows_count_samples_and_the_words_as_they_are_read_and_sends_nothing(client, session):
    make_registration(
        session,
        guardian="asked",
        participant=make_participant(full_name="Putri Ayu", region=session.region, birth_date=MINOR_BORN),
    )

    page, _fields = looked_at(client, session)

    assert page.select_one("form.broadcast h2").text == "Untuk 2 orang"
    assert "Siti Nur, P*** A***" in page.text
    assert "Putri" not in page.text
    assert "Bawa payung, Siti Nur." in page.select_one(".example").text
    assert not Broadcast.objects.exists()


def test_sends_what_was_looked_at_and_leads_to_its_page(client, session):
    _page, fields = looked_at(client, session)

    answer = client.post(address(session), fields)
    again = client.post(address(session), fields)

    written = Broadcast.objects.get()
    assert answer["Location"] == again["Location"] == f"/staf/participants/broadcast/{written.pk}/change/"
    assert Notification.objects.filter(kind="broadcast").count() == 1
    assert "masih bisa dihentikan" in client.get(answer["Location"]).content.decode()
    assert "Kabar ditulis" in client.get(f"/staf/programs/trainingsession/{session.pk}/history/").content.decode()


class TestAtNight:
    """In Jayapura it is half past nine in the evening, in Jakarta half past seven."""

    @pytest.fixture
    def session(self, monkeypatch):
        jayapura = make_region(city="Jayapura", time_zone="Asia/Jayapura")
        session = make_session(region=jayapura, first_day=date(2100, 12, 16))
        make_registration(session, participant=make_participant(region=jayapura))
        monkeypatch.setattr("portal.clock.now", lambda: datetime(2100, 12, 10, 19, 30, tzinfo=WIB))
        return session

    def test_the_look_what_is_said_and_the_pages_tell_the_morning_there(self, client, session):
        morning = "Sabtu, 11 Desember 2100, 07.00 WIT"
        page, fields = looked_at(client, session)
        answer = client.post(address(session), fields, follow=True)

        assert f"Kalau dikirim sekarang, mulai keluar {morning}" in page.text
        assert "jam tenang" in page.text
        assert f"Mulai dikirim {morning}." in str(next(iter(answer.context["messages"])))
        shown = BeautifulSoup(answer.content, "html.parser")
        assert f"Mulai dikirim {morning}. Yang belum" in shown.text
        assert shown.select_one(".field-begins .readonly").text == "11 Des 2100, 07.00 WIT"
        timeline = client.get(f"/staf/programs/trainingsession/{session.pk}/pesan/").content
        hours = [cell.text for cell in BeautifulSoup(timeline, "html.parser").select(".timeline tbody th")]
        assert morning in hours

    def test_what_had_to_wait_since_tells_the_morning_too(self, client, session):
        """Nothing was delivered between the hour it was written for and the quiet hours."""
        written = make_broadcast(session, starts_at=datetime(2100, 12, 10, 18, 30, tzinfo=WIB))
        notifications.promise_to_many(
            Notification.Kind.BROADCAST,
            list(written.readers()),
            due_at=written.starts_at,
            useful_until=session.ends,
            occurrence=written.occurrence,
            now=written.written_at,
        )
        deliver(datetime(2100, 12, 10, 19, 30, tzinfo=WIB), "bulk")

        page = client.get(f"/staf/participants/broadcast/{written.pk}/change/").content.decode()

        assert "Mulai dikirim Sabtu, 11 Desember 2100, 07.00 WIT. Yang belum" in page

    def test_by_day_it_goes_out_in_five_minutes(self, client, session, monkeypatch):
        monkeypatch.setattr("portal.clock.now", lambda: datetime(2100, 12, 10, 10, 30, tzinfo=WIB))

        page, _fields = looked_at(client, session)

        assert "mulai keluar Jumat, 10 Desember 2100, 12.35 WIT" in page.text
        assert "jam tenang" not in page.text


def test_what_is_corrected_in_the_form_of_a_stopped_one_is_sent(client, session):
    _page, fields = looked_at(client, session)
    client.post(address(session), fields)
    stopped = Broadcast.objects.get()
    client.post(f"/staf/participants/broadcast/{stopped.pk}/henti/")

    _page, fields = looked_at(client, session, body_id="Bawa payung biru.", form_key=fields["form_key"])
    answer = client.post(address(session), fields)
    again = client.post(address(session), fields)

    corrected = Broadcast.objects.exclude(pk=stopped.pk).get()
    assert corrected.body_id == "Bawa payung biru."
    assert answer["Location"] == again["Location"] == f"/staf/participants/broadcast/{corrected.pk}/change/"
    assert list(Notification.objects.order_by("pk").values_list("occurrence", "state")) == [
        (stopped.occurrence, "cancelled"),
        (corrected.occurrence, "due"),
    ]


def test_what_was_looked_at_before_something_else_was_sent_by_its_key_says_that_it_is_not_sent(client, session):
    """Two tabs hold one form: the second one sends first."""
    empty = BeautifulSoup(client.get(address(session)).content, "html.parser")
    key = empty.select_one("[name=form_key]")["value"]
    _page, fields = looked_at(client, session, form_key=key)
    _page, others = looked_at(client, session, form_key=key, body_id="Bawa payung biru.")
    client.post(address(session), others)

    answer = client.post(address(session), fields)

    said = BeautifulSoup(answer.content, "html.parser").select_one(".errorlist").text
    assert "Yang ini belum dikirim" in said
    assert Broadcast.objects.count() == 1


def test_a_second_press_after_the_stop_says_that_it_was_stopped(client, session):
    _page, fields = looked_at(client, session)
    client.post(address(session), fields)
    stopped = Broadcast.objects.get()
    client.post(f"/staf/participants/broadcast/{stopped.pk}/henti/", follow=True)

    answer = client.post(address(session), fields, follow=True)

    assert answer.redirect_chain[-1][0] == f"/staf/participants/broadcast/{stopped.pk}/change/"
    assert [str(said) for said in answer.context["messages"]] == [
        "Kabar ini sudah dihentikan. Yang belum terkirim tidak dikirim."
    ]


def test_words_changed_after_the_look_are_shown_again(client, session):
    _page, fields = looked_at(client, session)

    answer = client.post(address(session), fields | {"body_id": "Lain sama sekali."})

    assert answer.status_code == 200
    assert "Lain sama sekali." in BeautifulSoup(answer.content, "html.parser").select_one(".example").text
    assert not Broadcast.objects.exists()


@pytest.mark.parametrize("typed", ["", "2", "ya"])
def test_many_are_written_to_only_after_their_number_was_typed(client, session, monkeypatch, typed):
    monkeypatch.setattr(broadcasts, "TYPED_ABOVE", 0)
    _page, fields = looked_at(client, session)

    refused = client.post(address(session), fields | {"confirm": typed})
    assert "Belum ada yang dikirim" in refused.content.decode()
    assert not Broadcast.objects.exists()

    client.post(address(session), fields | {"confirm": "1"})
    assert Broadcast.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("body_id", "Halo {hari}", "{hari} tidak dikenal"),
        ("subject_id", "Kabar {", "Kurung kurawal"),
        ("body_id", "Isi di https://forms.example/x", "https://forms.example/x"),
        ("body_id", "Isi di bit.ly/abc", "bit.ly/abc"),
        ("body_id", "Isi di evil.com.", "evil.com"),
        ("body_id", "Isi di ftp://evil.example", "ftp://evil.example"),
        ("body_id", "Isi di bit.ly?x", "bit.ly?x"),
        ("body_id", "Isi di jahat.рф/x", "jahat.рф/x"),
        ("body_id", "Isi di http://testserver.evil.example/", "http://testserver.evil.example/"),
        ("body_id", "", "Bagian ini belum diisi"),
        ("subject_en", "News", "dalam bahasa Inggris"),
        ("audience", "queued", "tidak ada seorang pun"),
    ],
)
def test_says_beside_the_field_what_cannot_be_sent(client, session, field, typed, said):
    page = BeautifulSoup(client.post(address(session), WORDS | {field: typed}).content, "html.parser")

    assert said in page.select_one(".errorlist").text
    assert page.select_one("[name=send]") is None


@pytest.mark.parametrize("text", ["dan/atau", "S.Kom, A.Md. 09.00/10.00", "http://testserver/sesi/", "16/12/2025"])
def test_links_to_this_portal_and_what_is_none_may_be_sent(client, session, text):
    page, _fields = looked_at(client, session, body_id=text)

    assert page.select_one("[name=send]")


def test_is_stopped_once_by_whoever_may_write(client, session):
    _page, fields = looked_at(client, session)
    client.post(address(session), fields)
    written = Broadcast.objects.get()

    answer = client.post(f"/staf/participants/broadcast/{written.pk}/henti/")

    assert answer["Location"] == f"/staf/participants/broadcast/{written.pk}/change/"
    assert Notification.objects.get(kind="broadcast").state == "cancelled"
    assert "Hentikan" not in client.get(answer["Location"]).content.decode()
    assert client.get(f"/staf/participants/broadcast/{written.pk}/henti/").status_code == 405


def test_another_regions_people_are_neither_written_to_nor_seen(client, session):
    elsewhere = make_session(program=session.program, first_day=date(2100, 12, 16))
    theirs = make_broadcast(elsewhere)

    assert client.post(address(elsewhere), WORDS).status_code == 404
    assert client.post(f"/staf/participants/broadcast/{theirs.pk}/henti/").status_code == 404
    assert client.get(f"/staf/participants/broadcast/{theirs.pk}/change/").status_code == 404
    assert theirs.subject_id not in client.get("/staf/participants/broadcast/").content.decode()


def test_ministry_reads_and_does_not_write(session):
    client = sign_in(Client(), make_staff("ministry"))
    written = make_broadcast(session)

    assert client.get(address(session)).status_code == 404
    assert client.post(f"/staf/participants/broadcast/{written.pk}/henti/").status_code == 404
    assert client.get(f"/staf/participants/broadcast/{written.pk}/change/").status_code == 200
