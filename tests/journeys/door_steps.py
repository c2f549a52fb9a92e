"""What people at the door do with their phones, and what these and the portal then say."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.journeys.door_scripts import ANSWERED, QUEUED


def new_code(staff, gate):
    staff.goto(staff.url)
    staff.fill("[name=gate]", gate)
    staff.click("text=Buat kode pemasangan")
    return re.sub(r"\D", "", staff.inner_text(".pair-code .digits >> nth=-1"))


def verdict(phone, outcome, timeout=20_000):
    expect(phone.locator("[data-part=verdict]")).to_have_attribute("data-outcome", outcome, timeout=timeout)


def type_code(phone, person):
    """Type a code as somebody at the door reads it out, and return what the phone says of that person."""
    phone.fill("#code", person.code.lower().replace("-", " "))
    phone.press("#code", "Enter")
    phone.wait_for_function(ANSWERED, arg=person.name)
    return phone.get_attribute("[data-part=verdict]", "data-outcome")


def told(phone, outcome, title, why, tone="bad"):
    """The big panel says it in this colour, whatever it said before."""
    panel = phone.locator("[data-part=verdict]")
    expect(panel).to_have_attribute("data-outcome", outcome, timeout=20_000)
    expect(panel).to_have_attribute("data-tone", tone)
    expect(phone.locator("[data-part=verdict-title]")).to_have_text(title)
    expect(phone.locator("[data-part=verdict-why]")).to_contain_text(why)


def online(phone):
    expect(phone.locator("[data-part=line]")).to_have_attribute("data-line", "on", timeout=30_000)


def sent(phone):
    expect(phone.locator("[data-part=queue]")).to_have_attribute("data-waiting", "0", timeout=60_000)


def queued(phone, people):
    """So many scans at least wait on the phone, as it says itself once it has read its store."""
    phone.wait_for_function(QUEUED, arg=people)


def close_camera(phone):
    """Once it looks. From now on the phone is told by typing alone."""
    phone.wait_for_function("() => document.querySelector('video').videoWidth > 0")
    phone.evaluate("() => scannerCamera.stop()")


def facts(portal):
    return portal.query(
        "SELECT r.public_id::text, f.gate FROM participants_attendancefact f"
        " JOIN participants_registration r ON r.id = f.registration_id WHERE f.source = 'scanner' ORDER BY f.id"
    )
