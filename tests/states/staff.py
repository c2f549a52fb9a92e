"""What staff see: files, the workplace and each of its tables, the next edition, imports and merged people."""

from __future__ import annotations

import tomllib
import uuid
from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any

from django.contrib import admin
from django.db import connection, transaction

from participants import tokens
from participants.models import (
    Approval,
    AttendanceExport,
    Deed,
    ExportSchedule,
    Notification,
    OptOut,
    Registration,
    RegistrationImport,
)
from participants.operations import accounts as staff_accounts
from participants.operations import (
    approvals,
    deeds,
    export_files,
    imports,
    invitations,
    merges,
    notes,
    notifications,
    programs,
    saved_filters,
    tallies,
    walk_ins,
)
from portal import clock, embedded
from portal.accounts.models import User
from portal.management.commands import demo_accounts
from portal.roles import COORDINATOR
from programs import edition_copies, edition_files
from programs.models import Program, ReminderRule, TrainingSession
from tests import factories as make
from tests.shots import Shot
from tests.states.cookies import cookie_of


def _turned_off(rule: ReminderRule) -> Iterator[Shot]:
    """An optional reminder's link before it is pressed and after, and what one's own page says then."""
    asks, off = Registration.objects.confirmed().filter(session__program=rule.program_id).order_by("pk")[1:3]
    OptOut.objects.create(account=off.participant.user, topic="reminder", rule=rule, chosen_at=clock.now())
    for name, registration in (("opt-out", asks), ("opt-out-done", off)):
        row = {"registration": registration, "region": registration.region, "queue": Notification.Queue.BULK}
        when = {"due_at": clock.now() + timedelta(days=9), "created_at": clock.now()}
        told = Notification.objects.create(kind="reminder", occurrence=f"{rule.slug}:1", **row, **when)
        yield Shot(name, f"/berhenti/{tokens.unsubscribe_token(told.public_id)}/")
    yield Shot("my-page-opt-outs", "/saya/", cookie_of(off.participant.user))


def files(keeper: str) -> Iterator[Shot]:
    """Attendance files in every state that their page knows, the page that recognises one, and a schedule."""
    staff = User.objects.filter(email="kementerian@example.go.id").get()
    described = {"Susunan": "Satu baris per peserta", "Wilayah": "Bali", "Kolom pribadi": "Nomor ponsel"}
    facts: dict[str, Any] = {"by": staff, "at": clock.now(), "format": "xlsx", "filter": described, "columns": ["name"]}
    facts |= {"people": 4_200, "row_count": 4_200, "reason": "Kiriman sertifikat", "sha256": "7f" * 32}
    seen_by = cookie_of(staff, is_staff=True)
    pages = "/staf/participants/attendanceexport"
    for state in ("asked", "running", "ready", "failed"):
        more = {"rows_done": 1_900, "ready_at": clock.now() if state == "ready" else None}
        with transaction.atomic(), connection.cursor() as cursor:
            export = AttendanceExport.objects.create(state=state, **facts, **more)
            # Held as by the worker that builds it, so that none begins it anew.
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [export_files.JOBS, export.pk])
        who = keeper if state == "asked" else seen_by
        yield Shot(f"staff-export-{state}", f"{pages}/{export.pk}/change/", who, awaits="#export-state")
    AttendanceExport.objects.create(state="gone", alarmed_at=clock.now(), personal=["phone"], **facts)
    yield Shot("staff-exports", f"{pages}/", seen_by)
    yield Shot("staff-exports-unusual", f"{pages}/?jumlah=luar-biasa", keeper)
    yield Shot("staff-index-unusual", "/staf/", keeper)
    yield Shot(
        "staff-export-refused",
        f"{pages}/unduh/",
        seen_by,
        typed={"first": "2026-01-01", "last": "2025-01-01"},
        press=["main form [type=submit]"],
        awaits=".errorlist",
    )
    yield Shot("staff-export-match", f"{pages}/cocok/", seen_by)
    schedule = ExportSchedule.objects.create(name="Rekap harian", at=time(18))
    schedule.readers.add(staff)
    yield Shot("staff-export-schedule", f"/staf/participants/exportschedule/{schedule.pk}/change/", keeper)


