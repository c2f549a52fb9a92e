"""People who take part."""

from __future__ import annotations

import uuid
from typing import Any, Self

from django.apps import apps
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Coalesce, Reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from participants.models.searches import HoldsAll, NameWords
from programs.compiled import compiled
from programs.models import Region
from programs.scoping import RegionScopedQuerySet


class ParticipantQuerySet(RegionScopedQuerySet):
    """A person is seen through registrations; the home region is a statistic, never a right."""

    region_lookup = "registrations__region"

    def visible_to(self, user: Any) -> Self:
        seen = super().visible_to(user)
        return seen if user.is_active and user.sees_all_regions else self.filter(pk__in=seen.values("pk"))

    def withdrawn(self) -> Self:
        """Those who took the consent to training back, or whose guardian did, and have not given it anew."""
        return self.filter(models.Exists(_taken_back()))

    def not_withdrawn(self) -> Self:
        """All others."""
        return self.filter(~models.Exists(_taken_back()))

    def called(self, typed: str) -> Self:
        """Those whose name has a word for each that was typed, which begins like it; for no word nobody."""
        return self.filter(HoldsAll(NameWords("full_name"), typed))

    def with_number(self, part: str) -> Self:
        """Those whose number begins with `part`, which begins with +; any other part also where it ends with it."""
        numbered = self.exclude(phone="").alias(backwards=Reverse("phone"))
        if part.startswith("+"):
            return numbered.filter(phone__startswith=part)
        begins = models.Q(phone__startswith=f"+{part}") | models.Q(phone__startswith=f"+62{part}")
        return numbered.filter(begins | models.Q(backwards__startswith=part[::-1]))

    def with_accessibility_needs(self) -> Self:
        """With their `accessibility_needs` at hand."""
        newest = apps.get_model("participants", "Registration").objects.filter(participant=models.OuterRef("pk"))
        return self.annotate(
            accessibility_needs=Coalesce(
                models.Subquery(newest.order_by("-pk").values("accessibility_request__need")[:1]), models.Value("")
            )
        )


def _taken_back() -> models.QuerySet[Any]:
    consents = apps.get_model("participants", "Consent").objects
    return consents.taken_back().filter(participant=models.OuterRef("pk"))


class Participant(models.Model):
    """A person who registers, one per login. A minor's row is name, birth date, region until a guardian agrees."""

    class Occupation(models.TextChoices):
        SCHOOL = "school", _("Pelajar")
        UNIVERSITY = "university", _("Mahasiswa")
        FREELANCE = "freelance", _("Pekerja lepas")
        EMPLOYED = "employed", _("Karyawan")
        BUSINESS = "business", _("Wirausaha")
        SEEKING = "seeking", _("Mencari kerja")
        OTHER = "other", _("Lainnya")

    class Gender(models.TextChoices):
        UNSAID = "", _("Tidak ingin menyebutkan")
        FEMALE = "female", _("Perempuan")
        MALE = "male", _("Laki-laki")

    ERASED = "—"  # stands in the place of a name that was erased

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="participant", verbose_name=_("akun")
    )
    full_name = models.CharField(_("nama lengkap"), max_length=80)
    birth_date = models.DateField(_("tanggal lahir"))
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("wilayah asal"))
    language = models.CharField(_("bahasa"), max_length=2, choices=settings.LANGUAGES, default="id")
    phone = models.CharField(
        _("nomor ponsel"), max_length=16, blank=True, help_text=_("Bentuk E.164, misalnya +6281234567890.")
    )
    occupation = models.CharField(_("kegiatan"), max_length=12, choices=Occupation, blank=True)
    gender = models.CharField(_("jenis kelamin"), max_length=6, choices=Gender, blank=True, default="")
    guardian_until = models.DateField(
        null=True,
        editable=False,
        help_text="After erasing: a guardian is needed for whatever begins before it; the first day of a month.",
    )
    created_at = models.DateTimeField(_("dibuat"))
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, editable=False, related_name="merged", verbose_name=_("dilebur ke")
    )

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        verbose_name = _("peserta")
        verbose_name_plural = pgettext_lazy("banyak", "peserta")
        indexes = [
            # By which two records of one person are found.
            models.Index(fields=["phone"], condition=~models.Q(phone=""), name="participant_phone"),
            models.Index(fields=["birth_date"], name="participant_birth_date"),
            models.Index(fields=["full_name"], name="participant_full_name"),
            # By which staff look for somebody.
            GinIndex(NameWords("full_name"), name="participant_name_words"),
            models.Index(
                OpClass("phone", "varchar_pattern_ops"),
                condition=~models.Q(phone=""),
                name="participant_number_begins",
            ),
            models.Index(
                OpClass(Reverse("phone"), "text_pattern_ops"),
                condition=~models.Q(phone=""),
                name="participant_number_ends",
            ),
        ]
        constraints = [
            models.CheckConstraint(name="participant_has_a_name", condition=~models.Q(full_name="")),
            models.CheckConstraint(
                name="participant_phone_is_e164",
                condition=models.Q(phone="") | models.Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def is_erased(self) -> bool:
        """Whether a withdrawn consent has emptied the row."""
        return self.full_name == self.ERASED

    @property
    def has_full_profile(self) -> bool:
        """Whether the questions that an adult answers (and a minor only after the guardian's yes) are answered."""
        return bool(self.phone and self.occupation)

    @cached_property
    def accessibility_needs(self) -> str:
        """What the newest registration asks us to prepare; it stands in an AccessibilityRequest of its own."""
        return _newest_need.first(participant=self.pk) or ""


@compiled
def _newest_need(*, participant: Any) -> models.QuerySet[Participant, str | None]:
    newest = Participant.objects.filter(pk=participant).order_by("-registrations__pk")[:1]
    return newest.values_list("registrations__accessibility_request__need", flat=True)
