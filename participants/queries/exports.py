"""Which files with personal columns somebody got lately, and whose are unusually many."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from participants.models import AttendanceExport
from portal.accounts.models import User

A_DAY = timedelta(hours=24)
State = AttendanceExport.State
_NOT_GIVEN = [State.ASKED, State.DECLINED, State.REFUSED, State.FAILED]


def personal_files(by: int, *, now: datetime) -> QuerySet[AttendanceExport]:
    """The files with personal columns that the account `by` got since a day before `now`.

    A file is got when it is asked for, or when a second person agrees. Those noted as of later count: whoever was slow
    to ask, or has a slow clock, has had them as well.
    """
    given = AttendanceExport.objects.filter(by=by).annotate(given_at=Coalesce("judged_at", "at"))
    files = given.filter(given_at__gt=now - A_DAY).exclude(personal=[])
    return files.exclude(state__in=_NOT_GIVEN)


def unusual_askers(user: User | AnonymousUser, *, now: datetime) -> int:
    """How many others took unusually much personal data in the last day; 0 to whoever may not see the list of files."""
    if not (isinstance(user, User) and user.sees_all_regions and user.has_perm("participants.view_attendanceexport")):
        return 0
    told = AttendanceExport.objects.filter(alarmed_at__gt=now - A_DAY, alarmed_at__lte=now).exclude(by=user.pk)
    return told.order_by().values("by").distinct().count()
