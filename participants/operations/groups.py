"""Groups within a session: divided so that each is a small likeness of the whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from participants.models import Deed, Registration
from participants.operations import deeds, row_locks
from participants.operations.refusals import Refused
from portal.accounts.models import User
from programs.models import TrainingSession

MOST = 60


class TooManyGroups(Refused):
    code = "too_many_groups"
    sentence = _("Kelompoknya lebih banyak daripada pesertanya, atau tidak ada peserta yang bisa dibagi.")
    remedy = _("Pilih jumlah kelompok yang lebih kecil, paling sedikit satu.")


@transaction.atomic
def divide(*, session: TrainingSession, number: int, keep: bool, by: User, now: datetime) -> dict[int, int]:
    """Divide everybody confirmed into `number` groups. Returns how many people each group has.

    No two groups differ by more than one person, nor by more than one of a gender; occupations and ages are spread as
    evenly as that allows. With `keep` whoever has a group stays in it and the others fill up the smallest. Raises
    TooManyGroups.
    """
    row_locks.lock_session(session)
    people = list(
        Registration.objects.confirmed()
        .filter(session=session)
        .select_related("participant")
        .select_for_update(of=("self",), no_key=True)
    )
    if not 1 <= number <= min(MOST, len(people)):
        raise TooManyGroups
    people.sort(key=_likeness)
    before = {row.pk: row.group_number for row in people}
    staying = [row for row in people if keep and row.group_number and row.group_number <= number]
    moving = [row for row in people if row not in staying]
    sizes = Counter(dict.fromkeys(range(1, number + 1), 0))
    if staying:
        _fill_up(staying, moving, sizes)
    else:
        for place, row in enumerate(moving):
            row.group_number = place % number + 1
        sizes.update(row.group_number for row in moving)
    Registration.objects.bulk_update(moving, ["group_number"])
    deeds.note(Deed.What.DIVIDED, about=session, by=by, now=now, changed={"group_number": ("", number)})
    deeds.note_all(
        Deed.What.GROUPED,
        about=[row for row in moving if row.group_number != before[row.pk]],
        by=by,
        now=now,
        changed=lambda row: {"group_number": (before[row.pk], row.group_number)},
    )
    return dict(sizes)


@transaction.atomic
def put(*, registration: Registration, group: int | None, by: User, now: datetime) -> Registration:
    """Put one person into a group, or into none. Raises TooManyGroups for a number beyond sixty."""
    row_locks.lock_session(registration.session)
    registration = row_locks.lock_registration(registration)
    if group is not None and not 1 <= group <= MOST:
        raise TooManyGroups
    before, registration.group_number = registration.group_number, group
    registration.save(update_fields=["group_number"])
    if before != group:
        deeds.note(Deed.What.GROUPED, about=registration, by=by, now=now, changed={"group_number": (before, group)})
    return registration


def _likeness(row: Registration) -> tuple[str, str, int, int]:
    """People who are alike stand beside each other; dealt out like cards, each kind is then spread evenly."""
    return row.participant.gender, row.participant.occupation, row.birth_date.year, row.pk


def _fill_up(staying: Sequence[Registration], moving: Sequence[Registration], sizes: Counter[int]) -> None:
    """Each into the smallest group, of these the one with fewest of the same gender."""
    genders: Counter[tuple[int, str]] = Counter()
    for row in staying:
        sizes[row.group_number or 0] += 1
        genders[row.group_number or 0, row.participant.gender] += 1
    for row in moving:
        gender = row.participant.gender
        row.group_number = min(sizes, key=lambda group: (sizes[group], genders[group, gender], group))
        sizes[row.group_number] += 1
        genders[row.group_number, gender] += 1
