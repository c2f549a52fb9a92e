"""Saying that one cannot come to the next day, as a person does it from their own page, and taking it back."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from participants.models import Appeal
from participants.operations import appeals
from tests.factories import as_reader, make_coordinator, make_region, make_registration, make_session

pytestmark = pytest.mark.django_db
WIT = ZoneInfo("Asia/Jayapura")
EVENING = datetime(2025, 12, 16, 20, tzinfo=WIT)
DAY = timedelta(days=1)
LINK = "main a[href*='kode=absence_']"


@pytest.fixture
def registration():
    """In Jayapura, three days from 16 December 2025, 09:00 to 16:00 WIT."""
    return make_registration(make_session(region=make_region(time_zone="Asia/Jayapura")))


@pytest.fixture(autouse=True)
def now(monkeypatch):
    moment = [EVENING]
    monkeypatch.setattr("portal.clock.now", lambda: moment[0])
    return moment


def body(registration, **more):
    return {"sesi": registration.session.slug, "kode": "absence_2", "text": ""} | more


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (EVENING - timedelta(hours=12), None),
        (EVENING - timedelta(hours=11), "Besok aku tidak bisa datang"),
        (EVENING, "Besok aku tidak bisa datang"),
        (EVENING + timedelta(hours=6), "Hari ini aku tidak bisa datang"),
        (EVENING + DAY, "Besok aku tidak bisa datang"),
        (EVENING + 2 * DAY, None),
    ],
)
def test_my_page_offers_it_from_the_first_day_until_the_last_begins(registration, page, now, when, words):
    now[0] = when

    links = page(as_reader(registration).get("/saya/")).select(LINK)

    assert [" ".join(link.text.split()) for link in links] == ([words] if words else [])


def test_days_that_do_not_follow_one_another_are_named(registration, page):
    registration.session.days.filter(number=3).update(date=(EVENING + 8 * DAY).date())
    registration.session.days.filter(number=2).update(date=(EVENING + 7 * DAY).date())

    (link,) = page(as_reader(registration).get("/saya/")).select(LINK)

    assert link.text.strip() == "Hari 2 aku tidak bisa datang"


def test_asks_which_day_and_no_reason(registration, page):
    client = as_reader(registration)
    (link,) = page(client.get("/saya/")).select(LINK)

    shown = page(client.get(link["href"]))

    assert shown.h1.text == "Tidak bisa datang?"
    assert [row.text for row in shown.select("dl.pairs div")] == ["Tanggal17 Desember 2025"]
    assert "(tidak wajib)" in shown.select_one("label[for=id_text]").text
    assert "belum berarti izin" in shown.main.text


@pytest.mark.parametrize("text", ["", "Ujian"])
def test_said_it_stands_on_my_page_and_can_be_taken_back(registration, page, text):
    client = as_reader(registration)

    assert client.post("/keberatan/", body(registration, text=text))["Location"] == "/saya/"

    assert Appeal.objects.get().text == text
    shown = page(client.get("/saya/"))
    assert shown.select(LINK) == []
    assert shown.select_one("main a[href='#keberatan']").text.strip() == "Lihat kabarmu soal hari 2"
    assert "Kamu bilang tidak bisa datang Rabu, 17 Desember 2025." in shown.select_one(".hero").text
    card = shown.select_one("#keberatan")
    assert ("Kamu menulis" in card.text) is bool(text)
    assert text in card.text

    sent = {field["name"]: field["value"] for field in card.select("form [name]")}
    assert client.post("/keberatan/", sent)["Location"] == "/saya/"

    assert not Appeal.objects.exists()
    assert page(client.get("/saya/")).select(LINK)


def test_on_the_first_day_itself_one_is_still_expected(registration, page, now):
    client = as_reader(registration)
    now[0] = EVENING - timedelta(hours=8)
    client.post("/keberatan/", body(registration))

    assert "Hari ini hari ke-1" in page(client.get("/saya/")).select_one(".hero").text


def test_taken_back_too_late_says_what_to_do(registration, page, now):
    client = as_reader(registration)
    client.post("/keberatan/", body(registration))
    now[0] = EVENING + timedelta(hours=13)

    client.post("/keberatan/", body(registration, take_back="1"))

    shown = page(client.get("/saya/"))
    assert "tunjukkan tiketmu" in shown.main.text
    assert not shown.select("#keberatan form")
    assert Appeal.objects.count() == 1


def test_pressed_twice_it_is_told_of_a_day_and_not_of_an_objection(registration, page):
    client = as_reader(registration)
    for _press in range(2):
        assert client.post("/keberatan/", body(registration))["Location"] == "/saya/"

    shown = page(client.get("/saya/")).main.text

    assert "Kabarmu soal hari itu sudah kami terima." in shown
    assert "Keberatan" not in shown
    assert Appeal.objects.count() == 1


@pytest.mark.parametrize("language", ["", "/en"])
def test_opened_too_late_it_is_told_of_a_day_and_not_of_a_decision(registration, page, now, language):
    now[0] = EVENING + timedelta(hours=13)
    client = as_reader(registration)

    for answer in (
        client.get(f"{language}/keberatan/", body(registration)),
        client.post("/keberatan/", body(registration)),
    ):
        shown = page(answer)
        assert "no_day_to_miss" in shown.select_one(".notice").text
        assert not {"Keputusan", "decision"} & set(shown.select_one(".notice").text.split())


def test_answered_it_is_neither_taken_back_nor_said_again(registration, page):
    client = as_reader(registration)
    client.post("/keberatan/", body(registration))
    appeals.answer(appeal=Appeal.objects.get(), verdict="granted", text="Baik.", by=make_coordinator(), now=EVENING)

    shown = page(client.get("/saya/"))

    assert not shown.select("#keberatan form")
    assert not shown.select(LINK)
    assert not page(client.get("/keberatan/", body(registration))).select("main form")
    for take_back in ({}, {"take_back": "1"}):
        assert client.post("/keberatan/", body(registration, **take_back))["Location"] == "/saya/"
    assert Appeal.objects.get().verdict == "granted"


@pytest.mark.parametrize("take_back", [{}, {"take_back": "1"}])
def test_nobody_says_it_for_somebody_else(registration, take_back):
    appeals.submit(
        user=registration.participant.user, session=registration.session, code="absence_2", text="", now=EVENING
    )

    as_reader(make_registration(make_session())).post("/keberatan/", body(registration, **take_back))

    assert Appeal.objects.get().user == registration.participant.user


def test_speaks_english(registration, page):
    client = as_reader(registration)

    (link,) = page(client.get("/en/saya/")).select(LINK)

    assert link.text.strip() == "I cannot come tomorrow"
    assert page(client.get(link["href"])).h1.text == "Cannot come?"
