"""The attendance grid in a real browser: letters and arrows, a line that breaks, two coordinators at once, a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import log_in_staff, opening

pytestmark = pytest.mark.xdist_group("journey")

NAMES = ["Ayu Lestari", "Budi Santoso", "Citra Dewi"]
LEAVER = "Eko Prasetyo"
ENROL = """
from programs.models import TrainingSession
from tests.factories import make_participant, make_registration
session = TrainingSession.objects.get(slug="jakarta-pusat-2025-12")
for name in {names}:
    make_registration(session, participant=make_participant(full_name=name, region=session.region))
print(session.pk)
"""
COMES = f"""
from uuid import uuid4
from programs.models import TrainingSession
from tests.factories import make_participant, make_registration, make_user
session = TrainingSession.objects.get(slug="jakarta-pusat-2025-12")
user = make_user(email=f"eko-{{uuid4()}}@example.com")
make_registration(session, participant=make_participant(full_name="{LEAVER}", region=session.region, user=user))
"""
LEAVES = f"""
from participants.models import Registration
from portal import clock
released = {{"place": "released", "release_reason": "cancelled", "released_at": clock.now()}}
Registration.objects.filter(participant__full_name="{LEAVER}").update(**released)
"""


@pytest.fixture(scope="module")
def cohort(portal):
    """Three confirmed people in Jakarta, on the morning of the second day. Gives the grid's address."""
    portal.manage("rehearse", "2025-12-02 09:30+07:00")
    number = portal.manage("shell", "--verbosity", "0", "-c", ENROL.format(names=NAMES)).split()[-1]
    days = portal.manage(
        "shell",
        "--verbosity",
        "0",
        "-c",
        f"from programs.models import *; print(TrainingDay.objects.get(session={number}, number=2).date)",
    ).split()[-1]
    portal.manage("rehearse", f"{days} 10:00+07:00")
    return f"{portal.url}/staf/programs/trainingsession/{number}/hadir/"


def cell(page, name, day):
    return page.locator(f'.grid tbody tr:has-text("{name}") td.cell:nth-of-type({day + 1})')


def saved(page):
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved")


def test_marks_survive_keys_a_broken_line_and_two_coordinators(portal, open_page, cohort):
    page = open_page(width=1280)
    log_in_staff(portal, page, "Koordinator DKI Jakarta")
    page.goto(cohort)
    expect(page.locator("[data-count='1']")).to_have_text("0")

    # Letters mark, arrows move, what is filtered out is passed over.
    cell(page, NAMES[0], 1).locator("select").focus()
    for key in ["h", "ArrowDown", "t", "Enter", "i", "ArrowRight", "a", "ArrowUp", "p", "0"]:
        page.keyboard.press(key)
        page.wait_for_timeout(200)  # as fast as a person types
    saved(page)
    expect(page.locator("[data-count='1']")).to_have_text("2")
    page.reload()
    chosen = [[cell(page, name, day).locator("select").input_value() for day in (1, 2)] for name in NAMES]
    assert chosen == [["present", ""], ["late", ""], ["excused", "absent"]]
    expect(cell(page, NAMES[1], 1).locator(".who")).to_contain_text("Koordinator DKI Jakarta")
    page.fill("#find", "a")
    page.fill("#find", "dewi")
    expect(page.locator(".grid tbody tr:visible")).to_have_count(1)
    page.fill("#find", "")
    expect(cell(page, NAMES[0], 3).locator("select")).to_be_disabled()

    # Two at once: each sees what the other recorded, and of one cell the later counts.
    other = page.context.new_page()
    other.goto(cohort)
    cell(other, NAMES[0], 2).locator("select").select_option("late")
    saved(other)
    expect(cell(page, NAMES[0], 2).locator("select")).to_have_value("late", timeout=15_000)
    other.close()

    # Without a line nothing is lost, not even by opening the page again; with it, all goes out.
    page.context.set_offline(True)
    cell(page, NAMES[1], 2).locator("select").select_option("present")
    cell(page, NAMES[0], 2).locator("select").select_option("left_early")
    expect(page.locator("#save-state")).to_have_text("Belum terkirim: 2")
    page.wait_for_timeout(6_000)
    expect(page.locator("#save-state")).to_have_attribute("data-state", "waiting")
    page.context.set_offline(False)
    page.reload()
    saved(page)
    page.reload()
    chosen = [cell(page, name, 2).locator("select").input_value() for name in NAMES]
    assert chosen == ["left_early", "present", "absent"]


