"""What the project package itself must remember: how far a rehearsal's clock has been moved."""

from django.db import models


class Rehearsal(models.Model):
    """One row, and only in a rehearsal: how far programme time runs ahead of real time."""

    singleton = models.BooleanField(default=True, unique=True, editable=False)
    lead = models.DurationField(help_text="Programme time minus real time.")

    class Meta:
        constraints = [models.CheckConstraint(name="rehearsal_is_one_row", condition=models.Q(singleton=True))]

    def __str__(self) -> str:
        return f"rehearsal {self.lead}"