def workplace(session: TrainingSession, keeper: str) -> Iterator[Shot]:
    """The staff's way in, the first page of each role, and every table: list, row, history, form, removal."""
    accounts = {user.email: user for user in User.objects.filter(email__in=demo_accounts.read())}
    ministry, papua = accounts["kementerian@example.go.id"], accounts["papua@example.go.id"]
    grid = f"/staf/programs/trainingsession/{session.pk}/hadir/"
    registration = Registration.objects.confirmed().filter(session=session).first()
    assert registration is not None
    row = f"/staf/participants/registration/{registration.pk}"
    seen_by = {name: cookie_of(user, is_staff=True) for name, user in (("ministry", ministry), ("papua", papua))}
    who = {"login": ministry.email, "password": demo_accounts.read()[ministry.email]}
    yield Shot("staff-login-refused", "/staf/akun/masuk/", press=["main form button"], awaits=".error")
    yield Shot("staff-login-code", "/staf/akun/masuk/", typed=who, press=["main form button"], awaits="[name=code]")
    newcomer = make.make_coordinator(session.region, name="Petugas Baru")
    yield Shot("staff-totp", "/staf/akun/2fa/aplikasi/", cookie_of(newcomer, is_staff=True, proofs=["password"]))
    for name, page in {
        "staff-totp-remove": "2fa/aplikasi/lepas/",
        "staff-recovery-codes": "2fa/cadangan/",
        "staff-recovery-codes-new": "2fa/cadangan/baru/",
        "staff-reauthenticate": "ulangi/",
        "staff-reauthenticate-code": "2fa/ulangi/",
        "staff-passkeys": "2fa/kunci/",
        "staff-passkey-add": "2fa/kunci/tambah/",
        "staff-second-factors": "2fa/",
        "staff-logout": "keluar/",
    }.items():
        yield Shot(name, f"/staf/akun/{page}", seen_by["papua"])
    yield Shot("staff-index-ministry", "/staf/", seen_by["ministry"])
    yield Shot("staff-index-accounts", "/staf/", cookie_of(accounts["akun@example.go.id"], is_staff=True))
    yield Shot("staff-attendance-read-only", grid, seen_by["ministry"])
    tallies.count(program=session.program, now=clock.now(), machine_now=clock.machine_now())
    board = "/staf/programs/trainingsession/ringkasan/"
    yield Shot("staff-board", f"{board}?edisi={session.program_id}", seen_by["ministry"])
    of_region = f"{board}?edisi={session.program_id}&wilayah={session.region_id}"
    yield Shot("staff-board-region", of_region, seen_by["papua"])
    yield Shot("staff-timeline-of-all", "/staf/programs/trainingsession/pesan/", seen_by["ministry"])
    page = f"/staf/programs/trainingsession/{session.pk}"
    for tab, path in {"queue": "antrean", "agenda": "agenda", "history": "history"}.items():
        yield Shot(f"staff-session-{tab}", f"{page}/{path}/", seen_by["papua"])
    yield Shot("staff-session-people", f"{page}/change/", seen_by["papua"])
    fewer, save, warned = {"capacity": "3"}, ["main .stack-form [type=submit]"], ".said[role=alert]"
    yield Shot("staff-session-capacity-warned", f"{page}/kapasitas/", keeper, typed=fewer, press=save, awaits=warned)
    yield Shot("staff-session-nobody-found", f"{page}/change/?q=Tidak+Ada", seen_by["papua"])
    yield Shot("staff-session-walk-in", f"{page}/tambah/", seen_by["papua"])
    refused = ["main .stack-form [type=submit]"]
    yield Shot("staff-session-walk-in-refused", f"{page}/tambah/", seen_by["papua"], press=refused, awaits=".errorlist")
    yield Shot("staff-session-groups", f"{page}/kelompok/", seen_by["papua"])
    ticked, look = {"people": True, "do": "batal"}, [".bulk [type=submit]"]
    yield Shot("staff-session-bulk", f"{page}/change/", seen_by["papua"], typed=ticked, press=look, awaits="h2")
    yield Shot("staff-registration-move", f"{row}/pindah/", seen_by["papua"])
    yield Shot("staff-registration-ticket", f"{row}/tiket/", seen_by["papua"])
    yield Shot("staff-registration-seat", f"{row}/kursi/", seen_by["papua"])
    notes.write(registration=registration, text="Datang dengan kursi roda.", by=papua, now=clock.now())
    everybody = list(Registration.objects.live().filter(session=session))
    approvals.cancel_people(session=session, people=everybody, reason="Gedung tutup", by=ministry, now=clock.now())
    yield Shot("staff-index-approval", "/staf/", seen_by["papua"])
    yield from second_persons(session, ministry, seen_by["ministry"], keeper)
    manager = cookie_of(accounts["akun@example.go.id"], is_staff=True)
    yield Shot("staff-invite", "/staf/accounts/user/undang/", manager)
    yield Shot("staff-withdraw", f"/staf/accounts/user/{papua.pk}/cabut/", manager)
    yield Shot("staff-send-link", f"/staf/accounts/user/{papua.pk}/tautan/", manager)
    standing = {"email": papua.email, "name": papua.name, "is_active": True, "roles": list(papua.groups.all())}
    wanted = staff_accounts.Wanted(**standing | {"email": "papua.baru@example.go.id"}, reset_second_factor=True)
    staff_accounts.change(account=papua, wanted=wanted, by=accounts["akun@example.go.id"], now=clock.now())
    second = cookie_of(accounts["akun2@example.go.id"], is_staff=True)
    yield Shot("staff-index-account-requests", "/staf/", second)
    yield Shot("staff-account-requests", "/staf/accounts/user/", second)
    yield Shot("staff-account-requests-own", "/staf/accounts/user/", manager)
    yield Shot("staff-sight", f"/staf/accounts/user/{papua.pk}/melihat/", manager)
    invited = invitations.invite(
        email="baru@example.go.id",
        name="Petugas Baru",
        role=COORDINATOR,
        regions=[session.region],
        by=ministry,
        now=clock.now(),
    )
    yield Shot("staff-invitation", f"/undangan/{tokens.invitation_token(invited.public_id)}/")
    yield Shot("staff-invitation-unknown", "/undangan/x/", awaits="h1")
    broadcast = f"/staf/programs/trainingsession/{session.pk}/kabar/"
    words = {"subject_id": "Ruang pindah ke lantai 2", "body_id": "Halo {nama}, ruang kita pindah ke lantai 2."}
    look = ["main [type=submit]"]
    yield Shot("staff-broadcast", broadcast, seen_by["papua"])
    yield Shot("staff-broadcast-refused", broadcast, seen_by["papua"], press=look, awaits=".errorlist")
    yield Shot("staff-broadcast-preview", broadcast, seen_by["papua"], typed=words, press=look, awaits=".example")
    written = make.make_broadcast(session, written_by=papua, audience="confirmed", starts_at=clock.now())
    notifications.promise(
        Notification.Kind.BROADCAST,
        subject=registration,
        now=clock.now(),
        due_at=clock.now() + timedelta(days=1),
        occurrence=written.occurrence,
    )
    yield Shot("staff-broadcast-sent", f"/staf/participants/broadcast/{written.pk}/change/", seen_by["papua"])
    yield Shot(
        "staff-registration-messages", f"/staf/participants/notification/orang/{registration.pk}/", seen_by["papua"]
    )
    rule = make.make_rule(session.program, slug="pilihan", offset_days=-3, is_optional=True)
    editor, page = cookie_of(accounts["pengelola@example.go.id"], is_staff=True), "/staf/programs/reminderrule/"
    yield from next_edition(session.program, accounts["pengelola@example.go.id"], editor)
    for name, query in (("Menunggu wali", "guardian__exact=asked"), ("Antrean Jayapura", "place__exact=queued")):
        saved_filters.save(owner=papua, table="participants.registration", name=name, query=query)
    yield Shot("staff-saved-filters", "/staf/participants/registration/?guardian__exact=asked", seen_by["papua"])
    yield Shot("staff-save-filter", "/staf/participants/registration/?place__exact=seat", seen_by["papua"])
    yield Shot("staff-rule", f"{page}{rule.pk}/change/", editor)
    save = ["[name=_save]"]
    yield Shot("staff-rule-off", f"{page}{rule.pk}/change/", editor, press=["[name=is_on]", *save], awaits=".errorlist")
    look = ["[name=_look]"]
    yield Shot("staff-rule-example", f"{page}{rule.pk}/change/", editor, press=look, awaits=".example")
    yield from _turned_off(rule)
    yield Shot("staff-registration-cancel", f"{row}/batal/", seen_by["papua"])
    yield Shot("staff-registration-address", f"{row}/alamat/", seen_by["papua"])
    yield Shot("staff-registration-data", f"{row}/data/", seen_by["papua"])
    yield Shot(
        "staff-registration-data-refused",
        f"{row}/data/",
        seen_by["papua"],
        typed={"birth_date": "2009-03-02"},
        press=["main [type=submit]"],
        awaits=".errorlist",
    )
    yield from merging(registration, papua, seen_by["papua"])
    yield from importing(session, papua, seen_by["papua"])
    first = Registration.objects.order_by("pk")[0]
    for what, changed in ((Deed.What.CORRECTED, {"full_name": None}), (Deed.What.CANCELLED, {})):
        deeds.note(what, about=first, by=papua, now=clock.now(), changed=changed)
    tables = tomllib.loads((embedded.ROOT / "portal/routes.toml").read_text())["tables"]
    for model in sorted(admin.site._registry, key=lambda model: model._meta.label_lower):
        folder = f"/staf/{model._meta.label_lower.replace('.', '/')}/"
        name = f"staff-table-{model._meta.model_name}"
        yield Shot(name, folder, keeper)
        first = model._default_manager.order_by("pk").first()
        if first is not None:
            yield Shot(f"{name}-row", f"{folder}{first.pk}/change/", keeper)
            yield Shot(f"{name}-history", f"{folder}{first.pk}/history/", keeper)
        if "add" in tables[model._meta.label_lower]:
            yield Shot(f"{name}-add", f"{folder}add/", keeper)
    coordination = session.region.coordinations.first()
    assert coordination is not None
    yield Shot("staff-table-coordination-delete", f"/staf/programs/coordination/{coordination.pk}/delete/", keeper)


