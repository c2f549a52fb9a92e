"""Places where sessions are held."""

from django.db import models
from django.utils.translation import gettext, gettext_noop, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from programs.models.regions import Region
from programs.scoping import RegionScopedQuerySet

UNKNOWN = gettext_noop("Tempat menyusul")


class VenueQuerySet(RegionScopedQuerySet):
    region_lookup = "region"


class Venue(models.Model):
    """A place in a region; `is_confirmed` is off while the ministry has not named it."""

    region = models.ForeignKey(Region, models.PROTECT, related_name="venues", verbose_name=_("wilayah"))
    name = models.CharField(_("nama"), max_length=120)
    city = models.CharField(_("kota"), max_length=80)
    address = models.CharField(_("alamat"), max_length=240, blank=True)
    is_confirmed = models.BooleanField(_("sudah dipastikan"), default=False)

    objects = VenueQuerySet.as_manager()

    class Meta:
        verbose_name = _("tempat")
        verbose_name_plural = pgettext_lazy("banyak", "tempat")
        ordering = ["region__name", "name"]
        constraints = [
            models.UniqueConstraint(fields=["region", "name"], name="venue_once_per_region"),
            models.UniqueConstraint(fields=["id", "region"], name="venue_with_its_region"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_named(self) -> bool:
        """Whether it stands for a place, sure or not, and not for one that comes later."""
        return self.name != UNKNOWN

    @property
    def title(self) -> str:
        """The name as people read it; of a place that nobody has named yet, in their language that it comes later."""
        return self.name if self.is_named else gettext(UNKNOWN)
