"""Registering as people do it: with and without scripts, pressed twice, on a shared phone, with a guardian."""

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
    register,
    send,
    standing,
    text_of,
)
from tests.running import CHROMIUM_OPTIONS, WHOLE_CHROMIUM

pytestmark = [pytest.mark.xdist_group("journey"), pytest.mark.usefixtures("while_registration_is_open")]
GUARDIAN = "ibu.budi@example.com"


def test_new_adult_is_registered_in_nine_requests_from_the_home_page(portal, open_page):
    page = open_page()
    asked = []
    page.on("request", lambda request: asked.append(request) if request.resource_type == "document" else None)
    page.goto(portal.url)

    register(portal, page, "sembilan@example.com", "Sembilan")

    assert page.inner_text("h1") == "Kursimu pasti"
    assert mail_to(portal, "sembilan@example.com", "Kamu terdaftar: Denpasar")
    assert standing(portal, "sembilan@example.com") == [SEATED]
    assert [request.method for request in asked] == ["GET", "GET", "GET", "POST", "GET", "POST", "GET", "POST", "GET"]


def test_no_javascript_and_the_same_result(portal, open_page):
    page = open_page(java_script_enabled=False)
    come_in(portal, page, "tanpa@example.com")
    assert not page.is_visible("[name=phone]")
    page.fill("[name=birth_date]", "1990-01-01")
    page.fill("[name=full_name]", "Tanpa Skrip")
    page.select_option("[name=region]", label="Bali")
    page.click("form[data-register] button")
    assert "1997–2012" in page.inner_text("#galat")

    page.fill("[name=birth_date]", "2004-05-17")
    page.click("form[data-register] button")
    assert "Tinggal beberapa pertanyaan lagi" in page.inner_text("#lanjut:focus")
    assert page.input_value("[name=full_name]") == "Tanpa Skrip"
    fill_adult(page, "Tanpa Skrip")
    page.click("form[data-register] button")
    assert "0812-3456-7890" in page.inner_text("main dl")
    page.goto(f"{portal.url}/sesi/{SESSION}/")
    page.go_back()  # to what was the answer to a form, and without which Chromium shows a page of its own
    assert "0812-3456-7890" in page.inner_text("main dl")
    page.reload()
    page.click("text=Ubah")
    page.fill("[name=full_name]", "Tanpa Skrip Sekali")
    page.click("form[data-register] button")
    assert "Tanpa Skrip Sekali" in page.inner_text("main dl")
    page.click("text=Sudah benar, daftar")
    page.wait_for_url("**/saya/")

    assert page.inner_text("h1") == "Kursimu pasti"
    page.go_back()
    page.wait_for_url("**/saya/")
    assert "sudah terdaftar" in page.inner_text("main")
    assert mail_to(portal, "tanpa@example.com", "Kamu terdaftar: Denpasar")
    assert standing(portal, "tanpa@example.com") == [SEATED]


def test_shows_at_once_what_fits_the_birth_date(portal, open_page):
    page = open_page()
    come_in(portal, page, "umur@example.com")
    shown = {}
    for born in ["1996-12-31", "2004-05-17", "2009-03-02"]:
        page.fill("[name=birth_date]", born)
        shown[born] = [part for part in ["none", "adult", "minor"] if page.is_visible(f"[data-part={part}]")]

    assert shown == {"1996-12-31": ["none"], "2004-05-17": ["adult"], "2009-03-02": ["minor"]}
    assert page.inner_text("[data-in-words]") == "2 Maret 2009 (16 tahun pada hari pertama)"


def test_back_button_after_success_and_pressing_twice_register_once(portal, open_page):
    page = open_page()
    come_in(portal, page, "dua@example.com")
    fill_adult(page, "Dua Kali")
    page.dblclick("form[data-register] button")
    assert page.is_visible("[data-send]")  # the second press was none for the question that appeared under it
    page.dblclick("[data-send]")
    page.wait_for_url("**/saya/")

    page.go_back()
    if page.url.endswith(f"/daftar/{SESSION}/"):  # else the browser asked again and was led to the registration
        fill_adult(page, "Dua Kali Lagi")
        send(page)
        page.wait_for_url("**/saya/")

    assert page.locator("h1").all_inner_texts() == ["Kursimu pasti"]
    assert page.locator(".ledger li", has_text="Pendaftaran diterima").count() == 1
    assert standing(portal, "dua@example.com") == [SEATED]


