"""A passkey in a real browser, whose authenticator the browser plays itself: made, used, lost, removed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import log_in_staff
from tests.running import Portal

pytestmark = pytest.mark.xdist_group("journey")
WHO = "Koordinator DKI Jakarta"
PHONE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def named(portal: Portal) -> Portal:
    """The portal by its name: browsers make no passkey for a number such as 127.0.0.1."""
    return replace(portal, url=portal.url.replace("127.0.0.1", "localhost"))


class Phone:
    """The authenticator of the page's browser, and what it holds."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable")
        self._id = self._session.send("WebAuthn.addVirtualAuthenticator", {"options": PHONE})["authenticatorId"]

    def keys(self) -> list[dict]:
        return self._session.send("WebAuthn.getCredentials", {"authenticatorId": self._id})["credentials"]

    def forget(self) -> None:
        """Lose what it holds, as one that was reset."""
        self._session.send("WebAuthn.clearCredentials", {"authenticatorId": self._id})


def add_passkey(portal: Portal, page: Page, name: str) -> None:
    page.goto(f"{portal.url}/staf/akun/2fa/kunci/tambah/")
    page.fill("[name=name]", name)
    page.click("[data-go]")


def log_out(portal: Portal, page: Page) -> None:
    page.goto(f"{portal.url}/staf/akun/keluar/")
    page.click("main form:last-of-type button[type=submit]")


def remove_passkey(portal: Portal, page: Page, name: str) -> None:
    page.goto(f"{portal.url}/staf/akun/2fa/kunci/")
    page.click(f"main li:has-text('{name}') a")
    page.click("main form button[type=submit]")
    expect(page.locator("main")).to_contain_text("Belum ada kunci sandi.")


def type_password(portal: Portal, page: Page) -> list[str]:
    """Come as far as the second factor; return the recovery codes that are left."""
    email, password, codes = portal.accounts()[WHO]
    page.goto(f"{portal.url}/staf/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", password)
    page.click("main button[type=submit]")
    expect(page.locator("h1")).to_have_text("Faktor kedua")
    return codes


def test_coordinator_adds_a_passkey_enters_with_it_and_removes_it(named, open_page):
    page = open_page()
    phone = Phone(page)
    log_in_staff(named, page, WHO)
    add_passkey(named, page, "Ponsel uji")
    page.wait_for_url("**/2fa/")
    [key] = phone.keys()
    assert key["rpId"] == "localhost"

    log_out(named, page)
    type_password(named, page)
    page.click("[data-go]")
    page.wait_for_url("**/staf/")
    assert phone.keys()[0]["signCount"] > key["signCount"]

    add_passkey(named, page, "Ponsel yang sama")
    expect(page.locator("[data-failed]")).to_be_visible()
    assert len(phone.keys()) == 1
    remove_passkey(named, page, "Ponsel uji")

    log_out(named, page)
    type_password(named, page)
    expect(page.locator("[data-passkey]")).to_have_count(0)


def test_coordinator_whose_phone_lost_the_passkey_is_told_and_enters_by_a_code(named, open_page):
    page = open_page()
    phone = Phone(page)
    log_in_staff(named, page, WHO)
    add_passkey(named, page, "Ponsel lama")
    page.wait_for_url("**/2fa/")
    phone.forget()

    log_out(named, page)
    codes = type_password(named, page)
    for _press in range(2):
        page.click("[data-go]")
        expect(page.locator("[data-failed]")).to_be_visible()
        expect(page.locator("[data-go]")).to_be_enabled()
    page.fill("[name=code]", codes[0])
    page.click("main form button[type=submit] >> nth=0")
    page.wait_for_url("**/staf/")
    remove_passkey(named, page, "Ponsel lama")
