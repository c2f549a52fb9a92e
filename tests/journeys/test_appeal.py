"""A young person objects to a decision; the coordinator answers; a mail says so, and the own page holds the answer."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import log_in_staff
from tests.journeys.test_registering import mail_to

pytestmark = [pytest.mark.xdist_group("journey")]
SESSION = "denpasar-2025-12"


def test_an_appeal_is_answered(portal, open_page):
    portal.manage("rehearse", "2025-12-03 09:00+07:00")
    page = open_page()
    page.goto(f"{portal.url}/daftar/{SESSION}/")
    page.fill("[name=email]", "keberatan@example.com")
    page.click("main button")
    _path, subject = mail_to(portal, "keberatan@example.com", "adalah kode masukmu")
    page.fill("[name=code]", subject.split()[0].lower())
    page.press("[name=code]", "Enter")
    page.wait_for_url(f"**/daftar/{SESSION}/")
    page.goto(f"{portal.url}/keberatan/?sesi={SESSION}&kode=not_eligible")
    expect(page.locator("main")).to_contain_text("Tanggal lahirmu di luar rentang program ini.")
    page.fill("[name=text]", "Aku lahir tahun 2012, di aktaku tertulis begitu.")
    page.click("text=Kirim ke koordinator wilayah")
    page.wait_for_url("**/saya/")
    expect(page.locator("#keberatan")).to_contain_text("Menunggu jawaban")

    staff = open_page(width=1280)
    log_in_staff(portal, staff, "Pengelola program")
    staff.click("text=keberatan belum dijawab")
    staff.click("#result_list tbody th a")
    staff.click("main a:has-text('Jawab')")
    expect(staff.locator(".said")).to_contain_text("di aktaku tertulis begitu")
    staff.check("[name=verdict][value=explained]")
    staff.fill("[name=text]", "Pilih tanggal di aktamu, lalu daftar lagi.")
    staff.click("text=Kirim jawaban")
    expect(staff.locator(".messagelist .success")).to_be_visible()

    mail_to(portal, "keberatan@example.com", "Keberatanmu sudah dijawab")
    page.reload()
    expect(page.locator("#keberatan")).to_contain_text("Pilih tanggal di aktamu, lalu daftar lagi.")
