"""Every page in every state: the data of a portal that shows them all, and where each is to be seen."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group

from participants import tokens
from participants.models import Consent, Notification
from participants.operations import (
    accessibility,
    appeals,
    attendance,
    consents,
    guardians,
    registrations,
    sessions,
    withdrawals,
)
from portal import clock, roles
from programs.models import TrainingSession
from tests import factories
from tests.shots import Shot
from tests.states.cookies import cookie_of
from tests.states.door import door
from tests.states.errors import broken
from tests.states.mails import mails
from tests.states.participants import addresses, days, family, forms
from tests.states.staff import files, workplace
from tests.states.training_days import at_the_door


def pages() -> list[Shot]:
    """Make the data, and name every page in every state."""
    now = clock.now()

    def find(city: str) -> Any:
        return TrainingSession.objects.with_places().get(region__city=city)

    def register(session: Any, name: str, *, born: Any = factories.ADULT_BORN, **options: Any) -> Any:
        person = factories.make_participant(full_name=name, birth_date=born, region=session.region)
        return registrations.register(participant=person, session=session, form_key=uuid.uuid4(), now=now, **options)

    jayapura, bali, manado, batam = (find(city) for city in ("Jayapura", "Denpasar", "Manado", "Batam"))
    names = [
        "Siti Nur'aini",
        "Suharto",
        "Ma'ruf Amin",
        "Sri-Wahyuni",
        "M. Ali",
        "Yohana Wonda",
        "Agus Kogoya",
        "Dewi Lestari",
    ]
    cohort = [register(jayapura, name) for name in names * 5]
    minor = register(jayapura, "Putri Ayu", born=factories.MINOR_BORN, guardian_email="ibu@example.com")
    answered = register(jayapura, "Made Putra", born=factories.MINOR_BORN, guardian_email="ayah@example.com")
    request = answered.guardian_requests.get()
    guardians.answer(
        request=request, agrees=True, signer_name="Wayan Putra", signer_relation="Ayah", language="id", now=now
    )
    expired = register(jayapura, "Rizki", born=factories.MINOR_BORN, guardian_email="wali@example.com")
    expired.guardian_requests.update(expires_at=now - timedelta(hours=1))
    guardians.expire_due(now=now)
    cancelled = register(jayapura, "Bayu Saputra")
    registrations.cancel(registration=cancelled, now=now)
    consenting, withdrawn = register(jayapura, "Ratna"), register(jayapura, "Bima")
    for person in (consenting.participant, withdrawn.participant):
        consents.give(participant=person, purposes=["training", "partner_contact", "whatsapp"], now=now, language="id")
    withdrawals.withdraw(participant=withdrawn.participant, purpose=Consent.Purpose.TRAINING, now=now)
    staff = factories.make_coordinator(jayapura.region, name="Koordinator")
    lost = Notification.objects.filter(registration__in=[row.pk for row in cohort[:4]])
    lost.update(state="failed", reason="550", settled_at=now, leased_until=None)
    sessions.set_capacity(session=bali, capacity=1, now=now, by=staff)
    register(bali, "Ketut")
    queued = register(bali, "Komang Ayu")
    accessibility.say(registration=cohort[3], need="Jalur kursi roda dari parkiran sampai ruang kelas.", now=now)
    need = accessibility.say(registration=cohort[4], need="Juru bahasa isyarat.", now=now)
    accessibility.answer(
        request=need, version=1, kind="can", text="Bisa: dua juru bahasa, bergantian.", by=staff, now=now
    )
    objecting = expired.participant.user
    appeal = appeals.submit(
        user=objecting, session=find("Jayapura"), code="guardian_expired", text="Waliku sudah menjawab.", now=now
    )
    settled = register(jayapura, "Tirza Kambu")
    registrations.cancel(registration=settled, now=now, by=staff, reason=registrations.Release.CANCELLED_BY_STAFF)
    answered_appeal = appeals.submit(
        user=settled.participant.user,
        session=find("Jayapura"),
        code="cancelled_by_staff",
        text="Aku tetap ingin ikut.",
        now=now,
    )
    appeals.answer(appeal=answered_appeal, verdict="granted", text="Kami keliru; daftarlah lagi.", by=staff, now=now)
    soon = factories.make_session(
        program=factories.make_program(offer_hours=24, starts_on=date(2025, 12, 17)),  # so that home shows December
        region=bali.region,
        venue=bali.venue,
        first_day=(now + timedelta(days=2)).date(),
    )
    for later in (9, 16):  # so that the list of sessions folds a region's
        factories.make_session(
            program=soon.program,
            region=bali.region,
            venue=bali.venue,
            first_day=soon.first_day + timedelta(days=later),
        )
    asked = register(soon, "Nyoman")
    offered = register(soon, "Wayan Sari")
    type(asked).objects.filter(pk=asked.pk).update(registered_at=now - timedelta(days=5))
    type(offered).objects.filter(pk=offered.pk).update(place="offered", offered_until=soon.offer_ends(now))
    sessions.cancel(session=manado, now=now, by=staff)
    few = find("Medan")
    sessions.set_capacity(session=few, capacity=5, now=now, by=staff)
    for name in names[:3]:
        register(few, name)
    batam.program.refresh_from_db()
    # Editions before the current one, so that home and sessions show December: one opens later, one is under way.
    early = {"starts_on": date(2025, 11, 3), "ends_on": date(2025, 11, 7)}
    later = factories.make_program(**early, registration_opens=now + timedelta(days=9))
    earlier = factories.make_program(**early, registration_opens=now - timedelta(days=60))
    medan, today = find("Medan").region, now.date()
    soon = factories.make_session(program=later, region=medan, first_day=today + timedelta(days=40))
    closed = factories.make_session(program=earlier, region=medan, first_day=today)
    finished = factories.make_session(program=earlier, region=medan, first_day=today - timedelta(days=30))
    moved = find("Surabaya")
    TrainingSession.objects.filter(pk=moved.pk).update(schedule_version=2)
    newcomer = factories.make_user()
    for person in cohort[:30]:
        first = jayapura.days.get(number=1)
        mark = attendance.NewMark(person.pk, first.pk, ["present", "late", "excused", "present"][person.pk % 4])
        first_day = datetime.combine(first.date, first.starts_at, tzinfo=jayapura.region.zone)
        attendance.record(session=jayapura, marks=[mark], by=staff, now=first_day)
    Consent.objects.count()
    staff.groups.set(Group.objects.filter(name=roles.COORDINATOR))
    editor = factories.make_coordinator(name="Pengelola")
    editor.groups.set(Group.objects.filter(name__in=[roles.EDITOR, roles.ACCOUNTS]))

    seen_by = cookie_of
    coordinator, ministry = seen_by(staff, is_staff=True), seen_by(editor, is_staff=True)
    open_request = minor.guardian_requests.get()
    link = f"/wali/{tokens.guardian_token(open_request.public_id)}/"
    session_page = f"/staf/programs/trainingsession/{jayapura.pk}"

    def check(state: str, typed: dict[str, Any]) -> Shot:
        return Shot(
            f"check-{state}", "/cek/", typed=typed, press=["main form button"], awaits="main .answer, main .error"
        )

    return [
        Shot("home", "/"),
        Shot("sessions", "/sesi/"),
        Shot("sessions-of-a-region", "/sesi/", press=["main details summary"], awaits="main details[open]"),
        Shot("session-open", f"/sesi/{jayapura.slug}/"),
        Shot("session-full", f"/sesi/{bali.slug}/"),
        Shot("session-few-seats", f"/sesi/{few.slug}/"),
        Shot("session-cancelled", f"/sesi/{manado.slug}/"),
        Shot("session-soon", f"/sesi/{soon.slug}/"),
        Shot("session-closed", f"/sesi/{closed.slug}/"),
        Shot("session-finished", f"/sesi/{finished.slug}/"),
        Shot("session-moved", f"/sesi/{moved.slug}/"),
        Shot("check", "/cek/"),
        check("yes", {"birth_date": "2004-05-17", "region": jayapura.region_id}),
        check("minor", {"birth_date": "2009-03-02", "region": jayapura.region_id}),
        check("full", {"birth_date": "2004-05-17", "region": bali.region_id}),
        check("cancelled", {"birth_date": "2004-05-17", "region": manado.region_id}),
        check("too-old", {"birth_date": "1996-12-31", "region": bali.region_id}),
        check("unanswered", {"region": bali.region_id}),
        Shot("door", "/masuk/"),
        Shot("door-for-a-session", f"/daftar/{jayapura.slug}/"),
        *door(jayapura),
        Shot("door-refused", "/masuk/", press=["main form button"]),
        Shot("register", f"/daftar/{jayapura.slug}/", seen_by(newcomer)),
        Shot("register-refused", f"/daftar/{jayapura.slug}/", seen_by(newcomer), press=["form[data-register] button"]),
        *forms(jayapura, cohort[5]),
        Shot("register-full", f"/daftar/{bali.slug}/", seen_by(newcomer)),
        Shot("register-closed", f"/daftar/{closed.slug}/", seen_by(newcomer)),
        Shot("register-not-open", f"/daftar/{soon.slug}/", seen_by(newcomer)),
        Shot("register-cancelled", f"/daftar/{manado.slug}/", seen_by(newcomer)),
        Shot("my-page-empty", "/saya/", seen_by(factories.make_user())),
        Shot("my-page-confirmed", "/saya/", seen_by(cohort[0].participant.user)),
        Shot("my-page-waiting-for-guardian", "/saya/", seen_by(minor.participant.user)),
        Shot("my-page-guardian-agreed", "/saya/", seen_by(answered.participant.user)),
        Shot("my-page-guardian-silent", "/saya/", seen_by(expired.participant.user)),
        Shot("my-page-queued", "/saya/", seen_by(queued.participant.user)),
        Shot("my-page-cancelled", "/saya/", seen_by(cancelled.participant.user)),
        Shot("my-page-leave-queue", "/saya/batal/", seen_by(queued.participant.user)),
        Shot("my-page-offered", "/saya/", seen_by(offered.participant.user)),
        Shot("my-page-asked-whether-coming", "/saya/", seen_by(asked.participant.user)),
        *days(jayapura.region),
        Shot("switch", "/saya/pindah/", seen_by(cohort[6].participant.user)),
        Shot("switch-confirm", f"/saya/pindah/?ke={batam.slug}", seen_by(cohort[6].participant.user)),
        Shot("offer", f"/tawaran/{tokens.offer_token(offered.public_id)}/"),
        Shot("offer-gone", f"/tawaran/{tokens.offer_token(cancelled.public_id)}/"),
        Shot("coming", f"/datang/{tokens.coming_token(asked.public_id)}/"),
        Shot("coming-closed", f"/datang/{tokens.coming_token(cohort[3].public_id)}/"),
        Shot("link-unknown", "/datang/tidak-dikenal/"),
        Shot("opening-alert", f"/kabari/{manado.region.code}/", seen_by(newcomer)),
        Shot("opening-alert-open", f"/kabari/{batam.region.code}/", seen_by(newcomer)),
        Shot("my-page-cancel", "/saya/batal/", seen_by(cohort[6].participant.user)),
        Shot("my-page-data", "/saya/data/", seen_by(cohort[2].participant.user)),
        Shot("my-addresses", "/saya/alamat/", seen_by(cohort[2].participant.user)),
        Shot("my-address-change", "/saya/alamat/ganti/", seen_by(cohort[2].participant.user)),
        Shot("my-page-data-minor", "/saya/data/", seen_by(minor.participant.user)),
        Shot("my-page-need", "/saya/", seen_by(cohort[3].participant.user)),
        Shot("my-page-need-answered", "/saya/", seen_by(cohort[4].participant.user)),
        Shot("my-page-appeal-answered", "/saya/", seen_by(settled.participant.user)),
        Shot("appeal", f"/keberatan/?sesi={bali.slug}&kode=full", seen_by(queued.participant.user)),
        Shot(
            "appeal-refused",
            f"/keberatan/?sesi={bali.slug}&kode=full",
            seen_by(queued.participant.user),
            press=["main form button"],
            awaits=".error",
        ),
        Shot("appeal-waiting", f"/keberatan/?sesi={jayapura.slug}&kode=guardian_expired", seen_by(objecting)),
        Shot("ticket", "/saya/tiket/", seen_by(cohort[0].participant.user)),
        Shot("ticket-gone", f"/saya/tiket/?pendaftaran={cancelled.public_id}", seen_by(cancelled.participant.user)),
        Shot("consents", "/saya/persetujuan/", seen_by(withdrawn.participant.user)),
        Shot("consents-standing", "/saya/persetujuan/", seen_by(consenting.participant.user)),
        Shot("my-page-consent-withdrawn", "/saya/", seen_by(withdrawn.participant.user)),
        Shot("guardian", link),
        Shot("guardian-answered", f"/wali/{tokens.guardian_token(request.public_id)}/"),
        Shot("guardian-unknown", "/wali/tidak-dikenal/"),
        *addresses(jayapura.region),
        *family(jayapura),
        *broken(coordinator),
        Shot("not-found", "/tidak-ada/"),
        Shot("staff-login", "/staf/akun/masuk/"),
        Shot("staff-second-factor", "/staf/akun/2fa/", ministry),
        Shot("staff-index-coordinator", "/staf/", coordinator),
        Shot("staff-index-editor", "/staf/", ministry),
        Shot("staff-sessions", "/staf/programs/trainingsession/", ministry),
        Shot("staff-session", f"{session_page}/change/", ministry),
        Shot("staff-session-capacity", f"{session_page}/kapasitas/", ministry),
        Shot("staff-session-schedule", f"{session_page}/jadwal/", ministry),
        Shot("staff-session-cancel", f"{session_page}/batal/", ministry),
        Shot("staff-attendance", f"{session_page}/hadir/", coordinator),
        Shot("staff-timeline", f"{session_page}/pesan/", coordinator),
        Shot(
            "staff-timeline-example",
            f"{session_page}/pesan/",
            coordinator,
            press=[".timeline a[href*='hari=']"],
            awaits=".example",
        ),
        Shot("staff-cohort", "/staf/participants/registration/", coordinator),
        Shot("staff-unreachable", "/staf/participants/registration/?surat=ditolak", coordinator),
        Shot("staff-registration", f"/staf/participants/registration/{minor.pk}/change/", coordinator),
        Shot("staff-participants", "/staf/participants/participant/", coordinator),
        Shot("staff-appeals", "/staf/participants/appeal/", coordinator),
        Shot("staff-appeal", f"/staf/participants/appeal/{appeal.pk}/change/", coordinator),
        Shot("staff-appeal-answer", f"/staf/participants/appeal/{appeal.pk}/jawab/", coordinator),
        Shot("staff-appeal-gone", "/staf/participants/appeal/0/jawab/", coordinator),
        Shot("staff-needs", "/staf/participants/accessibilityrequest/", coordinator),
        Shot("staff-messages", "/staf/participants/notification/", coordinator),
        Shot("staff-export", "/staf/participants/attendanceexport/unduh/", ministry),
        *files(ministry),
        *at_the_door(jayapura.region, coordinator),
        *workplace(jayapura, ministry),
        *mails(jayapura),
    ]
