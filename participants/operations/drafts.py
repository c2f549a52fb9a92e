"""Forms that are finished later, perhaps on another device.

A draft is a convenience and nobody's fact: the last one saved wins, and a lost one costs some typing. What it may hold
is decided here, so that no door can keep more of a minor than a registration may.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from participants.models import Draft, Registration
from participants.operations import statements
from portal.accounts.models import User
from programs.models import TrainingSession

OF_A_MINOR = frozenset({"full_name", "birth_date", "region", "guardian_email"})
OF_AN_ADULT = frozenset({"full_name", "birth_date", "region", "phone", "occupation", "gender", "accessibility_needs"})
KEPT = timedelta(days=7)
LONGEST = 500  # letters of one answer


@transaction.atomic
def save(
    *, user: User, session: TrainingSession, typed: Mapping[str, str], birth_date: date | None, now: datetime
) -> Draft | None:
    """Keep what `user` has typed for `session`, instead of what was kept before. None when there is nothing to keep.

    `birth_date` is what the typed date means. Without one, and of a minor, only `OF_A_MINOR` is kept. Of somebody who
    is registered in the edition nothing is kept: their form is finished. Nor of whose record is gone meanwhile.
    """
    is_adult = birth_date is not None and not session.program.needs_guardian(birth_date, on=session.first_day)
    may_hold = OF_AN_ADULT if is_adult else OF_A_MINOR
    kept = {name: text[:LONGEST] for name, text in typed.items() if name in may_hold and text}
    if not kept:
        return None
    is_active = _wait_for_who_registers(user)
    live = Registration.objects.live().filter(participant__user=user, program=session.program_id)
    if not is_active or live.exists():
        return None
    draft, _created = Draft.objects.update_or_create(
        user=user, session=session, defaults={"typed": kept, "saved_at": now}
    )
    return draft


def _wait_for_who_registers(user: User) -> bool:
    """Let a registration that is being written end first, and none begin until the draft is kept: it forgets drafts.

    Returns whether the account is on then.
    """
    return User.objects.select_for_update(no_key=True).values_list("is_active", flat=True).get(pk=user.pk)


def discard(*, user: User, session: TrainingSession) -> int:
    """Forget the draft of `user` for `session`. Returns how many there were."""
    return Draft.objects.filter(user=user, session=session).delete()[0]


def finish(*, user: User) -> None:
    """Forget all drafts of `user`: whoever is registered has nothing left to finish."""
    statements.run_planned("DELETE FROM participants_draft WHERE user_id = %(user)s", {"user": user.pk})


def purge(*, now: datetime) -> int:
    """Forget drafts that nobody has touched for a week. Returns how many. Safe to run twice."""
    return old(now=now).delete()[0]


def old(*, now: datetime) -> QuerySet[Draft]:
    """What `purge` forgets."""
    return Draft.objects.filter(saved_at__lt=now - KEPT)
