"""What staff saw when they pressed, and what stands once its row is held: two who press at once both saw the same."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from participants.operations.refusals import Refused


class ChangedMeanwhile(Refused):
    code = "changed_meanwhile"
    sentence = _("Yang kamu ubah baru saja diubah orang lain.")
    remedy = _("Lihat yang tertulis sekarang, lalu simpan sekali lagi kalau memang maksudmu.")


def check(*, seen: Any, stands: Any) -> None:
    """Raise ChangedMeanwhile where `stands`, read with its row held, is not `seen`; None is for nothing seen."""
    if seen is not None and seen != stands:
        raise ChangedMeanwhile