def next_edition(source: Program, editor: User, reader: Any) -> Iterator[Shot]:
    """An edition copied: the form, refused, with days to look at; what came of it, before it opens and published."""
    pages, send = "/staf/programs/program", [".copy-form [type=submit]"]
    page = f"{pages}/{source.pk}/salin/"
    yield Shot("staff-edition-copy", page, reader)
    yield Shot("staff-edition-copy-refused", page, reader, typed={"slug": "Edisi 1"}, press=send, awaits=".errorlist")
    named = {"name_id": "Edisi berikutnya", "name_en": "The next edition"}
    new = named | {"slug": "edisi-baru", "first_day": "2026-12-23", "registration_opens": "2026-12-01T10:00"}
    yield Shot("staff-edition-copy-days-off", page, reader, typed=new, press=send, awaits=".errorlist")
    later = timedelta(weeks=52)
    plans = [edition_copies.as_it_is(session) for session in edition_copies.sessions_of(source)]
    tables = edition_copies.described(source, [plan._replace(first_day=plan.first_day + later) for plan in plans])
    moved = {name: tables["program"][name] + later for name in ("starts_on", "ends_on", "registration_opens")}
    tables["program"] |= moved | named | {"slug": "edisi-berikutnya"}
    tables["hackathon"]["linked_to"] = "edisi-berikutnya"
    edition = edition_files.judged(tables)
    made = programs.copy(source=source, edition=edition, now=clock.now(), by=editor)
    yield Shot("staff-edition", f"{pages}/{made.pk}/change/", reader)
    yield Shot("staff-edition-preview", f"{pages}/{made.pk}/pratinjau/", reader)
    session = made.sessions.get(region__code="91")
    yield Shot("staff-edition-preview-session", f"{pages}/{made.pk}/pratinjau/{session.pk}/", reader)
    yield Shot("staff-edition-publish", f"{pages}/{made.pk}/terbitkan/", reader)
    yield Shot("staff-edition-published", f"{pages}/{source.pk}/terbitkan/", reader)
    yield Shot("staff-edition-unpublish-refused", f"{pages}/{source.pk}/turunkan/", reader)
    yield Shot("staff-edition-hidden", f"{pages}/{made.pk}/turunkan/", reader)
    past = make.make_program(name_id="Edisi percobaan", starts_on=date(2025, 6, 3), ends_on=date(2025, 6, 5))
    yield Shot("staff-edition-unpublish", f"{pages}/{past.pk}/turunkan/", reader)