def test_reads_back_in_the_page_what_is_to_be_registered(portal, open_page):
    page = open_page()
    come_in(portal, page, "periksa@example.com")
    asked = []
    page.on("request", lambda request: asked.append(request.url) if request.resource_type == "document" else None)
    fill_adult(page, "Nur'aini")
    page.fill("[name=phone]", "+62 (0)812 3456 7890")
    page.click("form[data-register] button")

    told = page.inner_text("[data-check]")
    for words in ["Nur'aini", "17 Mei 2004 (21 tahun pada hari pertama)", "0812-3456-7890", "Mahasiswa", "WITA"]:
        assert words in told
    assert page.locator("[data-from=guardian_email]").is_hidden()
    assert asked == []
    page.click("[data-change]")
    assert page.locator("[data-check]").is_hidden()
    assert page.input_value("[name=phone]") == "+62 (0)812 3456 7890"


def test_says_how_numbers_and_addresses_are_read_and_never_blocks(portal, open_page):
    page = open_page()
    come_in(portal, page, "saran@example.com")
    page.fill("[name=birth_date]", "2004-05-17")
    read = {}
    for typed in ["0811123456", "62 811 1234 567", "81234567890", "0895-3456-78901", "+60 12-345 6789", "0812"]:
        page.fill("[name=phone]", typed)
        read[typed] = page.inner_text("[data-phone]") if page.is_visible("[data-phone]") else ""
    assert list(read.values()) == [
        *("Kami baca: 0811-123-456", "Kami baca: 0811-1234-567", "Kami baca: 0812-3456-7890"),
        *("Kami baca: 0895-3456-78901", "", ""),
    ]
    page.wait_for_selector("text=Nomor ini belum lengkap.")

    page.fill("[name=birth_date]", "2009-03-02")
    for domain in ["gmial.com", "gmai.com", "gmail.con", "yaho.co.id"]:
        page.fill("[name=guardian_email]", f"ibu@{domain}")
        assert page.is_visible("text=Pakai yang ini"), domain
    for domain in ["gmail.com", "mail.com", "gmx.com", "ugm.ac.id", "example.com"]:
        page.fill("[name=guardian_email]", f"ibu@{domain}")
        assert not page.is_visible("text=Pakai yang ini"), domain
    page.fill("[name=guardian_email]", "Saran+ibu@example.com")
    assert "alamatmu sendiri" in page.inner_text("[data-slip]")
    page.fill("[name=guardian_email]", "ibu@gmial.com")
    page.click("text=Pakai yang ini")
    assert page.input_value("[name=guardian_email]") == "ibu@gmail.com"


def test_goes_on_where_another_phone_was_left(portal, open_page):
    page = open_page()
    come_in(portal, page, "lanjut@example.com")
    fill_adult(page, "Lanjut Nanti")
    page.click("text=Simpan dulu, lanjut nanti")
    page.wait_for_selector("text=Tersimpan")

    other = open_page(java_script_enabled=False)
    come_in(portal, other, "lanjut@example.com")
    assert "Isianmu tersimpan" in other.inner_text("[data-begun]")
    assert other.input_value("[name=full_name]") == "Lanjut Nanti"
    assert not other.is_checked("[data-part=adult] [name=consent_training]")
    other.fill("[name=full_name]", "Lanjut Tanpa Skrip")
    other.click("text=Simpan dulu, lanjut nanti")
    assert other.input_value("[name=full_name]") == "Lanjut Tanpa Skrip"
    page.reload()
    assert page.input_value("[name=full_name]") == "Lanjut Tanpa Skrip"
    other.click("text=Hapus isian ini")
    other.click("text=Ya, hapus")
    assert "Isianmu sudah dihapus." in other.inner_text("main")
    assert other.input_value("[name=full_name]") == ""


