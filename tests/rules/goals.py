"""Where a page leads: the addresses in its tags, found without building the page, which takes far longer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape

TAG = re.compile(r"""<([a-z][a-z0-9]*)\b((?:[^>"']|"[^"]*"|'[^']*')*)>""", re.I)
ATTRIBUTE = re.compile(r"""([^\s"'>/=]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")


def goals_of(html: str, tags: Sequence[str], attributes: Sequence[str]) -> Iterator[str]:
    """The values of these attributes of these tags, or of all where none is named, as a browser reads them."""
    for tag, written in TAG.findall(html):
        if tags and tag.lower() not in tags:
            continue
        for name, *values in ATTRIBUTE.findall(written):
            if name.lower() in attributes:
                yield unescape("".join(values))