def second_persons(session: TrainingSession, asker: User, own: Any, reader: Any) -> Iterator[Shot]:
    """What waits for a second person, as they see it and as who asked does: a move, and an import to be undone."""
    page = "/staf/participants/approval"
    there = TrainingSession.objects.exclude(pk=session.pk).filter(program=session.program).latest("pk")
    people = list(Registration.objects.live().filter(session=session))
    move = {"session": session, "people": people, "to": there, "form_key": uuid.uuid4()}
    asked = approvals.move_people(**move, by=asker, now=clock.now())
    yield Shot("staff-approval-move", f"{page}/{asked.pk}/change/", reader)
    yield Shot("staff-approval-move-own", f"{page}/{asked.pk}/change/", own)
    brought = RegistrationImport.objects.create(
        session=session, by=asker, at=clock.now(), state="done", columns=[], rows=[], row_count=len(people),
        rows_done=len(people), numbers=[], made=[row.pk for row in people], undo=Approval.objects.earliest("pk"),
    )  # fmt: skip
    yield Shot("staff-import-undo-asked", f"/staf/participants/registrationimport/{brought.pk}/change/", reader)


def importing(session: TrainingSession, coordinator: User, reader: Any) -> Iterator[Shot]:
    """A file of people: brought, its columns named, checked, on its way, written, refused."""
    folder = "/staf/participants/registrationimport"
    yield Shot("staff-import-upload", f"{folder}/unggah/{session.pk}/", reader)
    columns = ["Nama lengkap", "Email", "Tanggal lahir", "HP", "Pekerjaan", "Persetujuan"]
    rows = [
        [f"Peserta {n}", f"impor{n}@example.com", "2004-05-17", "08123456789"[:n], "Pelajar", "ya"] for n in (9, 11)
    ]
    staged = imports.stage(session=session, columns=columns, rows=rows, numbers=[2, 3], by=coordinator, now=clock.now())
    yield Shot("staff-import-columns", f"{folder}/{staged.pk}/kolom/", reader)
    for state in RegistrationImport.State.values:
        said = "Nomor ponsel: Nomor ini belum lengkap atau salah ketik. Contoh: 0812-3456-7890"
        alike = [
            {"pk": row.participant_id, "name": row.participant.full_name, "born": "2004-05-17"}
            for row in session.registrations.live().filter(guardian="not_needed")[:2]
        ]
        found = {"0": {"errors": [dict.fromkeys(["id", "en"], said)], "alike": []}, "1": {"errors": [], "alike": alike}}
        stays = str(session.registrations.live().earliest("pk").pk)
        batch = RegistrationImport.objects.create(
            session=session, by=coordinator, at=clock.now(), state=state, columns=columns, rows=rows, row_count=2,
            rows_done=1, failure="stuck" if state == "failed" else "",
            kept={stays: "attended"} if state == "undone" else {},
            found=found if state == "checked" else {}, made=[1, 2] if state in ("done", "failed", "undoing") else [],
            numbers=[2, 4], refused={"0": str(walk_ins.NoSeatLeft())} if state == "done" else {},
        )  # fmt: skip
        yield Shot(f"staff-import-{state}", f"{folder}/{batch.pk}/change/", reader, awaits="#export-state")


