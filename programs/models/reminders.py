"""When participants are reminded."""

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Value
from django.utils.formats import time_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from programs.links import check_links
from programs.models.programs import Program

QUIET_FROM, QUIET_UNTIL = time(21), time(7)  # local wall time
PLACEHOLDERS = ("nama", "kota", "hari", "tanggal", "jam", "tempat", "materi")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def check_words(text: str, known: Collection[str] = PLACEHOLDERS) -> None:
    """Raise ValidationError, naming it, for a placeholder not in `known` and for a brace that belongs to none."""
    for name in _PLACEHOLDER.findall(text):
        if name not in known:
            raise ValidationError(
                _("{%(name)s} tidak dikenal. Yang bisa dipakai: %(known)s."),
                params={"name": name, "known": ", ".join(f"{{{name}}}" for name in known)},
            )
    if set("{}") & set(_PLACEHOLDER.sub("", text)):
        raise ValidationError(_("Kurung kurawal hanya untuk isian seperti {nama}."))


def filled_in(subject: str, body: str, values: Mapping[str, str]) -> tuple[str, list[str]]:
    """The subject and the paragraphs with `values` filled in, once: a placeholder that stands in a value is text."""
    title, text = (_PLACEHOLDER.sub(lambda found: values[found[1]], words) for words in (subject, body))
    paragraphs = re.split(r"\s*\n\s*\n\s*", text.strip())
    return " ".join(title.split()), [" ".join(paragraph.split()) for paragraph in paragraphs]


class Channel(models.TextChoices):
    """A way by which a message reaches somebody."""

    MAIL = "mail", _("Surat")
    WHATSAPP = "whatsapp", "WhatsApp"
    SMS = "sms", "SMS"


def every_channel() -> list[str]:
    return list(Channel.values)


def awake(wall: datetime, *, quiet_from: time, quiet_until: time) -> datetime:
    """`wall`, or the next `quiet_until` when it falls into the quiet hours; these may go past midnight."""
    over_midnight = quiet_until < quiet_from
    is_late, is_early = wall.time() >= quiet_from, wall.time() < quiet_until
    if not (is_late or is_early if over_midnight else is_late and is_early):
        return wall
    return datetime.combine(wall.date() + timedelta(days=over_midnight and is_late), quiet_until, tzinfo=wall.tzinfo)


