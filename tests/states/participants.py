"""What participants see: days of training gone by, every reason for a lost place, forms half-way, addresses."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from participants import consent_texts, tokens
from participants.models import Consent, LoginCode, Notification, Participant, Registration
from participants.operations import (
    absences,
    address_changes,
    attendance,
    consents,
    guardians,
    login_codes,
    profiles,
    recoveries,
    registrations,
    sessions,
)
from portal import clock
from portal.accounts.models import RecoveryAddress, User
from programs.models import Program, TrainingSession
from tests import factories as make
from tests.shots import Shot
from tests.states.cookies import cookie_of


def days(region: Any) -> Iterator[Shot]:
    """One's own page on each day of training, after it with the rule met and not, and when staff changed something."""
    now = clock.now()
    early = {"starts_on": date(2025, 11, 3), "ends_on": date(2025, 11, 7)}
    program = make.make_program(**early, registration_opens=now - timedelta(days=60))
    staff = make.make_coordinator(region, name="Koordinator Wilayah")

    def goer(begun: int, **fields: Any) -> Registration:
        first_day = now.astimezone(region.zone).date() - timedelta(days=begun)
        session = make.make_session(program=program, region=region, first_day=first_day)
        person = make.make_participant(full_name="Yohana Wonda", region=region)
        return make.make_registration(session, participant=person, **fields)

    def came(registration: Registration, *numbers: int, said: str = "present") -> Registration:
        for day in registration.session.days.filter(number__in=numbers):
            at = datetime.combine(day.date, day.starts_at, tzinfo=region.zone)
            mark = attendance.NewMark(registration.pk, day.pk, said)
            attendance.record(session=registration.session, marks=[mark], by=staff, now=at)
        return registration

    moved, lost = goer(-9), goer(-10)
    there = [sessions.Day(d.date + timedelta(days=2), d.starts_at, d.ends_at) for d in moved.session.days.all()]
    sessions.reschedule(session=moved.session, days=there, venue=moved.session.venue, now=now, by=staff)
    sessions.cancel(session=lost.session, now=now, by=staff)
    people = {
        "my-page-day-1": goer(0),
        "my-page-day-2": came(goer(1), 1),
        "my-page-day-3": came(goer(2), 1, 2),
        "my-page-finished": came(goer(20), 1, 2, 3),
        "my-page-finished-rule-not-met": came(came(goer(21), 1), 2, said="absent"),
        "my-page-finished-unrecorded": came(goer(22), 2),
        "my-page-session-moved": moved,
        "my-page-session-cancelled": lost,
    }
    Release = Registration.Release
    for reason in (
        Release.LEFT_QUEUE,
        Release.OFFER_DECLINED,
        Release.OFFER_EXPIRED,
        Release.CANCELLED_BY_STAFF,
        Release.REGISTRATION_CLOSED,
        Release.QUEUE_CLOSED,
    ):
        name = f"my-page-{reason.value.replace('_', '-')}"
        people[name] = goer(-12, place="released", released_at=now, release_reason=reason)
    absent, ill, ahead = goer(1), goer(0), goer(-11)
    for number, registration, text in ((3, came(absent, 1, 2), "Ada ujian di kampus."), (2, ill, ""), (2, ahead, "")):
        day = registration.session.days.get(number=number)
        begins = now if registration is ahead else max(now, registration.session.starts)
        absences.say(registration=registration, days=[day.date], text=text, now=begins)
    _remind(program, ahead, absent)
    people |= {
        "my-page-absence-said": absent,
        "my-page-absence-said-without-a-reason": ill,
        "my-page-absence-said-ahead": ahead,
    }
    for name, registration in people.items():
        yield Shot(name, "/saya/", cookie_of(registration.participant.user))
    page, send = "/saya/tidak-datang/", ["main form .button"]
    reader = cookie_of(people["my-page-day-1"].participant.user)
    yield Shot("absence", page, cookie_of(people["my-page-day-2"].participant.user))
    yield Shot("absence-several-days", page, reader)
    yield Shot("absence-refused", page, reader, press=send, awaits=".error")
    yield Shot("absence-before-it-begins", page, cookie_of(ahead.participant.user))
    yield Shot("absence-all-said", page, cookie_of(absent.participant.user))
    yield Shot("my-page-data-fixed", "/saya/data/", cookie_of(people["my-page-day-1"].participant.user))
    unread = goer(-12).participant.user
    User.objects.filter(pk=unread.pk).update(bounced_at=now)
    yield Shot("my-page-address-refuses", "/saya/", cookie_of(unread))
    yield Shot("consents-whatsapp-lost", "/saya/persetujuan/", cookie_of(_without_whatsapp(goer(-12), now)))
    gone = cookie_of(people["my-page-left-queue"].participant.user)
    yield Shot("my-page-data-not-registered", "/saya/data/", gone)


