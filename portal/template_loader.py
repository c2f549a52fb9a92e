"""Templates kept once for each language, with what is the same on every page in it written in as text.

Django asks the catalogue for each `{% translate "…" %}`, the table of URLs for each `{% url "…" %}`, the list of files
for each `{% static "…" %}` and the loader for each `{% include "…" %}` whenever a page is written: an eighth of what a
private page costs. The address alone says the language, and neither texts nor addresses nor files change while a
process lives.
"""

from __future__ import annotations

from typing import Any, cast

from django.template import Context, Template
from django.template.base import FilterExpression, Node, NodeList, TextNode, Variable
from django.template.defaulttags import CommentNode, LoadNode, URLNode
from django.template.loader_tags import IncludeNode
from django.template.loaders import base, cached
from django.templatetags.i18n import BlockTranslateNode, LanguageNode, TranslateNode
from django.templatetags.static import StaticNode
from django.urls import NoReverseMatch
from django.utils.translation import get_language


class _Folding(base.Loader):
    def get_template(self, template_name: str, skip: Any = None) -> Template:
        template = super().get_template(template_name, skip)
        context = Context()
        with context.bind_template(template):
            fold(template.nodelist, context)
        return template


class Loader(cached.Loader, _Folding):
    def cache_key(self, template_name: str, skip: Any = None) -> str:
        return f"{get_language()}:{super().cache_key(template_name, skip)}"


class _AtHand:
    """The template that `{% include "…" %}` names: looked for once in each language, and not for every page."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._found: dict[str | None, Template] = {}

    def resolve(self, context: Any) -> Template:
        language = get_language()
        if language not in self._found:
            self._found[language] = context.template.engine.get_template(self._name)
        return self._found[language]


def fold(nodes: NodeList, context: Context) -> None:
    """Write in, in place and in the language that is being spoken, what `nodes` say whatever the page is about."""
    folded: list[Node] = []
    for node in nodes:
        text = _text_of(node, context)
        if text is None:
            _fold_within(node, context)
            folded.append(node)
        elif folded and isinstance(folded[-1], TextNode):
            folded[-1] = TextNode(folded[-1].s + text)
        elif text:
            folded.append(TextNode(text))
    nodes[:] = folded


def _fold_within(node: Node, context: Context) -> None:
    if isinstance(node, LanguageNode):
        return
    if isinstance(node, IncludeNode) and isinstance(node.template, FilterExpression) and _is_constant(node.template):
        cast(Any, node).template = _AtHand(node.template.var)
    for name in ["nodelist", *node.child_nodelists]:
        # Where a node joins several lists, the joined one is made anew for whoever asks.
        if isinstance(found := getattr(node, name, None), NodeList):
            fold(found, context)
    for _condition, found in getattr(node, "conditions_nodelists", ()):
        fold(found, context)


def _text_of(node: Node, context: Context) -> str | None:
    """What the node says on every page; None where that depends."""
    match node:
        case TextNode():
            return node.s
        case LoadNode() | CommentNode():
            return ""
        case TranslateNode(noop=False, asvar=None):
            is_constant = _is_constant(node.filter_expression) and _is_constant(node.message_context)
        case BlockTranslateNode(plural=None | [], asvar=None):
            is_constant = not node.extra_context and _is_constant(node.message_context)
            is_constant = is_constant and not node.render_token_list(node.singular)[1]
        case URLNode(asvar=None):
            is_constant = _is_constant(node.view_name) and not node.args and not node.kwargs
            is_constant = is_constant and ":" not in str(node.view_name.var)
        case StaticNode(varname=None):
            is_constant = _is_constant(node.path)
        case _:
            return None
    if not is_constant:
        return None
    try:
        return str(node.render(context))
    except (NoReverseMatch, ValueError):  # of a page or file that is not here: who shows it will hear of it
        return None


def _is_constant(expression: FilterExpression | None) -> bool:
    if expression is None:
        return True
    is_literal = not isinstance(expression.var, Variable) or expression.var.lookups is None
    return is_literal and not expression.filters
