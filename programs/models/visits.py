"""How often public pages were opened."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from programs.models.sessions import TrainingSession


class Visits(models.Model):
    """How often one public page was opened on one day: a number, and nothing of whoever opened it.

    Counted without cookie, address or name: somebody who opens a page twice counts twice. The page of a session counts
    with its session; the two others, home and the list, belong to every edition that is offered.
    """

    class Page(models.TextChoices):
        HOME = "home"
        SESSIONS = "sessions"
        SESSION = "session"

    day = models.DateField(help_text="By the clock of Jakarta.")
    page = models.CharField(max_length=8, choices=Page)
    session = models.ForeignKey(TrainingSession, models.CASCADE, null=True, related_name="visits")
    number = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "page", "session"], nulls_distinct=False, name="visits_of_a_page_and_day"
            ),
            models.CheckConstraint(
                name="visits_name_the_session_of_its_page",
                condition=Q(page="session", session__isnull=False) | ~Q(page="session") & Q(session=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.page} · {self.day}"
