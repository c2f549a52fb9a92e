"""One's own page on a real phone: the ticket offline, a consent withdrawn, and what a logout leaves behind."""

import re
import time

import pytest

from tests.journeys.steps import SESSION, mail_to, register, standing

pytestmark = [pytest.mark.xdist_group("journey"), pytest.mark.usefixtures("while_registration_is_open")]

LEFT_BEHIND = """async () => {
    const texts = [JSON.stringify({...localStorage}), JSON.stringify({...sessionStorage})];
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) texts.push(await (await cache.match(request)).text());
    }
    for (const found of await indexedDB.databases()) texts.push(found.name);
    return texts.join(' ');
}"""


def with_kept_ticket(portal, page, address, name):
    register(portal, page, address, name)
    page.click("text=Buka tiket")
    page.wait_for_selector("[data-kept]:visible")


def test_ticket_opens_without_a_network_and_a_logout_leaves_nothing(portal, open_page):
    page = open_page()
    with_kept_ticket(portal, page, "luring@example.com", "Canary Luring")
    assert "Canary Luring" in page.evaluate(LEFT_BEHIND)
    assert not page.is_visible("[data-copy]")

    page.context.set_offline(True)
    page.reload()
    assert "Canary Luring" in page.inner_text("h1")
    assert "tanpa internet" in page.inner_text("[data-copy]")
    assert page.evaluate("document.styleSheets.length") == 2
    page.context.set_offline(False)

    page.goto(f"{portal.url}/saya/")
    page.click("text=Keluar")
    page.wait_for_url(f"{portal.url}/masuk/?keluar")
    assert "Canary" not in page.evaluate(LEFT_BEHIND)
    page.go_back()
    assert "Canary" not in page.content()


def test_ticket_prints_on_one_sheet(portal, open_page):
    page = open_page()
    register(portal, page, "cetak@example.com", "Canary Cetak")
    page.click("text=Buka tiket")
    page.emulate_media(media="print")

    shown = [page.is_visible(part) for part in ("svg.qr", ".ticket-code", "h1", ".top", ".rehearsal", "[data-print]")]
    assert shown == [True, True, True, False, False, False]
    sheets = re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))
    assert len(sheets) == 1


def test_somebody_elses_login_ends_the_kept_ticket(portal, open_page):
    page = open_page()
    with_kept_ticket(portal, page, "pertama@example.com", "Canary Pertama")
    page.context.clear_cookies(name="session")  # the login ended by itself: nobody pressed "Keluar"

    register(portal, page, "kedua@example.com", "Orang Kedua")
    deadline = time.monotonic() + 30
    while "Canary" in page.evaluate(LEFT_BEHIND) and time.monotonic() < deadline:
        page.wait_for_timeout(100)

    assert "Canary" not in page.evaluate(LEFT_BEHIND)


def test_consent_withdrawn_ends_seat_and_ticket(portal, open_page):
    page = open_page()
    with_kept_ticket(portal, page, "tarik@example.com", "Canary Tarik")
    ticket = page.url
    page.goto(f"{portal.url}/saya/")
    page.click("text=Lihat atau tarik persetujuanmu")
    page.click("#training summary")
    page.click("text=Ya, tarik dan lepas kursiku")
    page.wait_for_selector("text=Sudah ditarik")

    mail_to(portal, "tarik@example.com", "sudah ditarik")
    page.goto(ticket)
    assert "tidak berlaku lagi" in page.inner_text("h1")
    assert "Canary" not in page.evaluate(LEFT_BEHIND)
    page.goto(f"{portal.url}/saya/")
    assert "Kode bantuan" not in page.inner_text("header.hero")  # nobody decided
    assert standing(portal, "tarik@example.com") == [(SESSION, "released", "consent_withdrawn")]
