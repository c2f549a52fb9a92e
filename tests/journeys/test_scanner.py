"""Phones at the door in a real browser: paired, with a line and without, two at once, withdrawn, without a camera."""

from __future__ import annotations

import csv
import json
import time
from contextlib import closing
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from tests.cameras import film
from tests.journeys.conftest import log_in_staff, opening
from tests.journeys.door_scripts import (
    AGED,
    CERTIFIED,
    ENROL,
    JUDGED,
    LISTENS,
    LOOKED,
    MARK,
    OVER,
    RELEASE,
    REPLACE,
    SENSES,
    STORED,
)
from tests.journeys.door_steps import close_camera, facts, new_code, online, queued, sent, told, type_code, verdict
from tests.journeys.papers import on_paper
from tests.running import CHROMIUM, CHROMIUM_OPTIONS, running_portal

pytestmark = pytest.mark.xdist_group("journey")
PEOPLE = 57


@pytest.fixture(scope="module")
def portal():
    """A portal of its own: it is the first training morning in Jayapura, 08:30 WIT."""
    with running_portal() as running:
        running.manage("rehearse", "2025-12-18 08:30+09:00")
        yield running


@pytest.fixture(scope="module")
def door(portal):
    """The session's number, and of each of its people the masked name, the code, the ticket and its id."""
    printed = portal.manage("shell", "--verbosity", "0", "-c", ENROL.format(people=PEOPLE))
    number, people = json.loads(printed.strip().splitlines()[-1])
    people = [SimpleNamespace(name=name, code=code, ticket=ticket, ref=ref) for name, code, ticket, ref in people]
    return SimpleNamespace(page=f"{portal.url}/staf/programs/trainingsession/{number}", people=people)


@pytest.fixture(scope="module")
def camera(playwright, door, tmp_path_factory):
    """A Chromium before whose camera the first ticket is held up again and again."""
    options = film(tmp_path_factory.mktemp("film") / "ticket.y4m", [door.people[0].ticket])
    with closing(playwright.chromium.launch(executable_path=CHROMIUM, args=[*CHROMIUM_OPTIONS, *options])) as chromium:
        yield chromium


@pytest.fixture
def staff(portal, door, open_page):
    page = open_page(1280)
    log_in_staff(portal, page, "Koordinator Papua")
    page.goto(f"{door.page}/pintu/")
    return page


@pytest.fixture
def phones(portal, camera, staff):
    """Pair a phone of a browser of its own with a code that the coordinator makes now."""
    with opening(camera) as open_:

        def pair(gate, *, script="", **options):
            digits = new_code(staff, gate)
            phone = open_(360, permissions=["camera"], **options)
            phone.add_init_script(LISTENS + script)
            phone.goto(f"{portal.url}/pemindai/#pair={digits}")
            expect(phone.locator("#pair-code")).to_have_value(f"{digits[:4]} {digits[4:8]} {digits[8:]}")
            phone.click("[data-part=pair-form] button")
            expect(phone.locator("[data-part=gate]")).to_have_text(gate)
            return phone

        yield pair


