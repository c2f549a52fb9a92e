"""Looking before registering: the ten-second check in place and without scripts, the map by keyboard."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.xdist_group("journey"), pytest.mark.usefixtures("while_registration_is_open")]


def ask(page, born):
    page.fill("[name=birth_date]", born)
    page.select_option("[name=region]", label="Papua")
    page.click("[data-eligibility] button")
    page.wait_for_selector(".answer")


def test_check_answers_in_place_and_again(portal, open_page):
    page = open_page()
    page.goto(portal.url)

    ask(page, "1996-12-31")
    assert "Umurmu sudah melewati batas" in page.inner_text(".answer")
    ask(page, "2004-05-17")
    page.wait_for_selector(".answer-yes")

    assert page.evaluate("document.activeElement.tagName") == "H3"
    page.wait_for_function("() => document.querySelector('.answer').getBoundingClientRect().bottom <= innerHeight")
    assert page.url == f"{portal.url}/"
    page.click(".answer .offers a.button")
    page.wait_for_selector("[name=email]")


def test_check_answers_on_its_own_page_without_scripts(portal, open_page):
    page = open_page(java_script_enabled=False)
    page.goto(portal.url)

    ask(page, "2004-05-17")

    assert page.inner_text(".answer h3") == "Ya, kamu bisa ikut!"
    assert page.url == f"{portal.url}/cek/"


def test_home_fits_the_smallest_screen_and_draws_the_map_under_the_policy(portal, open_page):
    page = open_page(width=320)
    page.goto(portal.url)

    assert page.evaluate("document.documentElement.scrollWidth") == 320
    box = page.locator(".map .land").bounding_box()
    assert box is not None
    assert box["width"] > 200  # nothing is drawn where the policy keeps the file out
    first = page.locator(".hero .button-sun >> nth=0").bounding_box()
    assert first["y"] + first["height"] < 780


def test_pin_leads_to_its_session_by_keyboard(portal, open_page):
    page = open_page(width=1280)
    page.goto(portal.url)

    page.locator('.map a[aria-label^="Jayapura"]').focus()
    page.keyboard.press("Enter")

    page.wait_for_url("**/sesi/jayapura-2025-12/")


def test_a_phone_shows_many_sessions_at_once_and_leads_to_a_zone_without_scripts(portal, open_page):
    page = open_page(width=360, java_script_enabled=False)
    page.goto(f"{portal.url}/sesi/")

    rows = [row.bounding_box()["height"] for row in page.locator(".sessions li[id]").all()]
    assert len(rows) >= 15
    assert max(rows) < 130
    page.click(".jumps a:has-text('WIT (')")
    expect(page.locator("#jayapura-2025-12")).to_be_in_viewport()
