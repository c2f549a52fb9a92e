"""Appeals: what somebody says against a decision, and what a coordinator answers."""

from __future__ import annotations

import re
import uuid
from datetime import date, datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from participants.models.consents import Consent
from participants.models.registrations import Registration
from programs.models import TrainingDay, TrainingSession
from programs.scoping import RegionScopedQuerySet

ABSENCE = "absence_"  # the code of "I cannot come" begins so, and the date of the day follows


def absence_code(day: date) -> str:
    """The code under which somebody says that they cannot come on `day`; of a day that is moved nothing was said."""
    return f"{ABSENCE}{day.isoformat()}"


def missed_date(code: str) -> date | None:
    """The date that such a code is about; None for every other code."""
    found = re.fullmatch(rf"{ABSENCE}([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})", code, re.ASCII)
    return date.fromisoformat(found[1]) if found else None


class AppealQuerySet(RegionScopedQuerySet):
    region_lookup = "session__region"

    def open(self) -> AppealQuerySet:
        """Those that nobody has answered."""
        return self.filter(answered_at=None)

    def readable(self) -> AppealQuerySet:
        """Those that staff may read, each with `has_withdrawn`: of who took the consent to training back nothing that
        was said before."""
        withdrawn = Consent.objects.taken_back().filter(participant__user=OuterRef("user"))
        before = withdrawn.filter(withdrawn_at__gte=OuterRef("asked_at"))
        return self.annotate(has_withdrawn=Exists(withdrawn)).filter(~Exists(before))

    def absences(self) -> AppealQuerySet:
        """Those that say that somebody cannot come to a day."""
        return self.filter(code__startswith=ABSENCE)

    def objections(self) -> AppealQuerySet:
        """Those against a decision: all others."""
        return self.exclude(code__startswith=ABSENCE)


class Appeal(models.Model):
    """One person's objection to one decision about one session, or that they cannot come to one of its days, and its
    answer.

    `code` is the code of the refusal, or the reason for which `registration` was released, or `absence_` with the
    date of the day, of which alone nobody need say why, and which stands for one registration. The answer changes
    nothing else: whoever grants an appeal acts by the operations that exist, and says what was done. The database ties
    a registration to its session, so that no row points into another region.
    """

    class Verdict(models.TextChoices):
        OPEN = "", _("Belum dijawab")
        GRANTED = "granted", _("Diterima")
        DECLINED = "declined", _("Tidak diterima")
        EXPLAINED = "explained", _("Dijelaskan")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="appeals", verbose_name=_("akun"), editable=False
    )
    session = models.ForeignKey(TrainingSession, models.PROTECT, related_name="+", verbose_name=_("sesi"))
    registration = models.ForeignKey(
        Registration, models.CASCADE, null=True, related_name="appeals", verbose_name=_("pendaftaran")
    )
    code = models.CharField(_("alasan"), max_length=40)
    text = models.CharField(_("yang ditulis"), max_length=1000)
    asked_at = models.DateTimeField(_("diajukan"))
    verdict = models.CharField(_("putusan"), max_length=10, choices=Verdict, blank=True, default="")
    answer = models.CharField(_("jawaban"), max_length=1000, blank=True, default="")
    answered_at = models.DateTimeField(_("dijawab"), null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("dijawab oleh")
    )

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = _("keberatan atau kabar tidak datang")
        verbose_name_plural = pgettext_lazy("banyak", "keberatan dan kabar tidak datang")
        permissions = [("answer_appeal", "Can answer an appeal")]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "session", "code"],
                condition=Q(answered_at=None) & ~Q(code__startswith=ABSENCE),
                name="one_open_appeal_per_decision",
            ),
            models.UniqueConstraint(
                fields=["registration", "code"], condition=Q(code__startswith=ABSENCE), name="one_word_per_day_to_miss"
            ),
            models.CheckConstraint(
                name="appeal_answer_is_whole",
                condition=Q(verdict="", answer="", answered_at=None, answered_by=None)
                | ~Q(verdict="") & ~Q(answer="") & Q(answered_at__isnull=False, answered_by__isnull=False),
            ),
            models.CheckConstraint(
                name="appeal_says_something", condition=~Q(code="") & (~Q(text="") | Q(code__startswith=ABSENCE))
            ),
            models.CheckConstraint(
                name="absence_is_of_a_registration",
                condition=~Q(code__startswith=ABSENCE) | Q(registration__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def is_open(self) -> bool:
        return self.answered_at is None

    @property
    def missed_on(self) -> date | None:
        """The date on which the person cannot come, where it is about that."""
        return missed_date(self.code)

    @property
    def missed_day(self) -> TrainingDay | None:
        """The day on that date; None where it has been moved since. The session's days are at hand."""
        return next((day for day in self.session.days.all() if day.date == self.missed_on), None)

    @property
    def is_moot(self) -> bool:
        """Whether it is of a day on which nobody expects the person any more: it was moved, or they let go of their
        seat. The registration and the session's days are at hand."""
        if self.missed_on is None or self.registration is None:
            return False
        return self.missed_day is None or not self.registration.is_live

    def can_be_taken_back(self, now: datetime) -> bool:
        """Whether the person can still say that they come after all: until the day begins or somebody has answered.
        The session's region and days are at hand."""
        day = self.missed_day if self.is_open else None
        return day is not None and now < day.starts()
