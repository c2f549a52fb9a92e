"""Two regions with everything in them. In every text of region B a canary sings: whoever sees it sees too much."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models

from participants.models import (
    AccessibilityRequest,
    AccountRequest,
    AddressChange,
    Appeal,
    Approval,
    AttendanceExport,
    AttendanceFact,
    Consent,
    Deed,
    DoubtfulScan,
    ExportSchedule,
    GuardianRequest,
    Invitation,
    Merge,
    Note,
    Notification,
    Registration,
    RegistrationImport,
    SavedFilter,
    Scanner,
)
from participants.operations import deeds
from participants.tokens import coming_token, guardian_token, invitation_token, offer_token, unsubscribe_token
from portal.accounts.models import User
from programs.models import Coordination, Partner, Partnership, Program, TrainingSession
from tests import factories as make
from tests.emptying import guards_asleep
from tests.staff import make_staff, make_superuser

CANARY = "kanari"
PHONE_CANARY = "+6281377713777"
_numbers = itertools.count(1)


@dataclass
class Place:
    """One region and what is in it: the rows by model label, as `programs.Venue`."""

    rows: dict[str, Any]

    def __getitem__(self, label: str) -> Any:
        return self.rows[label.lower()]


@dataclass
class World:
    """Regions A and B, one edition, and somebody of each role. Nobody belongs to B but its own coordinator."""

    a: Place
    b: Place
    users: dict[str, User | None]

    def arguments(self, ids: dict[str, str], given: dict[str, str], place: Place) -> dict[str, Any]:
        """A value for each argument of a route: the id of the row in `place`, or something harmless."""
        harmless = {"app_label": "programs", "url": "tidak-ada/", "content_type_id": 1, "format": "csv"}
        return {name: _key(place, ids[name]) if name in ids else harmless.get(name, "1") for name in given}


def make_world() -> World:
    program = make_edition()
    a, b = make_place(program), make_place(program)
    sing(b)
    coordinator = make_staff("coordinator", a["programs.Region"], name="Koordinator A", email="a@example.go.id")
    users: dict[str, User | None] = {
        "anonymous": None,
        "participant": a["participants.Participant"].user,
        "password": make_staff("coordinator", a["programs.Region"], name="Tanpa Kedua"),
        "coordinator": coordinator,
        "ministry": make_staff("ministry", name="Staf"),
        "editor": make_staff("editor", name="Pengelola"),
        "accounts": make_staff("accounts", name="Akun"),
        "superuser": make_superuser(name="Darurat"),
    }
    return World(a, b, users)


def make_edition() -> Program:
    """An edition with one reminder, one partner and one module, and no session yet."""
    program = make.make_program(slug="edisi", name_id="Pelatihan Uji", name_en="Test Training")
    make.make_rule(program)
    partner = Partner.objects.create(name="Mitra Uji", kind=Partner.Kind.PRIVATE)
    Partnership.objects.create(program=program, partner=partner, role=Partnership.Role.PARTNER)
    program.modules.create(pillar="basic_skills", day=1, title_id="Dasar", title_en="Basics")
    return program


def make_place(program: Program) -> Place:
    """A session with one confirmed adult who has attended, one minor who waits for a guardian, and their messages."""
    region = make.make_region()
    session = make.make_session(program=program, region=region)
    staff = make_staff("coordinator", region)
    adult = make.make_registration(session)
    child = make.make_registration(
        session,
        participant=make.make_participant(region=region, birth_date=make.MINOR_BORN, phone="", occupation=""),
        guardian=Registration.Guardian.ASKED,
    )
    request = GuardianRequest.objects.create(
        registration=child,
        email=f"wali{next(_numbers)}@example.com",
        asked_at=make.DURING_REGISTRATION,
        expires_at=make.DURING_REGISTRATION + timedelta(hours=72),
    )
    consent = Consent.objects.create(
        participant=adult.participant,
        purpose=Consent.Purpose.TRAINING,
        text_version="1",
        text_hash="0" * 64,
        language="id",
        given_at=make.DURING_REGISTRATION,
    )
    day = session.days.first()
    assert day is not None
    fact = AttendanceFact.objects.create(
        registration=adult,
        day=day,
        session=session,
        kind=AttendanceFact.Kind.CORRECTION,
        source=AttendanceFact.Source.GRID,
        mark="present",
        recorded_by=staff,
        recorded_at=day.starts(),
    )
    notification = Notification.objects.create(
        kind=Notification.Kind.REGISTERED,
        registration=adult,
        region=region,
        queue=Notification.Queue.TRANSACTIONAL,
        due_at=make.DURING_REGISTRATION,
        created_at=make.DURING_REGISTRATION,
    )
    Notification.objects.create(
        kind=Notification.Kind.REGION_OPEN,
        account=adult.participant.user,
        region=region,
        occurrence=str(session.pk),
        queue=Notification.Queue.TRANSACTIONAL,
        due_at=make.DURING_REGISTRATION,
        created_at=make.DURING_REGISTRATION,
    )
    answered = {"answered_at": make.DURING_REGISTRATION, "answered_by": staff, "answer": "Sudah dijawab."}
    appeal = Appeal.objects.create(
        user=adult.participant.user,
        session=session,
        registration=adult,
        code="session_cancelled",
        text="Keberatan",
        asked_at=make.DURING_REGISTRATION,
        verdict="explained",
        **answered,
    )
    need = AccessibilityRequest.objects.create(
        registration=adult,
        need="Jalur kursi roda",
        asked_at=make.DURING_REGISTRATION,
        owner=staff,
        kind="can",
        **answered,
    )
    change = AddressChange.objects.create(
        registration=adult,
        account=adult.participant.user,
        region=region,
        old_email=f"lama{next(_numbers)}@example.com",
        new_email=f"baru{next(_numbers)}@example.com",
        reason="Datang sendiri",
        changed_by=staff,
        changed_at=make.DURING_REGISTRATION,
    )
    scanner = Scanner.objects.create(
        session=session,
        gate="Pintu 1",
        made_by=staff,
        made_at=day.starts(),
        code_until=day.starts(),
        token_hash=uuid.uuid4().hex,
        paired_at=day.starts(),
    )
    doubt = DoubtfulScan.objects.create(
        public_id=uuid.uuid4(),
        session=session,
        scanner=scanner,
        registration=adult,
        day=day,
        reason="again",
        device_at=day.starts(),
        happened_at=day.starts(),
        recorded_at=day.starts(),
    )
    deed = deeds.note(Deed.What.CANCELLED, about=adult, by=staff, now=make.DURING_REGISTRATION)
    note = Note.objects.create(
        registration=adult, text="Datang dengan ibunya", written_by=staff, written_at=make.DURING_REGISTRATION
    )
    invited = make_staff("coordinator", region)
    invited.set_unusable_password()
    invited.save()
    invitation = Invitation.objects.create(
        account=invited,
        email=invited.email,
        invited_by=staff,
        invited_at=make.DURING_REGISTRATION,
        expires_at=make.DURING_REGISTRATION.replace(year=2100),
    )
    asked = AccountRequest.objects.create(
        kind=AccountRequest.Kind.FACTOR,
        account=invited,
        asked_by=staff,
        asked_at=make.DURING_REGISTRATION,
        expires_at=make.DURING_REGISTRATION + timedelta(hours=24),
    )
    approval = Approval.objects.create(
        kind=Approval.Kind.CANCEL_PEOPLE,
        session=session,
        people=[adult.pk],
        reason="Uji",
        asked_by=staff,
        asked_at=make.DURING_REGISTRATION,
        expires_at=make.DURING_REGISTRATION + timedelta(hours=24),
    )
    twin = make.make_participant(region=region)
    merge = Merge.objects.create(
        kept=adult.participant, gone=twin, region=region, by=staff, at=make.DURING_REGISTRATION, chosen=["full_name"]
    )
    type(twin).objects.filter(pk=twin.pk).update(merged_into=adult.participant)
    batch = RegistrationImport.objects.create(
        session=session, by=staff, at=make.DURING_REGISTRATION, columns=["Nama"], rows=[["Ani"]], row_count=1
    )
    saved = SavedFilter.objects.create(
        owner=staff, table="participants.registration", name="Berkursi", query="place__exact=seat"
    )
    rows = [
        saved,
        merge,
        batch,
        deed,
        note,
        approval,
        invitation,
        asked,
        scanner,
        doubt,
        make.make_broadcast(session, written_by=staff),
        change,
        region,
        session,
        session.venue,
        day,
        adult,
        adult.participant,
        request,
        consent,
        fact,
        notification,
        staff,
        appeal,
        need,
    ]
    rows += [program, program.modules.first(), program.reminder_rules.first(), program.partnerships.first()]
    rows += [Partner.objects.first(), Coordination.objects.get(region=region, user=staff)]
    place = Place({row._meta.label_lower: row for row in rows} | {"child": child})
    export = AttendanceExport.objects.create(
        by=staff, at=make.DURING_REGISTRATION, format="csv", filter={}, columns=[], row_count=1, sha256="0" * 64
    )
    place.rows[export._meta.label_lower] = export
    schedule = ExportSchedule.objects.create(name="Harian", region=region, at="18:00")
    place.rows[schedule._meta.label_lower] = schedule
    return place


FINAL = {"participants.addresschange", "participants.deed"}
FINAL_TEXTS = {"participants.AttendanceFact.gate"}  # a scanner's own, repeated where no row can be altered
IN_ADDRESSES = {"code", "city_code"}
SHARED = {"programs.program", "programs.module", "programs.reminderrule", "programs.partner", "programs.partnership"}


def sing(place: Place, word: str = CANARY) -> None:
    """Put `word` into every free text of every row of `place`, and into what the admin remembers of it."""
    for label, row in place.rows.items():
        if label in SHARED:
            continue
        fields = [field for field in row._meta.local_fields if _is_free_text(field) and str(field) not in FINAL_TEXTS]
        texts = {field.name: _canary(field, word) for field in fields}
        if label in FINAL:  # no row of it can be altered: another one sings
            row.pk = None
            if hasattr(row, "public_id"):
                row.public_id = uuid.uuid4()
            for name, text in texts.items():
                setattr(row, name, text)
            row.save(force_insert=True)
        elif texts:
            with guards_asleep():
                type(row)._base_manager.filter(pk=row.pk).update(**texts)
            row.refresh_from_db()
        LogEntry.objects.create(
            user=place["accounts.User"],
            action_time=make.DURING_REGISTRATION,
            content_type=ContentType.objects.get_for_model(row),
            object_id=str(row.pk),
            object_repr=f"{word}-log",
            action_flag=CHANGE,
            change_message=f"{word}-message",
        )
    child = place["child"].participant
    type(child).objects.filter(pk=child.pk).update(full_name=f"{word} anak")
    for registration in (place["participants.Registration"], place["child"]):
        registration.participant.refresh_from_db()


def canaries_in(text: str) -> list[str]:
    """Every stretch of `text` in which a canary sings, with what stands around it."""
    lowered = text.lower()
    found = []
    for word in (CANARY, PHONE_CANARY, PHONE_CANARY.lstrip("+")):
        start = lowered.find(word)
        if start >= 0:
            found.append(text[max(0, start - 80) : start + 60])
    return found


def _is_free_text(field: Any) -> bool:
    return (
        isinstance(field, (models.CharField, models.TextField))
        and not field.choices
        and field.name not in ("password", "sha256", "time_zone")
    )


def _canary(field: Any, word: str) -> str:
    number = next(_numbers)
    if field.name == "phone":
        return PHONE_CANARY
    if isinstance(field, models.EmailField):
        return f"{word}{number}@example.com"
    if isinstance(field, models.SlugField) or field.name in IN_ADDRESSES:
        return f"{CANARY}{number}"[: field.max_length]
    return f"{word}{number}"[: field.max_length]


def _key(place: Place, label: str) -> Any:
    if label == "guardian token":
        return guardian_token(place["participants.GuardianRequest"].public_id)
    if label == "offer token":
        return offer_token(place["participants.Registration"].public_id)
    if label == "coming token":
        return coming_token(place["participants.Registration"].public_id)
    if label == "unsubscribe token":
        news = Notification.objects.get(kind="region_open", account=place["participants.Participant"].user)
        return unsubscribe_token(news.public_id)
    if label == "invitation token":
        return invitation_token(place["participants.Invitation"].public_id)
    if label == "passkey":  # somebody else's, so nobody here has it
        return 987654
    if label == "region code":
        return place["programs.Region"].code
    if label == "session slug":
        return place["programs.TrainingSession"].slug
    return place[label].pk


__all__ = ["CANARY", "Authenticator", "Place", "TrainingSession", "World", "canaries_in", "make_world", "sing"]
