"""At the door when something goes wrong: the code does not come, the address is wrong, another tab asks as well."""

import pytest

from tests.journeys.steps import SEATED, SESSION, mail_to, mails_to, pass_the_door, register, standing, type_code

pytestmark = [pytest.mark.xdist_group("journey"), pytest.mark.usefixtures("while_registration_is_open")]
CODE = "adalah kode masukmu"


def ask(portal, page, address):
    """Ask for a code at the door of a session; return the mail that brings it."""
    page.goto(f"{portal.url}/daftar/{SESSION}/")
    page.fill("[name=email]", address)
    page.click("main button")
    page.wait_for_selector("[name=code]")
    return mail_to(portal, address, CODE)


def second_mail(portal, address, first):
    """The code that comes after `first`."""
    return mail_to(portal, address, CODE, besides=[first])


def test_lost_code_is_sent_again_and_the_first_is_dead(portal, open_page):
    page, address = open_page(), "ulang@example.com"
    first = ask(portal, page, address)
    page.click("text=Kirim kode baru")
    second = second_mail(portal, address, first)
    type_code(page, first)
    page.wait_for_selector("text=Kode itu tidak cocok.")
    type_code(page, second)
    page.wait_for_url(f"**/daftar/{SESSION}/")

    codes = "SELECT wrong_guesses, used_at IS NOT NULL FROM participants_logincode WHERE email = %s ORDER BY id"
    assert portal.query(codes, address) == [(0, False), (1, True)]


def test_lost_code_went_to_a_wrong_address_which_is_corrected(portal, open_page):
    page, meant = open_page(), "keliru@gmail.com"
    ask(portal, page, "keliru@exmaple.com")
    page.click("text=Pakai alamat lain")
    page.fill("[name=email]", "keliru@gmial.com")
    page.click("main button:has-text('Kirim kode')")
    page.wait_for_selector(f"text=Mungkin maksudmu {meant}.")
    page.click("text=Kirim ke alamat itu")
    type_code(page, mail_to(portal, meant, CODE))
    page.wait_for_url(f"**/daftar/{SESSION}/")

    assert portal.query("SELECT email FROM accounts_user WHERE email LIKE %s", "keliru@%") == [(meant,)]


def test_lost_code_comes_to_the_recovery_address(portal, open_page):
    page, address, recovery = open_page(), "utama@example.com", "cadangan@example.com"
    register(portal, page, address, "Dua Alamat")
    page.click("text=Ubah datamu")
    page.click("text=Alamat masuk dan alamat cadanganmu")
    page.fill("[name=email]", recovery)
    page.click("main button:has-text('Kirim kode')")
    page.wait_for_selector("[name=code]")
    type_code(page, mail_to(portal, recovery, "membuktikan alamat cadanganmu"))
    page.wait_for_selector("text=Alamat cadanganmu sudah terpasang.")
    assert mail_to(portal, address, "cadangan")

    other_phone = open_page()
    other_phone.goto(f"{portal.url}/masuk/")
    pass_the_door(portal, other_phone, recovery)
    other_phone.wait_for_url("**/saya/")

    assert other_phone.inner_text("h1") == "Kursimu pasti"
    assert standing(portal, address) == [SEATED]
    assert portal.query("SELECT count(*) FROM accounts_user WHERE email = %s", recovery) == [(0,)]


def test_two_tabs_of_the_door_take_the_newest_code(portal, open_page):
    first, address = open_page(), "duatab@example.com"
    old = ask(portal, first, address)
    second = first.context.new_page()
    second.goto(f"{portal.url}/masuk/")
    second.fill("[name=email]", address)
    second.click("main button")
    newest = second_mail(portal, address, old)
    type_code(first, newest)
    first.wait_for_url(f"**/daftar/{SESSION}/")

    type_code(second, newest)  # from before the login
    second.wait_for_url("**/saya/")
    assert second.inner_text("h1") == "Kamu sudah masuk"
    assert len(mails_to(portal, address)) == 2