def test_two_phones_lose_the_line_scan_on_and_agree_when_it_is_back(portal, door, phones, staff, open_page, tmp_path):
    first, *people = door.people
    east = phones("Timur")
    east.wait_for_function("() => said.includes('welcome')")  # to the ticket before the camera
    expect(east.locator("[data-part=verdict-name]")).to_have_text(first.name)
    online(east)
    west = phones("Barat")
    verdict(west, "already")
    expect(west.locator("[data-part=verdict-why]")).to_contain_text("Timur")
    online(west)
    assert facts(portal)[0] == (first.ref, "Timur")
    expect(west.locator("[data-part=cohort]")).to_have_text(str(PEOPLE))
    for phone in (east, west):
        close_camera(phone)  # it has shown what it can, and would show that ticket all the while

    # What is kept on the phone names nobody and shows no token.
    kept = west.evaluate(STORED)
    assert (kept["extractable"], sorted(kept["names"])) == (False, ["kept", "keys", "queue"])
    assert [word for word in ("Peserta", "Wonda", first.ref, first.code, "Bearer") if word in kept["plain"]] == []

    # The line is cut; one person is released meanwhile. Both phones scan on, and fifteen people at both doors.
    for phone in (east, west):
        phone.wait_for_function("async () => (await caches.open('scanner')).keys().then((all) => all.length > 6)")
        phone.context.set_offline(True)
    portal.manage("shell", "-c", RELEASE.format(ref=people[49].ref))
    told = [type_code(phone, one) for phone, ones in ((east, people[:33]), (west, people[18:50])) for one in ones]
    assert set(told) == {"welcome"}
    expect(east.locator("[data-part=line]")).to_have_attribute("data-line", "off")
    queued(east, 33)
    assert type_code(east, people[0]) == "already"

    # Closed and opened again without a line, a phone has lost nothing.
    west.reload()
    expect(west.locator("[data-part=gate]")).to_have_text("Barat")
    queued(west, 32)
    close_camera(west)
    assert type_code(west, people[20]) == "already"

    for phone in (east, west):
        phone.context.set_offline(False)
        phone.click("text=Sambungkan sekarang")
    for phone in (east, west):
        sent(phone)
        online(phone)
    assert {ref for ref, _gate in facts(portal)} == {person.ref for person in [first, *people[:50]]}

    # Who was at both doors is told on the phone and on the session's page; the coordinator decides.
    assert sum(phone.locator("[data-part=doubts-list] li").count() for phone in (east, west)) >= 16
    staff.goto(f"{door.page}/pintu/")
    rows = staff.locator("tbody tr:has(button[value=dismissed])")
    assert rows.count() >= 16
    released = rows.filter(has_text="Pendaftarannya sudah dilepas")
    expect(released).to_have_count(1)
    expect(released).to_contain_text("Bukan peserta pasti")
    expect(released.locator("button[value=counted]")).to_have_count(0)
    released.locator("button[value=dismissed]").click()
    expect(released).to_have_count(0)
    while rows.count():
        before = rows.count()
        rows.first.locator("button[value=dismissed]").click()
        expect(rows).to_have_count(before - 1)

    # The grid, the phones, the certificate's rule, the dashboard, its printed page and the export say the same.
    there = 50
    assert portal.manage("shell", "--verbosity", "0", "-c", CERTIFIED).split()[-1] == str(there)
    staff.goto(f"{door.page}/hadir/")
    expect(staff.locator("[data-count='1']")).to_have_text(str(there))
    expect(staff.locator(".grid .who", has_text="Timur").first).to_be_visible()
    for phone in (east, west):
        phone.click("text=Sambungkan sekarang")
        expect(phone.locator("[data-part=there]")).to_have_text(str(there), timeout=20_000)
    staff.goto(f"{portal.url}/staf/programs/trainingsession/ringkasan/?sesi={door.page.rpartition('/')[2]}")
    for stage in ("Hadir hari 1", "Memenuhi syarat sertifikat"):
        expect(staff.locator(".funnel li", has_text=stage).locator("b")).to_have_text(str(there))
    ministry = open_page(1280)
    log_in_staff(portal, ministry, "Staf kementerian")
    ministry.goto(f"{portal.url}/staf/participants/attendanceexport/unduh/")
    ministry.select_option("[name=format]", "csv;")
    with ministry.expect_download() as download:
        ministry.click("input[type=submit]")
    download.value.save_as(tmp_path / "kehadiran.csv")
    lines = list(csv.DictReader((tmp_path / "kehadiran.csv").read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert sum(line["Hari 1"] in ("Hadir", "Terlambat", "Pulang awal") for line in lines) == there
    assert sum(line["Memenuhi syarat sertifikat"] == "ya" for line in lines) == there
    on_paper(ministry, portal, there)


def test_a_line_that_hangs_is_not_waited_for(portal, door, phones):
    phone = phones("Selatan")
    online(phone)
    phone.context.route("**/pemindai/kirim/", lambda route: None)  # never answered

    began = time.monotonic()
    assert type_code(phone, door.people[51]) == "welcome"
    assert time.monotonic() - began < 4  # the promise is three seconds; this machine types too
    expect(phone.locator("[data-part=verdict-local]")).to_be_visible()
    phone.context.unroute_all()
    sent(phone)


def test_a_page_of_before_an_upgrade_works_on_until_somebody_taps(portal, door, phones):
    phone = phones("Lawas")
    online(phone)
    phone.wait_for_function("() => navigator.serviceWorker.controller")
    renew = phone.locator("[data-part=renew]")
    expect(renew).to_be_hidden()
    phone.evaluate(AGED)
    phone.click("text=Sambungkan sekarang")
    expect(renew).to_be_visible(timeout=20_000)

    phone.context.set_offline(True)
    assert type_code(phone, door.people[51]) in ("welcome", "already")
    queued(phone, 1)
    expect(renew).to_be_hidden()
    phone.context.set_offline(False)
    phone.click("text=Sambungkan sekarang")
    sent(phone)
    expect(renew).to_be_visible(timeout=20_000)
    assert phone.evaluate("window.isOld")  # nothing happens by itself

    renew.click()
    phone.wait_for_function("() => !window.isOld")
    expect(phone.locator("[data-part=gate]")).to_have_text("Lawas")
    online(phone)
    expect(renew).to_be_hidden()


def test_light_sound_and_shaking_tell_what_the_panel_says_and_how_old_the_list_is(portal, door, phones):
    phone = phones("Pojok", script=SENSES)
    online(phone)
    phone.wait_for_function("() => said.includes('welcome') || said.includes('already')")
    for _press in range(2):
        phone.click("[data-part=torch]")
    assert phone.evaluate("lit") == [True, False]
    phone.evaluate("() => { scannerCamera.stop(); shaken.length = heard.length = 0; }")

    there = {ref for ref, _gate in facts(portal)}
    new = next(person for person in door.people[54:] if person.ref not in there)
    assert type_code(phone, new) == "welcome"
    assert phone.evaluate("[heard, shaken]") == [[880], [[80]]]
    phone.fill("#code", "BCDF-GHJC")
    phone.press("#code", "Enter")
    told(phone, "code-wrong", "Kode salah.", "Baca lagi kodenya.")
    assert phone.evaluate("[heard, shaken]") == [[880, 180, 180, 180], [[80], [300, 100, 300]]]
    phone.click("[data-part=sound]")
    assert type_code(phone, new) == "already"
    assert phone.evaluate("[heard.length, shaken.at(-1)]") == [4, [80, 80, 80]]
    sent(phone)

    age = phone.locator("[data-part=age]")
    expect(age).to_have_attribute("data-old", "false")
    phone.context.route("**/pemindai/kirim/", lambda route: route.abort())
    for minutes, said, is_old in ((29, "29 menit lalu", "false"), (130, "2 jam lalu", "true")):
        phone.evaluate(LOOKED, minutes)
        phone.reload()
        expect(age).to_contain_text(f"diperbarui {said}")
        expect(age).to_have_attribute("data-old", is_old)
    phone.context.unroute_all()
    phone.click("text=Sambungkan sekarang")
    expect(age).to_contain_text("diperbarui baru saja")


def test_a_withdrawn_phone_forgets_everything(portal, door, phones, staff):
    phone = phones("Utara")
    online(phone)

    staff.goto(f"{door.page}/pintu/")
    staff.locator("tr:has-text('Utara') button").click()

    expect(phone.locator("[data-part=pair-problem]")).to_contain_text("dicabut", timeout=40_000)  # it looks by itself
    assert phone.evaluate("async () => (await indexedDB.databases()).map((one) => one.name)") == []


def test_what_waits_is_sent_before_a_phone_forgets_because_all_is_over(portal, door, phones):
    phone = phones("Akhir")
    online(phone)
    phone.evaluate("() => scannerCamera.stop()")
    phone.context.set_offline(True)
    type_code(phone, door.people[51])
    queued(phone, 1)
    phone.evaluate(OVER)

    phone.context.set_offline(False)

    expect(phone.locator("[data-part=pair-problem]")).to_contain_text("sudah selesai", timeout=40_000)
    assert (door.people[51].ref, "Akhir") in facts(portal)
    assert phone.evaluate("async () => (await indexedDB.databases()).map((one) => one.name)") == []


def test_without_ed25519_in_the_browser_tickets_are_checked_by_the_vendored_one(portal, door, phones):
    phone = phones("Lama")
    online(phone)
    phone.add_init_script(
        "const known = crypto.subtle.importKey.bind(crypto.subtle);"
        "crypto.subtle.importKey = (format, key, algorithm, ...more) => algorithm.name === 'Ed25519'"
        " ? Promise.reject(new DOMException('no', 'NotSupportedError')) : known(format, key, algorithm, ...more);"
    )
    phone.reload()
    online(phone)

    assert phone.evaluate(JUDGED, [door.people[5].ticket]) == ["welcome", "not_a_ticket", "not_a_ticket"]


def test_without_a_camera_codes_are_typed_and_mistakes_are_caught(portal, door, open_page, staff):
    digits = new_code(staff, "Meja")
    phone = open_page(360)
    phone.goto(f"{portal.url}/pemindai/")
    phone.fill("#pair-code", "0000 0000 0000")
    phone.press("#pair-code", "Enter")
    expect(phone.locator("#pair-problem")).to_contain_text("tidak dikenal")
    phone.fill("#pair-code", digits)
    phone.press("#pair-code", "Enter")
    online(phone)
    expect(phone.locator("[data-part=no-camera]")).to_be_visible()

    letters, code = "BCDFGHJKLMNPRSTVWXZ", door.people[51].code
    mistakes = [code[:place] + letter + code[place + 1 :] for place in range(9) if place != 4 for letter in letters]
    mistakes += [code[:place] + code[place + 1] + code[place] + code[place + 2 :] for place in (0, 1, 2, 5, 6, 7)]
    read = phone.evaluate("(codes) => codes.map((code) => scannerTickets.readCode(code))", mistakes)
    assert {told for told, typed in zip(read, mistakes, strict=True) if typed != code} == {None}
    assert phone.evaluate("(code) => scannerTickets.readCode(code)", code.lower()) == code

    assert type_code(phone, door.people[51]) in ("welcome", "already")
    for _ in range(10):
        phone.fill("#code", mistakes[0] if mistakes[0] != code else mistakes[1])
        phone.press("#code", "Enter")
        told(phone, "code-wrong", "Kode salah.", "Baca lagi kodenya.")
    phone.press("#code", "Enter")
    told(phone, "code-wait", "Terlalu banyak kode salah.", "Tunggu")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360


def test_dead_tickets_are_red_and_a_mark_by_hand_is_told_even_without_a_line(portal, door, open_page, staff):
    replaced, (released, marked, absent) = door.people[40], door.people[52:55]
    portal.manage("shell", "-c", RELEASE.format(ref=released.ref))
    new = portal.manage("shell", "--verbosity", "0", "-c", REPLACE.format(ref=replaced.ref)).split()[-1]
    for person, mark in ((marked, "present"), (absent, "absent")):
        portal.manage("shell", "-c", MARK.format(ref=person.ref, mark=mark))
    digits = new_code(staff, "Belakang")
    phone = open_page(360)
    phone.goto(f"{portal.url}/pemindai/")
    phone.fill("#pair-code", digits)
    phone.press("#pair-code", "Enter")
    online(phone)
    assert type_code(phone, door.people[51]) in ("welcome", "already")

    for is_offline in (False, True):
        phone.context.set_offline(is_offline)
        phone.fill("#code", released.code)
        phone.press("#code", "Enter")
        told(phone, "released", "Tiket ini sudah dilepas.", "Arahkan ke koordinator.")
        phone.fill("#code", replaced.code)
        phone.press("#code", "Enter")
        told(phone, "replaced", "Tiket lama: sudah diganti", "Minta tiket baru dari Halamanku")
        phone.fill("#code", absent.code)
        phone.press("#code", "Enter")
        why = "Catatan petugas: tidak hadir – koordinator memutuskan."
        told(phone, "overruled", "Berbeda dengan catatan petugas", why, tone="warn")

    assert type_code(phone, SimpleNamespace(name=replaced.name, code=new)) in ("welcome", "already")
    assert type_code(phone, marked) == "already"
    expect(phone.locator("[data-part=verdict-why]")).to_contain_text("WIT, ditandai di daftar hadir.")
