"""Through the door with Google, in a real browser without scripts, at a provider on another site."""

import pytest

from tests.google import stand_in
from tests.running import GOOGLE_KEYS, running_portal
from tests.sinks import kept_port

pytestmark = [pytest.mark.xdist_group("google")]
SESSION = "denpasar-2025-12"


@pytest.fixture(scope="module")
def portal():
    google = f"http://localhost:{kept_port()}"  # for a browser another site than 127.0.0.1
    with running_portal(**GOOGLE_KEYS, GOOGLE_STAND_IN=google) as running:
        running.manage("rehearse", "2025-12-03 09:00+07:00")
        yield running


@pytest.fixture
def google(portal):
    with stand_in(
        url=portal.environment["GOOGLE_STAND_IN"],
        client_id=GOOGLE_KEYS["GOOGLE_CLIENT_ID"],
        client_secret=GOOGLE_KEYS["GOOGLE_CLIENT_SECRET"],
        callback=f"{portal.url}/masuk/google/kembali/",
    ) as provider:
        yield provider


@pytest.mark.parametrize("scripts", [False, True], ids=["without-scripts", "with-scripts"])
def test_leads_to_the_form_of_the_chosen_session_even_after_a_no(portal, google, open_page, scripts):
    address = f"siti{scripts:d}@example.com"
    google.be(address)
    page = open_page(java_script_enabled=scripts)
    page.goto(f"{portal.url}/sesi/{SESSION}/")
    page.click("text=Daftar ke sesi ini")
    page.fill("[name=email]", address)
    page.click("text=Masuk dengan Google")
    assert address in page.text_content("p")
    page.click("#no")

    assert page.text_content("[role=alert] h2") == "Belum masuk"
    assert page.input_value("[name=email]") == address
    page.click("text=Masuk dengan Google")
    page.click("#yes")

    page.wait_for_url(f"{portal.url}/daftar/{SESSION}/")
    assert page.is_visible("[name=full_name]")
    page.goto(f"{portal.url}/saya/alamat/")
    assert address in page.text_content("main")


def test_leads_to_google_from_a_form_that_was_open_too_long(portal, google, open_page):
    google.be("lama@example.com")
    page = open_page()
    page.goto(f"{portal.url}/en/masuk/")
    page.context.clear_cookies()
    page.click("text=Sign in with Google")
    page.click("main form button")
    page.click("#yes")

    page.wait_for_url(f"{portal.url}/en/saya/")


def test_says_that_google_is_away(portal, google, open_page):
    google.be("siti@example.com")
    google.token_answer = (503, b"{}")
    page = open_page()
    page.goto(f"{portal.url}/masuk/")
    page.fill("[name=email]", "siti@example.com")
    page.click("text=Masuk dengan Google")
    page.click("#yes")

    assert "tidak bisa kami hubungi" in page.text_content("[role=alert]")
    assert page.input_value("[name=email]") == "siti@example.com"
