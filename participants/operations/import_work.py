"""Working on a list of people: every row looked at, then the clean ones written, a row at a time.

Rows go through the form that people use, which the entry points hand in as `read`; a seat is given by the operation of
the desk (`walk_ins.add`), so no rule is passed by.
"""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from functools import partial
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import OperationalError, transaction
from django.db.models import F, Func, QuerySet, Value, prefetch_related_objects
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from participants.addresses import address_key
from participants.models import Consent, Deed, Participant, Registration, RegistrationImport
from participants.operations import import_undos, locks, walk_ins
from participants.operations.participants import Profile
from participants.operations.refusals import Refused
from participants.queries import lookalikes, nameable
from portal.accounts.models import User
from programs.models import TrainingSession

log = logging.getLogger(__name__)
State = RegistrationImport.State
Failure = RegistrationImport.Failure
ATTEMPTS = 20  # of one step: ten minutes of ticks, longer than a database stumbles
MOST_ALIKE = 3
TOLD_EVERY = 25  # rows between two words of how far it is
JOBS = 2025_12_04  # advisory lock: the files that are worked on
_KEYS = uuid.UUID("6f0e1f5e-6a86-4c0c-93ba-6f1c8f0f2f54")


class LookalikeGone(Refused):
    code = "lookalike_gone"
    sentence = _("Orang yang dipilih untuk baris ini sudah tidak ada, atau tidak terlihat olehmu.")
    remedy = _("Unggah barisnya lagi dan pilih orangnya sekali lagi.")


class SamePersonTwice(Refused):
    code = "same_person_twice"
    sentence = _("Baris lain di berkas ini sudah dipakai untuk orang yang sama.")
    remedy = _("Pilih orang lain untuk baris ini, atau hapus barisnya.")


class RowOutOfDate(Refused):
    code = "row_out_of_date"
    sentence = _("Yang dituju baris ini sudah tidak ada sejak berkasnya diperiksa.")
    remedy = _("Periksa barisnya, lalu unggah lagi.")


@dataclass(frozen=True)
class Person:
    """What one row says, as the form has understood it."""

    email: str
    profile: Profile
    purposes: frozenset[str]
    signer: walk_ins.Signer | None


class Order(Enum):
    """How far a birth date in numbers tells which of them is the day."""

    EITHER = "either"  # 06/05/2004: the day first, as everybody here writes it, unless the list shows otherwise
    DAY_FIRST = "day first"  # 17/05/2004
    MONTH_FIRST = "month first"  # 05/17/2004: a spreadsheet that was set to American dates wrote the list
    YEAR_FIRST = "year first"  # 2004-05-17, as a spreadsheet's dates are read
    YEAR_AND_EITHER = "year and either"  # 2004-05-06: the same, unless the list shows otherwise


@dataclass(frozen=True)
class Said:
    """What a form made of one row: a person, or what is wrong with it and what could be read even so.

    Of what could not be read the address is empty, the others are None; so is `order` where nothing is in doubt.
    """

    person: Person | None = None
    errors: list[str] = field(default_factory=list)
    email: str = ""
    birth_date: date | None = None
    is_signed: bool | None = None
    order: Order | None = None


Reader = Callable[[Mapping[str, str], TrainingSession], Said]
Words = dict[str, str]  # one sentence in each language


def work_on(pk: int, *, read: Reader, now: datetime) -> bool:
    """`work` for the file with the key `pk`; False as well where it waits for nothing, or is not there any more."""
    batch = RegistrationImport.objects.waiting().filter(pk=pk).first()
    return batch is not None and work(batch=batch, read=read, now=now)


def work(*, batch: RegistrationImport, read: Reader, now: datetime) -> bool:
    """Do what `batch` waits for, unless another worker does. Safe to run again after a worker has died.

    Where whoever asked for it may do so no longer, or the rows were forgotten meanwhile, it has failed. Where the
    database says that it cannot now (a lock that is not let go), nothing is lost: it waits for the next tick, and then
    this returns False. After `ATTEMPTS`, those included at which a worker died, it is given up, and says so.
    """
    with locks.trying(JOBS, batch.pk) as is_mine:
        if not is_mine:
            return False
        batch.refresh_from_db()
        if not batch.is_under_way:
            return False
        if batch.attempts >= ATTEMPTS:  # and whoever made the last one did not live to say so
            _give_up(batch, now)
            return True
        batch.attempts += 1
        batch.save(update_fields=["attempts"])
        try:
            _step(batch, read, now)
        except SoftTimeLimitExceeded:
            raise  # the task is over, not the list: the next goes on with it
        except Exception as error:
            return _stumble(batch, error, now)
        return True


