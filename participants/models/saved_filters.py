"""Lists that staff come back to."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class SavedFilter(models.Model):
    """What one member of staff filters one list by, under a name of theirs; `query` holds filters, no typed search.

    Nobody else sees it, and it opens nothing: the list shows through it what its reader may see.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters")
    table = models.CharField(max_length=60)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=300)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["owner", "table", "name"], name="saved_filter_name_once")]

    def __str__(self) -> str:
        return self.name
