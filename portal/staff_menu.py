"""The workplace's menu: every table and page under its work, in the order in which a day asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import get_language, pgettext_lazy

Words = str | Promise


class Table(NamedTuple):
    """A table by its model's label, called as its rows are unless the work has a word of its own for it."""

    label: str
    words: Words = ""


class Page(NamedTuple):
    """A page that is no table: its address, its words, and the right without which it is not there."""

    address: str
    words: Words
    right: str = ""


class Section(NamedTuple):
    words: Words
    entries: list[Table | Page]


SECTIONS = [
    Section(
        "",
        [
            Page("admin:index", pgettext_lazy("menu", "Hari ini")),
            Page(
                "admin:programs_trainingsession_dashboard",
                pgettext_lazy("menu", "Ringkasan"),
                "programs.view_trainingsession",
            ),
        ],
    ),
    Section(
        pgettext_lazy("menu", "Pelatihan"),
        [
            Table("programs.trainingsession", pgettext_lazy("menu", "Sesi")),
            Table("participants.attendancefact"),
        ],
    ),
    Section(
        pgettext_lazy("menu", "Orang"),
        [
            Table("participants.registration"),
            Table("participants.participant"),
            Table("participants.guardianrequest", pgettext_lazy("menu", "Izin wali")),
            Table("participants.registrationimport", pgettext_lazy("menu", "Impor dari berkas")),
            Table("participants.merge", pgettext_lazy("menu", "Catatan kembar")),
        ],
    ),
    Section(
        pgettext_lazy("menu", "Perlu jawaban"),
        [
            Table("participants.appeal"),
            Table("participants.accessibilityrequest"),
            Table("participants.approval"),
        ],
    ),
    Section(
        pgettext_lazy("menu", "Pesan"),
        [
            Page(
                "admin:programs_trainingsession_timeline",
                pgettext_lazy("menu", "Garis waktu"),
                "programs.view_trainingsession",
            ),
            Table("participants.broadcast"),
            Table("participants.notification", pgettext_lazy("menu", "Semua pesan")),
        ],
    ),
    Section(
        pgettext_lazy("menu", "Unduhan"),
        [
            Page("admin:attendance_export", pgettext_lazy("menu", "Unduh kehadiran"), "participants.export_attendance"),
            Table("participants.attendanceexport"),
            Table("participants.exportschedule"),
        ],
    ),
    Section(
        pgettext_lazy("menu", "Katalog"),
        [
            Table("programs.program"),
            Table("programs.module"),
            Table("programs.venue"),
            Table("programs.reminderrule"),
            Table("programs.partner"),
            Table("programs.partnership"),
            Table("programs.region"),
        ],
    ),
    Section(
        pgettext_lazy("menu", "Akun"),
        [
            Table("accounts.user", pgettext_lazy("menu", "Akun petugas")),
            Page("admin:accounts_user_invite", pgettext_lazy("menu", "Undang petugas"), "accounts.add_user"),
            Table("programs.coordination"),
        ],
    ),
    Section(
        pgettext_lazy("menu", "Jejak"),
        [
            Table("participants.deed"),
            Table("participants.consent", pgettext_lazy("menu", "Persetujuan peserta")),
            Table("participants.addresschange"),
        ],
    ),
]


@dataclass
class Entry:
    """One line of the menu as its reader sees it; `current` is what `aria-current` says, "" on every other page."""

    words: Words
    url: str
    current: str = ""


def sections_of(request: HttpRequest, tables: Mapping[type[Model], Any]) -> list[tuple[Words, list[Entry]]]:
    """The sections with what the reader may see of `tables` and pages; one that is empty is left out.

    Where the reader is, is the entry whose address is the longest beginning of the page's.
    """
    known = {model._meta.label_lower: table for model, table in tables.items()}
    sections = [(section.words, list(_seen(section, request, known))) for section in SECTIONS]
    home = reverse("admin:index")
    within = [
        entry
        for _words, entries in sections
        for entry in entries
        if request.path == entry.url or (entry.url != home and request.path.startswith(entry.url))
    ]
    if within:
        here = max(within, key=lambda entry: len(entry.url))
        here.current = "page" if request.path == here.url else "true"
    return [(words, entries) for words, entries in sections if entries]


def _seen(section: Section, request: HttpRequest, known: Mapping[str, Any]) -> Iterator[Entry]:
    user: Any = request.user
    language = get_language()
    for entry in section.entries:
        if isinstance(entry, Page):
            if not entry.right or user.has_perm(entry.right):
                yield Entry(entry.words, _url(entry.address, language))
            continue
        table = known[entry.label]
        if table.has_module_permission(request) and table.has_view_permission(request):
            words = entry.words or capfirst(table.opts.verbose_name_plural)
            yield Entry(words, _url(f"admin:{entry.label.replace('.', '_')}_changelist", language))


@lru_cache(maxsize=256)  # each page asks for forty addresses
def _url(name: str, language: str | None) -> str:
    """The address of `name`; the language spoken now is part of it."""
    return reverse(name)
