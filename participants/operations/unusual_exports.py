"""Telling the ministry that somebody takes unusually much personal data out of the portal, once for each day of it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Q, QuerySet, Sum

from participants.models import AttendanceExport, Notification
from participants.operations import notifications
from participants.queries.exports import A_DAY, personal_files
from portal.accounts.models import User

PEOPLE = 2_000  # whom one person's files of a day may name, file by file, before others are told
FILES = 10


def look(export: AttendanceExport, *, now: datetime) -> None:
    """Tell everybody else who may see the list of files if, with `export`, its asker's files of a day are too many.

    In the caller's transaction, which lets nobody else note a file of that asker: of two at once one tells.
    """
    files = personal_files(export.by_id, now=now)
    if files.filter(alarmed_at__gt=now - A_DAY).exists():
        return
    sums = files.aggregate(files=Count("pk"), people=Sum("people"))
    if sums["files"] <= FILES and (sums["people"] or 0) <= PEOPLE:
        return
    export.alarmed_at = now
    export.save(update_fields=["alarmed_at"])
    notifications.promise_all(
        Notification.Kind.EXPORTS_UNUSUAL, watchers().exclude(pk=export.by_id), occurrence=str(export.pk), now=now
    )


def watchers() -> QuerySet[User]:
    """Staff who may see the list of files."""
    may_see = Q(groups__permissions__codename="view_attendanceexport")
    return User.objects.filter(may_see, is_active=True, is_staff=True).distinct().order_by("pk")
