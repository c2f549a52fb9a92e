"""A refusal beside a field, and in the summary above the form, where its code is said but once."""

import pytest
from bs4 import BeautifulSoup
from django import forms
from django.template.loader import render_to_string

from participants.operations.refusals import Refused
from participants.views import refusals


class Full(Refused):
    code, sentence, remedy = "full", "Penuh & <tutup>.", "Pilih sesi lain."


class OneField(forms.Form):
    seat = forms.CharField()


def summary(*, wrong):
    form = OneField({"seat": "1"})
    form.add_error("seat", wrong)
    return BeautifulSoup(render_to_string("components/error_summary.html", {"form": form}), "html.parser")


@pytest.mark.parametrize("component", ['<span class="reason small">Kode: full</span>', "<i>(full)</i>"])
def test_the_summary_says_all_but_the_code_however_that_is_marked(monkeypatch, component):
    monkeypatch.setattr(refusals, "render_to_string", lambda *_args: refusals.SafeString(component))
    told = refusals.in_full(Full())

    assert told == f"Penuh &amp; &lt;tutup&gt;. Pilih sesi lain. {component}"
    assert summary(wrong=told).li.text == "Seat: Penuh & <tutup>. Pilih sesi lain."


def test_words_of_a_form_stay_as_they_are():
    assert summary(wrong="Isi angka <1.").li.text == "Seat: Isi angka <1."