def test_a_phone_has_all_of_it_within_reach_of_a_thumb(portal, open_page, cohort):
    page = open_page(width=360)
    log_in_staff(portal, page, "Koordinator DKI Jakarta")
    page.goto(cohort)

    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert cell(page, NAMES[0], 2).locator("select").bounding_box()["height"] >= 44
    assert cell(page, NAMES[0], 2).bounding_box()["y"] < page.viewport_size["height"]  # at once, without scrolling
    expect(cell(page, NAMES[0], 1)).to_be_hidden()  # today's day first; the others are one press away
    page.check("#all-days")
    expect(cell(page, NAMES[0], 1)).to_be_visible()
    here = page.locator(".tabs [aria-current]").bounding_box()
    assert here["x"] >= 0
    assert here["x"] + here["width"] <= 360
    page.fill("#find", "dewi")
    expect(page.locator(".grid tbody tr:visible")).to_have_count(1)
    page.fill("#find", "")
    cell(page, NAMES[2], 2).locator("select").select_option("")  # where nobody is left, nothing is offered
    saved(page)
    page.click("button[name=all_present][value='2']")
    expect(page.locator("#content-main h2")).to_contain_text("sebagai hadir?")
    page.click("input[name=sure]")
    expect(page.locator(".messagelist .success")).to_be_visible()
    chosen = [cell(page, name, 2).locator("select").input_value() for name in NAMES]
    assert "" not in chosen


def test_without_its_script_the_page_saves_with_a_button(portal, open_page, cohort):
    page = open_page(width=1280)
    log_in_staff(portal, page, "Koordinator DKI Jakarta")
    plain = page.context.browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    sheet = plain.new_page()
    sheet.goto(cohort)
    cell(sheet, NAMES[2], 1).locator("select").select_option("left_early")
    sheet.click("noscript input[type=submit], .grid-tools input[type=submit]")
    expect(sheet.locator(".messagelist .success")).to_be_visible()
    expect(cell(sheet, NAMES[2], 1).locator("select")).to_have_value("left_early")
    plain.close()


@pytest.fixture(scope="module")
def signed_in(portal, browser):
    """Options of a browser in which a coordinator is logged in, so that not each costs a recovery code."""
    with opening(browser) as open_:
        page = open_()
        log_in_staff(portal, page, "Koordinator DKI Jakarta")
        return {"storage_state": {"cookies": page.context.cookies(), "origins": []}}


@pytest.fixture
def record_elsewhere(browser, signed_in, cohort):
    def record(name, mark):
        with opening(browser) as open_:
            other = open_(1280, **signed_in)
            other.goto(cohort)
            cell(other, name, 1).locator("select").select_option(mark)
            saved(other)

    return record


@pytest.fixture
def open_grid(open_page, signed_in, cohort):
    """Open the grid with nothing said of somebody on the first day."""

    def open_(name):
        page = open_page(width=1280, **signed_in)
        page.goto(cohort)
        cell(page, name, 1).locator("select").select_option("")
        saved(page)
        return page

    return open_


@pytest.fixture
def open_refused(open_grid, record_elsewhere):
    """Open the grid and say "excused" where, unseen by it, somebody has said "present"."""

    def open_(name):
        page = open_grid(name)
        page.context.set_offline(True)
        cell(page, name, 1).locator("select").select_option("excused")
        expect(page.locator("#save-state")).to_have_attribute("data-state", "waiting")
        record_elsewhere(name, "present")
        page.context.set_offline(False)
        is_offered(page, name, "present")
        return page

    return open_


def is_offered(page, name, holds):
    expect(cell(page, name, 1).locator(".again")).to_have_text("Tetap ganti: Izin", timeout=15_000)
    expect(cell(page, name, 1).locator(".let-stand")).to_have_text("Biarkan")
    expect(cell(page, name, 1).locator("select")).to_have_value(holds)
    expect(page.locator("#save-state")).to_have_attribute("data-state", "refused")
    expect(page.locator("#save-state")).to_contain_text(f"Ditolak: {name}: ")


def test_what_another_recorded_meanwhile_is_shown_before_it_is_replaced(open_refused):
    page = open_refused(NAMES[0])
    expect(cell(page, NAMES[0], 1).locator(".who")).to_contain_text("Koordinator DKI Jakarta")

    page.reload()
    is_offered(page, NAMES[0], "present")
    cell(page, NAMES[0], 1).locator(".again").click()
    saved(page)
    expect(page.locator(".offer")).to_have_count(0)
    page.reload()
    saved(page)
    expect(cell(page, NAMES[0], 1).locator("select")).to_have_value("excused")
    expect(page.locator(".offer")).to_have_count(0)


