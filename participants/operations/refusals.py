"""A reason to say no: a code for machines, a sentence and a remedy for the person, and whom to object to."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from programs.models import TrainingSession


class Refused(Exception):
    """A rule says no, and nothing was changed. Subclasses stand beside the operation that raises them.

    `appeal` names the decision that the coordinator can be asked to look at again (`appeals.decision`); "" where only
    time, another try or another entry helps. `about` is the session whose coordinator that is, where it is not the one
    at hand.
    """

    code: str
    sentence: str | Promise
    remedy: str | Promise = ""
    appeal: str = ""
    about: TrainingSession | None = None

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy} {_('Kode bantuan: %(code)s') % {'code': self.code}}"