def _step(batch: RegistrationImport, read: Reader, now: datetime) -> None:
    if batch.state == State.UNDOING:
        import_undos.work(batch=batch, is_last=batch.attempts == ATTEMPTS, now=now)
    elif not batch.rows:
        _fail(batch, Failure.GONE, now)
    elif not _may(batch):
        _fail(batch, Failure.RIGHT, now)
    else:
        (_check if batch.state == State.CHECKING else _write)(batch, read, now)


def _stumble(batch: RegistrationImport, error: Exception, now: datetime) -> bool:
    """What follows from an attempt that met `error`. Returns False where `batch` waits for the next one.

    Taking back waits whatever it met: it stops at a piece, and every piece is another chance.
    """
    if not isinstance(error, OperationalError) and batch.state != State.UNDOING:
        log.error("import %s failed", batch.pk, exc_info=error)
        _fail(batch, Failure.ERROR, now)
        return True
    log.warning("import %s met the database's no at attempt %s", batch.pk, batch.attempts, exc_info=error)
    if batch.attempts < ATTEMPTS:
        return False
    _give_up(batch, now)
    return True


def _give_up(batch: RegistrationImport, now: datetime) -> None:
    log.error("import %s is given up", batch.pk)
    if batch.state == State.UNDOING:
        import_undos.give_up(batch=batch, now=now)
    else:
        _fail(batch, Failure.STUCK, now)


def _cells(batch: RegistrationImport, row: list[str]) -> dict[str, str]:
    return {name: row[number] for name, number in batch.mapping.items()}


def _check(batch: RegistrationImport, read: Reader, _at: datetime) -> None:
    """Look at every row, write nothing, and say all that is wrong at once.

    What the session itself says against all of them is told once, by whoever shows what was found.
    """
    session, by, found = batch.session, batch.in_name_of, {}
    prefetch_related_objects([session], "days")  # every row asks for them
    said = [read(_cells(batch, row), session) for row in batch.rows]
    addresses = [address_key(row.email or _cells(batch, batch.rows[place])["email"]) for place, row in enumerate(said)]
    times = Counter(addresses)
    doubts = _doubts({row.order for row in said})
    visible = nameable(Participant.objects.visible_to(by))
    for place, row in enumerate(said):
        reasons: list[Callable[[], list[str]]] = []
        alike: list[dict[str, Any]] = []
        if row.person is None:
            reasons.append(partial(_errors, read, _cells(batch, batch.rows[place]), session))
        elif not User.objects.with_address(row.email).exists():
            alike = _alike(row.person, visible)
        if addresses[place] and times[addresses[place]] > 1:
            reasons.append(_twice)
        if row.order in doubts:
            reasons.append(doubts[row.order])
        reasons += [partial(_sentence, refusal) for refusal in _reasons_against(session, row, by)]
        found[str(place)] = {"errors": [words for say in reasons for words in _in_each(say)], "alike": alike}
        _tell(batch, place)
    batch.found, batch.state = found, State.CHECKED
    batch.save(update_fields=["found", "state"])


def _reasons_against(session: TrainingSession, row: Said, by: User) -> list[Refused]:
    """Why the desk would not add whom `row` means; of whom an earlier upload has brought there is nothing to say."""
    if row.email and Registration.objects.filter(form_key=_key(session, row.email)).exists():
        return []
    return walk_ins.reasons_against(
        session=session, email=row.email, birth_date=row.birth_date, is_signed=row.is_signed, seen_by=by
    )


def _twice() -> list[str]:
    return [gettext("Alamat ini ada di lebih dari satu baris.")]


def _doubts(orders: set[Order | None]) -> dict[Order | None, Callable[[], list[str]]]:
    """What is said of dates of which the others of the list, in `orders`, leave it open which number is the day.

    A spreadsheet set to American dates takes 05/06/2004 for a date in May, and leaves 17/05/2004 as it was typed.
    """
    doubts: dict[Order | None, Callable[[], list[str]]] = {}
    if Order.MONTH_FIRST in orders:
        doubts[Order.EITHER] = _either_way
    if Order.DAY_FIRST in orders and Order.YEAR_FIRST not in orders:
        doubts[Order.YEAR_AND_EITHER] = _swapped
    return doubts


def _swapped() -> list[str]:
    return [
        gettext(
            "Tanggal lahir: di daftar ini hanya tanggal sampai 12 yang tersimpan sebagai tanggal, jadi hari dan"
            " bulannya mungkin tertukar. Tulis bulannya dengan kata, misalnya 5 Juni 2004."
        )
    ]


def _either_way() -> list[str]:
    return [
        gettext(
            "Tanggal lahir: baris lain di daftar ini menulis bulan di depan, jadi tanggal ini bisa dibaca "
            "dengan dua cara. Tulis bulannya dengan kata, misalnya 5 Juni 2004."
        )
    ]


def _sentence(refusal: Refused) -> list[str]:
    return [str(refusal)]


def _errors(read: Reader, cells: Mapping[str, str], session: TrainingSession) -> list[str]:
    return read(cells, session).errors


