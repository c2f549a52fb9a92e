"""Every page in every state as a picture: `make screens` writes them to screens/ with an index page.

Each page is taken at 360 and 1280 pixels, light and dark, in both languages, and in Indonesian at 320, 768 and 1440
too, from a real portal with real data. `make screens ONLY="door my-page"` takes those whose names begin so.
`tests/shots.py` says how a new page comes to them.
"""

from __future__ import annotations

import html
import shutil
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, sync_playwright

from portal import embedded
from tests.running import CHROMIUM, GOOGLE_KEYS, WHATSAPP_KEYS, Portal, launch_chromium, running_portal
from tests.shots import Shot, shots_of, show

OUT = embedded.ROOT / "screens"
WIDTHS = {"id": (360, 1280, 320, 768, 1440), "en": (360, 1280)}
SCHEMES = ("light", "dark")
AT_ONCE = 3  # browsers


def catcher_of(portal: Portal) -> list[Shot]:
    """The pages of the mail catcher."""
    letters = Shot("mail-catcher", portal.mails)
    return [letters, replace(letters, name="mail-catcher-mail", press=["main li a"], awaits="main pre")]


def take(base: str, shots: list[Shot]) -> list[tuple[Shot, str]]:
    """Take every picture, in several browsers at once."""
    waiting = [(shot, language) for shot in reversed(shots) for language in WIDTHS]
    taken: dict[str, Shot] = {}
    failed: list[BaseException] = []
    missed: list[str] = []

    def work() -> None:
        try:
            with sync_playwright() as playwright:
                browser = launch_chromium(playwright)
                page = browser.new_page()
                page.set_default_timeout(10_000)
                while waiting and not failed:
                    shot, language = waiting.pop()
                    page.set_viewport_size({"width": WIDTHS[language][0], "height": 800})  # a phone has every control
                    try:
                        show(page, shot, base, language)
                    except PlaywrightError as error:  # the picture tells more than the error
                        missed.append(f"{shot.name} {language}: {error.message}")
                    taken.update(dict.fromkeys(_pictures(page, f"{shot.name}-{{}}-{{}}-{language}.png"), shot))
                browser.close()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    if missed:
        print("\n".join(["These never came into their state:", *missed]), file=sys.stderr)  # noqa: T201
    place = {shot.name: number for number, shot in enumerate(shots)}
    return sorted(((shot, name) for name, shot in taken.items()), key=lambda item: place[item[0].name])


def _pictures(page: Page, name: str) -> list[str]:
    """Picture the open page at every width in both schemes; return the files' names."""
    names = []
    language = name.rpartition("-")[2].removesuffix(".png")
    for width in WIDTHS[language]:
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            names.append(name.format(width, scheme))
            page.screenshot(path=OUT / names[-1], full_page=True, animations="disabled")
    return names


INDEX = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Screens</title><style>
:root {{ color-scheme: light dark; --paper: #fbf8f1; --surface: #fff; --ink: #1b1530; --soft: #574f6b; --line: #ddd5c4;
  --link: #3a2aa8; font: 1rem/1.5 system-ui, sans-serif; }}
@media (prefers-color-scheme: dark) {{ :root {{ --paper: #120e22; --surface: #1c1732; --ink: #f3effc; --soft: #b9b0d0;
  --line: #362e55; --link: #b5aaff; }} }}
body {{ display: grid; grid-template-columns: 16rem minmax(0, 1fr); margin: 0; background: var(--paper);
  color: var(--ink); }}
nav {{ position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; box-sizing: border-box;
  background: var(--surface); border-right: 1px solid var(--line); }}
nav a {{ display: block; padding: .15rem .5rem; border-radius: .5rem; font-size: .8125rem; color: var(--link);
  text-decoration: none; overflow-wrap: anywhere; }}
nav a:hover {{ background: var(--paper); text-decoration: underline; }}
main {{ padding: 1rem 2rem; }} h1 {{ letter-spacing: -.02em; }} h2 {{ font-size: 1.125rem; margin: 1.5rem 0 .5rem; }}
section {{ scroll-margin-top: 1rem; }}
section div {{ display: flex; gap: 1rem; overflow-x: auto; padding-bottom: 1rem; align-items: start; }}
figure {{ margin: 0; flex: none; }} figcaption {{ font-size: .75rem; color: var(--soft); }}
img {{ height: 26rem; max-width: 40rem; object-fit: cover; object-position: top; border-radius: .75rem;
  border: 1px solid var(--line); }}
@media (max-width: 48rem) {{ body {{ display: block; }} main {{ padding: 1rem; }}
  nav {{ position: static; height: auto; max-height: 40vh; border: 0; border-bottom: 1px solid var(--line); }}
  nav a {{ padding-block: .4rem; }} img {{ height: 20rem; max-width: 80vw; }} }}
</style><nav aria-label="Pages">{links}</nav><main><h1>{count} pictures of {pages} pages</h1>{sections}</main></html>"""


def write_index(taken: list[tuple[Shot, str]]) -> None:
    """A page that shows all pictures of one page and state in a row, the phone's first."""
    rows: dict[str, list[str]] = {}
    for shot, name in taken:
        words = name.removesuffix(".png").removeprefix(f"{shot.name}-").split("-")
        rows.setdefault(shot.name, []).append(
            f'<figure><a href="{name}"><img src="{name}" alt="{name}" loading="lazy"></a>'
            f"<figcaption>{html.escape(' · '.join(words))}</figcaption></figure>"
        )
    sections = "".join(
        f'<section id="{name}"><h2>{name}</h2><div>{"".join(row)}</div></section>' for name, row in rows.items()
    )
    links = "".join(f'<a href="#{name}">{name}</a>' for name in rows)
    page = INDEX.format(links=links, count=len(taken), pages=len(rows), sections=sections)
    (OUT / "index.html").write_text(page)


def main(only: Sequence[str]) -> None:
    if CHROMIUM is None:
        sys.exit("There is no Chromium on this machine (on Debian: apt install chromium).")
    with running_portal(**GOOGLE_KEYS, **WHATSAPP_KEYS) as portal:
        shots = [*shots_of(portal), *catcher_of(portal)]
        shots = [shot for shot in shots if not only or shot.name.startswith(tuple(only))]
        if not shots:
            sys.exit(f"No page's name begins with {' or '.join(only)}.")
        if not only:
            shutil.rmtree(OUT, ignore_errors=True)
        OUT.mkdir(exist_ok=True)
        taken = take(portal.url, shots)
    write_index(taken)
    print(f"{len(taken)} pictures: {Path(OUT / 'index.html')}")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
