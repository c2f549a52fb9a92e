"""A young person objects to a decision, or cannot come on a day; the coordinator answers, and the own page holds it."""

import uuid

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import log_in_staff
from tests.journeys.steps import SESSION, as_person, come_in, enrolled, mail_to, text_of

pytestmark = [pytest.mark.xdist_group("journey"), pytest.mark.usefixtures("while_registration_is_open")]


@pytest.fixture
def address():
    """Nobody's yet: what a run before has left in the portal is somebody else's."""
    return f"orang-{uuid.uuid4().hex[:12]}@example.com"


def test_appeal_is_answered_by_the_coordinator(portal, open_page, address):
    page = open_page()
    come_in(portal, page, address)
    page.goto(f"{portal.url}/keberatan/?sesi={SESSION}&kode=not_eligible")
    expect(page.locator("main")).to_contain_text("Tanggal lahirmu di luar rentang program ini.")
    page.fill("[name=text]", "Aku lahir tahun 2012, di aktaku tertulis begitu.")
    page.click("text=Kirim ke koordinator wilayah")
    page.wait_for_url("**/saya/")
    expect(page.locator("#keberatan")).to_contain_text("Menunggu jawaban")

    staff = open_page(width=1280)
    log_in_staff(portal, staff, "Koordinator Bali")
    staff.click("text=keberatan belum dijawab")
    ((number,),) = portal.query(
        "SELECT a.id FROM participants_appeal a JOIN accounts_user u ON u.id = a.user_id WHERE u.email = %s", address
    )
    staff.click(f"#result_list a[href*='/{number}/change/']")
    staff.click("main a:has-text('Jawab')")
    expect(staff.locator(".said")).to_contain_text("di aktaku tertulis begitu")
    staff.check("[name=verdict][value=explained]")
    staff.fill("[name=text]", "Pilih tanggal di aktamu, lalu daftar lagi.")
    staff.click("text=Kirim jawaban")
    expect(staff.locator(".messagelist .success")).to_be_visible()

    mail = mail_to(portal, address, "Koordinator sudah menjawabmu")
    assert f"{portal.url}/saya/" in text_of(portal, mail)
    page.reload()
    expect(page.locator("#keberatan")).to_contain_text("Pilih tanggal di aktamu, lalu daftar lagi.")
    assert portal.query(
        "SELECT a.verdict, a.code, by.name FROM participants_appeal a JOIN accounts_user by ON by.id = a.answered_by_id"
        " WHERE a.id = %s",
        number,
    ) == [("explained", "not_eligible", "Koordinator Bali")]


def test_absence_is_seen_in_the_grid_answered_and_for_another_day_taken_back(portal, open_page, address):
    cookie = enrolled(portal, SESSION, [address], seats=300)[address]
    page = as_person(portal, open_page(), cookie)
    page.click("text=Ada hari kamu tidak bisa datang?")
    page.click("text=Kirim ke koordinator wilayah")
    expect(page.locator("#galat")).to_contain_text("Pilih hari yang tidak bisa kamu datangi.")
    for day in ("Hari 2", "Hari 3"):
        page.click(f".check label:has-text('{day}')")
    page.fill("[name=text]", "Ada ujian di kampus.")
    page.click("text=Kirim ke koordinator wilayah")
    page.wait_for_url("**/saya/")
    expect(page.locator("#keberatan li")).to_have_count(2)

    staff = open_page(width=1280)
    log_in_staff(portal, staff, "Koordinator Bali")
    ((number,),) = portal.query("SELECT id FROM programs_trainingsession WHERE slug = %s", SESSION)
    grid = f"{portal.url}/staf/programs/trainingsession/{number}/hadir/"
    staff.goto(grid)
    theirs = staff.locator("tr", has_text=address.split("@")[0].title()).locator(".said-absent")
    expect(theirs).to_have_count(2)
    theirs.locator("a").first.click()
    staff.click("main a:has-text('Jawab')")
    staff.check("[name=verdict][value=granted]")
    staff.fill("[name=text]", "Semoga lancar ujiannya.")
    staff.click("text=Kirim jawaban")
    expect(staff.locator(".messagelist .success")).to_be_visible()

    mail_to(portal, address, "Koordinator sudah menjawab kabarmu")
    page.reload()
    expect(page.locator("#keberatan")).to_contain_text("Semoga lancar ujiannya.")
    page.click("text=Tarik kembali, aku datang")  # of the other day: what is answered stays
    expect(page.locator("#keberatan li")).to_have_count(1)
    staff.goto(grid)
    expect(theirs).to_contain_text("Diterima")
