"""The files of exports: built two at a time, given out or kept, fetched by who asked, and gone after a day."""

from __future__ import annotations

import hashlib
import logging
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import IO

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from participants.exports import attendance
from participants.models import AttendanceExport, ExportPart, Notification, Registration
from participants.operations import exports, locks, notifications
from participants.operations.refusals import Refused
from participants.queries.person_days import Filter, Selection
from portal.accounts.models import User
from programs.models import Region

log = logging.getLogger(__name__)

State = AttendanceExport.State
AT_ONCE = 2  # files under construction, in all processes together
ATTEMPTS = 3
PART = 1_000_000  # bytes
SLOTS, JOBS = 2025_12_02, 2025_12_03  # advisory locks: the places of builders, and the files being built
TOLD_EVERY = 0.5  # seconds between two words of how far it is


class NotThere(Refused):
    code = "export_not_there"
    sentence = _("Berkas ini belum siap, atau sudah dihapus.")
    remedy = _("Minta sekali lagi di halaman unduh.")


def give_out(*, export: AttendanceExport, now: datetime) -> IO[bytes] | None:
    """Build a small file and hand it over, kept nowhere; None where it must wait for its turn as a job."""
    if export.state != State.QUEUED or export.people > exports.SMALL:
        return None
    with _slot() as is_free, locks.trying(JOBS, export.pk) as is_mine:
        if not is_free or not is_mine:
            notifications.ring_for_exports()
            return None
        export.refresh_from_db()  # a worker may have built it meanwhile, and then keeps it
        if export.state != State.QUEUED:
            return None
        file = tempfile.TemporaryFile()  # noqa: SIM115 -- the caller closes it
        if not _build(export, file, now=now):
            return None
        export.state = State.GIVEN
        export.save()
        return file


def build_next(*, now: datetime) -> bool:
    """Build one file that waits, if a place is free. Returns whether it did; call again for the next.

    A file whose worker died is begun anew, at most `ATTEMPTS` times. Rights are asked for now, not when it was asked.
    """
    with _slot() as is_free:
        if not is_free:
            return False
        waiting = AttendanceExport.objects.filter(state__in=[State.QUEUED, State.RUNNING]).order_by("pk")
        for export in waiting:
            with locks.trying(JOBS, export.pk) as is_mine:
                if is_mine and (still := waiting.filter(pk=export.pk).first()):
                    _work(still, now=now)
                    return True
    return False


def ring_if_waiting() -> None:
    """For the tick: what waits is built even if no bell was heard."""
    if AttendanceExport.objects.filter(state__in=[State.QUEUED, State.RUNNING]).exists():
        notifications.ring_for_exports()


def progress(export: AttendanceExport) -> int:
    """How much of it is done, in per cent."""
    done = export.rows_done if export.state == State.RUNNING else 0
    return min(99, done * 100 // max(export.row_count, 1))


def fetch(*, export: AttendanceExport, by: User, now: datetime) -> Iterator[bytes]:
    """The built file, a stretch at a time. Raises NotYours or NotThere."""
    if export.by_id != by.pk or not exports.may_have(by, export.personal) or not _sees(by, export.regions):
        raise exports.NotYours
    if export.state != State.READY or export.ready_at is None or export.ready_at + exports.KEPT <= now:
        raise NotThere
    export.fetched_at = now
    export.save(update_fields=["fetched_at"])
    return _parts(export)


def recognise(file: Iterable[bytes]) -> tuple[str, AttendanceExport | None]:
    """The fingerprint of a file that somebody holds, and which one it is of those that were given out, if any."""
    digest = hashlib.sha256()
    for stretch in file:
        digest.update(stretch)
    known = AttendanceExport.objects.select_related("by").filter(sha256=digest.hexdigest())
    return digest.hexdigest(), known.order_by("pk").first()


def old(*, now: datetime) -> QuerySet[AttendanceExport]:
    """Whose file a day has passed over."""
    return AttendanceExport.objects.filter(state=State.READY, ready_at__lte=now - exports.KEPT)


def forget_old(*, now: datetime) -> int:
    """Delete the files that a day has passed over; their rows stay. Returns how many."""
    return forget(old(now=now))


def forget_about(people: Collection[int]) -> None:
    """Delete every kept file in which one of `people` (participants' keys) may be, since they are to be forgotten."""
    kept = AttendanceExport.objects.filter(Exists(ExportPart.objects.filter(export=OuterRef("pk"))))
    if not kept.exists():
        return
    regions = set(Registration.objects.filter(participant__in=people).values_list("region", flat=True))
    forget(kept.filter(pk__in=[export.pk for export in kept if regions.intersection(export.regions)]))


def forget(rows: QuerySet[AttendanceExport]) -> int:
    """Delete the files of `rows`."""
    with transaction.atomic():
        pks = list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))
        ExportPart.objects.filter(export__in=pks).delete()
        return AttendanceExport.objects.filter(pk__in=pks).update(state=State.GONE)


