"""Staff at work in a real browser, under the strict policy: add, change, filter, search, move, enrol, log out."""

from __future__ import annotations

import base64
import hmac
import re
import struct
import time

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import log_in_staff
from tests.journeys.steps import link_in, mail_to

pytestmark = pytest.mark.xdist_group("journey")


def code_now(secret):
    """What an authenticator app with `secret` shows now (RFC 6238), worked out here and not by the portal."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), "sha1")
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def test_editor_adds_changes_finds_and_moves(portal, open_page):
    portal.manage("rehearse", "2025-12-02 09:30+07:00")  # another journey may have lived through the edition
    page = open_page(width=1280)
    log_in_staff(portal, page, "Pengelola program")
    expect(page.locator("h1")).to_have_text("Hari ini")

    page.goto(f"{portal.url}/staf/programs/venue/add/")
    page.select_option("[name=region]", label="Bali")
    page.fill("[name=name]", "Gedung Uji")
    page.fill("[name=city]", "Denpasar")
    page.click("[name=_continue]")
    expect(page.locator(".messagelist .success")).to_be_visible()
    page.fill("[name=address]", "Jalan Uji 1")
    page.click("[name=_save]")
    page.fill("#searchbar", "Gedung Uji")
    page.keyboard.press("Enter")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.click("#list-filter summary:has-text('Wilayah')")
    page.click("#list-filter a:has-text('Bali')")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.click("#result_list tbody th a")
    page.click(".object-tools a.historylink")
    expect(page.locator(".deeds tbody tr")).to_have_count(2)

    page.goto(f"{portal.url}/staf/programs/trainingsession/?q=Denpasar")
    page.click("#result_list tbody th a")
    page.click(".tabs >> text=Agenda")
    page.click("text=Ubah kapasitas")
    page.fill("[name=capacity]", "280")
    page.click("text=Simpan kapasitas")
    expect(page.locator(".numbers")).to_contain_text("/ 280")

    page.click("text=Ubah jadwal atau tempat")
    hours = [page.input_value(f"[name={name}_1]") for name in ("starts", "ends")]
    assert hours == ["09:00", "16:00"]
    page.fill("[name=starts_1]", "10:00")
    page.select_option("[name=venue]", label="Gedung Uji")
    page.click("text=Simpan dan kabari semua orang")
    expect(page.locator(".wide-table")).to_contain_text("10.00–16.00 WITA")
    expect(page.locator("#content")).to_contain_text("Gedung Uji")


def test_editor_moves_the_rehearsed_clock_from_the_first_page(portal, open_page):
    portal.manage("rehearse", "2025-12-02 09:30+07:00")
    page = open_page()
    log_in_staff(portal, page, "Pengelola program")
    page.fill("[name=instant]", "")
    page.click("input[value=Geser]")
    expect(page.locator(".messagelist .error")).to_contain_text("Isi tanggal dan jam tujuan")

    page.fill("[name=instant]", "2025-12-02T11:00")
    page.click("input[value=Geser]")
    expect(page.locator(".messagelist .success")).to_contain_text("Waktu gladi sedang digeser")
    deadline = time.monotonic() + 90
    while "11.0" not in page.inner_text(".rehearsal") and time.monotonic() < deadline:
        page.wait_for_timeout(500)
        page.reload()
    assert "Selasa, 2 Desember 2025, 11.0" in page.inner_text(".rehearsal")

    page.goto(f"{portal.url}/en/")
    assert "Tuesday, 2 December 2025, 11:0" in page.inner_text(".rehearsal")


def test_new_coordinator_sets_up_the_app_and_sees_one_region_on_a_phone(portal, open_page):
    manager = open_page(width=1280)
    log_in_staff(portal, manager, "Pengelola akun")
    manager.goto(f"{portal.url}/staf/accounts/user/add/")
    manager.fill("[name=email]", "medan@example.go.id")
    manager.fill("[name=name]", "Koordinator Medan")
    manager.get_by_label("Sumatera Utara").check()
    manager.click(".stack-form [type=submit]")
    expect(manager.locator(".messagelist .success")).to_be_visible()

    page = open_page()
    page.goto(link_in(portal, mail_to(portal, "medan@example.go.id", "Undangan ke ruang kerja"), "undangan"))
    page.fill("[name=password]", "kunci-awal-yang-panjang")
    page.fill("[name=again]", "kunci-awal-yang-panjang")
    page.click("main button[type=submit]")
    page.wait_for_url("**/2fa/aplikasi/**")
    expect(page.locator("img.qr")).to_be_visible()
    secret = re.search(r"\b[A-Z2-7]{32}\b", page.content()).group()
    page.fill("[name=code]", code_now(secret))
    page.click("main form button[type=submit] >> nth=0")
    page.wait_for_url("**/2fa/cadangan/**")
    assert len(set(re.findall(r"\b\d{8}\b", page.content()))) == 10
    page.goto(f"{portal.url}/staf/")
    expect(page.locator(".wide-table tbody tr")).to_have_count(1)
    expect(page.locator(".wide-table")).to_contain_text("Medan")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360

    page.goto(f"{portal.url}/staf/akun/keluar/")
    page.click("main form:last-of-type button[type=submit]")
    page.goto(f"{portal.url}/staf/")
    expect(page.locator("[name=login]")).to_be_visible()
