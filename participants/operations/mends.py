"""A form sent again, mended: what it may still change of the registration that it made."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from participants.models import AccessibilityRequest, GuardianRequest, Participant, Registration
from participants.models.accessibility import AGREED
from participants.operations import accessibility, consents, guardian_requests
from participants.operations.participants import Profile
from programs.models import TrainingSession

FREE = ("full_name", "region")
OF_ADULTS = ("phone", "occupation", "gender")


def mend(
    registration: Registration,
    *,
    session: TrainingSession,
    profile: Profile,
    purposes: Collection[str],
    guardian_email: str,
    now: datetime,
) -> list[str]:
    """Write what differs from `profile`, in the caller's transaction, with session and registration locked.

    Returns the names of what differs and could not be written: all of it once the place is let go or registration has
    closed; else a birth date, which decides more than a form sent again may, and a guardian who has answered. Raises
    what `guardian_requests.ask_instead` raises, for another guardian while the first is asked.
    """
    person = Participant.objects.select_for_update(no_key=True).get(pk=registration.participant_id)
    differing = _differing(registration, person, profile, guardian_email)
    if not registration.is_live or now >= session.closes:
        return differing
    taken = [name for name in differing if name in (*FREE, *OF_ADULTS)]
    for name in taken:
        setattr(person, name, getattr(profile, name))
    if taken:
        person.save(update_fields=taken)
    if "accessibility_needs" in differing:
        accessibility.say(registration=registration, need=profile.accessibility_needs, now=now)
        taken.append("accessibility_needs")
    if "guardian_email" in differing and registration.guardian == Registration.Guardian.ASKED:
        guardian_requests.ask_instead(registration, email=guardian_email, session=session, now=now)
        taken.append("guardian_email")
    consents.choose(participant=person, purposes=purposes, language=profile.language, now=now)
    return [name for name in differing if name not in taken]


def _differing(registration: Registration, person: Participant, profile: Profile, guardian_email: str) -> list[str]:
    """What the form says otherwise than it is kept, of the questions that it asks of somebody of this age."""
    names = [name for name in (*FREE, "birth_date") if getattr(person, name) != getattr(profile, name)]
    if guardian_email:
        states = [GuardianRequest.Answer.OPEN, GuardianRequest.Answer.GIVEN]
        asked = registration.guardian_requests.filter(answer__in=states).values_list("email", flat=True)
        return names + ["guardian_email"] * (guardian_email not in asked)
    if registration.guardian not in AGREED:
        return names
    names += [name for name in OF_ADULTS if getattr(person, name) != getattr(profile, name)]
    needs = AccessibilityRequest.objects.filter(registration=registration).values_list("need", flat=True)
    return names + ["accessibility_needs"] * ((profile.accessibility_needs or None) != needs.first())
