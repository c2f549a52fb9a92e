"""The texts people agree to, by purpose, and those they agreed to before.

Each version is a file of `consent_words` that is never changed, in both languages: what was shown is kept by version
and hash beside the consent, and can be read again. Another wording is a new file, and VERSION its name. Who agrees for
somebody else says so: a purpose may have a table by that giver's name beside its own words.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from participants.models import Consent

VERSION = "2026-11"
REQUIRED = frozenset({Consent.Purpose.TRAINING})
_FILES = sorted((Path(__file__).parent / "consent_words").glob("*.toml"))
ARCHIVE: dict[str, dict[str, dict[str, Any]]] = {file.stem: tomllib.loads(file.read_text("utf-8")) for file in _FILES}


@dataclass(frozen=True)
class ConsentText:
    """One text as it is shown: its purpose, version, language and words."""

    purpose: Consent.Purpose
    language: str
    words: str
    version: str = VERSION

    @property
    def hash(self) -> str:
        """SHA-256 of the words as shown, in hexadecimal."""
        return hashlib.sha256(self.words.encode()).hexdigest()

    @property
    def is_required(self) -> bool:
        return self.purpose in REQUIRED


def shown(purpose: Consent.Purpose, language: str, giver: Consent.Giver = Consent.Giver.SELF) -> ConsentText:
    """The text of one purpose in one language (`id` or `en`), in the words of whoever agrees."""
    return ConsentText(purpose, language, _words(VERSION, purpose, language, giver))


def offered() -> list[Consent.Purpose]:
    """The purposes that people are asked about: WhatsApp only where we can write by it."""
    return [purpose for purpose in Consent.Purpose if purpose != Consent.Purpose.WHATSAPP or settings.WHATSAPP_TOKEN]


def all_shown(language: str) -> list[ConsentText]:
    return [shown(purpose, language) for purpose in offered()]


def agreed(consent: Consent) -> str:
    """The words that were agreed to, "" where no archived text is the one that was shown."""
    words = _words(consent.text_version, consent.purpose, consent.language, consent.giver)
    text = ConsentText(Consent.Purpose(consent.purpose), consent.language, words, consent.text_version)
    return words if text.hash == consent.text_hash else ""


def _words(version: str, purpose: str, language: str, giver: str) -> str:
    """A giver without words of their own agreed to those that everybody reads; "" where there are none at all."""
    own = ARCHIVE.get(version, {}).get(purpose, {})
    words: str = own.get(giver, own).get(language, "")
    return words