def test_saves_by_itself_and_tries_again_when_the_line_was_gone(portal, open_page):
    page = open_page()
    come_in(portal, page, "lemah@example.com")
    page.route("**/draf/", lambda route: route.abort())
    page.fill("[name=full_name]", "Sinyal Lemah")
    page.wait_for_selector("text=Belum tersimpan")
    page.unroute("**/draf/")
    page.wait_for_selector("[data-saved]:text-matches('^Tersimpan [0-9]')")

    page.reload()
    assert page.input_value("[name=full_name]") == "Sinyal Lemah"

    page.fill("[name=full_name]", "Sinyal Kuat")
    with page.expect_request("**/draf/"):  # sent off by leaving, before the next draft falls due
        page.reload()
    page.wait_for_timeout(500)  # the page that was asked for meanwhile may be older
    page.reload()
    assert page.input_value("[name=full_name]") == "Sinyal Kuat"


def test_two_tabs_are_one_registration(portal, open_page):
    first = open_page()
    come_in(portal, first, "tab@example.com")
    second = first.context.new_page()
    second.goto(f"{portal.url}/daftar/{SESSION}/")
    for page in (first, second):
        fill_adult(page, "Dua Tab")
    for page in (first, second):
        send(page)
        page.wait_for_url("**/saya/")

    assert "sudah terdaftar" in second.inner_text("main")
    assert second.locator("h1").all_inner_texts() == ["Kursimu pasti"]
    assert standing(portal, "tab@example.com") == [SEATED]


def test_the_question_before_sending_shows_that_it_goes_on_below(portal, open_page):
    page = open_page()
    page.set_viewport_size({"width": 360, "height": 480})
    come_in(portal, page, "geser@example.com")
    fill_adult(page, "Geser Ke Bawah")
    page.click("form[data-register] button")

    assert page.is_visible("[data-more]")
    assert "Mengikuti pelatihan" in page.inner_text("[data-check]")
    page.evaluate("document.querySelector('[data-check]').scrollTo(0, 9999)")
    page.wait_for_selector("[data-more]", state="hidden")


def test_the_door_asks_about_a_slip_before_anything_is_sent(portal, open_page):
    page = open_page()
    page.goto(f"{portal.url}/masuk/")
    for typed, meant in [("sari@gmial.com", "sari@gmail.com"), ("sari@studioku.con", "sari@studioku.com")]:
        page.fill("[name=email]", typed)
        page.click("text=Pakai yang ini")
        assert page.input_value("[name=email]") == meant
        assert page.is_hidden("[data-slip]")


def test_a_shared_phone_forgets_the_first_child(portal, open_page):
    page = open_page()
    register(portal, page, "kakak@example.com", "Kakak Canary")
    page.click("text=Keluar")
    page.wait_for_url(f"{portal.url}/masuk/?keluar")

    page.go_back()
    assert "Canary" not in page.content()
    assert "Kursimu pasti" not in page.content()
    come_in(portal, page, "adik@example.com")
    assert page.input_value("[name=full_name]") == ""
    kept = "JSON.stringify([{...localStorage}, {...sessionStorage}])"
    assert page.evaluate(kept) == "[{},{}]"


@pytest.mark.skipif(not WHOLE_CHROMIUM, reason="the cache of whole pages needs the whole of Chromium")
def test_going_back_after_the_logout_shows_nothing_that_the_browser_kept(portal, browser):
    """With the cache of whole pages that phones have and that browsers under test are started without."""
    chromium = browser.browser_type.launch(
        executable_path=WHOLE_CHROMIUM, args=CHROMIUM_OPTIONS, ignore_default_args=["--disable-back-forward-cache"]
    )
    try:
        page = chromium.new_page()
        come_in(portal, page, "kakak-dua@example.com")
        page.goto(f"{portal.url}/sesi/")
        page.evaluate("window.kept = 1")
        page.goto(f"{portal.url}/saya/")
        page.go_back(wait_until="commit")
        assert page.evaluate("window.kept") == 1, "the control: public pages are kept whole"
        page.goto(f"{portal.url}/daftar/{SESSION}/")
        fill_adult(page, "Kakak Canary")
        page.fill("[name=phone]", "0812")
        send(page)
        page.wait_for_selector("#galat:focus")
        page.fill("[name=phone]", "0812-3456-7890")
        send(page)
        page.wait_for_url("**/saya/")
        page.goto(f"{portal.url}/saya/alamat/")
        page.fill("[name=email]", "canary")
        page.click("main form button")
        page.wait_for_selector("#galat")
        page.goto(f"{portal.url}/saya/")
        page.click("text=Keluar")
        page.wait_for_url(f"{portal.url}/masuk/?keluar")

        for _step in range(6):
            page.go_back(wait_until="commit")
            page.wait_for_load_state()
            read = page.content() + "".join(
                page.eval_on_selector_all("input", "fields => fields.map(field => field.value)")
            )
            assert "canary" not in read.lower()
    finally:
        chromium.close()


