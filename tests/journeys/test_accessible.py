"""Every page in every state, asked what it denies to people: by axe-core, narrow, enlarged, and by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from playwright.sync_api import Browser, Page, TimeoutError, ViewportSize

from tests.journeys.access_scripts import (
    ALL_BUT_COLOURS,
    AUDIT,
    AUDIT_COLOURS,
    AXE,
    COLOURS,
    CUT,
    FOCUS_SHOWS,
    ONLY_COLOURS,
    SIDEWAYS,
    STILL,
    TWICE_THE_SIZE,
)
from tests.journeys.steps import mail_to
from tests.running import GOOGLE_KEYS, WHATSAPP_KEYS, Portal, running_portal
from tests.shots import LANGUAGES, Shot, shots_of, show

pytestmark = [pytest.mark.xdist_group("accessible")]
ALIKE = ("staff-table-", "mail-")  # tables of one template each, and no pages: `make screens` shows them
ONE_OF_EACH = {
    f"staff-table-{page}" for page in ("user", "user-row", "user-add", "registration-history", "coordination-delete")
}
NARROWEST, NARROW = 320, 360  # pixels


@pytest.fixture(scope="module")
def browser(hasty_browser: Browser) -> Browser:
    return hasty_browser


@pytest.fixture(scope="module")
def gallery() -> Iterator[tuple[Portal, list[Shot]]]:
    """A portal of these tests' own, filled with every state."""
    with running_portal(**GOOGLE_KEYS, **WHATSAPP_KEYS) as portal:
        every = shots_of(portal)
        assert {shot.name for shot in every} >= ONE_OF_EACH
        shots = [shot for shot in every if shot.name in ONE_OF_EACH or not shot.name.startswith(ALIKE)]
        yield portal, shots


def blank(browser: Browser) -> Page:
    """A page of a narrow window that knows axe wherever it goes, but where `show` only passes through."""
    context = browser.new_context(viewport=window(NARROW), bypass_csp=True)
    context.add_init_script(f"if (location.pathname !== '/livez') {{ {STILL} {AXE} }}")
    return context.new_page()


def window(width: int) -> ViewportSize:
    return {"width": width, "height": 780}


def audit(page: Page) -> list[str]:
    """All rules of WCAG but those of colours."""
    return page.evaluate(AUDIT, ALL_BUT_COLOURS)


def audit_colours(page: Page, judged: set[str]) -> list[str]:
    """What cannot be read of all that wears what is not yet among the `judged`, which learn it."""
    complaints, seen = page.evaluate(AUDIT_COLOURS, [ONLY_COLOURS, sorted(judged)])
    judged.update(seen)
    return complaints


def test_knows_the_rules_of_wcag_2_2(browser):
    page = blank(browser)
    page.set_content("<html lang=id><title>x</title><main><img src=x></main>")

    assert [text.split(":")[0] for text in audit(page)] == ["image-alt"]
    assert page.evaluate("axe.getRules(['wcag22aa']).length") > 0
    page.context.close()


@pytest.mark.parametrize(
    "pale",
    [
        "<p style='color:#ccc'>pale</p>",
        "<div style='background:#666'><p>dark on grey</p></div>",
        "<div style='background:#666'><div><p style='background:#0000'>seen through</p></div></div>",
        "<p>In the midst of other words <a href=/x style='color:#111;text-decoration:none'>a link</a></p>",
        "<p style='opacity:.3'>faint</p>",
        "<input value=typed style='color:#ccc'>",
        "<p style='height:1px;color:#ccc'>larger than its box</p>",
    ],
)
def test_colours_are_judged_once_for_all_that_is_dressed_alike(browser, pale):
    page, judged = blank(browser), set()
    page.set_content("<p>black on white, and <a href=/x>a link</a></p><input value=typed>")
    assert audit_colours(page, judged) == []
    known = len(judged)
    assert known >= 3

    page.set_content(f"<p>black on white, and <a href=/x>a link</a></p>{pale}")
    (complaint,) = audit_colours(page, judged)

    assert complaint.split(":")[0] in COLOURS
    assert audit_colours(page, judged) == [] or complaint.startswith("link")
    assert len(judged) > known
    page.context.close()


@pytest.mark.parametrize(
    "unseen",
    [
        "<p style='position:absolute;left:-999px'>beside the page</p>",
        "<p style='position:absolute;width:1px;height:1px;overflow:hidden'>for ears</p>",
        "<div style='width:1px;height:1px;overflow:hidden'><p>for ears</p></div>",
        "<p style='opacity:0'>not yet</p>",
        "<p>\u2014</p><input type=checkbox style='color:#ccc'>",
        "<p style='background:linear-gradient(#fff, #eee)'>on a picture: axe does not know</p>",
    ],
)
def test_colours_of_what_nobody_can_see_or_judge_are_not_asked_again(browser, unseen):
    page, judged = blank(browser), set()
    page.set_content(f"<p>black on white</p>{unseen}")
    assert audit_colours(page, judged) == []

    page.evaluate("axe.run = () => { throw new Error('asked again') }; 0")
    assert audit_colours(page, judged) == []
    page.context.close()


