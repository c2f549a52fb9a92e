"""The rule for a certificate, as one says it."""

import pytest
from django.utils import translation

from programs.templatetags.certificate_rules import certificate_rule


@pytest.mark.parametrize(
    ("needed", "days", "indonesian", "english"),
    [
        (1, 1, "hadir pada harinya", "attend on the day"),
        (2, 2, "hadir di kedua hari", "attend both days"),
        (3, 3, "hadir di ketiga hari", "attend all three days"),
        (7, 7, "hadir di semua 7 hari", "attend all 7 days"),
        (1, 3, "hadir paling sedikit 1 dari 3 hari", "attend at least 1 of 3 days"),
        (2, 3, "hadir paling sedikit 2 dari 3 hari", "attend at least 2 of 3 days"),
    ],
)
def test_rule_says_every_day_or_how_many_of_how_many(needed, days, indonesian, english):
    with translation.override("id"):
        assert certificate_rule(needed, days) == indonesian
    with translation.override("en"):
        assert certificate_rule(needed, days) == english
