"""The December edition, who manages programmes, and a copy made by the form: what tests of editions share."""

from datetime import date, time, timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from programs import edition_copies
from programs.models import Program, TrainingSession, Venue
from programs.operations import editions
from tests.staff import make_staff, sign_in

DECEMBER = Path("programs/editions/2025_12.toml").read_text(encoding="utf-8")
NAMES = {"name_id": "Pelatihan berikutnya", "name_en": "The next training"}
LATER = {"registration_opens": "2089-12-01T10:00", "slug": "gig-ai-2090-01"} | NAMES
FIRST = date(2090, 1, 10)  # a Tuesday, as the source's first day
PROGRAMS = "/staf/programs/program/"


@pytest.fixture
def source():
    return editions.load(DECEMBER).program


@pytest.fixture
def editor():
    return sign_in(Client(), make_staff("editor", name="Pengelola"))


def page(answer):
    return BeautifulSoup(answer.text, "html.parser")


def shown(answer, which="form.copy-form"):
    """What a form on a page would send as it stands."""
    form = page(answer).select_one(which)
    sent = {}
    for field in form.select("input[name], select[name]"):
        if field.name == "select":
            sent[field["name"]] = field.select_one("option[selected]")["value"]
        elif field.get("type") == "checkbox":
            sent |= {field["name"]: "on"} if field.has_attr("checked") else {}
        else:
            sent[field["name"]] = field.get("value", "")
    return sent


def errors(answer):
    """The errors of a form by the name of the field that they stand beside."""
    found = {}
    for told in page(answer).select("form.copy-form .errorlist"):
        field = told.parent.select_one("[name]") if told.parent.name == "div" else None
        found[field["name"] if field else ""] = told.text
    return found


def copied(editor, source, *, first=FIRST, **fields):
    """Copy by the form as somebody does: look, change, look at what it says, press again."""
    path = f"{PROGRAMS}{source.pk}/salin/"
    names = {"name_id": f"Pelatihan {first:%Y-%m}", "name_en": f"Training {first:%Y-%m}"}
    sent = shown(editor.get(path)) | LATER | names | {"first_day": first.isoformat()} | fields
    answer = editor.post(path, sent)
    if answer.status_code == 200:
        answer = editor.post(path, shown(answer))
    assert answer.status_code == 302, errors(answer)
    return Program.objects.get(slug=sent["slug"])


def tables(program):
    return edition_copies.described(
        program, [edition_copies.as_it_is(row) for row in edition_copies.sessions_of(program)]
    )


def make_it_odd(source):
    """What staff change after loading: own seats and hours, a rule that is off with own words, a venue half sure."""
    jayapura, bali = (TrainingSession.objects.get(program=source, region__code=code) for code in ("91", "51"))
    TrainingSession.objects.filter(pk=jayapura.pk).update(capacity=250)
    jayapura.days.filter(number=2).update(starts_at=time(8), ends_at=time(12))
    Venue.objects.filter(pk=bali.venue_id).update(name="Gedung Dharma", address="Jalan Raya 1")
    words = {"subject_id": "Besok", "body_id": "Halo {nama}", "subject_en": "Tomorrow", "body_en": "Hello {nama}"}
    source.reminder_rules.filter(slug="eve").update(is_on=False, channels=["mail"], is_optional=True, **words)
    source.reminder_rules.filter(slug="morning").update(slug="Pagi_hari")
    moved = TrainingSession.objects.get(program=source, region__code="12")
    for day in moved.days.order_by("-number"):
        moved.days.filter(pk=day.pk).update(date=day.date + timedelta(days=1))
