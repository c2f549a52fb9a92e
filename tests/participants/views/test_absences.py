"""Saying that one cannot come to coming days, as a person does it from their own page, and taking it back."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from participants.models import Appeal
from participants.operations import absences, appeals, registrations, reminders
from tests.factories import as_reader, make_coordinator, make_region, make_registration, make_rule, make_session
from tests.participants.operations.sending import deliver

pytestmark = pytest.mark.django_db
WIT = ZoneInfo("Asia/Jayapura")
EVENING = datetime(2025, 12, 16, 20, tzinfo=WIT)
DAY = timedelta(days=1)
PAGE = "/saya/tidak-datang/"
LINK = f"main a[href^='{PAGE}'], main a[href^='/en{PAGE}']"


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
    return {"pendaftaran": registration.public_id, "hari": "2025-12-17", "text": ""} | more


def words(tags):
    return [" ".join(tag.get_text(" ").split()) for tag in tags]


@pytest.mark.parametrize(
    ("when", "told"),
    [
        (EVENING - 9 * DAY, "Ada hari kamu tidak bisa datang?"),
        (EVENING, "Ada hari kamu tidak bisa datang?"),
        (EVENING + timedelta(hours=14), "Besok aku tidak bisa datang"),
        (EVENING + timedelta(hours=30), "Hari ini aku tidak bisa datang"),
        (EVENING + 2 * DAY, None),
    ],
)
def test_my_page_offers_it_until_the_last_day_begins(registration, page, now, when, told):
    now[0] = when

    links = page(as_reader(registration).get("/saya/")).select(LINK)

    assert words(links) == ([told] if told else [])


def test_a_last_day_that_does_not_follow_is_named(registration, page, now):
    registration.session.days.filter(number=3).update(date=(EVENING + 8 * DAY).date())
    now[0] = EVENING + DAY

    assert words(page(as_reader(registration).get("/saya/")).select(LINK)) == ["Hari 3 aku tidak bisa datang"]


def test_asks_which_days_and_no_reason(registration, page):
    client = as_reader(registration)
    (link,) = page(client.get("/saya/")).select(LINK)

    shown = page(client.get(link["href"]))

    assert shown.h1.text == "Tidak bisa datang?"
    assert words(shown.select("fieldset .check")) == [
        "Hari 2, Rabu, 17 Desember 2025 09.00–16.00 WIT",
        "Hari 3, Kamis, 18 Desember 2025 09.00–16.00 WIT",
    ]
    assert not shown.select("[name=hari][checked]")
    assert "(tidak wajib)" in shown.select_one("label[for=id_text]").text
    assert "belum berarti izin" in shown.main.text
    assert not shown.select("main a[href^='/saya/batal/']")


def test_of_one_day_there_is_nothing_to_choose(registration, page, now):
    now[0] = EVENING + DAY

    shown = page(as_reader(registration).get(PAGE))

    assert not shown.select("fieldset")
    assert shown.select_one("form[action] [name=hari][type=hidden]")["value"] == "2025-12-18"
    assert "Hari 3, Kamis, 18 Desember 2025" in shown.main.text


def test_who_can_still_let_go_of_the_seat_is_told_so(registration, page, now):
    now[0] = EVENING - 9 * DAY

    shown = page(as_reader(registration).get(PAGE))

    assert len(shown.select("fieldset .check")) == 3
    assert shown.select_one("main a[href^='/saya/batal/']")


def test_which_day_has_to_be_chosen_and_what_was_typed_stays(registration, page):
    answer = as_reader(registration).post(PAGE, {"pendaftaran": registration.public_id, "text": "Ujian"})

    shown = page(answer)
    assert answer.status_code == 422
    assert shown.select_one("#galat a[href='#id_hari_0']").text == "Pilih hari yang tidak bisa kamu datangi."
    assert shown.textarea.text.strip() == "Ujian"
    assert not Appeal.objects.exists()


@pytest.mark.parametrize("text", ["", "Ujian"])
def test_said_it_stands_on_my_page_and_can_be_taken_back(registration, page, text):
    client = as_reader(registration)

    assert client.post(PAGE, body(registration, text=text))["Location"] == "/saya/"

    assert Appeal.objects.get().text == text
    shown = page(client.get("/saya/"))
    assert words(shown.select(LINK)) == ["Hari 3 aku tidak bisa datang"]
    (day,) = [day for day in shown.select(".timeline li") if day.select("a[href='#keberatan']")]
    assert "Hari 2" in day.text
    hero = shown.select_one(".hero").text
    assert "Kamu bilang tidak bisa datang Rabu, 17 Desember 2025." in hero
    assert "Sampai jumpa Kamis, 18 Desember 2025, 09.00–16.00 WIT." in hero
    card = shown.select_one("#keberatan")
    assert ("Kamu menulis" in card.text) is bool(text)
    assert text in card.text

    sent = {field["name"]: field["value"] for field in card.select("form [name]")}
    assert client.post(card.form["action"], sent)["Location"] == "/saya/"

    assert not Appeal.objects.exists()
    assert words(page(client.get("/saya/")).select(LINK)) == ["Ada hari kamu tidak bisa datang?"]


def test_several_days_are_said_at_once(registration, page):
    client = as_reader(registration)

    client.post(PAGE, body(registration, hari=["2025-12-17", "2025-12-18"], text="Ujian"))

    assert Appeal.objects.absences().count() == 2
    shown = page(client.get("/saya/"))
    assert len(shown.select("#keberatan form")) == 2
    assert "Sampai jumpa" not in shown.select_one(".hero").text
    assert not shown.select(LINK)
    assert "absence_said_before" in page(client.get(PAGE)).select_one(".notice").text


def test_on_the_first_day_itself_one_is_still_expected(registration, page, now):
    client = as_reader(registration)
    now[0] = EVENING - timedelta(hours=8)
    client.post(PAGE, body(registration))

    assert "Hari ini hari ke-1" in page(client.get("/saya/")).select_one(".hero").text


def test_taken_back_too_late_says_what_to_do(registration, page, now):
    client = as_reader(registration)
    client.post(PAGE, body(registration))
    now[0] = EVENING + timedelta(hours=13)

    client.post(PAGE, body(registration, take_back="1"))

    shown = page(client.get("/saya/"))
    assert "tunjukkan tiketmu" in shown.main.text
    assert not shown.select("#keberatan form")
    assert "tidak bisa datang" in shown.select_one(".hero").text
    assert Appeal.objects.count() == 1


@pytest.mark.parametrize("day", ["", "2025-12-16", "besok"])
def test_what_was_not_said_cannot_be_taken_back(registration, page, day):
    client = as_reader(registration)

    client.post(PAGE, body(registration, take_back="1", hari=day))

    assert "nothing_to_take_back" in page(client.get("/saya/")).main.text


def test_pressed_twice_it_is_told_of_a_day_and_not_of_an_objection(registration, page):
    client = as_reader(registration)
    for _press in range(2):
        assert client.post(PAGE, body(registration))["Location"] == "/saya/"

    shown = page(client.get("/saya/")).main.text

    assert "Kabarmu soal hari itu sudah kami terima." in shown
    assert "Keberatan" not in shown
    assert Appeal.objects.count() == 1


@pytest.mark.parametrize("language", ["", "/en"])
def test_sent_too_late_it_says_so_beside_the_days_that_are_left(registration, page, now, language):
    now[0] = EVENING + timedelta(hours=13)

    answer = as_reader(registration).post(f"{language}{PAGE}", body(registration))

    shown = page(answer)
    assert answer.status_code == 422
    assert "no_day_to_miss" in shown.select_one("#galat").text
    assert shown.select_one("[name=hari]")["value"] == "2025-12-18"
    assert not Appeal.objects.exists()


def test_opened_once_no_day_is_left_it_says_so(registration, page, now):
    now[0] = EVENING + 2 * DAY

    shown = page(as_reader(registration).get(PAGE))

    assert "no_day_to_miss" in shown.select_one(".notice").text
    assert not shown.select("main form")


def test_answered_it_is_neither_taken_back_nor_said_again(registration, page):
    client = as_reader(registration)
    client.post(PAGE, body(registration))
    appeals.answer(appeal=Appeal.objects.get(), verdict="granted", text="Baik.", by=make_coordinator(), now=EVENING)

    shown = page(client.get("/saya/"))

    assert not shown.select("#keberatan form")
    assert words(shown.select(LINK)) == ["Hari 3 aku tidak bisa datang"]
    for take_back in ({}, {"take_back": "1"}):
        assert client.post(PAGE, body(registration, **take_back))["Location"] == "/saya/"
    assert Appeal.objects.get().verdict == "granted"


def test_what_was_said_of_a_seat_let_go_waits_for_no_answer(registration, page, now):
    now[0] = EVENING - 9 * DAY
    client = as_reader(registration)
    client.post(PAGE, body(registration))

    registrations.cancel(registration=registration, now=now[0])

    assert not page(client.get("/saya/")).select("#keberatan")


def test_a_reminder_of_the_day_is_not_announced_and_it_is_said_why_it_did_not_go_out(registration, page, now, mails):
    program, client = registration.session.program, as_reader(registration)
    make_rule(program, slug="morning", anchor="each_day", offset_days=0, at=time(6), useful_at=time(10), is_urgent=True)
    client.post(PAGE, body(registration))

    told = page(client.get("/saya/")).select_one(".timeline").text
    assert ("Pagi hari 2" in told, "Pagi hari 3" in told) == (False, True)

    now[0] = EVENING + timedelta(hours=10)
    reminders.plan(now=now[0])
    deliver(now[0], "bulk")
    (row,) = [row for row in page(client.get("/saya/")).select(".ledger li") if "Pagi hari 2" in row.text]
    assert row.select_one(".badge").text == "Tidak jadi dikirim"
    assert "Kamu bilang tidak bisa datang hari itu." in row.text


@pytest.mark.parametrize("take_back", [{}, {"take_back": "1"}])
def test_nobody_says_it_for_somebody_else(registration, take_back):
    day = EVENING.date() + DAY
    absences.say(registration=registration, days=[day], text="", now=EVENING)

    answer = as_reader(make_registration(make_session())).post(PAGE, body(registration, **take_back))

    assert answer.status_code == 404
    assert Appeal.objects.get().user == registration.participant.user


def test_speaks_english(registration, page):
    client = as_reader(registration)

    (link,) = page(client.get("/en/saya/")).select(LINK)

    assert link.text.strip() == "Is there a day you cannot come?"
    shown = page(client.get(link["href"]))
    assert shown.h1.text == "Cannot come?"
    assert shown.legend.text == "Which day?"
