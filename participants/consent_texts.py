"""The texts people agree to, by purpose. A changed text gets a new version; what was shown is kept by its hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from participants.models import Consent

VERSION = "2025-12"
REQUIRED = frozenset({Consent.Purpose.TRAINING})


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


def shown(purpose: Consent.Purpose, language: str) -> ConsentText:
    """The text of one purpose in one language (`id` or `en`)."""
    with translation.override(language):
        return ConsentText(purpose, language, _words()[purpose])


def all_shown(language: str) -> list[ConsentText]:
    return [shown(purpose, language) for purpose in Consent.Purpose]


def _words() -> dict[Any, str]:
    return {
        Consent.Purpose.TRAINING: _(
            "Saya setuju Kementerian Ekonomi Kreatif menyimpan dan memakai data pendaftaran ini untuk menyelenggarakan "
            "pelatihan: mengatur kursi, mengirim pengingat, mencatat kehadiran, dan membuat sertifikat. Data disimpan "
            "paling lama 24 bulan. Saya bisa menarik persetujuan ini kapan saja."
        ),
        Consent.Purpose.STATISTICS: _(
            "Saya setuju data saya dihitung, tanpa nama, dalam laporan kementerian tentang pelatihan ini."
        ),
        Consent.Purpose.PARTNER_CONTACT: _(
            "Saya setuju mitra program menghubungi saya tentang pekerjaan, pendanaan, atau pelatihan lanjutan."
        ),
    }
