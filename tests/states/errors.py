"""The pages of what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator

from django.template.loader import render_to_string
from django.utils import translation

from tests.shots import LANGUAGES, Shot


def broken(coordinator: str) -> Iterator[Shot]:
    """The pages of what goes wrong. Those that a healthy portal never shows are rendered beside it."""
    yield Shot("error-400", "/?q=%00")
    yield Shot("error-403", "/staf/accounts/user/", coordinator)
    for name in ("403_csrf", "429", "500", "503"):
        answers = {}
        for language in LANGUAGES:
            with translation.override(language):
                answers[language] = render_to_string(f"{name}.html", {"request_id": "4f0c9a1b77de"})
        yield Shot(f"error-{name}", f"/galat-{name}/", answers=answers)