def _in_each(say: Callable[[], list[str]]) -> list[Words]:
    """What `say` says, sentence by sentence, in each language that its readers may have."""
    languages = [code for code, _name in settings.LANGUAGES]
    said = []
    for language in languages:
        with translation.override(language):
            said.append(say())
    return [dict(zip(languages, words, strict=True)) for words in zip(*said, strict=True)]


def _alike(person: Person, people: QuerySet[Participant]) -> list[dict[str, Any]]:
    profile = person.profile
    new = Participant(full_name=profile.full_name, birth_date=profile.birth_date, phone=profile.phone)
    rows = lookalikes.like(new, people)[:MOST_ALIKE]
    return [{"pk": row.pk, "name": row.full_name, "born": row.birth_date.isoformat()} for row in rows]


def _write(batch: RegistrationImport, read: Reader, now: datetime) -> None:
    """Register row after row, each in a transaction of its own that also remembers it."""
    batch.refused, meant_before = {}, set[uuid.UUID]()
    for place, row in enumerate(batch.rows):
        if batch.found[str(place)]["errors"]:
            continue
        if reason := _reason_left_out(batch, read, place, _cells(batch, row), meant_before, now):
            batch.refused[str(place)] = reason
        _tell(batch, place)
    batch.state, batch.rows, batch.found, batch.choices, batch.rows_done = State.DONE, [], {}, {}, batch.row_count
    batch.save(update_fields=["state", "refused", "rows", "found", "choices", "rows_done"])


def _reason_left_out(
    batch: RegistrationImport,
    read: Reader,
    place: int,
    cells: Mapping[str, str],
    meant_before: set[uuid.UUID],
    now: datetime,
) -> Words | None:
    """Write one row; None where that was done or an earlier upload has brought it, else why not."""
    said = read(cells, batch.session)
    if said.person is None:  # it was clean when it was looked at
        errors = _in_each(partial(_errors, read, cells, batch.session))
        return {code: " ".join(words[code] for words in errors) for code, _name in settings.LANGUAGES}
    try:
        _write_row(batch, said.person, batch.choices.get(str(place)), meant_before, now)
    except Refused as refusal:
        return _in_each(partial(_sentence, refusal))[0]
    return None


@transaction.atomic
def _write_row(
    batch: RegistrationImport, person: Person, meant: int | None, meant_before: set[uuid.UUID], now: datetime
) -> None:
    email, by = person.email, batch.in_name_of
    if meant:
        known = nameable(Participant.objects.visible_to(by)).select_related("user").filter(pk=meant).first()
        if known is None:
            raise LookalikeGone
        email = known.user.email
    key = _key(batch.session, email)
    if key in meant_before:
        raise SamePersonTwice
    if Registration.objects.filter(form_key=key).exists():
        meant_before.add(key)
        return  # an earlier upload has brought this row already
    try:
        made = walk_ins.add(
            session=batch.session,
            email=email,
            profile=person.profile,
            purposes=person.purposes,
            signer=person.signer,
            form_key=key,
            by=by,
            channel=Consent.Channel.PAPER,
            what=Deed.What.IMPORTED,
            now=now,
        )
    except ObjectDoesNotExist as error:
        raise RowOutOfDate from error
    append = Func(F("made"), Value(made.pk), function="array_append")
    RegistrationImport.objects.filter(pk=batch.pk).update(made=append)
    meant_before.add(key)


def _key(session: TrainingSession, email: str) -> uuid.UUID:
    """One for each address and session, so that the same file again brings nobody twice; anew once it was undone.

    While it is being undone, whoever has not been taken back yet is refused as registered, not passed over in silence.
    """
    undone = session.imports.filter(state__in=[State.UNDOING, State.UNDONE]).count()
    return uuid.uuid5(_KEYS, f"{session.pk}:{undone}:{address_key(email)}")


def _fail(batch: RegistrationImport, why: Failure, now: datetime) -> None:
    """End it half-way: what stood in the file goes, what was written stays in `made`, to be taken back."""
    batch.state, batch.failure, batch.failed_at = State.FAILED, why, now
    batch.rows, batch.found, batch.choices = [], {}, {}
    batch.save(update_fields=["state", "failure", "failed_at", "refused", "rows", "found", "choices"])


def _may(batch: RegistrationImport) -> bool:
    """Whether whoever asked for it may still do so, now that it is done."""
    by = User.objects.get(pk=batch.in_name_of.pk)
    sees = TrainingSession.objects.visible_to(by).filter(pk=batch.session_id).exists()
    return by.is_active and by.has_perm("participants.work_with_cohort") and sees


def _tell(batch: RegistrationImport, number: int) -> None:
    if number % TOLD_EVERY == 0:
        RegistrationImport.objects.filter(pk=batch.pk).update(rows_done=number + 1)
