"""States that take some making: days of training gone by, every reason for a lost place, the door, staff, mails."""

from __future__ import annotations

import secrets
import tomllib
import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AnonymousUser
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from participants import tokens
from participants.models import LoginCode, Notification, Participant, Registration
from participants.operations import (
    address_changes,
    attendance,
    guardians,
    login_codes,
    notifications,
    profiles,
    proven_addresses,
    recoveries,
    registrations,
    sessions,
)
from participants.views.door import ask_for_address
from portal import clock, embedded
from portal.accounts.models import RecoveryAddress, User
from portal.management.commands import demo_accounts
from programs.models import TrainingSession
from tests import factories as make
from tests.participants.messages.test_words import every_mail
from tests.screens import Shot, cookie_of

CODE = "[name=code]"
LANGUAGES = ("id", "en")


def door(session: TrainingSession) -> Iterator[Shot]:
    """The code in each of its states, and a crowd: every code for this machine's network is beyond the free ones."""
    machine_now = clock.machine_now()

    def asked(email: str) -> str:
        browser = secrets.token_urlsafe(32)
        login_codes.ask(email=email, browser=browser, language="id", machine_now=machine_now, now=clock.now())
        return browser

    dead = asked("yohana@example.com")
    LoginCode.objects.filter(email="yohana@example.com").update(expires_at=machine_now)
    crowd = LoginCode.objects.get(email="yohana@example.com")
    LoginCode.objects.bulk_create(
        LoginCode(
            email="murid@example.com",
            address_key=f"murid{number}@example.com",
            inbox_key=f"murid{number}@example.com",
            browser_hash=crowd.browser_hash[::-1],
            network_hash=tokens.network_hash("127.0.0.1"),
            asked_at=machine_now + timedelta(hours=2),  # the crowd stays for as long as pictures are taken
            expires_at=machine_now,
        )
        for number in range(settings.CROWD_ASKS)
    )
    goal, email = f"?next=/daftar/{session.slug}/", {"email": "dewi@example.com"}
    send, line = "main form button", "form[data-line] button"
    yield Shot("door-typo", "/masuk/", typed={"email": "siti@"}, press=[send], awaits="main .error")
    yield Shot("door-code", f"/masuk/kode/{goal}", door=asked("siti@example.com"))
    yield Shot("door-code-other-domain", "/masuk/kode/", door=asked("siti@gmial.com"))
    yield Shot("door-code-dead", "/masuk/kode/", door=dead)
    wrong = {"code": "BCDF-GHJK"}
    code = asked("agus@example.com")
    enter = "main form.form button"  # not the button above it by which a dead code is asked for anew
    yield Shot("door-code-wrong", "/masuk/kode/", door=code, typed=wrong, press=[enter], awaits="#galat")
    yield Shot("door-code-refused", "/masuk/kode/", door=asked("made@example.com"), press=[enter], awaits="main .error")
    yield Shot("door-crowd", f"/masuk/{goal}", typed=email, press=[send], stalled="**/pbkdf2*.js", awaits="progress")
    yield Shot("door-crowd-line", "/masuk/", typed=email, press=[send], blocked="**/crowd*.js", awaits=line)
    yield Shot(
        "door-crowd-turn", "/masuk/", typed=email, press=[send, line], blocked="**/crowd*.js", awaits="main .notice"
    )
    yield Shot("door-one-more-press", "/masuk/", typed=email | {"website": "x"}, press=[send], awaits="#sekali-lagi")
    yield from (_back_from_google(refusal) for refusal in proven_addresses.REFUSALS.values())
    yield Shot("door-help", "/masuk/bantuan/")
    yield Shot("message-proof", "/surat/")
    yield Shot("message-proof-refused", "/surat/?code=BCDF", awaits="main .error")
    yield Shot("message-proof-unknown", "/surat/?code=BBBB-BBBB-BBBB", awaits="main .notice-bad")
    now = clock.now()
    told = {
        "kind": "region_open",
        "queue": "bulk",
        "state": "sent",
        "due_at": now,
        "settled_at": now,
        "created_at": now,
    }
    written = Notification.objects.create(account=make.make_user(), **told)
    proof = tokens.message_code(written.pk, written.public_id)
    yield Shot("message-proof-ours", f"/surat/?code={proof}", awaits="main .notice-good")
    yield Shot("send-again", "/masuk/", typed=email, press=[send], forgets="csrf", awaits="h1")


