"""What people agreed to stays readable, word for word, whatever is agreed to later."""

import pytest

from participants import consent_texts
from participants.models import Consent

# Of every version that anybody was ever shown. A line here is never changed: a new wording is a new version.
PINNED: dict[tuple[str, ...], str] = {
    ("2025-12", "training", "id"): "acd46e378bc5d14d9b4af992cd52f92f8cf28dfcb555e1c8cab433be9fcdd341",
    ("2025-12", "training", "en"): "58054b1440e926bac28756314578fef23010a433504a855ccdb3b7c27888efb7",
    ("2025-12", "statistics", "id"): "84b47c4801fb577996292802da8016395608583410be90edc4b1c10acdb06d47",
    ("2025-12", "statistics", "en"): "76c3a53c36e3b17f4c4cc90c3a5252ed08e930e1f77b2aebb6a5edf8606c0c10",
    ("2025-12", "partner_contact", "id"): "17c0895cd439c899f32729a84e80a9cb8e1a93d319197586427ed0ea8d86d36b",
    ("2025-12", "partner_contact", "en"): "3fa45a21cc1141c118b5d656a61590e986e6671b84c4a3e94a1deb78a9118f42",
    ("2025-12", "whatsapp", "id"): "891fa6dc6af8f189dfe56ea2b5cfc9188eff503d47bd9436e3e7dc2e2c58b92c",
    ("2025-12", "whatsapp", "en"): "edc6a2c9d6910b96b8631452abbb449451fbcd44bcb39c9f2d9f51cb653b6bd7",
    ("2026-11", "training", "id"): "acd46e378bc5d14d9b4af992cd52f92f8cf28dfcb555e1c8cab433be9fcdd341",
    ("2026-11", "training", "en"): "58054b1440e926bac28756314578fef23010a433504a855ccdb3b7c27888efb7",
    ("2026-11", "training", "id", "guardian"): "ac1a8498e795bb3601066b4394b70c78072ec53f152a6db80c31ef533cbdd888",
    ("2026-11", "training", "en", "guardian"): "06571a48da11567fb09374f4b5a4021cc42f0ac5e9b6a576b5daab8a83dc24e3",
    ("2026-11", "statistics", "id"): "84b47c4801fb577996292802da8016395608583410be90edc4b1c10acdb06d47",
    ("2026-11", "statistics", "en"): "76c3a53c36e3b17f4c4cc90c3a5252ed08e930e1f77b2aebb6a5edf8606c0c10",
    ("2026-11", "partner_contact", "id"): "17c0895cd439c899f32729a84e80a9cb8e1a93d319197586427ed0ea8d86d36b",
    ("2026-11", "partner_contact", "en"): "3fa45a21cc1141c118b5d656a61590e986e6671b84c4a3e94a1deb78a9118f42",
    ("2026-11", "whatsapp", "id"): "891fa6dc6af8f189dfe56ea2b5cfc9188eff503d47bd9436e3e7dc2e2c58b92c",
    ("2026-11", "whatsapp", "en"): "edc6a2c9d6910b96b8631452abbb449451fbcd44bcb39c9f2d9f51cb653b6bd7",
}


def texts():
    for version, purposes in consent_texts.ARCHIVE.items():
        for purpose, own in purposes.items():
            for said in (own, *(own[giver] for giver in Consent.Giver.values if giver in own)):
                for language in ("id", "en"):
                    yield consent_texts.ConsentText(Consent.Purpose(purpose), language, said[language], version)


def test_no_text_is_ever_changed():
    found = {(text.version, text.purpose.value, text.language, text.hash) for text in texts()}
    assert found == {(*key[:3], digest) for key, digest in PINNED.items()}


def test_the_present_version_has_every_purpose_in_both_languages(settings):
    settings.WHATSAPP_TOKEN = "set"
    assert max(consent_texts.ARCHIVE) == consent_texts.VERSION
    for language in ("id", "en"):
        assert [text.purpose for text in consent_texts.all_shown(language)] == list(Consent.Purpose)


@pytest.mark.parametrize("version", ["2025-12", "2026-06", "2020-01"])
def test_agreed_finds_the_words_of_the_version_that_was_shown(monkeypatch, version):
    later = {"2026-06": {"training": {"id": "Kata yang lain.", "en": "Other words."}}}
    monkeypatch.setattr(consent_texts, "ARCHIVE", consent_texts.ARCHIVE | later)
    monkeypatch.setattr(consent_texts, "VERSION", "2026-06")
    shown = {"2025-12": PINNED["2025-12", "training", "id"], "2026-06": consent_texts.shown("training", "id").hash}
    consent = Consent(purpose="training", language="id", text_version=version, text_hash=shown.get(version, "0" * 64))

    words = consent_texts.agreed(consent)

    assert words.startswith(
        {"2025-12": "Saya setuju Kementerian", "2026-06": "Kata yang lain.", "2020-01": ""}[version]
    )
    consent.text_hash = "0" * 64  # not the words that were shown
    assert consent_texts.agreed(consent) == ""


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_guardian_agrees_in_words_of_their_own(language):
    own = consent_texts.shown(Consent.Purpose.TRAINING, language, Consent.Giver.GUARDIAN)

    assert own.words != consent_texts.shown(Consent.Purpose.TRAINING, language).words
    given = {"purpose": "training", "language": language, "text_version": own.version, "text_hash": own.hash}
    assert consent_texts.agreed(Consent(giver=Consent.Giver.GUARDIAN, **given)) == own.words
    assert consent_texts.agreed(Consent(giver=Consent.Giver.SELF, **given)) == ""


def test_what_guardians_agreed_to_before_they_had_words_of_their_own_stays_readable():
    digest = PINNED["2025-12", "training", "id"]
    consent = Consent(purpose="training", giver="guardian", language="id", text_version="2025-12", text_hash=digest)

    assert consent_texts.agreed(consent).startswith("Saya setuju Kementerian")
