"""What a page costs on a weak line: bytes, first paint, and whether it can be used before any script.

    .venv/bin/python -m benchmarks.pages [runs]

Real Chromium at 360 pixels, through 400 kbit/s and 400 ms for each request (slow 3G), against a portal of its own. A page
is opened with an empty cache, then opened again under an address that the cache does not know, so that the page itself
comes anew and its files do not: as when the number of free seats has changed. Bytes are as they came over the line,
headers and icon included. "Usable" compares the page with and without scripts: every heading, link, field and button that
is there with them must be there without. Times are medians of the runs. Exits with 1 when a budget is missed.
"""

from __future__ import annotations

import statistics
import sys
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.running import launch_chromium, running_portal
from tests.shots import Shot, shots_of

PAGES = ("home", "session-open", "door-for-a-session", "register", "my-page-confirmed")
FIRST_VISIT, NEXT_VISIT, FIRST_PAINT = 45_000, 15_000, 1.5  # bytes, bytes, seconds
SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 400_000 / 8, "uploadThroughput": 400_000 / 8}
PAINTED = """new Promise(tell => {
  const found = () => performance.getEntriesByName("first-contentful-paint")[0];
  const look = () => found() ? tell(found().startTime / 1000) : setTimeout(look, 20);
  look();
})"""
ICON = "fetch(document.querySelector('link[rel=icon]').href).then(icon => icon.text()).then(() => null)"
# What can be read and done: headings, links with an address, fields with a name, and what sends a form.
USABLE = """() => [...document.querySelectorAll("h1, h2, h3, a[href], input[name], select[name], textarea[name], button")]
  .filter(e => e.type !== "hidden" && e.type !== "button" && e.checkVisibility({visibilityProperty: true}))
  .map(e => e.name || e.getAttribute("href") || e.innerText.trim() || e.tagName)"""


@dataclass
class Visit:
    """One opening of a page: bytes that came, and seconds until something was seen."""

    received: int
    painted: float


def throttled(context: BrowserContext) -> tuple[Page, list[int]]:
    """A page behind a weak line, and the growing list of what each of its requests received."""
    page, received = context.new_page(), []
    line = context.new_cdp_session(page)
    line.on("Network.loadingFinished", lambda event: received.append(int(event["encodedDataLength"])))
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW_3G)
    return page, received


def open_twice(browser: Browser, base: str, shot: Shot) -> tuple[Visit, Visit]:
    """The first visit and the next."""
    context = somebody(browser, base, shot)
    page, received = throttled(context)
    visits = []
    for address in (shot.path, f"{shot.path}?lagi"):
        received.clear()
        page.goto(base + address, wait_until="networkidle")
        painted = page.evaluate(PAINTED)
        page.evaluate(ICON)
        visits.append(Visit(sum(received), painted))
    context.close()
    return visits[0], visits[1]


def somebody(browser: Browser, base: str, shot: Shot) -> BrowserContext:
    """A browser of its own at 360 pixels, signed in as the shot says."""
    context = browser.new_context(viewport={"width": 360, "height": 780}, device_scale_factor=2, is_mobile=True)
    if shot.session:
        context.add_cookies([{"name": "session", "value": shot.session, "url": base}])
    return context


def missing_without_scripts(browser: Browser, base: str, shot: Shot) -> list[str]:
    """What the page lacks while no script has come."""
    found: list[list[Any]] = []
    for scripts in (True, False):
        context = somebody(browser, base, shot)
        if not scripts:
            context.route("**/*.js", lambda route: route.abort())
        page = context.new_page()
        page.goto(base + shot.path, wait_until="networkidle")
        found.append(page.evaluate(USABLE))
        context.close()
    with_scripts, without = found
    return sorted({name for name in with_scripts if with_scripts.count(name) > without.count(name)})


def main(runs: int) -> int:
    misses = []
    with running_portal() as portal, sync_playwright() as playwright:
        shots = {shot.name: shot for shot in shots_of(portal)}
        browser = launch_chromium(playwright)
        print(f"{'':<22}{'first visit':>20}{'next visit':>20}{'first paint':>18}   before any script")
        print(f"{'budget':<22}{FIRST_VISIT:>18,} B{NEXT_VISIT:>18,} B{FIRST_PAINT:>16.2f} s   usable")
        for name in PAGES:
            visits = [open_twice(browser, portal.url, shots[name]) for _ in range(runs)]
            first = max(first.received for first, _next in visits)
            again = max(again.received for _first, again in visits)
            painted = statistics.median(first.painted for first, _next in visits)
            lacks = missing_without_scripts(browser, portal.url, shots[name])
            usable = f"lacks {', '.join(lacks)}" if lacks else "usable"
            print(f"{name:<22}{first:>18,} B{again:>18,} B{painted:>16.2f} s   {usable}", flush=True)
            misses += [
                f"{name}: {what}"
                for what, missed in (
                    (f"first visit {first:,} B", first > FIRST_VISIT),
                    (f"next visit {again:,} B", again > NEXT_VISIT),
                    (f"first paint {painted:.2f} s", painted > FIRST_PAINT),
                    (usable, bool(lacks)),
                )
                if missed
            ]
        browser.close()
    print("\n" + ("\n".join(["missed:", *misses]) if misses else "every budget is kept"))
    return bool(misses)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
