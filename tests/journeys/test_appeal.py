"""A young person objects to a decision; the coordinator answers; a mail says so, and the own page holds the answer."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import log_in_staff
from tests.journeys.steps import SESSION, come_in, mail_to, text_of

pytestmark = [pytest.mark.xdist_group("journey"), pytest.mark.usefixtures("while_registration_is_open")]


def test_appeal_is_answered_by_the_coordinator(portal, open_page):
    page = open_page()
    come_in(portal, page, "keberatan@example.com")
    page.goto(f"{portal.url}/keberatan/?sesi={SESSION}&kode=not_eligible")
    expect(page.locator("main")).to_contain_text("Tanggal lahirmu di luar rentang program ini.")
    page.fill("[name=text]", "Aku lahir tahun 2012, di aktaku tertulis begitu.")
    page.click("text=Kirim ke koordinator wilayah")
    page.wait_for_url("**/saya/")
    expect(page.locator("#keberatan")).to_contain_text("Menunggu jawaban")

    staff = open_page(width=1280)
    log_in_staff(portal, staff, "Koordinator Bali")
    staff.click("text=keberatan belum dijawab")
    staff.click("#result_list tbody th a")
    staff.click("main a:has-text('Jawab')")
    expect(staff.locator(".said")).to_contain_text("di aktaku tertulis begitu")
    staff.check("[name=verdict][value=explained]")
    staff.fill("[name=text]", "Pilih tanggal di aktamu, lalu daftar lagi.")
    staff.click("text=Kirim jawaban")
    expect(staff.locator(".messagelist .success")).to_be_visible()

    mail = mail_to(portal, "keberatan@example.com", "Koordinator sudah menjawabmu")
    assert f"{portal.url}/saya/" in text_of(portal, mail)
    page.reload()
    expect(page.locator("#keberatan")).to_contain_text("Pilih tanggal di aktamu, lalu daftar lagi.")
    assert portal.query(
        "SELECT a.verdict, u.name FROM participants_appeal a JOIN accounts_user u ON u.id = a.answered_by_id"
    ) == [("explained", "Koordinator Bali")]
