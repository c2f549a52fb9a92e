"""The main journey in Firefox as Debian has it: an adult from the home page to the ticket, a minor and the guardian."""

import pytest

from tests.journeys.steps import (
    SEATED,
    SESSION,
    agree,
    come_in,
    fill_adult,
    fill_minor,
    link_in,
    mail_to,
    pass_the_door,
    send,
    standing,
)

pytestmark = [pytest.mark.xdist_group("journey"), pytest.mark.usefixtures("while_registration_is_open")]


def test_adult_registers_from_the_home_page_to_the_ticket_and_cancels(portal, open_in_firefox):
    page, address = open_in_firefox(), "rubah@example.com"
    page.goto(portal.url)
    page.click(".hero .button-sun >> nth=0")
    page.click(f"main a[href$='/sesi/{SESSION}/']")
    page.click("text=Daftar ke sesi ini")
    pass_the_door(portal, page, address)
    page.wait_for_url(f"**/daftar/{SESSION}/")
    fill_adult(page, "Nur'aini Rubah")
    page.click("form[data-register] button")
    assert "0812-3456-7890" in page.inner_text("[data-check]")
    page.click("[data-send]")
    page.wait_for_url("**/saya/")

    assert page.inner_text("h1") == "Kursimu pasti"
    assert mail_to(portal, address, "Kamu terdaftar: Denpasar")
    assert standing(portal, address) == [SEATED]
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.click("text=Buka tiket")
    page.wait_for_selector("[data-kept]:visible")
    assert page.inner_text("h1") == "Nur'aini Rubah"

    page.goto(f"{portal.url}/saya/")
    page.click("text=Batalkan pendaftaran ini")
    page.click("text=Ya, batalkan")
    page.wait_for_url("**/saya/")
    assert standing(portal, address) == [(SESSION, "released", "cancelled_by_self")]


def test_minor_and_guardian_on_two_phones(portal, open_in_firefox):
    child, address, parent = open_in_firefox(), "anakrubah@example.com", "ayahrubah@example.com"
    come_in(portal, child, address)
    fill_minor(child, "Budi Rubah", parent)
    send(child)
    child.wait_for_url("**/saya/")

    guardian = open_in_firefox()
    guardian.goto(link_in(portal, mail_to(portal, parent, ""), "wali"))
    agree(guardian, "Wati")
    mail_to(portal, address, "setuju")
    child.reload()
    assert child.inner_text("h1") == "Kursimu pasti"
    assert standing(portal, address) == [SEATED]
