"""As fast as a program, and still registered once; then one's own data changed, and downloaded."""

from __future__ import annotations

import json

import pytest

from tests.journeys.test_registering import SESSION, fill_adult, mail_to, send
from tests.running import ALONE, running_portal

ADDRESS = "kilat@example.com"


@pytest.fixture(scope="module")
def portal():
    """A portal that minds how fast a form is sent."""
    with running_portal(**ALONE, FASTEST_FORM="60") as running:
        yield running


def test_autofill_costs_one_more_press_and_registers_once(portal, open_page, tmp_path):
    page = open_page()
    page.goto(f"{portal.url}/daftar/{SESSION}/")
    page.fill("[name=email]", ADDRESS)
    page.press("[name=email]", "Enter")
    page.wait_for_selector("#sekali-lagi")
    assert page.input_value("[name=email]") == ADDRESS
    assert page.evaluate("document.activeElement.id") == "sekali-lagi"
    page.click("main button")
    _path, subject = mail_to(portal, ADDRESS, "adalah kode masukmu")
    page.fill("[name=code]", subject.split()[0])
    page.press("[name=code]", "Enter")
    page.wait_for_url(f"**/daftar/{SESSION}/")

    page.fill("[name=birth_date]", "2004-05-17")
    fill_adult(page, "Siti Nur'aini")
    page.eval_on_selector("[name=website]", "field => { field.value = 'https://kilat.example' }")
    send(page)
    page.wait_for_selector("#sekali-lagi")
    assert "Siti Nur'aini" in page.inner_text("dl.pairs")
    page.click("main button >> nth=0")
    page.wait_for_url("**/saya/")

    page.goto(f"{portal.url}/saya/data/")
    page.fill("[name=full_name]", "Siti Aminah")
    page.click("main form button")
    page.wait_for_url("**/saya/")
    with page.expect_download() as download:
        page.click("text=Unduh datamu")
    download.value.save_as(tmp_path / "data-saya.json")
    tables = json.loads((tmp_path / "data-saya.json").read_text())["tables"]
    assert [row["full_name"] for row in tables["participants_participant"]["rows"]] == ["Siti Aminah"]
    assert [row["place"] for row in tables["participants_registration"]["rows"]] == ["seat"]
