"""Pages as they are printed."""

from __future__ import annotations

import io

from playwright.sync_api import expect
from pypdf import PdfReader

PALE = """(all) => all.map((one) => [one.textContent.trim().slice(0, 30), getComputedStyle(one).color])
  .filter(([text, color]) => text && color.match(/\\d+/g).slice(0, 3).map(Number).reduce((a, b) => a + b) > 450)"""


def on_paper(page, portal, there):
    """The dashboard as it is printed: black on white, without what cannot be pressed there, and nothing cut off."""
    page.goto(f"{portal.url}/staf/programs/trainingsession/ringkasan/")
    page.emulate_media(media="print", color_scheme="dark")
    for gone in ("#header", ".board-choice", ".breadcrumbs"):
        expect(page.locator(gone)).to_be_hidden()
    spots = page.locator(".board-map circle")
    assert spots.count() == page.locator(".board .wide-table").first.locator("tbody tr").count() > 10
    assert len(set(spots.evaluate_all("all => all.map((one) => getComputedStyle(one).fill)"))) > 1
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    pale = page.locator(".board :is(h2, b, th, td:not([class*=heat-]), .help, a)").evaluate_all(PALE)
    assert pale == []
    printed = PdfReader(io.BytesIO(page.pdf(format="A4", print_background=True))).pages
    text = " ".join(" ".join(one.extract_text().split()) for one in printed)
    for word in ("Dari kunjungan sampai sertifikat", "Peta", "Jayapura", "Kehadiran per hari", "Pengingat", str(there)):
        assert word in text