def _remind(program: Program, ahead: Registration, absent: Registration) -> None:
    """Rules that mean everybody and rules that mean some: `ahead` waits for them, `absent` was not told of a day."""
    words = {"subject_id": "Kabar", "body_id": "Kabar.", "subject_en": "News", "body_en": "News."}
    daily = {"anchor": "each_day", "offset_days": 0, "at": time(6), "useful_at": time(10), "is_urgent": True}
    make.make_rule(program)
    make.make_rule(program, slug="morning", **daily)
    make.make_rule(program, slug="answer", offset_days=-2, audience="unanswered", **words)
    make.make_rule(program, slug="yesterday", audience="absent_yesterday", **daily | {"at": time(7)} | words)
    day = absent.session.days.get(number=3)
    due_at = datetime.combine(day.date, time(6), tzinfo=absent.session.region.zone)
    untold = {"state": "cancelled", "reason": "cannot come on that day", "settled_at": due_at, "version": 1}
    Notification.objects.create(
        kind="reminder",
        registration=absent,
        occurrence="morning:3",
        queue="bulk",
        due_at=due_at,
        **untold,
        region=absent.region,
        created_at=due_at,
    )


def _without_whatsapp(registration: Registration, now: datetime) -> User:
    """Whoever agreed to WhatsApp for a number that it does not reach."""
    person, purpose = registration.participant, Consent.Purpose.WHATSAPP
    consents.give(participant=person, purposes=["training"], now=now, language="id")
    text = consent_texts.shown(purpose, "id", Consent.Giver.SELF)
    facts = {"text_version": text.version, "text_hash": text.hash, "language": "id", "number": person.phone}
    person.consents.create(purpose=purpose, given_at=now, unreached_at=now, **facts)
    return person.user


def family(session: TrainingSession) -> Iterator[Shot]:
    """A guardian who said no, came too late, holds a replaced letter, or signed nothing; and the child's page."""
    now = clock.now()

    def child(name: str) -> Registration:
        person = make.make_participant(full_name=name, birth_date=make.MINOR_BORN, region=session.region)
        email = f"wali.{person.pk}@example.com"
        return registrations.register(
            participant=person, session=session, form_key=uuid.uuid4(), now=now, guardian_email=email
        )

    def link(registration: Registration) -> str:
        request = registration.guardian_requests.order_by("pk").first()
        assert request is not None
        return f"/wali/{tokens.guardian_token(request.public_id)}/"

    refused, late, asked = child("Gede Arya"), child("Rizki Ramadhan"), child("Ayu Lestari")
    guardians.answer(
        request=refused.guardian_requests.get(),
        agrees=False,
        signer_name="Ni Luh",
        signer_relation="Ibu",
        language="id",
        now=now,
    )
    late.guardian_requests.update(expires_at=now - timedelta(hours=1))
    guardians.expire_due(now=now)
    unread = child("Bagus Wira")
    unread.guardian_requests.update(bounced_at=now)
    yield Shot("my-page-guardian-address-refuses", "/saya/", cookie_of(unread.participant.user))
    astray = child("Sari Dewi")
    guardians.say_misdirected(request=astray.guardian_requests.get(), now=now)
    yield Shot("guardian-misdirected", link(astray))
    yield Shot("my-page-guardian-misdirected", "/saya/", cookie_of(astray.participant.user))
    first = link(asked)
    guardians.ask_again(registration=asked, email="ibu.ayu@example.com", now=now)
    newest = asked.guardian_requests.order_by("pk").last()
    assert newest is not None
    yield Shot("my-page-guardian-refused", "/saya/", cookie_of(refused.participant.user))
    yield Shot("guardian-refused", link(refused))
    yield Shot("guardian-expired", link(late))
    yield Shot("guardian-replaced", first)
    yield Shot(
        "guardian-unsigned",
        f"/wali/{tokens.guardian_token(newest.public_id)}/",
        press=["main form button"],
        awaits=".error",
    )