def test_what_was_refused_is_never_sent_by_itself_and_can_be_let_go(open_refused, record_elsewhere):
    page = open_refused(NAMES[2])
    record_elsewhere(NAMES[2], "")  # what the refused tap had seen holds again

    posts = []
    page.on("request", lambda request: request.method == "POST" and posts.append(request.url))
    page.reload()
    is_offered(page, NAMES[2], "")
    page.evaluate("dispatchEvent(new Event('online'))")
    page.reload()
    is_offered(page, NAMES[2], "")
    page.set_viewport_size({"width": 360, "height": 780})
    page.check("#all-days")
    for button in cell(page, NAMES[2], 1).locator(".offer button").all():
        assert button.bounding_box()["height"] >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= 360

    cell(page, NAMES[2], 1).locator(".let-stand").click()
    saved(page)
    page.reload()
    saved(page)
    expect(page.locator(".offer")).to_have_count(0)
    expect(cell(page, NAMES[2], 1).locator("select")).to_have_value("")
    assert posts == []


def test_what_was_refused_is_offered_for_half_a_day(open_refused):
    page = open_refused(NAMES[1])

    now = page.evaluate("Date.now() / 1000")
    page.clock.set_fixed_time(now + 11 * 3600)
    page.reload()
    is_offered(page, NAMES[1], "present")
    page.clock.set_fixed_time(now + 13 * 3600)
    page.reload()
    saved(page)
    expect(page.locator(".offer")).to_have_count(0)


def test_a_second_tab_does_not_send_what_was_refused_in_the_first(open_grid, record_elsewhere, cohort):
    page = open_grid(NAMES[0])

    def stop(route):
        return route.abort() if route.request.method == "POST" else route.continue_()

    second = page.context.new_page()
    for tab in (page, second):
        tab.route("**/hadir/*", stop)
    cell(page, NAMES[0], 1).locator("select").select_option("excused")
    second.goto(cohort)
    expect(second.locator("#save-state")).to_have_attribute("data-state", "waiting")
    record_elsewhere(NAMES[0], "present")
    page.unroute("**/hadir/*")
    is_offered(page, NAMES[0], "present")
    record_elsewhere(NAMES[0], "")

    second.unroute("**/hadir/*")
    expect(second.locator("#save-state")).to_have_attribute("data-state", "saved", timeout=15_000)
    second.close()
    page.reload()
    is_offered(page, NAMES[0], "")


def test_after_logging_in_again_in_another_tab_what_waits_goes_out(portal, open_page, cohort):
    page = open_page(width=1280)
    log_in_staff(portal, page, "Koordinator DKI Jakarta")
    page.goto(cohort)
    page.context.clear_cookies(name="session")
    cell(page, NAMES[1], 1).locator("select").select_option("left_early")
    expect(page.locator("#save-state")).to_have_text("Masuk lagi di tab lain; catatan di halaman ini menunggu: 1")

    log_in_staff(portal, page.context.new_page(), "Koordinator DKI Jakarta")

    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved", timeout=15_000)
    page.reload()
    expect(cell(page, NAMES[1], 1).locator("select")).to_have_value("left_early")


def test_a_mark_that_cannot_be_stays_told_when_those_after_it_go_out(portal, cohort, open_grid):
    portal.manage("shell", "-c", COMES)
    page = open_grid(NAMES[0])
    page.context.set_offline(True)
    cell(page, LEAVER, 1).locator("select").select_option("late")
    cell(page, LEAVER, 2).locator("select").select_option("late")
    cell(page, NAMES[0], 1).locator("select").select_option("excused")
    expect(page.locator("#save-state")).to_have_text("Belum terkirim: 3")
    cell(page, LEAVER, 2).evaluate("cell => cell.remove()")  # as on a page that was loaded anew since
    portal.manage("shell", "-c", LEAVES)

    page.context.set_offline(False)

    expect(cell(page, LEAVER, 1).locator(".let-stand")).to_have_text("Biarkan", timeout=15_000)
    told = f"Ditolak: {LEAVER}: Orang ini bukan peserta pasti di sesi ini."
    expect(page.locator("#save-state")).to_contain_text(told, timeout=15_000)
    expect(page.locator("#save-state")).to_have_attribute("data-state", "refused")
    held = page.evaluate("JSON.stringify(localStorage)")
    assert "attendance-refused:" in held
    assert LEAVER not in held
    expect(cell(page, LEAVER, 1).locator("select")).to_have_value("")
    cell(page, LEAVER, 1).get_by_text("Biarkan").click()
    expect(cell(page, LEAVER, 1).locator(".let-stand")).to_have_count(0)
    expect(page.locator("#save-state")).to_contain_text(told)  # of the other, which no cell can offer again
    page.reload()
    saved(page)
    expect(cell(page, NAMES[0], 1).locator("select")).to_have_value("excused")