def test_expired_form_loses_nothing(portal, open_page):
    page = open_page()
    come_in(portal, page, "semalam@example.com")
    fill_adult(page, "Semalam Suntuk")
    page.context.clear_cookies(name="session")
    send(page)
    assert page.inner_text("h1") == "Yang kamu ketik masih ada"
    assert standing(portal, "semalam@example.com") == []

    with page.context.expect_page() as tab:
        page.click("text=Masuk di tab baru")
    pass_the_door(portal, tab.value, "semalam@example.com")
    tab.value.wait_for_url("**/saya/")
    page.click("text=Kirim lagi")
    page.wait_for_url("**/saya/")

    assert page.inner_text("h1") == "Kursimu pasti"
    assert standing(portal, "semalam@example.com") == [SEATED]


def test_minor_and_guardian_on_two_phones(portal, open_page):
    child = open_page()
    come_in(portal, child, "anak@example.com")
    fill_minor(child, "Budi Ma'ruf", GUARDIAN)
    send(child)
    child.wait_for_url("**/saya/")
    assert "menunggu orang tua atau wali" in child.inner_text("h1")

    letter = mail_to(portal, GUARDIAN, "")
    link = link_in(portal, letter, "wali")
    guardian = open_page()
    leaked = []
    guardian.on("request", lambda request: leaked.append(request.headers.get("referer", "")))
    guardian.goto(link)
    assert "Bolehkah Budi ikut" in guardian.inner_text("h1")
    assert "Ma'ruf" not in guardian.inner_text("main")
    agree(guardian, "Wati")
    assert not any("/wali/" in referer for referer in leaked)

    mail_to(portal, "anak@example.com", "setuju")
    child.reload()
    assert "Kursimu pasti" in child.inner_text("h1")
    child.click("text=Lengkapi sekarang")
    child.fill("[name=phone]", "0812-3456-7890")
    child.select_option("[name=occupation]", "school")
    child.click("text=Simpan")
    child.wait_for_url("**/saya/")
    assert not child.is_visible("text=Lengkapi sekarang")
    assert standing(portal, "anak@example.com") == [SEATED]
    answers = "SELECT answer, signer_name FROM participants_guardianrequest WHERE email = %s"
    assert portal.query(answers, GUARDIAN) == [("given", "Wati")]


def test_english_from_the_home_page_to_the_mail(portal, open_page):
    page = open_page()
    page.goto(portal.url)
    page.click("header a[hreflang=en]")
    page.click(".hero .button-sun >> nth=0")
    page.click("main a[href$='/sesi/denpasar-2025-12/']")
    page.click("text=Register for this session")
    pass_the_door(portal, page, "english@example.com", "is your login code")
    page.wait_for_url(f"**/en/daftar/{SESSION}/")
    fill_adult(page, "Made Inggris")
    send(page)
    page.wait_for_url("**/en/saya/")

    assert page.inner_text("h1") == "Your seat is confirmed"
    assert page.get_attribute("html", "lang") == "en"
    mail = mail_to(portal, "english@example.com", "You are registered: Denpasar")
    assert f"{portal.url}/en/saya/" in text_of(portal, mail)
    assert standing(portal, "english@example.com") == [SEATED]
