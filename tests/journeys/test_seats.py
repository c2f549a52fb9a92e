"""What becomes of seats: the queue, an offer taken or left unanswered, another session, giving a seat back."""

import pytest

from tests.journeys.steps import (
    as_person,
    enrolled,
    fill_adult,
    link_in,
    mail_to,
    pass_the_door,
    send,
    standing,
    text_of,
)

pytestmark = [pytest.mark.xdist_group("journey"), pytest.mark.usefixtures("with_two_hours_for_an_offer")]
EDITION = "gig-ai-2025-12"
OFFER_HOURS = 'from programs.models import Program; Program.objects.filter(slug="{}").update(offer_hours={})'


@pytest.fixture(scope="module")
def with_two_hours_for_an_offer(portal, while_registration_is_open):
    portal.manage("shell", "-c", OFFER_HOURS.format(EDITION, 2))
    yield
    portal.manage("shell", "-c", OFFER_HOURS.format(EDITION, 0))


def test_full_session_leads_through_queue_and_offer_to_a_seat(portal, open_page):
    session = "bandung-2025-12"
    cookies = enrolled(portal, session, ["penuh@example.com"], seats=1)
    waiting = open_page()
    waiting.goto(f"{portal.url}/sesi/{session}/")
    assert "Penuh, ada daftar tunggu" in waiting.inner_text("aside")
    waiting.click("text=Masuk daftar tunggu")
    pass_the_door(portal, waiting, "antre@example.com")
    waiting.wait_for_url(f"**/daftar/{session}/")
    fill_adult(waiting, "Asep Antre")
    send(waiting)
    waiting.wait_for_url("**/saya/")
    assert waiting.inner_text("h1") == "Kamu nomor 1 di daftar tunggu"
    mail = mail_to(portal, "antre@example.com", "Kamu di daftar tunggu: Bandung")
    assert "Jangan datang sebelum kami kabari" in text_of(portal, mail)
    assert standing(portal, "antre@example.com") == [(session, "queued", "")]

    seated = as_person(portal, open_page(), cookies["penuh@example.com"])
    seated.click("text=Batalkan pendaftaran ini")
    seated.click("text=Ya, batalkan")
    mail = mail_to(portal, "antre@example.com", "Ada kursi untukmu di Bandung")
    assert standing(portal, "antre@example.com") == [(session, "offered", "")]
    waiting.reload()
    assert waiting.inner_text("h1") == "Ada kursi untukmu"

    other_phone = open_page()  # the letter is read where nobody is logged in
    other_phone.goto(link_in(portal, mail, "tawaran"))
    assert "Ambil sebelum Rabu, 3 Desember" in other_phone.inner_text(".hero")
    other_phone.click("text=Ambil kursi ini")
    other_phone.wait_for_selector("text=Kursi ini milikmu")

    waiting.reload()
    assert waiting.inner_text("h1") == "Kursimu pasti"
    assert waiting.is_visible("text=Buka tiket")
    assert standing(portal, "antre@example.com") == [(session, "seat", "")]
    assert seats_of(portal, session) == (1, 1)


def test_switch_of_session_moves_the_seat_and_frees_the_old_one(portal, open_page):
    left, entered = "surabaya-2025-12", "makassar-2025-12"
    cookies = enrolled(portal, left, ["pindah@example.com", "menanti@example.com"], seats=1)
    page = as_person(portal, open_page(), cookies["pindah@example.com"])
    page.click("text=Pindah ke sesi lain")
    page.click("main .sessions li:has-text('Makassar') a")
    assert page.inner_text("h1") == "Pindah ke Makassar?"
    assert standing(portal, "pindah@example.com") == [(left, "seat", "")]
    page.click("text=Ya, pindah")
    page.wait_for_url("**/saya/")

    assert page.inner_text("h1") == "Kursimu pasti"
    assert "Makassar" in page.inner_text("header.hero")
    mail = mail_to(portal, "pindah@example.com", "Kamu pindah ke Makassar")
    assert "WITA" in text_of(portal, mail)
    assert standing(portal, "pindah@example.com") == [(left, "released", "switched"), (entered, "seat", "")]
    assert mail_to(portal, "menanti@example.com", "Ada kursi untukmu di Surabaya")
    assert standing(portal, "menanti@example.com") == [(left, "offered", "")]


