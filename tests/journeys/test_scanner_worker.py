"""The scanner's page and its files come together or not at all, whatever an upgrade and a bad line leave of them.

Its service worker runs in an empty page, where a list stands for what the server gives and another for what is kept.
"""

import re

import pytest

from portal.embedded import ROOT

pytestmark = pytest.mark.xdist_group("journey")
WORKER = (ROOT / "static" / "js" / "scanner_worker.js").read_text()
WORLD = """() => {
  const served = {}, kept = new Map(), told = [], windows = [], handlers = {};
  const location = { origin: "https://portal" };
  const pathOf = (what) => new URL(what.url || what, "https://portal").pathname;
  const fetch = async (what) => {
    if (!(pathOf(what) in served)) throw new TypeError("no line");
    return new Response(served[pathOf(what)]);
  };
  const cache = {
    match: async (what) => (kept.has(pathOf(what)) ? new Response(kept.get(pathOf(what))) : undefined),
    put: async (what, answer) => { kept.set(pathOf(what), await answer.text()); },
    add: async (what) => cache.put(what, await fetch(what)),
    delete: async (what) => kept.delete(pathOf(what)),
    keys: async () => [...kept.keys()].map((place) => ({ url: "https://portal" + place })),
  };
  const caches = { open: async () => cache, match: cache.match };
  const self = {
    addEventListener: (name, handle) => { handlers[name] = handle; },
    clients: { matchAll: async () => windows },
    registration: { scope: "https://portal/pemindai/" },
  };
  const phone = { url: "https://portal/pemindai/#pair=123", postMessage: (word) => told.push(word) };
  windows.push(phone);
  %s
  const done = async (name, event) => {
    let answer;
    const later = [];
    handlers[name]({ ...event, waitUntil: (work) => later.push(work), respondWith: (given) => { answer = given; } });
    const text = await (await answer)?.text();
    await Promise.all(later);
    return text;
  };
  const request = { method: "GET", mode: "navigate", url: "https://portal/pemindai/?x#y" };
  window.door = { served, told, windows, phone, names: () => [...kept.keys()].sort(),
    open: () => done("fetch", { request }), say: (data) => done("message", { data, source: phone }) };
}"""
OLD, NEW = "0" * 16, "1" * 16


def page_of(version):
    script, picture = files_of(version)
    return f'<main data-version="{version}"><script src="{script}"></script><use href="{picture}#x">'


def files_of(version):
    return [f"/static/a.{version}.js", f"/static/b.{version}.svg"]


@pytest.fixture
def door(open_page):
    """A phone that has kept the page of before; since then the server gives the new one and its first file alone."""
    page = open_page()
    page.evaluate(WORLD % WORKER)
    serve(page, OLD, files_of(OLD))
    assert page.evaluate("door.open()") == page_of(OLD)
    serve(page, NEW, files_of(NEW)[:1])
    return page


def serve(page, version, files):
    given = {"/pemindai/": page_of(version), **dict.fromkeys(files, "")}
    page.evaluate(
        "(given) => { for (const n in door.served) delete door.served[n]; Object.assign(door.served, given); }", given
    )


def kept(page):
    return set(page.evaluate("door.names()"))


def shown(page):
    return re.search(r'data-version="(\w+)"', page.evaluate("door.open()"))[1]


def test_a_new_page_is_not_shown_before_all_its_files_are_there(door):
    assert shown(door) == OLD
    assert kept(door) >= {"/pemindai/", *files_of(OLD)}
    door.evaluate("() => { for (const name in door.served) delete door.served[name]; }")  # and without a line
    assert shown(door) == OLD

    serve(door, NEW, files_of(NEW))
    assert [shown(door), shown(door)] == [OLD, NEW]
    assert kept(door) == {"/pemindai/", *files_of(OLD), *files_of(NEW)}  # of before, too: that page may be open


def test_a_page_that_is_open_is_told_of_a_new_one_once_that_is_whole(door):
    door.evaluate("(version) => door.say({ keep: version })", OLD)
    assert door.evaluate("door.told") == []
    assert shown(door) == OLD

    serve(door, NEW, files_of(NEW))
    door.evaluate("(version) => door.say({ keep: version })", OLD)
    assert door.evaluate("door.told") == [{"kept": NEW}]
    assert kept(door) == {"/pemindai/", *files_of(OLD), *files_of(NEW)}
    assert shown(door) == NEW


def test_what_no_page_needs_goes_when_the_new_one_runs_alone(door):
    serve(door, NEW, files_of(NEW))
    door.evaluate("() => { door.windows.push(door.phone); }")
    door.evaluate("(version) => door.say({ keep: version })", NEW)
    assert kept(door) >= {*files_of(OLD)}

    door.evaluate("() => { door.windows.pop(); }")
    door.evaluate("(version) => door.say({ keep: version })", NEW)
    assert kept(door) == {"/pemindai/", *files_of(NEW)}
    assert door.evaluate("door.told") == []


def test_a_page_of_before_that_asks_in_its_own_word_is_kept_and_loses_nothing(door):
    serve(door, NEW, files_of(NEW))
    door.evaluate("door.say('keep')")

    assert kept(door) == {"/pemindai/", *files_of(OLD), *files_of(NEW)}
    assert door.evaluate("door.told") == []
