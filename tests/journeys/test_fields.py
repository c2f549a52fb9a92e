"""The script of every form, on a page of its own: what was refused goes once it is mended."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.template.loader import render_to_string
from playwright.sync_api import Page

from portal import embedded

pytestmark = [pytest.mark.xdist_group("journey")]
CHOICES = [("ill", "Sakit"), ("exam", "Ujian")]


class Answers(forms.Form):
    """A group of radio buttons, a list and a box, each of which has to be answered."""

    why = forms.ChoiceField(choices=CHOICES, widget=forms.RadioSelect, label="Mengapa?")
    which = forms.ChoiceField(choices=[("", "Pilih satu"), *CHOICES], label="Yang mana?")
    sure = forms.BooleanField(label="Yakin")


@pytest.fixture
def refused(open_page) -> Page:
    """A page on which nothing was answered, and that says so."""
    form = Answers({})
    assert not form.is_valid()
    fields = "".join(render_to_string("components/field.html", {"field": field}) for field in form)
    page = open_page()
    page.set_content(f"<form>{render_to_string('components/error_summary.html', {'form': form})}{fields}</form>")
    page.add_script_tag(path=embedded.ROOT / "static/js/fields.js")
    return page


def stands(page: Page) -> tuple[list[Any], int, int]:
    """Whither the lines of the summary lead, how many controls are called wrong, and how many sentences say so."""
    lines = [link.get_attribute("href") for link in page.locator("#galat a").all()]
    return lines, page.locator("[aria-invalid=true]").count(), page.locator(".error").count()


def test_a_group_of_radio_buttons_clears_as_a_list_does(refused):
    assert stands(refused) == (["#id_why_0", "#id_which", "#id_sure"], 4, 3)

    refused.check("[value=exam]:not(option)")
    assert stands(refused) == (["#id_which", "#id_sure"], 2, 2)

    refused.select_option("[name=which]", "ill")
    refused.check("[name=sure]")
    assert refused.locator("#galat").count() == 0
    assert stands(refused) == ([], 0, 0)


def test_each_line_of_the_summary_leads_to_a_control(refused):
    for line in stands(refused)[0]:
        assert refused.locator(line).count() == 1
        assert refused.locator(line).evaluate("control => control.matches('input, select')")