def test_cancelled_seat_is_free_and_may_be_taken_again(portal, open_page):
    session, address = "sleman-2025-12", "kembali@example.com"
    cookies = enrolled(portal, session, [address], seats=2)
    page = as_person(portal, open_page(), cookies[address])
    page.click("text=Batalkan pendaftaran ini")
    assert page.inner_text("h1") == "Batalkan pendaftaranmu?"
    page.click("text=Tidak, tetap ikut")
    assert page.inner_text("h1") == "Kursimu pasti"
    page.click("text=Batalkan pendaftaran ini")
    page.click("text=Ya, batalkan")
    page.wait_for_url("**/saya/")

    assert page.inner_text("h1") == "Pendaftaran ini tidak berlaku lagi"
    assert "Kamu membatalkan pendaftaran ini." in page.inner_text(".outcome")
    assert mail_to(portal, address, "Pendaftaranmu di")
    assert standing(portal, address) == [(session, "released", "cancelled_by_self")]
    assert seats_of(portal, session) == (0, 2)

    page.goto(f"{portal.url}/daftar/{session}/")
    page.check("[data-part=adult] [name=consent_training]")
    send(page)
    page.wait_for_url("**/saya/")
    assert page.inner_text("h1 >> nth=0") == "Kursimu pasti"
    assert standing(portal, address) == [(session, "released", "cancelled_by_self"), (session, "seat", "")]
    assert seats_of(portal, session) == (1, 2)


def test_offer_left_unanswered_goes_to_the_next_and_the_person_is_told(portal, open_page):
    session, silent, following = "semarang-2025-12", "diam@example.com", "berikut@example.com"
    cookies = enrolled(portal, session, ["batal@example.com", silent, following], seats=1)
    seated = as_person(portal, open_page(), cookies["batal@example.com"])
    seated.click("text=Batalkan pendaftaran ini")
    seated.click("text=Ya, batalkan")
    offer = mail_to(portal, silent, "Ada kursi untukmu di Semarang")
    next_in_line = as_person(portal, open_page(), cookies[following])
    assert next_in_line.inner_text("h1") == "Kamu nomor 1 di daftar tunggu"

    portal.manage("rehearse", "2025-12-03 11:05+07:00")
    mail = mail_to(portal, silent, "Tawaran kursi di Semarang sudah lewat waktunya")
    assert "tidak dijawab pada waktunya" in text_of(portal, mail)
    page = as_person(portal, open_page(), cookies[silent])
    assert "tidak kamu ambil pada waktunya" in page.inner_text(".outcome")
    assert "Kode bantuan: offer_expired" in page.inner_text("main")
    page.goto(link_in(portal, offer, "tawaran"))
    assert page.inner_text("h1") == "Tawaran ini tidak berlaku lagi"
    assert not page.is_visible("text=Ambil kursi ini")
    assert standing(portal, silent) == [(session, "released", "offer_expired")]

    assert mail_to(portal, following, "Ada kursi untukmu di Semarang")
    next_in_line.reload()
    next_in_line.click("text=Ambil kursi ini")
    next_in_line.wait_for_url("**/saya/")
    assert next_in_line.inner_text("h1") == "Kursimu pasti"
    assert standing(portal, following) == [(session, "seat", "")]
    assert seats_of(portal, session) == (1, 1)


def seats_of(portal, session):
    """How many seats are taken, and how many there are."""
    (row,) = portal.query("SELECT seats_taken, capacity FROM programs_trainingsession WHERE slug = %s", session)
    return row
