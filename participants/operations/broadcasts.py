"""Staff write to the people of a session: in five minutes or next morning, once, and only whom it is meant for."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from participants import queries
from participants.models import Broadcast, Deed, Notification
from participants.operations import deeds, notifications
from participants.operations.deliveries import GIVE_UP_AFTER
from participants.operations.refusals import Refused
from portal.accounts.models import User
from programs.models import TrainingSession
from programs.models.reminders import QUIET_FROM, QUIET_UNTIL, awake

THINK_AGAIN = timedelta(minutes=5)
WHAT_IS_SAID = ("session_id", "audience", "is_optional", "subject_id", "body_id", "subject_en", "body_en")


class NobodyMeant(Refused):
    code = "nobody_meant"
    sentence = _("Saat ini tidak ada seorang pun di antara penerima itu.")
    remedy = _("Pilih penerima lain.")


class AlreadyWritten(Refused):
    code = "broadcast_written"
    sentence = _("Formulir ini sudah dipakai untuk kabar lain. Yang ini belum dikirim.")
    remedy = _("Lihat dulu sekali lagi, lalu kirim.")


@dataclass(frozen=True)
class Text:
    """Subject and body in both languages; English may be empty, then all read the Indonesian."""

    subject_id: str
    body_id: str
    subject_en: str = ""
    body_en: str = ""


def starts(*, session: TrainingSession, now: datetime) -> datetime:
    """When what is written at the instant `now` goes out, in the session's zone: in five minutes, or at the end of the
    quiet hours there (21:00-07:00) unless the training is on that day or the next. `claims.POSTPONE` says the same."""
    there = (now + THINK_AGAIN).astimezone(session.region.zone)
    if any(0 <= (day.date - there.date()).days <= 1 for day in session.days.all()):
        return there
    return awake(there, quiet_from=QUIET_FROM, quiet_until=QUIET_UNTIL)


@transaction.atomic
def write(
    *,
    session: TrainingSession,
    audience: Broadcast.Audience,
    text: Text,
    is_optional: bool = False,
    form_key: UUID,
    by: User,
    now: datetime,
) -> Broadcast:
    """Promise `text` to everybody of `audience` for when it `starts`. The same again with its `form_key` returns the
    first.

    An optional one can be turned off by its readers, and is not for those who did.

    Raises NobodyMeant, and AlreadyWritten where something else was written with `form_key`.
    """
    broadcast = Broadcast(
        session=session,
        audience=audience,
        is_optional=is_optional,
        form_key=form_key,
        people=0,
        written_by=by,
        written_at=now,
        starts_at=starts(session=session, now=now),
        **asdict(text),
    )
    readers = list(broadcast.readers().order_by("pk"))
    if not readers:
        raise NobodyMeant
    broadcast.people = len(readers)
    Broadcast.objects.bulk_create([broadcast], ignore_conflicts=True)
    kept = Broadcast.objects.get(form_key=form_key)
    if any(getattr(kept, name) != getattr(broadcast, name) for name in WHAT_IS_SAID):
        raise AlreadyWritten
    if not queries.copies_of(kept).exists():
        notifications.promise_to_many(
            Notification.Kind.BROADCAST,
            readers,
            due_at=kept.starts_at,
            useful_until=max(session.ends, kept.starts_at + GIVE_UP_AFTER),  # it may be written when all is over
            occurrence=kept.occurrence,
            now=now,
        )
        deeds.note(Deed.What.TOLD, about=kept, by=by, now=now, changed={"people": (0, kept.people)})
    return kept


@transaction.atomic
def stop(*, broadcast: Broadcast, by: User, now: datetime) -> Broadcast:
    """Send no copy of `broadcast` that has not gone out; before `starts_at` none has. A second stop changes nothing."""
    broadcast = Broadcast.objects.select_for_update(no_key=True).get(pk=broadcast.pk)
    if broadcast.stopped_at is None:
        broadcast.stopped_at, broadcast.stopped_by = now, by
        broadcast.save(update_fields=["stopped_at", "stopped_by"])
        copies = Q(pk__in=queries.copies_of(broadcast).values("pk"))
        notifications.call_off(copies, reason="staff stopped it", now=now)
        deeds.note(Deed.What.STOPPED, about=broadcast, by=by, now=now)
    return broadcast
