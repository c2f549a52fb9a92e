"""Every mail as a page."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction

from programs.models import TrainingSession
from tests.participants.messages.test_words import every_mail
from tests.shots import LANGUAGES, Shot


def mails(session: TrainingSession) -> Iterator[Shot]:
    """The HTML part of every kind of mail, in both languages; nothing of it is kept or sent."""
    said: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        with transaction.atomic():
            for (kind, subject), (_message, _text, html) in every_mail(session, language):
                to = "-to-guardian" if subject._meta.model_name == "guardianrequest" else ""
                said.setdefault(f"mail-{kind.value.replace('_', '-')}{to}", {})[language] = html
            transaction.set_rollback(True)
    for name, answers in said.items():
        yield Shot(name, f"/{name}/", answers=answers)