def merging(registration: Registration, coordinator: User, reader: Any) -> Iterator[Shot]:
    """Two records of one person: found, compared, refused, merged."""
    person, session = registration.participant, registration.session
    twins = [
        make.make_participant(full_name=person.full_name, birth_date=person.birth_date, phone=phone)
        for phone in ("+6281211112222", person.phone, "")
    ]
    left = {"place": "released", "release_reason": "cancelled_by_self", "released_at": clock.now()}
    for twin, fields in zip(twins, (left, {"place": "queued", "queue_number": 9_999}, left), strict=True):
        make.make_registration(session, participant=twin, **fields)
    yield Shot("staff-merge-lookalikes", "/staf/participants/merge/mirip/", reader)
    yield Shot("staff-merge-like", f"/staf/participants/merge/mirip/{person.pk}/?q=a", reader)
    yield Shot("staff-merge", f"/staf/participants/merge/{person.pk}/dan/{twins[0].pk}/", reader)
    yield Shot("staff-merge-refused", f"/staf/participants/merge/{person.pk}/dan/{twins[1].pk}/", reader)
    merged = merges.merge(kept=person, gone=twins[2], chosen=[], by=coordinator, now=clock.now())
    yield Shot("staff-merge-done", f"/staf/participants/merge/{merged.pk}/change/", reader)
