"""What the tests of access ask a page, in its browser."""

from importlib.resources import files

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
# What a scheme can change. The other rules read the page, which is the same in light and in dark.
COLOURS = ["color-contrast", "link-in-text-block"]
ALL_BUT_COLOURS = {
    "runOnly": {"type": "tag", "values": WCAG},
    "rules": {rule: {"enabled": False} for rule in COLOURS},
    "resultTypes": ["violations"],
    "selectors": False,
}
ONLY_COLOURS = {"runOnly": {"type": "rule", "values": COLOURS}, "elementRef": True, "selectors": False}
TOLD = """const told = found => found.violations.flatMap(rule => rule.nodes.map(node =>
    `${rule.id}: ${node.html.slice(0, 160)} (${node.any.concat(node.all).map(check => check.message).join("; ")})`));"""
AUDIT = f"""async asked => {{ {TOLD} return told(await axe.run(document, asked)); }}"""
# Colours cost three quarters of all work, and a thousand pages are dressed alike. What a text wears is its own colour,
# size and weight, all that lies behind it, and what a link stands in; axe looks at what it has not judged before.
AUDIT_COLOURS = f"""async ([asked, known]) => {{ {TOLD}
  const behinds = new Map();
  const behind = e => {{
    if (!e) return "";
    if (!behinds.has(e)) {{
      const style = getComputedStyle(e), own = [];
      if (style.backgroundImage !== "none" || style.opacity !== "1" || style.position === "absolute")
        own.push(style.backgroundImage, style.opacity, style.position, e.className);
      if (style.backgroundColor !== "rgba(0, 0, 0, 0)") own.push(style.backgroundColor);
      behinds.set(e, own + (style.backgroundColor.startsWith("rgb(") ? "" : behind(e.parentElement)));
    }}
    return behinds.get(e);
  }};
  const worn = e => {{
    const own = getComputedStyle(e), around = getComputedStyle(e.parentElement);
    const text = [own.color, own.fontSize, own.fontWeight, own.textDecorationLine, own.textShadow];
    const link = e.matches("a") ? [around.color, around.fontWeight, around.display] : [];
    return text.concat(link, behind(e)).join();
  }};
  // What the page and all around a box that clips leave of it: [left, top, right, bottom]. axe, too, reads no other.
  const windows = new Map();
  const windowOf = e => {{
    if (!e) return [-scrollX, -scrollY, Infinity, Infinity];
    if (!windows.has(e))
      windows.set(e, getComputedStyle(e).overflowX === "visible" ? windowOf(e.parentElement) : shown(e));
    return windows.get(e);
  }};
  const shown = (e, box = e.getBoundingClientRect(), [left, top, right, bottom] = windowOf(e.parentElement)) =>
    [Math.max(box.left, left), Math.max(box.top, top), Math.min(box.right, right), Math.min(box.bottom, bottom)];
  const isSeen = e => {{
    const box = e.getBoundingClientRect(), [left, top, right, bottom] = shown(e, box);
    const spills = getComputedStyle(e).overflowX === "visible" && (box.width <= 1 || box.height <= 1);
    return spills || right - left > 1 && bottom - top > 1;
  }};
  const judged = new Set(known), keys = new Map();
  const text = /[^\\s\\u2000-\\u206F!-\\/:-@[-`{{-~]/;  // beside the marks that axe does not read either
  for (const e of document.querySelectorAll("body *")) {{
    const says = e.matches("input:not([type=checkbox], [type=radio]), select, textarea")
      || [...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && text.test(n.data));
    const key = says && e.checkVisibility({{opacityProperty: true}}) && isSeen(e) && worn(e);
    if (key && !judged.has(key)) keys.set(e, key);
  }}
  if (!keys.size) return [[], []];
  for (const e of keys.keys()) e.setAttribute("data-unjudged", "");
  const found = await axe.run({{include: [["[data-unjudged]"]]}}, asked);
  for (const e of keys.keys()) e.removeAttribute("data-unjudged");
  const worns = rules => rules.flatMap(rule => rule.id === "color-contrast" ? rule.nodes : [])
    .map(node => keys.get(node.element)).filter(Boolean);
  const onPictures = worns(found.incomplete).filter(key => /gradient|url/.test(key));  // of which axe never knows
  return [told(found), [...new Set(worns(found.passes.concat(found.violations)).concat(onPictures))]];
}}"""
# An element whose box passes the right edge, unless something between it and the page scrolls or clips it.
SIDEWAYS = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const held = element => {
    for (let e = element.parentElement; e && e !== document.body; e = e.parentElement)
      if (getComputedStyle(e).overflowX !== "visible") return true;
    return false;
  };
  return [...document.querySelectorAll("body *")]
    .filter(e => e.getBoundingClientRect().right > width + 1 && !held(e)).slice(0, 3)
    .map(e => e.outerHTML.slice(0, 120)).concat(`scrolls to ${document.documentElement.scrollWidth} px`);
}"""
# Text that its own box hides: an element that clips and whose content is larger than it.
CUT = """() => [...document.querySelectorAll("body *")].filter(e => {
  const style = getComputedStyle(e), box = e.getBoundingClientRect();
  if (!e.innerText || box.width <= 1 || box.height <= 1 || style.visibility === "hidden") return false;
  const hides = way => ["hidden", "clip"].includes(way);
  return (hides(style.overflowX) && e.scrollWidth > e.clientWidth + 1)
      || (hides(style.overflowY) && e.scrollHeight > e.clientHeight + 1);
}).map(e => e.outerHTML.slice(0, 120))"""

# What is found where letters are twice as large; then they are as before.
TWICE_THE_SIZE = f"""() => {{
  const large = document.createElement("style");
  large.textContent = "html {{ font-size: 200% }}";
  document.head.append(large);
  const found = [...({SIDEWAYS})(), ...({CUT})()];
  large.remove();
  return found;
}}"""
# Else colours are read half-way.
STILL = """addEventListener("DOMContentLoaded", () => {
  const still = document.createElement("style");
  still.textContent = "* { transition: none !important }";
  document.head.append(still);
});"""

# Whether what has the focus lies in the window and is drawn with an outline or a border of the focus' colour.
FOCUS_SHOWS = """() => {
  const e = document.activeElement;
  if (e === document.body) return true;
  const style = getComputedStyle(e), box = e.getBoundingClientRect();
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
      && box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0;
}"""