class ReminderRule(models.Model):
    """One reminder of an edition: due at a local wall time of each session's own region, useful until another.

    What is due is computed from the sessions' days as they are; nothing is scheduled ahead. A rule that is off says
    nothing more, not even what waits for the morning.
    """

    class Anchor(models.TextChoices):
        REGISTRATION_OPENS = "registration_opens", _("Pendaftaran dibuka")
        FIRST_DAY = "first_day", _("Hari pertama")
        EACH_DAY = "each_day", _("Setiap hari")
        LAST_DAY = "last_day", _("Hari terakhir")

    class Audience(models.TextChoices):
        CONFIRMED = "confirmed", _("Peserta yang pasti")
        UNANSWERED = "unanswered", _("Yang pasti dan belum menjawab tetap datang")
        ABSENT_YESTERDAY = "absent_yesterday", _("Yang pasti dan kemarin tidak hadir")
        AWAITING_GUARDIAN = "awaiting_guardian", _("Yang menunggu walinya")
        QUEUED = "queued", _("Yang di daftar tunggu")

    program = models.ForeignKey(Program, models.CASCADE, related_name="reminder_rules", verbose_name=_("edisi"))
    slug = models.SlugField(max_length=40)
    anchor = models.CharField(_("patokan"), max_length=20, choices=Anchor)
    offset_days = models.SmallIntegerField(_("selisih hari"))
    at = models.TimeField(_("pukul"), help_text=_("Waktu setempat wilayah sesi."))
    audience = models.CharField(_("penerima"), max_length=20, choices=Audience, default=Audience.CONFIRMED)
    useful_offset_days = models.SmallIntegerField(_("masih berguna: selisih hari"))
    useful_at = models.TimeField(_("masih berguna sampai pukul"))
    is_on = models.BooleanField(
        _("berlaku"),
        default=True,
        db_default=True,
        help_text=_("Yang dimatikan tidak mengirim apa-apa lagi dan bisa dinyalakan kembali."),
    )
    is_urgent = models.BooleanField(_("boleh pada jam tenang"), default=False)
    quiet_from = models.TimeField(
        _("jam tenang mulai"),
        default=QUIET_FROM,
        db_default=QUIET_FROM,
        help_text=_(
            "Waktu setempat. Yang jatuh pada jam tenang menunggu sampai jam itu selesai, selama masih berguna."
        ),
    )
    quiet_until = models.TimeField(_("jam tenang sampai"), default=QUIET_UNTIL, db_default=QUIET_UNTIL)
    channels = ArrayField(
        models.CharField(max_length=10, choices=Channel),
        verbose_name=_("jalur"),
        default=every_channel,
        db_default=Value(Channel.values, output_field=ArrayField(models.CharField(max_length=10))),
        help_text=_("Jalur yang boleh dipakai. Yang tidak punya satu pun di antaranya tidak menerima pengingat ini."),
    )
    before_consent = models.BooleanField(
        _("juga sebelum wali setuju"),
        default=False,
        db_default=False,
        help_text=_(
            "Anak yang walinya belum menjawab hanya menerima pesan yang ditandai begini. Jangan menyebut apa pun yang"
            " baru ditanyakan sesudah wali setuju."
        ),
    )
    is_optional = models.BooleanField(
        _("boleh dimatikan penerima"),
        default=False,
        db_default=False,
        help_text=_(
            "Suratnya memuat tautan untuk berhenti menerima pengingat ini. Jangan untuk hal yang wajib diketahui."
        ),
    )
    subject_id = models.CharField(
        _("judul (Indonesia)"),
        max_length=90,
        blank=True,
        default="",
        db_default="",
        validators=[check_words],
        help_text=_("Kosongkan keempatnya untuk kata-kata baku, yang hanya cocok bagi peserta yang pasti."),
    )
    body_id = models.TextField(
        _("isi (Indonesia)"),
        max_length=1000,
        blank=True,
        default="",
        db_default="",
        validators=[check_words],
        help_text=_(
            "Isian: {nama}, {kota}, {hari}, {tanggal}, {jam}, {tempat}, {materi}. Baris kosong memulai paragraf baru."
        ),
    )
    subject_en = models.CharField(
        _("judul (Inggris)"), max_length=90, blank=True, default="", db_default="", validators=[check_words]
    )
    body_en = models.TextField(
        _("isi (Inggris)"), max_length=1000, blank=True, default="", db_default="", validators=[check_words]
    )

    class Meta:
        verbose_name = _("aturan pengingat")
        verbose_name_plural = pgettext_lazy("banyak", "aturan pengingat")
        ordering = ["offset_days", "at"]
        constraints = [
            models.UniqueConstraint(fields=["program", "slug"], name="reminder_rule_once"),
            models.CheckConstraint(name="reminder_rule_has_a_channel", condition=models.Q(channels__len__gt=0)),
            models.CheckConstraint(
                name="reminder_rule_quiet_hours_end", condition=~models.Q(quiet_from=models.F("quiet_until"))
            ),
        ]

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

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        super().clean_fields(exclude)
        errors = {}
        for name in {"subject_id", "body_id", "subject_en", "body_en"} - set(exclude or ()):
            try:
                check_links(getattr(self, name))
            except ValidationError as error:
                errors[name] = error
        if errors:
            raise ValidationError(errors)

    def clean(self) -> None:
        words = [self.subject_id, self.body_id, self.subject_en, self.body_en]
        if any(words) and not all(words):
            raise ValidationError(_("Tulis judul dan isi dalam kedua bahasa, atau kosongkan keempatnya."))
        if self.audience != self.Audience.CONFIRMED and not all(words):
            raise ValidationError({"audience": _("Bagi mereka kata-kata baku tidak cocok: tulis judul dan isinya.")})
        if self.audience == self.Audience.ABSENT_YESTERDAY and self.anchor != self.Anchor.EACH_DAY:
            raise ValidationError({"anchor": _("Yang kemarin tidak hadir hanya bisa dicari setiap hari pelatihan.")})
        if self.audience == self.Audience.AWAITING_GUARDIAN and not self.before_consent:
            raise ValidationError({"before_consent": _("Wali mereka semua belum menjawab: centang ini juga.")})
        if self.quiet_from == self.quiet_until:
            raise ValidationError(
                {"quiet_until": _("Tanpa jam tenang? Centang bahwa pengingat ini boleh pada jam tenang.")}
            )
        if None not in (self.offset_days, self.at, self.useful_offset_days, self.useful_at) and (
            (self.useful_offset_days, self.useful_at) <= (self.offset_days, self.at)
        ):
            raise ValidationError(
                {"useful_at": _("Ini sebelum pengingatnya dikirim, jadi tidak akan pernah terkirim.")}
            )

    @property
    def is_of_one_day(self) -> bool:
        """Whether it speaks of one day of the training, not of the whole: what is said of each day, and on the eve and
        the day of the first or the last. `EVERY_OCCURRENCE` says the same."""
        is_near = self.anchor in (self.Anchor.FIRST_DAY, self.Anchor.LAST_DAY) and self.offset_days in (-1, 0)
        return self.anchor == self.Anchor.EACH_DAY or is_near

    def names(self, day: int, days: Collection[int]) -> bool:
        """Whether its anchor is the day of this number, among the numbers of a session's `days`. `EVERY_OCCURRENCE`
        says the same."""
        match self.anchor:
            case self.Anchor.EACH_DAY:
                return day in days
            case self.Anchor.LAST_DAY:
                return day == max(days, default=None)
            case _:
                return day == min(days, default=None)

    def own_words(self, language: str, values: Mapping[str, str]) -> tuple[str, list[str]] | None:
        """The subject and the paragraphs in `language`, as `filled_in` makes them; None where the usual words hold."""
        subject, body = (self.subject_en, self.body_en) if language == "en" else (self.subject_id, self.body_id)
        return filled_in(subject, body, values) if subject else None

    def due(self, anchor: date, zone: ZoneInfo) -> datetime:
        """The instant, in `zone`, at which the reminder for the day `anchor` falls due.

        One that would fall into the rule's quiet hours is put off to their end, unless it is urgent or would be of no
        use then.
        """
        wished = datetime.combine(anchor + timedelta(days=self.offset_days), self.at, tzinfo=zone)
        later = awake(wished, quiet_from=self.quiet_from, quiet_until=self.quiet_until)
        return wished if self.is_urgent or later >= self.useful_until(anchor, zone) else later

    def useful_until(self, anchor: date, zone: ZoneInfo) -> datetime:
        """The instant, in `zone`, from which the reminder for the day `anchor` is of no use any more."""
        return datetime.combine(anchor + timedelta(days=self.useful_offset_days), self.useful_at, tzinfo=zone)
