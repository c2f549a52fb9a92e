"""When participants are reminded."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.formats import time_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from programs.models.programs import Program

QUIET_FROM, QUIET_UNTIL = time(21), time(7)  # local wall time


class ReminderRule(models.Model):
    """One reminder of an edition: due at a local wall time of each session's own region, useful until another.

    What is due is computed from the sessions' days as they are; nothing is scheduled ahead.
    """

    class Anchor(models.TextChoices):
        FIRST_DAY = "first_day", _("Hari pertama")
        EACH_DAY = "each_day", _("Setiap hari")
        LAST_DAY = "last_day", _("Hari terakhir")

    class Audience(models.TextChoices):
        CONFIRMED = "confirmed", _("Peserta yang pasti")

    program = models.ForeignKey(Program, models.CASCADE, related_name="reminder_rules", verbose_name=_("edisi"))
    slug = models.SlugField(max_length=40)
    anchor = models.CharField(_("patokan"), max_length=12, choices=Anchor)
    offset_days = models.SmallIntegerField(_("selisih hari"))
    at = models.TimeField(_("pukul"), help_text=_("Waktu setempat wilayah sesi."))
    audience = models.CharField(_("penerima"), max_length=20, choices=Audience, default=Audience.CONFIRMED)
    useful_offset_days = models.SmallIntegerField(_("masih berguna: selisih hari"))
    useful_at = models.TimeField(_("masih berguna sampai pukul"))
    is_urgent = models.BooleanField(_("boleh pada jam tenang (21.00–07.00)"), default=False)

    class Meta:
        verbose_name = _("aturan pengingat")
        verbose_name_plural = pgettext_lazy("banyak", "aturan pengingat")
        ordering = ["offset_days", "at"]
        constraints = [models.UniqueConstraint(fields=["program", "slug"], name="reminder_rule_once")]

    def __str__(self) -> str:
        """When it falls due, in words, for example `7 hari sebelum hari pertama, 10.00`."""
        day, days = str(self.get_anchor_display()).lower(), abs(self.offset_days)
        if self.offset_days < 0:
            words = ngettext("%(days)s hari sebelum %(day)s", "%(days)s hari sebelum %(day)s", days)
        elif self.offset_days > 0:
            words = ngettext("%(days)s hari sesudah %(day)s", "%(days)s hari sesudah %(day)s", days)
        else:
            words = "%(day)s"
        return f"{words % {'day': day, 'days': days}}, {time_format(self.at, 'TIME_FORMAT')}"

    def due(self, anchor: date, zone: ZoneInfo) -> datetime:
        """The instant, in `zone`, at which the reminder for the day `anchor` falls due.

        One that would fall into the quiet hours (21:00-07:00) is put off to 07:00, unless it is urgent or would be of
        no use then.
        """
        wished = datetime.combine(anchor + timedelta(days=self.offset_days), self.at, tzinfo=zone)
        if self.is_urgent or QUIET_UNTIL <= self.at < QUIET_FROM:
            return wished
        morning = datetime.combine(wished.date() + timedelta(days=self.at >= QUIET_FROM), QUIET_UNTIL, tzinfo=zone)
        return morning if morning < self.useful_until(anchor, zone) else wished

    def useful_until(self, anchor: date, zone: ZoneInfo) -> datetime:
        """The instant, in `zone`, from which the reminder for the day `anchor` is of no use any more."""
        return datetime.combine(anchor + timedelta(days=self.useful_offset_days), self.useful_at, tzinfo=zone)
