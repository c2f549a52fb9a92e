"""What a form says of what cannot be sent, and how that goes once it is mended."""

import pytest

from tests.journeys.steps import SESSION, come_in, fill_adult, fill_minor, link_in, mail_to, send

pytestmark = [pytest.mark.xdist_group("journey"), pytest.mark.usefixtures("while_registration_is_open")]


def refused(page):
    """The page that came back says what is wrong, and its scripts, which see what is typed from then on, are there."""
    page.wait_for_selector("#galat:focus")
    page.wait_for_load_state()


def test_says_in_the_pages_own_words_what_is_missing(portal, open_page):
    page = open_page()
    come_in(portal, page, "kosong@example.com")
    page.fill("[name=birth_date]", "2004-05-17")
    page.fill("[name=full_name]", "Belum Lengkap")
    page.click("form[data-register] button")

    page.wait_for_selector("#galat")
    assert [link.get_attribute("href") for link in page.locator("#galat a").all()][:2] == ["#id_region", "#id_phone"]
    assert page.input_value("[name=full_name]") == "Belum Lengkap"


@pytest.mark.parametrize("scripts", [True, False])
def test_a_failed_sending_leads_to_what_has_to_be_mended(portal, open_page, scripts):
    page = open_page(java_script_enabled=scripts)
    come_in(portal, page, f"salah{scripts:d}@example.com")
    page.fill("[name=birth_date]", "2004-05-17")
    page.fill("[name=full_name]", "Salah Ketik")
    page.select_option("[name=region]", label="Bali")
    if not scripts:
        page.click("form[data-register] button")
    fill_adult(page, "Salah Ketik")
    page.fill("[name=phone]", "0812")
    send(page) if scripts else page.click("form[data-register] button")

    refused(page)
    assert page.title().startswith("Belum bisa dikirim")
    assert page.locator("#galat a").get_attribute("href") == "#id_phone"
    assert page.get_attribute("#id_phone", "aria-invalid") == "true"


def test_what_was_refused_is_said_once_and_goes_when_it_is_mended(portal, open_page):
    page = open_page()
    come_in(portal, page, "sekali@example.com")
    fill_adult(page, "Sekali Saja")
    page.fill("[name=phone]", "0812")
    send(page)
    refused(page)
    assert page.is_hidden("[data-phone]")

    page.fill("[name=phone]", "0812-3456-7890")

    assert page.locator("#id_phone_error, #galat").count() == 0
    assert page.inner_text("[data-phone]") == "Kami baca: 0812-3456-7890"
    page.goto(f"{portal.url}/sesi/")
    page.go_back()  # to what was the answer to a form
    assert page.input_value("[name=full_name]") == "Sekali Saja"
    page.goto(f"{portal.url}/sesi/")
    page.goto(f"{portal.url}/daftar/{SESSION}/")
    assert page.input_value("[name=full_name]") == "Sekali Saja"


def test_every_answer_that_was_refused_is_taken_once_it_is_mended_and_unasked_once_it_is_not_asked(portal, open_page):
    page = open_page()
    come_in(portal, page, "semua@example.com")
    page.fill("[name=birth_date]", "2004-05-17")
    page.fill("[name=full_name]", "12345")
    page.click("form[data-register] button")
    refused(page)
    assert page.locator("#galat li:visible").count() == 5

    page.fill("[name=full_name]", "67890")
    assert page.get_attribute("#id_full_name", "aria-invalid") == "true"
    page.fill("[name=full_name]", "Semua Benar")
    page.select_option("[name=region]", label="Bali")
    assert [link.get_attribute("href") for link in page.locator("#galat a:visible").all()] == [
        *("#id_phone", "#id_occupation", "#id_consent_training")
    ]
    page.fill("[name=birth_date]", "2009-03-02")  # a minor is asked none of the three
    assert page.is_hidden("#galat")
    page.fill("[name=birth_date]", "2004-05-17")
    page.fill("[name=phone]", "0812-3456-7890")
    page.select_option("[name=occupation]", "university")
    page.check("[data-part=adult] [name=consent_training]")

    assert page.locator("main .error, #galat, [aria-invalid]").count() == 0


def test_the_door_takes_back_what_it_said_once_the_address_is_one(portal, open_page):
    page = open_page()
    page.goto(f"{portal.url}/masuk/")
    page.fill("[name=email]", "bukan")
    page.click("main form button")
    refused(page)
    page.click("footer >> text=Data pribadi")
    page.wait_for_url("**/privasi/")
    page.go_back()
    refused(page)
    assert page.input_value("[name=email]") == "bukan"

    page.fill("[name=email]", "belum.alamat")
    assert page.locator("#id_email_error").is_visible()
    assert page.get_attribute("#id_email", "aria-invalid") == "true"
    page.fill("[name=email]", "sudah@example.com")
    assert page.locator("main .error, #galat, [aria-invalid]").count() == 0


def test_a_guardians_page_takes_back_what_it_said_once_there_is_a_name(portal, open_page):
    child, guardian = open_page(), open_page()
    come_in(portal, child, "anak.galat@example.com")
    fill_minor(child, "Anak Galat", "wali.galat@example.com")
    send(child)
    guardian.goto(link_in(portal, mail_to(portal, "wali.galat@example.com", ""), "wali"))
    guardian.click("button[value=yes]")
    refused(guardian)
    guardian.reload()
    refused(guardian)

    guardian.fill("[name=signer_name]", "123")
    assert guardian.locator("#id_signer_name_error").is_visible()
    guardian.fill("[name=signer_name]", "Ibu Galat")
    assert guardian.locator("#id_signer_name_error").count() == 0
    assert [link.get_attribute("href") for link in guardian.locator("#galat a").all()] == ["#id_signer_relation"]
    guardian.fill("[name=signer_relation]", "ibu")
    assert guardian.locator("main .error, #galat, [aria-invalid]").count() == 0
