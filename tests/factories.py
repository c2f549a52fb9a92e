"""Rows for tests: each function makes one valid thing; keyword arguments say what matters to the test."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.contrib.auth import login
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.http import HttpRequest
from django.test import Client

from participants.models import Broadcast, Participant, Registration
from participants.operations import registrations
from portal import clock
from portal.accounts.models import User
from portal.accounts.sessions import SessionStore
from programs.models import Coordination, Program, Region, ReminderRule, TrainingDay, TrainingSession, Venue

_numbers = itertools.count(1)
WIB = ZoneInfo("Asia/Jakarta")

OPENS = datetime(2025, 12, 1, 10, tzinfo=WIB)
DURING_REGISTRATION = datetime(2025, 12, 2, 9, tzinfo=WIB)
ADULT_BORN = date(2004, 5, 17)
MINOR_BORN = date(2009, 3, 2)


def make_program(**fields: Any) -> Program:
    number = next(_numbers)
    defaults = {
        "slug": f"edition-{number}",
        "name_id": f"Pelatihan {number}",
        "name_en": f"Training {number}",
        "starts_on": date(2025, 12, 16),
        "ends_on": date(2025, 12, 20),
        "days_per_session": 3,
        "seats_per_session": 300,
        "born_from": date(1997, 1, 1),
        "born_until": date(2012, 12, 31),
        "adult_age": 18,
        "registration_opens": OPENS,
        "closes_days_before": 1,
        "closes_at": time(18),
        "guardian_hours": 72,
        "offer_hours": 0,
        "certificate_min_days": 3,
        "daily_start": time(9),
        "daily_end": time(16),
    }
    return Program.objects.create(**defaults | fields)


def make_region(**fields: Any) -> Region:
    number = next(_numbers)
    defaults = {
        "code": f"T{number}",
        "name": f"Wilayah {number}",
        "city_code": f"T{number}.1",
        "city": f"Kota {number}",
        "time_zone": "Asia/Jakarta",
    }
    return Region.objects.create(**defaults | fields)


def make_session(*, first_day: date = date(2025, 12, 16), days: int = 3, **fields: Any) -> TrainingSession:
    """A published session of `days` days from `first_day`, 09:00 to 16:00 local time, with 300 seats."""
    number = next(_numbers)
    region = fields.pop("region", None) or make_region()
    defaults = {
        "program": fields.pop("program", None) or make_program(),
        "region": region,
        "venue": fields.pop("venue", None)
        or Venue.objects.create(region=region, name=f"Gedung {number}", city=region.city),
        "slug": f"sesi-{number}",
        "capacity": 300,
    }
    session = TrainingSession.objects.create(**defaults | fields)
    TrainingDay.objects.bulk_create(
        TrainingDay(
            session=session,
            number=number + 1,
            date=first_day + timedelta(days=number),
            starts_at=time(9),
            ends_at=time(16),
        )
        for number in range(days)
    )
    session.refresh_from_db()
    return session


def make_rule(program: Program, **fields: Any) -> ReminderRule:
    """The reminder on the evening before the first day, 18:00 local time, useful until 05:30 on the day."""
    defaults = {
        "slug": "eve",
        "anchor": ReminderRule.Anchor.FIRST_DAY,
        "offset_days": -1,
        "at": time(18),
        "useful_offset_days": 0,
        "useful_at": time(5, 30),
        "before_consent": fields.get("audience") == ReminderRule.Audience.AWAITING_GUARDIAN,
    }
    return ReminderRule.objects.create(program=program, **defaults | fields)


def make_broadcast(session: TrainingSession, **fields: Any) -> Broadcast:
    """What staff wrote to the people of `session`; to whom, and the ledger's copies, are the caller's affair."""
    defaults: dict[str, Any] = {
        "audience": "all",
        "subject_id": "Kabar: {kota}",
        "body_id": "Bawa payung, {nama}.",
        "subject_en": "News: {kota}",
        "body_en": "Bring an umbrella, {nama}.",
        "form_key": uuid.uuid4(),
        "people": 1,
        "written_at": DURING_REGISTRATION,
        "starts_at": DURING_REGISTRATION + timedelta(minutes=5),
    }
    values = defaults | fields
    return Broadcast.objects.create(session=session, written_by=values.pop("written_by", None) or make_user(), **values)


def make_user(**fields: Any) -> User:
    """Somebody without a password, as participants are."""
    return User.objects.create_participant(email=fields.pop("email", f"orang{next(_numbers)}@example.com"), now=OPENS)


def make_coordinator(*regions: Region, **fields: Any) -> User:
    """Staff assigned to `regions`; without roles until `sync_roles` gives them."""
    user = User.objects.create_staff(
        email=fields.pop("email", f"koordinator{next(_numbers)}@example.com"),
        password=fields.pop("password", "kunci-rahasia-uji-2025"),
        name=fields.pop("name", "Koordinator"),
        now=OPENS,
    )
    Coordination.objects.bulk_create(Coordination(user=user, region=region) for region in regions)
    return user


def make_participant(**fields: Any) -> Participant:
    """An adult with a full profile."""
    defaults = {
        "user": fields.pop("user", None) or make_user(),
        "full_name": "Siti Nur'aini",
        "birth_date": ADULT_BORN,
        "region": fields.pop("region", None) or make_region(),
        "phone": "+6281234567890",
        "occupation": Participant.Occupation.UNIVERSITY,
        "created_at": OPENS,
    }
    return Participant.objects.create(**defaults | fields)


def make_registration(session: TrainingSession, **fields: Any) -> Registration:
    """A row written directly, past the operations: a confirmed seat unless told otherwise."""
    participant = fields.pop("participant", None) or make_participant(region=session.region)
    defaults = {
        "form_key": uuid.uuid4(),
        "participant": participant,
        "session": session,
        "program_id": session.program_id,
        "region_id": session.region_id,
        "birth_date": participant.birth_date,
        "born_from": session.program.born_from,
        "born_until": session.program.born_until,
        "place": Registration.Place.SEAT,
        "registered_at": DURING_REGISTRATION,
    }
    return Registration.objects.create(**defaults | fields)


def register(session: TrainingSession, participant: Participant | None = None, **options: Any) -> Registration:
    """A registration made by the operation, as people make theirs; of a new adult of the session's region."""
    return registrations.register(
        participant=participant or make_participant(region=session.region),
        session=session,
        **{"form_key": uuid.uuid4(), "now": DURING_REGISTRATION} | options,
    )


