"""Lists of people that staff bring as a file."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from participants.models.approvals import Approval
from portal.accounts.models import User
from programs.models import TrainingSession
from programs.scoping import RegionScopedQuerySet


class RegistrationImportQuerySet(RegionScopedQuerySet):
    region_lookup = "session__region"

    def waiting(self) -> RegistrationImportQuerySet:
        """Those that a worker has something to do for."""
        return self.filter(state__in=RegistrationImport.UNDER_WAY)


class RegistrationImport(models.Model):
    """One file of people for one session: read, mapped, checked as a whole, and only then written, a row at a time.

    `rows`, `found` (what is wrong with each, and whom it looks like) and `choices` are emptied once it is written, and
    after a day at the latest. `made` names the registrations that came of it, so that they can be taken back; `undo` is
    what a second person must agree to first, and `kept` says who was not taken back, and why. `found` and `refused`
    name rows by their place in `rows` and say what is wrong in each language, since whoever reads it need not be
    whoever brought it. `attempts` counts how often a worker has begun what it waits for, since nothing is begun for
    ever; `failure` says why it stopped half-way, and `failed_at` when (programme time).
    """

    class State(models.TextChoices):
        MAPPING = "mapping", _("Menunggu kolom dicocokkan")
        CHECKING = "checking", _("Sedang diperiksa")
        CHECKED = "checked", _("Sudah diperiksa")
        WRITING = "writing", _("Sedang ditulis")
        DONE = "done", _("Selesai")
        UNDOING = "undoing", _("Sedang dibatalkan")
        UNDONE = "undone", _("Dibatalkan")
        FAILED = "failed", _("Terhenti")

    class Kept(models.TextChoices):
        ATTENDED = "attended", _("Sudah hadir di sesi ini.")
        BROKEN = "broken", _("Pembatalannya gagal karena galat. Batalkan sisanya sekali lagi.")

    class Failure(models.TextChoices):
        RIGHT = "right", _("Yang memintanya tidak lagi berwenang atas sesi ini.")
        GONE = "gone", _("Isi berkasnya sudah dihapus setelah sehari.")
        ERROR = "error", _("Ada galat saat mengerjakannya.")
        STUCK = "stuck", _("Sudah berkali-kali dicoba, tetapi basis data tidak bisa mengerjakannya.")

    UNDER_WAY = (State.CHECKING, State.WRITING, State.UNDOING)  # a worker has something to do

    session = models.ForeignKey(TrainingSession, models.PROTECT, related_name="imports", verbose_name=_("sesi"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("oleh"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("terakhir diminta oleh")
    )
    at = models.DateTimeField(_("diunggah"))
    state = models.CharField(_("keadaan"), max_length=10, choices=State, default=State.MAPPING)
    columns = models.JSONField(default=list, editable=False)
    mapping = models.JSONField(default=dict, editable=False)
    row_count = models.PositiveIntegerField(_("jumlah baris"), default=0)
    rows_done = models.PositiveIntegerField(default=0)
    rows = models.JSONField(default=list, editable=False)
    numbers = ArrayField(models.PositiveIntegerField(), default=list, db_default=[], editable=False)
    found = models.JSONField(default=dict, editable=False)
    choices = models.JSONField(default=dict, editable=False)
    made = ArrayField(models.BigIntegerField(), default=list, verbose_name=_("pendaftaran"))
    refused = models.JSONField(default=dict, editable=False)
    kept = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()), editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    failure = models.CharField(max_length=5, choices=Failure, blank=True, default="", db_default="", editable=False)
    failed_at = models.DateTimeField(null=True, editable=False)
    undo = models.ForeignKey(Approval, models.SET_NULL, null=True, related_name="imports", editable=False)

    objects = RegistrationImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("impor pendaftaran")
        verbose_name_plural = pgettext_lazy("banyak", "impor pendaftaran")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_under_way(self) -> bool:
        return self.state in self.UNDER_WAY

    @property
    def percent(self) -> int:
        """How far a worker is with it; the last one of a hundred is that it says so."""
        steps = len(self.to_take_back) if self.state == self.State.UNDOING else self.row_count
        return min(99, self.rows_done * 100 // max(steps, 1))

    @property
    def is_agreed(self) -> bool:
        """Whether a second person has said yes to its undo."""
        return self.undo is not None and self.undo.verdict == Approval.Verdict.YES

    @property
    def to_take_back(self) -> list[int]:
        """The registrations that its undo is about: those that a second person agreed to, else all that came of it."""
        return sorted(self.undo.people if self.undo and self.is_agreed else self.made)

    @property
    def taken_back_by(self) -> User:
        """In whose name it is undone: who said yes to it last, or needed nobody's yes."""
        agreed = self.undo.decided_by if self.undo and self.is_agreed else None
        return agreed or self.in_name_of

    @property
    def in_name_of(self) -> User:
        """Whose rights and eyes the work is done with: who asked for it last, or brought it."""
        return self.asked_by or self.by

    def number_of(self, place: int) -> int:
        """The number in the file, as a spreadsheet shows it, of the row at `place` in `rows`."""
        return self.numbers[place] if self.numbers else place + 2
