from html.parser import HTMLParser

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates

from portal.forms import AREA, INPUTS, ControlRenderer

WIDGETS = [
    forms.TextInput({"maxlength": 20, "autofocus": True, "disabled": False, "class": 'a"b'}),
    forms.TextInput({"type": "tel"}),
    forms.EmailInput(),
    forms.HiddenInput(),
    forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    forms.CheckboxInput(),
]


@pytest.mark.parametrize("value", [None, "", "Siti", '<img src=x onerror="alert(1)">', "it's & co", True, 0])
@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: type(widget).__name__)
def test_an_input_says_what_djangos_own_template_says(widget, value):
    written = widget.render("field", value, {"id": "id_field"}, ControlRenderer())

    assert widget.template_name in INPUTS
    assert read(written) == read(widget.render("field", value, {"id": "id_field"}, DjangoTemplates()))


@pytest.mark.parametrize("value", [None, "", "Siti", "\nbaris <b>kedua</b>\n", "</textarea>", "it's & co"])
def test_an_area_says_what_djangos_own_template_says(value):
    area = forms.Textarea({"rows": 2, "maxlength": 500, "autofocus": True, "disabled": False, "class": 'a"b'})
    written = area.render("field", value, {"id": "id_field"}, ControlRenderer())

    assert area.template_name == AREA
    assert written == area.render("field", value, {"id": "id_field"}, DjangoTemplates())


def test_what_is_chosen_from_is_left_to_django():
    boxes = forms.CheckboxSelectMultiple(choices=[("a", "A"), ("b", "B")])

    assert boxes.render("field", ["a"], {}, ControlRenderer()) == boxes.render("field", ["a"], {}, DjangoTemplates())


class Asked(forms.Form):
    default_renderer = ControlRenderer()
    keep = forms.BooleanField(label="Tetap & sama")
    name = forms.CharField(label="Nama")


def test_what_stands_beside_a_box_ends_without_a_colon():
    written = Asked().as_p()

    assert '<label for="id_keep">Tetap &amp; sama</label>' in written
    assert '<label for="id_name">Nama</label>' in written


def read(html):
    """The element as a browser reads it: its attributes, whatever their order."""
    elements = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: elements.append((tag, sorted(attributes, key=str)))
    parser.feed(html)
    return elements
