"""The whole portal under its own supervisor, and a real browser. Where either must exist (CI), nothing is skipped."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from portal.logs import without_secrets
from tests.running import CHROMIUM, FIREFOX, FRUGAL, Portal, launch_chromium, launch_firefox, running_portal


@pytest.fixture(scope="session")
def portal() -> Iterator[Portal]:
    with running_portal() as running:
        yield running


@pytest.fixture(scope="module")
def while_registration_is_open(portal: Portal) -> None:
    """Wednesday morning, 3 December 2025, wherever the journeys of another file have moved the clock."""
    portal.manage("rehearse", "2025-12-03 09:00+07:00")


class Kept:
    """Playwright and the Chromium of the journeys, from one file of theirs to the next.

    They end before other tests: while Playwright is there, its event loop keeps Django from the database here.
    """

    def __init__(self) -> None:
        self.is_wanted = False  # by the next test
        self._open = ExitStack()
        self._playwright: Playwright | None = None
        self._chromium: Browser | None = None

    def playwright(self) -> Playwright:
        self._playwright = self._playwright or self._open.enter_context(sync_playwright())
        return self._playwright

    def chromium(self) -> Browser:
        if self._chromium is None or not self._chromium.is_connected():
            self._chromium = self._open.enter_context(closing(launch_chromium(self.playwright())))
        return self._chromium

    def end(self) -> None:
        self._playwright = self._chromium = None
        self._open.close()


KEPT = Kept()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    KEPT.is_wanted = "playwright" in getattr(nextitem, "fixturenames", ())
    yield
    if not KEPT.is_wanted and (nextitem is None or nextitem.path != item.path):
        KEPT.end()  # also where what the test wanted besides did not come


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    yield KEPT.playwright()
    if not KEPT.is_wanted:
        KEPT.end()


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Browser:
    _need(CHROMIUM, "Chromium")
    return KEPT.chromium()


@pytest.fixture(scope="module")
def hasty_browser(playwright: Playwright) -> Iterator[Browser]:
    """A Chromium for a thousand pages, each of which is left at once."""
    _need(CHROMIUM, "Chromium")
    with closing(launch_chromium(playwright, *FRUGAL)) as chromium:
        yield chromium


@pytest.fixture(scope="module")
def firefox(playwright: Playwright) -> Iterator[Browser]:
    _need(FIREFOX, "Firefox")
    with closing(launch_firefox(playwright)) as firefox:
        yield firefox


def _need(program: str | None, name: str) -> None:
    if program is None:
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(f"REQUIRE_BROWSER is set and there is no {name} on this machine")
        pytest.skip(f"no {name} on this machine")


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page in a Chromium of its own.

    What the policy forbids, what a script throws and whatever is asked of another machine than ours fails the test.
    """
    with opening(browser) as open_:
        yield open_


@pytest.fixture
def open_in_firefox(firefox: Browser) -> Iterator[Callable[..., Page]]:
    """The same in Firefox."""
    with opening(firefox) as open_:
        yield open_


@contextmanager
def opening(browser: Browser) -> Iterator[Callable[..., Page]]:
    contexts, complaints, asked = [], [], []

    def open_(width: int = 360, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 780}, **options)
        contexts.append(context)
        context.on("request", lambda request: asked.append(request))
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_
    for context in contexts:
        context.close()
    assert {urlsplit(request.url).hostname for request in asked} <= {"127.0.0.1", "localhost", None}  # None: data:
    referrers = {request.headers.get("referer", "") for request in asked}
    assert [text for text in referrers if without_secrets(text) != text or re.search(r"@|%40", text)] == []
    assert [text for text in complaints if "Content Security Policy" in text or "Error:" in text] == []


def log_in_staff(portal: Portal, page: Page, name: str) -> None:
    """Password, then a recovery code, as a member of staff types them."""
    email, password, codes = portal.accounts()[name]
    page.goto(f"{portal.url}/staf/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", password)
    page.click("main button[type=submit]")
    page.fill("[name=code]", codes[0])
    page.click("main button[type=submit] >> nth=0")
    page.wait_for_url("**/staf/")
