"""What templates say on every page is written in once for each language, and nothing else is."""

import pytest
from django.template import Context, Engine, TemplateDoesNotExist, engines
from django.template.base import TextNode
from django.template.loader import get_template
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import mark_safe

from portal.template_loader import fold


def read(source, **facts):
    """What a page from `source` says, folded and not."""
    engine = engines["django"].engine
    plain, folded = engine.from_string(source), engine.from_string(source)
    context = Context()
    with context.bind_template(folded):
        fold(folded.nodelist, context)
    said = folded.render(Context(facts))
    assert said == plain.render(Context(facts))
    return said, folded.nodelist


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize(
    "source",
    [
        '{% load i18n %}<p title="a">{% translate "Masuk" %}</p>',
        '{% load i18n %}{% translate "Sesi" context "menu" %}',
        "{% load i18n %}{% blocktranslate %}Kirim kode{% endblocktranslate %}",
        '{% url "door" %}',
        '{% load static %}<link href="{% static "css/portal.css" %}">',
        '{% comment %}no word{% endcomment %}{% load i18n %}{% translate "100%" %}',
    ],
)
def test_constant_parts_become_one_text(source, language):
    with translation.override(language):
        said, nodes = read(source)

    assert [type(node) for node in nodes] == [TextNode]
    assert nodes[0].s == said


@pytest.mark.parametrize(
    "source",
    [
        "{% load i18n %}{% translate name %}",
        '{% load i18n %}{% translate "Masuk" as told %}{{ told }}',
        '{% load i18n %}{% translate "masuk"|title %}',
        "{% load i18n %}{% blocktranslate %}Kode untuk {{ name }}{% endblocktranslate %}",
        "{% load i18n %}{% blocktranslate with other=name %}Kode untuk {{ other }}{% endblocktranslate %}",
        "{% load i18n %}{% blocktranslate count n=many %}{{ n }} hari{% plural %}{{ n }} hari{% endblocktranslate %}",
        '{% url "session" name|slugify %}',
        '{% load i18n %}{% language "en" %}{% translate "Masuk" %}{% endlanguage %}',
    ],
)
def test_what_depends_on_the_page_is_left_to_it(source):
    read(source, name="Masuk", many=2)
    said, _nodes = read(source, name="<b>", many=1)

    assert "<b>" not in said


@pytest.mark.parametrize("shown", [True, False])
def test_parts_of_conditions_loops_and_blocks_are_folded_too(shown):
    source = (
        '{% load i18n %}{% if shown %}{% translate "Masuk" %}{% else %}{% translate "Keluar" %}{% endif %}'
        '{% for day in days %}{% translate "Sesi" context "menu" %}{% empty %}{% url "home" %}{% endfor %}'
        '{% block part %}{% translate "Kembali" %}{% endblock %}{% with a=1 %}{% translate "Kembali" %}{% endwith %}'
    )
    _said, nodes = read(source, shown=shown, days=[1, 2] if shown else [])

    assert len(nodes) == 4
    inner = [text for node in nodes for text in node.get_nodes_by_type(TextNode)]
    assert {text.s for text in inner} == {"Masuk", "Keluar", "Sesi", "/", "Kembali"}


def test_address_of_no_page_fails_only_where_it_is_shown():
    said, nodes = read('{% if never %}{% url "no such page" %}{% endif %}')

    assert said == ""
    assert len(nodes) == 1


@pytest.mark.parametrize(
    ("source", "options"),
    [
        ('{% load i18n %}{% translate "Masuk" %}', "filter_expression noop asvar message_context"),
        (
            "{% load i18n %}{% blocktranslate %}Masuk{% endblocktranslate %}",
            "extra_context singular plural countervar counter message_context trimmed asvar tag_name",
        ),
        ('{% url "door" %}', "view_name args kwargs asvar"),
        ('{% load static %}{% static "css/portal.css" %}', "path varname"),
    ],
)
def test_tags_have_no_option_that_folding_does_not_know(source, options):
    """Another one, of another release of Django, may depend on the page."""
    node = engines["django"].engine.from_string(source).nodelist[-1]

    assert vars(node).keys() - {"token", "origin"} == {*options.split()}


def test_each_language_has_its_own():
    def said(language):
        with translation.override(language):
            return get_template("components/language.html").template, reverse("door")

    assert said("id")[0] is said("id")[0]
    assert said("id")[0] is not said("en")[0]


def test_missing_template_is_missing_twice():
    for _time in range(2):
        with pytest.raises(TemplateDoesNotExist):
            get_template("no/such.html")


def test_text_that_is_mailed_is_not_escaped():
    said, _nodes = read(
        '{% load i18n %}{% autoescape off %}{% translate "Ada pertanyaan?" %} & {{ x }}{% endautoescape %}',
        x=mark_safe("<"),
    )

    assert said.endswith("& <")
    assert Engine.get_default() is engines["django"].engine


def test_included_template_is_looked_for_once_in_each_language(monkeypatch):
    page = '{% for number in numbers %}{% include "components/mark.html" %}{% endfor %}'
    said, nodes = read(page, numbers=[1, 2])
    monkeypatch.setattr(Engine, "get_template", None)  # whoever looks fails

    again = "".join(node.render(Context({"numbers": [1, 2]})) for node in nodes)

    assert again == said
    assert said.count("<svg") == 2
