"""Counted people: what the ministry's page shows without reading a million rows."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from programs.models import Program, Region, TrainingSession
from programs.scoping import RegionScopedQuerySet


class TallyQuerySet(RegionScopedQuerySet):
    region_lookup = "region"


class Tally(models.Model):
    """How many people of one session share one trait, as counted by the relation that exports read.

    People, not registrations: each stands once in an edition, in the session where they have a place or had the last.
    `dimension` says which trait, empty for everybody; `key` its value, as it stands with the person. Replaced as a
    whole each time the edition is counted. The reminders of a session stand here too, by what became of them, in
    `messages`.
    """

    class Dimension(models.TextChoices):
        ALL = ""
        GENDER = "gender"
        AGE = "age"
        OCCUPATION = "occupation"
        REMINDER = "reminder"

    program = models.ForeignKey(Program, models.CASCADE, related_name="+")
    region = models.ForeignKey(Region, models.CASCADE, related_name="+")
    session = models.ForeignKey(TrainingSession, models.CASCADE, related_name="+")
    dimension = models.CharField(max_length=10, choices=Dimension)
    key = models.CharField(max_length=12)
    registered = models.PositiveIntegerField(default=0, db_default=0)
    queued = models.PositiveIntegerField(default=0, db_default=0)
    confirmed = models.PositiveIntegerField(default=0, db_default=0)
    complete = models.PositiveIntegerField(default=0, db_default=0)
    there = ArrayField(models.PositiveIntegerField(), default=list, db_default=[])
    messages = models.PositiveIntegerField(default=0, db_default=0)

    objects = TallyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "dimension", "key"], name="tally_once")]

    def __str__(self) -> str:
        return f"{self.session} · {self.dimension} · {self.key}"


class TallyCount(models.Model):
    """When an edition was counted last, machine time, and how long that took: a slow count is made less often."""

    program = models.OneToOneField(Program, models.CASCADE, related_name="+")
    counted_at = models.DateTimeField()
    seconds = models.FloatField()

    def __str__(self) -> str:
        return str(self.program)
