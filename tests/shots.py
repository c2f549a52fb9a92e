"""Every page in every state: what one is, who looks at it, what they do there, and how a browser is brought to it.

`tests/states/` makes the data and names the pages. A new page is one more line there; pictures, the accessibility tests
and the benchmark of pages then look at it too.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import django
from playwright.sync_api import Page, Route

from tests.running import Portal

LANGUAGES = ("id", "en")
# What scripts hear of when somebody types a value, ticks or chooses, and goes on.
TYPE = """(control, value) => {
  const chosen = [...control.options ?? []].find(option => [option.value, option.label].includes(String(value)));
  if (control.options && !chosen) throw new Error(`no ${value} in ${control.name}`);
  control.focus();
  if (control.type === "checkbox") { if (control.checked !== value) control.click(); }
  else {
    control.value = chosen?.value ?? value;
    for (const what of ["input", "change"]) control.dispatchEvent(new Event(what, {bubbles: true}));
  }
  control.blur();
}"""
SENDS_WHATEVER_IS_TYPED = "button => { if (button.form) button.form.noValidate = true; }"


@dataclass(frozen=True)
class Shot:
    """One page in one state: what it is called, where it is, who looks at it, and what they do there.

    `session` and `door` are cookies, `forgets` is one that is lost before anything is pressed; `typed` is values by the
    names of controls; `press` is what is pressed, one after the other; `awaits` is what then must be there. Requests
    for what `blocked` names fail, those for what `stalled` names are never answered. `answers` are whole pages by
    language, shown in the place of the portal's answer.
    """

    name: str
    path: str
    session: str = ""
    typed: dict[str, Any] = field(default_factory=dict)
    press: Sequence[str] = ()
    awaits: str = "main"
    door: str = ""
    forgets: str = ""
    blocked: str = ""
    stalled: str = ""
    answers: dict[str, str] = field(default_factory=dict)

    def url(self, base: str, language: str) -> str:
        if self.path.startswith("http"):
            return self.path
        return base + ("/en" if language == "en" else "") + self.path


def shots_of(portal: Portal) -> list[Shot]:
    """Make the data of every state in a running portal, and name every page in every state."""
    return [Shot(**shot) for shot in json.loads(portal.python("-m", "tests.shots"))]


_stalled: dict[Page, list[Route]] = {}  # requests that wait until their page shows something else
_touched: set[Page] = set()  # those where something was typed or pressed


def show(page: Page, shot: Shot, base: str, language: str) -> None:
    """Open the page in its state, as the person whom the shot names."""
    for route in _stalled.pop(page, []):
        route.abort()
    page.unroute_all()
    if page in _touched:
        # What it may still be about to send is not sent any more. Of the same site, as every other place costs the
        # browser a new process.
        page.goto(f"{base}/livez")
        _touched.remove(page)
    page.context.clear_cookies()
    for name, value in (("session", shot.session), ("door", shot.door)):
        if value:
            page.context.add_cookies([{"name": name, "value": value, "url": base}])
    if shot.answers:
        page.route("**" + shot.path, lambda route: route.fulfill(body=shot.answers[language], content_type="text/html"))
    if shot.blocked:
        page.route(shot.blocked, lambda route: route.abort())
    if shot.stalled:
        page.route(shot.stalled, lambda route: _stalled.setdefault(page, []).append(route))
    page.goto(shot.url(base, language))
    if shot.typed or shot.press:
        _touched.add(page)
    for name, value in shot.typed.items():
        page.locator(f"main [name={name}]:visible").first.evaluate(TYPE, value)
    if shot.forgets:
        page.context.clear_cookies(name=shot.forgets)
    for selector in shot.press:
        page.locator(selector).first.evaluate(SENDS_WHATEVER_IS_TYPED)
        page.click(selector)
        page.wait_for_load_state()
    if shot.press:
        page.wait_for_selector(shot.awaits)


if __name__ == "__main__":
    django.setup()
    from tests.states.pages import pages

    print(json.dumps([asdict(shot) for shot in pages()]))  # noqa: T201
