"""Regions and the people who coordinate them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from programs.scoping import RegionScopedQuerySet

ZONE_ABBREVIATIONS = {"Asia/Jakarta": "WIB", "Asia/Pontianak": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}

INDONESIA_SOUTH_TO_NORTH = (-11.1, 6.1)  # degrees of latitude
INDONESIA_WEST_TO_EAST = (94.9, 141.1)  # degrees of longitude


def validate_time_zone(name: str) -> None:
    if name not in ZONE_ABBREVIATIONS:
        raise ValidationError(_("%(name)s bukan zona waktu Indonesia."), params={"name": name})


class RegionQuerySet(RegionScopedQuerySet):
    region_lookup = "pk"


class Region(models.Model):
    """A province that hosts training, with the civil time its sessions live in."""

    code = models.CharField(_("kode provinsi"), max_length=8, unique=True, help_text=_("Kode Kemendagri, misalnya 91."))
    name = models.CharField(_("nama"), max_length=80, unique=True)
    city_code = models.CharField(_("kode kota"), max_length=8)
    city = models.CharField(_("kota"), max_length=80)
    time_zone = models.CharField(
        _("zona waktu"),
        max_length=40,
        choices=[(name, f"{abbreviation} ({name})") for name, abbreviation in ZONE_ABBREVIATIONS.items()],
        validators=[validate_time_zone],
    )
    is_confirmed = models.BooleanField(_("sudah dipastikan"), default=False)
    latitude = models.FloatField(
        _("lintang"), null=True, blank=True, help_text=_("Letak kota di peta, misalnya -2.59. Kosong: tidak di peta.")
    )
    longitude = models.FloatField(_("bujur"), null=True, blank=True, help_text=_("Misalnya 140.67."))

    objects = RegionQuerySet.as_manager()

    class Meta:
        verbose_name = _("wilayah")
        verbose_name_plural = pgettext_lazy("banyak", "wilayah")
        ordering = ["name"]
        permissions = [("see_all_regions", "Can see every region")]
        constraints = [
            models.CheckConstraint(
                name="region_in_indonesian_time", condition=models.Q(time_zone__in=list(ZONE_ABBREVIATIONS))
            ),
            models.CheckConstraint(
                name="region_place_is_whole",
                condition=models.Q(latitude__isnull=True, longitude__isnull=True)
                | models.Q(latitude__isnull=False, longitude__isnull=False),
                violation_error_message=_("Isi lintang dan bujur, atau kosongkan keduanya."),
            ),
            models.CheckConstraint(
                name="region_lies_in_indonesia",
                condition=models.Q(latitude__range=INDONESIA_SOUTH_TO_NORTH, longitude__range=INDONESIA_WEST_TO_EAST),
                violation_error_message=_("Letak ini di luar Indonesia."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def zone_abbreviation(self) -> str:
        """WIB, WITA or WIT."""
        return ZONE_ABBREVIATIONS[self.time_zone]

    @property
    def place(self) -> tuple[float, float] | None:
        """Latitude and longitude of its city, or None while nobody has said them."""
        if self.latitude is None or self.longitude is None:
            return None
        return self.latitude, self.longitude


class CoordinationQuerySet(RegionScopedQuerySet):
    region_lookup = "region"


class Coordination(models.Model):
    """The assignment of one member of staff to one region; withdrawn by deleting it, at once and everywhere."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="coordinations", verbose_name=_("petugas")
    )
    region = models.ForeignKey(Region, models.CASCADE, related_name="coordinations", verbose_name=_("wilayah"))

    objects = CoordinationQuerySet.as_manager()

    class Meta:
        verbose_name = _("koordinator wilayah")
        verbose_name_plural = pgettext_lazy("banyak", "koordinator wilayah")
        constraints = [models.UniqueConstraint(fields=["user", "region"], name="coordination_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.region}"
