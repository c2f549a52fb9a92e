"""What somebody needs in order to take part, asked of a member of staff, who answers."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from participants.models.consents import Consent
from participants.models.registrations import Registration
from participants.models.searches import is_there
from programs.scoping import RegionScopedQuerySet

AGREED = [Registration.Guardian.NOT_NEEDED, Registration.Guardian.GIVEN]


class AccessibilityRequestQuerySet(RegionScopedQuerySet):
    region_lookup = "registration__region"

    def agreed(self) -> AccessibilityRequestQuerySet:
        """Those that staff may read: an adult's, or a minor's whose guardian has said yes; of who withdrew none."""
        withdrawn = Consent.objects.taken_back().filter(participant=OuterRef("registration__participant"))
        return self.filter(~is_there(withdrawn), registration__guardian__in=AGREED)

    def open(self) -> AccessibilityRequestQuerySet:
        """Those that wait for an answer: of somebody who is still registered."""
        return self.agreed().filter(answered_at=None).exclude(registration__place=Registration.Place.RELEASED)


class AccessibilityRequest(models.Model):
    """What one registered person needs prepared, who looks after it, and whether it can be done.

    `version` rises with every change of the need, which takes an earlier answer back: an answer belongs to one version.
    """

    class Kind(models.TextChoices):
        NONE = "", _("Belum dijawab")
        CAN = "can", _("Bisa disiapkan")
        PARTLY = "partly", _("Bisa sebagian")
        CANNOT = "cannot", _("Tidak bisa disiapkan")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    registration = models.OneToOneField(
        Registration, models.CASCADE, related_name="accessibility_request", verbose_name=_("pendaftaran")
    )
    need = models.CharField(_("kebutuhan"), max_length=500)
    version = models.PositiveIntegerField(_("versi"), default=1)
    asked_at = models.DateTimeField(_("diminta"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("diurus oleh")
    )
    kind = models.CharField(_("jawaban"), max_length=8, choices=Kind, blank=True, default="")
    answer = models.CharField(_("penjelasan"), max_length=1000, blank=True, default="")
    answered_at = models.DateTimeField(_("dijawab"), null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("dijawab oleh")
    )

    objects = AccessibilityRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("kebutuhan aksesibilitas")
        verbose_name_plural = pgettext_lazy("banyak", "kebutuhan aksesibilitas")
        permissions = [("answer_accessibilityrequest", "Can take and answer an accessibility request")]
        constraints = [
            models.CheckConstraint(name="accessibility_request_says_something", condition=~Q(need="")),
            models.CheckConstraint(
                name="accessibility_answer_is_whole",
                condition=Q(kind="", answer="", answered_at=None, answered_by=None)
                | ~Q(kind="") & ~Q(answer="") & Q(answered_at__isnull=False, answered_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def is_open(self) -> bool:
        return self.answered_at is None

    @property
    def answer_key(self) -> str:
        """Names the answer to the need as it stands, once for all time."""
        return f"need:{self.pk}.{self.version}"