def _work(export: AttendanceExport, *, now: datetime) -> None:
    export.attempts += 1
    export.state = State.RUNNING if export.attempts <= ATTEMPTS else State.FAILED
    export.failed_at = now if export.state == State.FAILED else None
    export.rows_done = 0
    export.save(update_fields=["attempts", "state", "failed_at", "rows_done"])
    if export.state == State.FAILED:
        return
    try:
        with tempfile.TemporaryFile() as file:
            if _build(export, file, now=now):
                _keep(export, file, now)
    except Exception:
        log.exception("export %s failed", export.pk)
        AttendanceExport.objects.filter(pk=export.pk).update(state=State.FAILED, failed_at=now)


def _build(export: AttendanceExport, file: IO[bytes], *, now: datetime) -> bool:
    """Write the file as of `now` with the rights of now; not at all when they are gone."""
    by = User.objects.get(pk=export.by_id)
    if not exports.may_have(by, export.personal):
        export.state = State.REFUSED
        export.save(update_fields=["state"])
        return False
    rows = Registration.objects.visible_to(by)
    selection = Selection(rows, now, Filter.from_json(export.asked))
    with translation.override(export.language), _told(export) as told:
        request = attendance.Request(
            selection=selection,
            requested_by=str(by),
            description=export.filter_in_words,
            layout=export.layout,  # type: ignore[arg-type]
            personal=frozenset(export.personal),
            delimiter=export.delimiter,
            number=str(export.pk),
            told=told,
        )
        written = (attendance.write_xlsx if export.format == "xlsx" else attendance.write_csv)(request, file)
    export.regions = sorted(selection.chosen().order_by().values_list("region", flat=True).distinct())
    for fact, value in vars(written).items():
        setattr(export, fact, value)
    file.seek(0)
    return True


@transaction.atomic
def _keep(export: AttendanceExport, file: IO[bytes], now: datetime) -> None:
    """All of the file, or nothing."""
    ExportPart.objects.filter(export=export).delete()
    for number, content in enumerate(iter(lambda: file.read(PART), b"")):
        ExportPart.objects.create(export=export, number=number, content=content)
    export.state, export.ready_at, export.rows_done = State.READY, now, export.row_count
    export.save()
    if export.schedule_id:
        notifications.promise(
            Notification.Kind.EXPORT_READY,
            subject=export.by,
            occurrence=str(export.pk),
            now=now,
            useful_until=now + exports.KEPT,
        )


def _parts(export: AttendanceExport) -> Iterator[bytes]:
    number = 0
    while part := ExportPart.objects.filter(export=export, number=number).first():
        yield bytes(part.content)
        number += 1


def _sees(user: User, regions: list[int]) -> bool:
    return Region.objects.visible_to(user).filter(pk__in=regions).count() == len(regions)


@contextmanager
def _told(export: AttendanceExport) -> Iterator[Callable[[int], None]]:
    """Says on a connection of its own how far it is: the one that reads keeps its snapshot and must not write."""
    with closing(connection.copy()) as aside:
        last = [time.monotonic()]

        def told(rows: int) -> None:
            if time.monotonic() - last[0] < TOLD_EVERY:
                return
            last[0] = time.monotonic()
            with aside.cursor() as cursor:
                table = AttendanceExport._meta.db_table
                cursor.execute(f"UPDATE {table} SET rows_done = %s WHERE id = %s", [rows, export.pk])  # noqa: S608

        yield told


@contextmanager
def _slot() -> Iterator[bool]:
    """One of the places in which a file is built; freed by the database even if the process dies."""
    for number in range(AT_ONCE):
        with locks.trying(SLOTS, number) as is_mine:
            if is_mine:
                yield True
                return
    yield False
