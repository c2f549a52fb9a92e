"""What is taught."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from programs.models.programs import Program


class Module(models.Model):
    """One part of an edition's curriculum: a pillar, taught on one of the session's days."""

    class Pillar(models.TextChoices):
        BASIC_SKILLS = "basic_skills", _("Keterampilan dasar digital")
        MARKET_ACCESS = "market_access", _("Akses pasar")
        FUNDING_ACCESS = "funding_access", _("Akses pendanaan")
        INTELLECTUAL_PROPERTY = "intellectual_property", _("Hak kekayaan intelektual")
        ARTIFICIAL_INTELLIGENCE = "artificial_intelligence", _("Kecerdasan artifisial")

    program = models.ForeignKey(Program, models.CASCADE, related_name="modules", verbose_name=_("edisi"))
    pillar = models.CharField(_("pilar"), max_length=30, choices=Pillar)
    day = models.PositiveSmallIntegerField(_("hari ke-"))
    position = models.PositiveSmallIntegerField(_("urutan"), default=0)
    title_id = models.CharField(_("judul (Indonesia)"), max_length=120)
    title_en = models.CharField(_("judul (Inggris)"), max_length=120)
    topics = ArrayField(models.CharField(max_length=120), verbose_name=_("topik"), default=list, blank=True)
    topics_en = ArrayField(
        models.CharField(max_length=120),
        verbose_name=_("topik (Inggris)"),
        help_text=_("Kosong: pembaca bahasa Inggris melihat yang Indonesia."),
        default=list,
        db_default=models.Value("{}"),
        blank=True,
    )

    class Meta:
        verbose_name = _("modul")
        verbose_name_plural = pgettext_lazy("banyak", "modul")
        ordering = ["day", "position", "pk"]
        constraints = [models.UniqueConstraint(fields=["program", "pillar", "day"], name="module_once_per_day")]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """The title in the language that is being read."""
        return self.title_en if get_language() == "en" else self.title_id

    @property
    def topics_language(self) -> str:
        """The language in which its topics are shown: the one that is being read, if they are written in it."""
        return "en" if get_language() == "en" and self.topics_en else "id"

    @property
    def shown_topics(self) -> list[str]:
        """The topics, in `topics_language`."""
        return self.topics_en if self.topics_language == "en" else self.topics