def forms(session: TrainingSession, person: Registration) -> Iterator[Shot]:
    """Forms half-way: each part of the registration, what is refused, and what is read back."""
    now, machine_now = clock.now(), clock.machine_now()
    page, send = f"/daftar/{session.slug}/", "form[data-register] button"
    about = {"full_name": "Yohana Wonda", "region": session.region_id}
    adult, minor = about | {"birth_date": "2004-05-17"}, about | {"birth_date": "2009-03-02"}
    yield Shot("register-adult", page, cookie_of(make.make_user()), typed=adult)
    yield Shot("register-minor", page, cookie_of(make.make_user()), typed=minor)
    yield Shot("register-too-old", page, cookie_of(make.make_user()), typed=about | {"birth_date": "1990-01-01"})
    wrong = adult | {"phone": "08", "full_name": "12345"}
    yield Shot(
        "register-adult-refused",
        page,
        cookie_of(make.make_user()),
        typed=wrong,
        press=[send],
        awaits=".error",
    )
    wrong = minor | {"guardian_email": "ibu@"}
    yield Shot(
        "register-minor-refused",
        page,
        cookie_of(make.make_user()),
        typed=wrong,
        press=[send],
        awaits=".error",
    )
    child = make.make_user()
    wrong = minor | {"guardian_email": child.email, "consent_training": True}
    read = [send, "[data-send]"]
    yield Shot("register-minor-own-address", page, cookie_of(child), typed=wrong, press=read, awaits=".error")
    whole = adult | {
        "phone": "0812-3456-7890",
        "occupation": Participant.Occupation.UNIVERSITY.value,
        "consent_training": True,
    }
    yield Shot(
        "register-read-back", page, cookie_of(make.make_user()), typed=whole, press=[send], awaits="dialog[open]"
    )
    yield Shot(
        "register-one-more-press",
        page,
        cookie_of(make.make_user()),
        typed=whole | {"website": "x"},
        press=[send, "[data-send]"],
        awaits="#sekali-lagi",
    )
    user = person.participant.user
    yield Shot("register-again", page, cookie_of(user))
    correction = f"/keberatan/?sesi={session.slug}&kode={profiles.WRONG_DATA}"
    yield Shot("appeal-wrong-data", correction, cookie_of(user))
    settled = {"birth_date": "2009-03-02"}
    save = ["main form button"]
    yield Shot("my-page-data-settled", "/saya/data/", cookie_of(user), typed=settled, press=save, awaits=".notice-bad")
    wrong = {"full_name": "", "phone": "12"}
    data = Shot("my-page-data-refused", "/saya/data/", cookie_of(user), typed=wrong, press=["main form button"])
    yield data
    fresh, asking, safe = make.make_user(), make.make_user(), make.make_user()
    yield Shot("addresses", "/saya/alamat/", cookie_of(fresh))
    yield Shot("addresses-refused", "/saya/alamat/", cookie_of(fresh), press=["main form button"], awaits=".error")
    browsers = [secrets.token_urlsafe(32) for _ in (asking, safe)]
    for account, browser in zip((asking, safe), browsers, strict=True):
        email = f"cadangan{account.pk}@example.com"
        args = {"user": account, "browser": browser, "machine_now": machine_now, "now": now}
        code = recoveries.ask(email=email, language="id", **args)  # type: ignore[arg-type]
        if account is safe:
            recoveries.prove(code=login_codes.text(code), **args)  # type: ignore[arg-type]
    yield Shot("addresses-asked", "/saya/alamat/", cookie_of(asking), door=browsers[0])
    yield Shot("addresses-proven", "/saya/alamat/", cookie_of(safe))


def addresses(region: Any) -> Iterator[Shot]:
    """Another login address: each of the three steps, and each step refused."""
    now, machine_now = clock.now(), clock.machine_now()
    later = machine_now + timedelta(hours=2)  # codes and proofs stay for as long as pictures are taken
    steps: dict[str, tuple[str, str]] = {}
    for step in ("own", "prove", "ask", "change"):
        user, browser = make.make_participant(full_name="Siti Nur'aini", region=region).user, secrets.token_urlsafe(32)
        asking = {"user": user, "browser": browser, "language": "id", "machine_now": machine_now, "now": now}
        RecoveryAddress.objects.create(user=user, email=f"ibu{user.pk}@example.com", proven_at=now - timedelta(days=9))
        if step != "own":
            code = address_changes.ask_owner(by_recovery=False, **asking)
            if step != "prove":
                text = login_codes.text(code)
                address_changes.prove_owner(user=user, code=text, browser=browser, machine_now=machine_now)
            if step == "change":
                address_changes.ask_address(email=f"siti.baru{user.pk}@example.com", **asking)
        asked = LoginCode.objects.filter(account=user)
        asked.update(expires_at=later)
        asked.exclude(used_at=None).update(used_at=later)
        steps[step] = cookie_of(user), browser
    page, send, wrong = "/saya/alamat/ganti/", ["main form button"], {"code": "BCDF-GHJK"}
    for step, (session, browser) in steps.items():
        yield Shot(f"my-address-change-{step}", page, session, door=browser)
    for step, typed, awaits in (("prove", wrong, "#galat"), ("ask", {"email": "siti@"}, ".error")):
        session, browser = steps[step]
        name = f"my-address-change-{step}-refused"
        yield Shot(name, page, session, door=browser, typed=typed, press=send, awaits=awaits)