def as_reader(registration: Registration) -> Client:
    """A browser in which whoever registered is logged in."""
    client = Client()
    client.force_login(registration.participant.user)
    return client


def kinds(registration: Registration) -> list[str]:
    """The kinds of message promised about `registration`, in their order."""
    return list(registration.notifications.order_by("pk").values_list("kind", flat=True))


def prove_staff(session: Any, user: User, proofs: Iterable[str] = ("password", "mfa"), at: float = 0) -> None:
    """Note in `session` that `user` gave a password and a second factor, or other `proofs`, `at` that epoch second."""
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": proof, "at": at} for proof in proofs]
    session[f"{AUTHENTICATION_METHODS_SESSION_KEY}_user"] = str(user.pk)


def make_session_of_today(**fields: Any) -> TrainingSession:
    """A session that is open for registration by the real clock, in 30 days."""
    today = clock.machine_now().date()
    begins = today + timedelta(days=30)
    opens = clock.machine_now() - timedelta(days=1)
    program = make_program(registration_opens=opens, starts_on=begins, ends_on=today + timedelta(days=40))
    return make_session(program=program, region=make_region(), first_day=begins, **fields)


def registration_form(session: TrainingSession) -> dict[str, Any]:
    """What an adult who registers for `session` sends, but for the page's own token."""
    return {
        "form_key": str(uuid.uuid4()),
        "birth_date": "2004-05-17",
        "full_name": "Siti",
        "region": session.region_id,
        "part": "adult",
        "phone": "081234567890",
        "occupation": "university",
        "consent_training": "on",
        "checked": "1",
    }


def make_login(user: User, *, is_staff: bool = False, **proved: Any) -> str:
    """The cookie of a session in which `user` is logged in; staff with both their proofs, or as `prove_staff` says."""
    request = HttpRequest()
    request.session = SessionStore()
    login(request, user, backend="portal.logins.Logins")
    if is_staff:
        prove_staff(request.session, user, **proved)
    request.session.save()
    return str(request.session.session_key)


def need_roles() -> None:
    """Write the roles as `sync_roles` does, unless they were there before the first test."""
    if not Group.objects.filter(permissions__isnull=False).exists():
        call_command("sync_roles", stdout=StringIO())


def log_in_staff(client: Any, user: User, *roles: str) -> User:
    """Log `user` in as staff who gave a password and a second factor in this session, with the named roles."""
    need_roles()
    user.groups.set(Group.objects.filter(name__in=roles))
    client.force_login(user)
    session = client.session
    prove_staff(session, user)
    session.save()
    return user