def _back_from_google(refusal: Any) -> Shot:
    """The door with why Google let nobody in: it says so once, so the page is made beside the portal."""
    answers = {}
    for language in LANGUAGES:
        with translation.override(language):
            request = RequestFactory().get("/masuk/" if language == "id" else "/en/masuk/")
            request.user = AnonymousUser()
            answers[language] = ask_for_address(request, refusal=refusal()).content.decode()
    name = refusal.code.removeprefix("google_").replace("_", "-")
    return Shot(f"door-google-{name}", "/masuk/", answers=answers)


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

    def came(registration: Registration, *numbers: int) -> Registration:
        for day in registration.session.days.filter(number__in=numbers):
            at = datetime.combine(day.date, day.starts_at, tzinfo=region.zone)
            mark = attendance.NewMark(registration.pk, day.pk, "present")
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
        "my-page-finished-rule-not-met": came(goer(21), 1),
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
    for name, registration in people.items():
        yield Shot(name, "/saya/", cookie_of(registration.participant.user))
    yield Shot("my-page-data-fixed", "/saya/data/", cookie_of(people["my-page-day-1"].participant.user))
    unread = goer(-12).participant.user
    User.objects.filter(pk=unread.pk).update(bounced_at=now)
    yield Shot("my-page-address-refuses", "/saya/", cookie_of(unread))
    gone = cookie_of(people["my-page-left-queue"].participant.user)
    yield Shot("my-page-data-not-registered", "/saya/data/", gone)


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
        press=[send, "[data-send]"],
        awaits=".error",
    )
    wrong = minor | {"guardian_email": "ibu@"}
    yield Shot(
        "register-minor-refused",
        page,
        cookie_of(make.make_user()),
        typed=wrong,
        press=[send, "[data-send]"],
        awaits=".error",
    )
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


def broken(coordinator: str) -> Iterator[Shot]:
    """The pages of what goes wrong. Those that a healthy portal never shows are rendered beside it."""
    yield Shot("error-400", "/?q=%00")
    yield Shot("error-403", "/staf/accounts/user/", coordinator)
    for name in ("403_csrf", "429", "500", "503"):
        answers = {}
        for language in LANGUAGES:
            with translation.override(language):
                answers[language] = render_to_string(f"{name}.html", {"request_id": "4f0c9a1b77de"})
        yield Shot(f"error-{name}", f"/galat-{name}/", answers=answers)


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
        "staff-logout": "keluar/",
    }.items():
        yield Shot(name, f"/staf/akun/{page}", seen_by["papua"])
    yield Shot("staff-index-ministry", "/staf/", seen_by["ministry"])
    yield Shot("staff-index-accounts", "/staf/", cookie_of(accounts["akun@example.go.id"], is_staff=True))
    yield Shot("staff-attendance-read-only", grid, seen_by["ministry"])
    yield Shot("staff-timeline-of-all", "/staf/programs/trainingsession/pesan/", seen_by["ministry"])
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
    for deed in ("corrected: full_name", "cancelled"):
        LogEntry.objects.create(
            user=accounts["papua@example.go.id"],
            content_type=ContentType.objects.get_for_model(Registration),
            object_id=str(Registration.objects.order_by("pk").values_list("pk", flat=True)[0]),
            object_repr="",
            action_flag=CHANGE,
            action_time=clock.now(),
            change_message=deed,
        )
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


def mails(session: TrainingSession) -> Iterator[Shot]:
    """The HTML part of every kind of mail, in both languages; nothing of it is kept or sent."""
    said: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        with transaction.atomic():
            for (kind, subject), (_message, _text, html) in every_mail(session, language):
                to = "-to-guardian" if subject._meta.model_name == "guardianrequest" else ""
                said.setdefault(f"mail-{kind.value.replace('_', '-')}{to}", {})[language] = html
            transaction.set_rollback(True)
    for name, answers in said.items():
        yield Shot(name, f"/{name}/", answers=answers)
