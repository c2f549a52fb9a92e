"""Organisations that carry the programme."""

from django.db import models
from django.utils.translation import gettext, gettext_noop, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from programs.models.programs import Program

GENERIC = {gettext_noop("Asosiasi ekonomi kreatif"), gettext_noop("Asosiasi kreator konten")}


class Partner(models.Model):
    """An organisation: ministry, local government, company or association."""

    class Kind(models.TextChoices):
        GOVERNMENT = "government", _("Pemerintah pusat")
        LOCAL_GOVERNMENT = "local_government", _("Pemerintah daerah")
        STATE_OWNED = "state_owned", _("BUMN")
        PRIVATE = "private", _("Perusahaan swasta")
        ASSOCIATION = "association", _("Asosiasi")

    name = models.CharField(_("nama"), max_length=120, unique=True)
    kind = models.CharField(_("jenis"), max_length=20, choices=Kind)

    class Meta:
        verbose_name = _("mitra")
        verbose_name_plural = pgettext_lazy("banyak", "mitra")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def shown_name(self) -> str:
        """The name in the reader's language: of what is no name but says what sort of organisation it is."""
        return gettext(self.name) if self.name in GENERIC else self.name


class Partnership(models.Model):
    """The part one partner plays in one edition."""

    class Role(models.TextChoices):
        ORGANISER = "organiser", _("Penyelenggara")
        INITIATOR = "initiator", _("Pemrakarsa")
        HOST = "host", _("Tuan rumah")
        PARTNER = "partner", _("Mitra")

    program = models.ForeignKey(Program, models.CASCADE, related_name="partnerships", verbose_name=_("edisi"))
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="partnerships", verbose_name=_("mitra"))
    role = models.CharField(_("peran"), max_length=20, choices=Role)
    position = models.PositiveSmallIntegerField(_("urutan"), default=0)

    class Meta:
        verbose_name = _("kemitraan")
        verbose_name_plural = pgettext_lazy("banyak", "kemitraan")
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["program", "partner"], name="partnership_once")]

    def __str__(self) -> str:
        return f"{self.partner} · {self.get_role_display()}"
