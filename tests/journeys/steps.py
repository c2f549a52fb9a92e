"""What people do on the way through the portal, in whichever browser their page is open, and what came of it."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Collection
from typing import Any, NamedTuple
from urllib.request import urlopen

from playwright.sync_api import Page

from tests.running import Portal

SESSION = "denpasar-2025-12"
SEATED = (SESSION, "seat", "")
STANDING = """
SELECT s.slug, r.place, r.release_reason FROM participants_registration r
JOIN participants_participant p ON p.id = r.participant_id JOIN accounts_user u ON u.id = p.user_id
JOIN programs_trainingsession s ON s.id = r.session_id WHERE u.email = %s ORDER BY r.id
"""


ENROL = """
import uuid
from participants.operations import registrations, sessions
from portal import clock
from programs.models import TrainingSession
from tests.factories import make_coordinator, make_login, make_participant, make_user

slug, addresses, seats = {!r}, {!r}, {!r}
session, now = TrainingSession.objects.with_places().get(slug=slug), clock.now()
staff = make_coordinator(email=f"{{uuid.uuid4()}}@example.go.id")
sessions.set_capacity(session=session, capacity=seats, now=now, by=staff)
for address in addresses:
    user = make_user(email=address)
    person = make_participant(user=user, full_name=address.split("@")[0].title(), region=session.region)
    registrations.register(participant=person, session=session, form_key=uuid.uuid4(), now=now)
    print(make_login(user))
"""


class Mail(NamedTuple):
    """A caught mail: the path of its page, and its subject."""

    path: str
    subject: str


def mail_to(portal: Portal, address: str, words: str, *, besides: Collection[Mail] = ()) -> Mail:
    """Wait for a caught mail to `address` about `words` that is none of `besides`; of several return the newest."""
    deadline = time.monotonic() + 90
    while True:
        for mail in mails_to(portal, address):
            if words in mail.subject and mail not in besides:
                return mail
        assert time.monotonic() < deadline, f"no mail to {address} about {words!r}; {portal.logs()}"
        time.sleep(0.1)


def mails_to(portal: Portal, address: str) -> list[Mail]:
    """The caught mails to `address`, newest first."""
    listed = re.findall(r'<a href="/([^"]+)"><b>(.*?)</b><span>(.*?)</span>', urlopen(portal.mails).read().decode())
    return [Mail(path, html.unescape(subject)) for path, subject, to in listed if html.unescape(to) == address]


def link_in(portal: Portal, mail: Mail, kind: str) -> str:
    """The address of the page `kind` ("wali", "tawaran") that the mail leads to."""
    found = re.search(rf'href="(http[^"]+/{kind}/[^"]+)"', text_of(portal, mail))
    assert found is not None
    return found[1]


def text_of(portal: Portal, mail: Mail) -> str:
    """The page that shows a caught mail."""
    return urlopen(f"{portal.mails}{mail.path}").read().decode()


def come_in(portal: Portal, page: Page, address: str, session: str = SESSION) -> None:
    """From a session's page through the door to its form."""
    page.goto(f"{portal.url}/sesi/{session}/")
    page.click("text=Daftar ke sesi ini")
    pass_the_door(portal, page, address)
    page.wait_for_url(f"**/daftar/{session}/")


def pass_the_door(portal: Portal, page: Page, address: str, subject: str = "adalah kode masukmu") -> str:
    """Type the address where it is asked for, then the code that comes in the mail about `subject`; return the code."""
    before = mails_to(portal, address)
    page.fill("[name=email]", address)
    page.click("main button")
    page.wait_for_selector("[name=code]")
    return type_code(page, mail_to(portal, address, subject, besides=before))


def type_code(page: Page, mail: Mail) -> str:
    """Type the code that the `mail`'s subject begins with, as a phone's keyboard may write it; return it."""
    code = mail.subject.split()[0]
    page.fill("[name=code]", code.lower())
    page.press("[name=code]", "Enter")
    return code


def fill_adult(page: Page, name: str) -> None:
    page.fill("[name=birth_date]", "2004-05-17")
    page.fill("[name=full_name]", name)
    page.select_option("[name=region]", label="Bali")
    page.fill("[name=phone]", "0812-3456-7890")
    page.select_option("[name=occupation]", "university")
    page.check("[data-part=adult] [name=consent_training]")


def fill_minor(page: Page, name: str, guardian: str) -> None:
    page.fill("[name=birth_date]", "2009-03-02")
    page.fill("[name=full_name]", name)
    page.select_option("[name=region]", label="Bali")
    page.fill("[name=guardian_email]", guardian)
    page.check("[data-part=minor] [name=consent_training]")


def agree(page: Page, name: str) -> None:
    """Say yes on the page that the guardian's letter leads to."""
    page.fill("[name=signer_name]", name)
    page.fill("[name=signer_relation]", "ibu")
    page.click("text=Ya, saya setuju")
    page.wait_for_selector("text=persetujuan Anda tercatat")


def send(page: Page) -> None:
    """Press Register, read what is read back, and say that it is right."""
    page.click("form[data-register] button")
    page.click("[data-send]")


def register(portal: Portal, page: Page, address: str, name: str, session: str = SESSION) -> None:
    """An adult's whole way from the session's page to their own."""
    come_in(portal, page, address, session)
    fill_adult(page, name)
    send(page)
    page.wait_for_url("**/saya/")


def standing(portal: Portal, address: str) -> list[tuple[Any, ...]]:
    """What the database holds of a person's registrations, oldest first: session, place, reason of release."""
    return portal.query(STANDING, address)


def enrolled(portal: Portal, session: str, addresses: Collection[str], *, seats: int) -> dict[str, str]:
    """Set the seats of `session`, then register one adult for each of `addresses`, in order, as the portal does it.

    Returns the login cookie of each.
    """
    printed = portal.manage("shell", "--verbosity", "0", "-c", ENROL.format(session, [*addresses], seats))
    return dict(zip(addresses, printed.split(), strict=True))


def as_person(portal: Portal, page: Page, cookie: str) -> Page:
    """Open one's own page in a browser that is logged in."""
    page.context.add_cookies([{"name": "session", "value": cookie, "url": portal.url}])
    page.goto(f"{portal.url}/saya/")
    return page
