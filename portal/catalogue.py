"""The catalogue of translations: what people read is written in Indonesian in the code, its English stands in one file.

Done with Babel and Django's own template reader, so that no gettext tools are needed on the machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
ENGLISH = ROOT / "portal" / "locale" / "en" / "LC_MESSAGES" / "django.po"
CORRECTIONS = ROOT / "portal" / "locale" / "id" / "LC_MESSAGES" / "django.po"  # of Django's own Indonesian
HEADER = (
    b'msgid ""\nmsgstr ""\n"Language: en\\n"\n"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    b'"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
)
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def compile_catalogue() -> None:
    """Write the binary files that Django reads beside the catalogues."""
    for language, file in (("en", ENGLISH), ("id", CORRECTIONS)):
        with file.open("rb") as source, file.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, read_po(source, locale=language))


def read_english() -> Catalog:
    with ENGLISH.open("rb") as source:
        return read_po(source, locale="en")


def update() -> Catalog:
    """Bring the English catalogue up to date with the code: new texts empty, unused ones gone, nothing guessed."""
    english = read_english()
    english.update(read_code(), no_fuzzy_matching=True)
    english.obsolete.clear()
    with ENGLISH.open("wb") as target:
        target.write(HEADER)
        write_po(target, english, width=100, no_location=True, sort_output=True, omit_header=True)
    return english


def read_code() -> Catalog:
    """All texts marked for translation in Python and templates."""
    catalogue = Catalog(locale="id", domain="django")
    for path, source in _sources():
        for _line, message, comments, context in extract("python", BytesIO(source), KEYWORDS, ["Translators:"]):
            catalogue.add(
                message, locations=[(str(path.relative_to(ROOT)), 0)], auto_comments=comments, context=context
            )
    return catalogue


def _sources() -> Iterator[tuple[Path, bytes]]:
    for app in ("portal", "programs", "participants"):
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, path.read_bytes()
    for pattern in ("*.html", "*.txt"):
        for path in sorted((ROOT / "templates").rglob(pattern)):
            calls = templatize(path.read_text(encoding="utf-8"), origin=str(path))
            # The reader keeps the page's indentation, which is none that Python's tokenizer would take.
            yield path, "\n".join(line.strip() for line in calls.splitlines()).encode()