def test_finds_what_scrolls_what_is_cut_and_what_hides_its_focus(browser):
    page = blank(browser)
    page.set_content("<p style='width:500px'>wide</p><p style='height:5px;overflow:hidden'>cut</p><a href=#>go</a>")

    assert page.evaluate(SIDEWAYS)[-1].startswith("scrolls to 5")
    assert page.evaluate(CUT) == ['<p style="height:5px;overflow:hidden">cut</p>']
    assert page.evaluate(TWICE_THE_SIZE) == page.evaluate(SIDEWAYS) + page.evaluate(CUT)
    page.keyboard.press("Tab")
    page.add_style_tag(content="a { outline: 3px solid red }")
    assert page.evaluate(FOCUS_SHOWS) is True
    page.add_style_tag(content="a { outline: none !important }")
    assert page.evaluate(FOCUS_SHOWS) is False
    page.context.close()


def languages_of(shot: Shot, number: int) -> Sequence[str]:
    """Both for what the public reads. The workplace is made of the same few parts: its pages take turns."""
    return LANGUAGES if not shot.path.startswith("/staf/") else LANGUAGES[number % 2 :][:1]


@pytest.fixture(scope="module")
def found(browser: Browser, gallery: tuple[Portal, list[Shot]]) -> dict[str, dict[str, list[str]]]:
    """What each rule finds on each page that breaks it. Every state is visited once a language: some wear out.

    Colours are looked at in one language, there in light and in dark: which ones meet depends on the state and the
    scheme, and never on the words.
    """
    portal, shots = gallery
    page = blank(browser)
    rules: dict[str, dict[str, list[str]]] = {"wcag": {}, "320 pixels": {}, "twice the size": {}}
    judged: set[str] = set()
    scheme, other = "light", "dark"
    for number, shot in enumerate(shots):
        for language in languages_of(shot, number):
            show(page, shot, portal.url, language)
            name, width = f"{shot.name} {language}", page.viewport_size["width"]
            if width == NARROWEST:  # as the page before has left it: a window that changes lays everything out anew
                rules["320 pixels"][name] = page.evaluate(SIDEWAYS)
                page.set_viewport_size(window(NARROW))
            complaints = audit(page)
            if language == languages_of(shot, number)[0]:
                complaints += [f"{scheme}: {text}" for text in audit_colours(page, judged)]
                scheme, other = other, scheme
                page.emulate_media(color_scheme=scheme)
                complaints += [f"{scheme}: {text}" for text in audit_colours(page, judged)]
            rules["wcag"][name] = complaints
            rules["twice the size"][name] = page.evaluate(TWICE_THE_SIZE)
            if width == NARROW:
                page.set_viewport_size(window(NARROWEST))
                rules["320 pixels"][name] = page.evaluate(SIDEWAYS)
    page.context.close()
    return {rule: {name: texts for name, texts in pages.items() if texts} for rule, pages in rules.items()}


@pytest.mark.parametrize("rule", ["wcag", "320 pixels", "twice the size"])
def test_no_page_breaks_a_rule(found, rule):
    """Of WCAG 2.2 A and AA; nor scrolls sideways in the narrowest window, nor cuts text at twice the size."""
    assert found[rule] == {}


def test_finds_what_does_not_fit_at_twice_the_size_alone(browser):
    page = blank(browser)
    page.set_content("<p style='width:12rem'>wide</p><p style='height:40px;overflow:hidden'>cut<br>off</p>")
    before = page.evaluate(SIDEWAYS) + page.evaluate(CUT)

    found = [text[:10] for text in page.evaluate(TWICE_THE_SIZE)]

    assert found == ['<p style="', "scrolls to", '<p style="']
    assert before == page.evaluate(SIDEWAYS) + page.evaluate(CUT) == []
    page.context.close()


def test_registers_by_keyboard_alone(gallery, open_page):
    """Tab, Space, Enter and typing, from the home page to one's own; what has the focus always shows it."""
    portal, session = gallery[0], "makassar-2025-12"
    page = open_page()
    page.goto(portal.url)
    go_to(page, "main a[href='/sesi/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sesi/")
    go_to(page, f"main a[href='/sesi/{session}/']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/sesi/{session}/")
    go_to(page, f"a[href='/daftar/{session}/']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/daftar/{session}/")
    go_to(page, "[name=email]")
    page.keyboard.type("papan.tik@example.com")
    page.keyboard.press("Enter")
    page.wait_for_selector("[name=code]")
    mail = mail_to(portal, "papan.tik@example.com", "adalah kode masukmu")
    go_to(page, "[name=code]")
    page.keyboard.type(mail.subject.split()[0])
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/daftar/{session}/")
    go_to(page, "[name=birth_date]")
    page.keyboard.type("05172004")
    go_to(page, "[name=full_name]")
    page.keyboard.type("Papan Tik")
    go_to(page, "[name=region]")
    page.keyboard.press("ArrowDown")
    go_to(page, "[name=phone]:visible")
    page.keyboard.type("081234567890")
    go_to(page, "[name=occupation]:visible")
    page.keyboard.press("ArrowDown")
    go_to(page, "[name=consent_training]:visible")
    page.keyboard.press("Space")
    go_to(page, "form[data-register] button")
    page.keyboard.press("Enter")
    go_to(page, "[data-send]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/saya/")

    assert "Kursimu pasti" in page.inner_text("h1")


def test_the_first_tab_leads_past_the_menu(gallery, open_page):
    page = open_page()
    page.goto(gallery[0].url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#isi"

    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def go_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus; on the way every stop must be seen to have it."""
    target = page.locator(selector).first
    for _ in range(120):
        page.keyboard.press("Tab")
        try:
            page.wait_for_function(FOCUS_SHOWS, timeout=5_000)  # the page may still be scrolling there
        except TimeoutError:
            raise AssertionError(page.evaluate("document.activeElement.outerHTML.slice(0, 200)")) from None
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"no Tab leads to {selector}")
