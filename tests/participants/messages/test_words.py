"""What each message says, in both languages and both parts, and what none may say."""

import re
import uuid
from datetime import date, timedelta
from html import unescape

import pytest
from bs4 import BeautifulSoup
from django.utils import translation

from participants.messages.mails import mail
from participants.models import (
    AccountRequest,
    AddressChange,
    AttendanceExport,
    Deed,
    GuardianRequest,
    Notification,
    Registration,
)
from participants.operations import deeds, login_codes, message_facts, notifications, registrations
from portal.accounts.models import User
from programs.models import Module, Venue
from tests.factories import (
    DURING_REGISTRATION,
    MINOR_BORN,
    make_broadcast,
    make_coordinator,
    make_participant,
    make_program,
    make_region,
    make_rule,
    make_session,
    make_user,
)

NOW = DURING_REGISTRATION
CHILD, GUARDIAN = "Kenanga Canary", "wali-canary@example.com"
Kind = Notification.Kind
RECOVERY_KINDS = {Kind.RECOVERY_SET, Kind.RECOVERY_REMOVED, Kind.ADDRESS_CHANGED}
ACCOUNT_KINDS = RECOVERY_KINDS | {
    Kind.APPEAL_ANSWERED,
    Kind.ABSENCE_ANSWERED,
    Kind.REGION_OPEN,
    Kind.SAMPLE,
    Kind.STAFF_INVITED,
    Kind.PASSWORD_LINK,
    Kind.STAFF_CHANGED,
    Kind.STAFF_ADDRESS,
    Kind.EXPORT_READY,
    Kind.EXPORTS_UNUSUAL,
    Kind.MERGED,
}


@pytest.fixture
def session():
    program = make_program()
    Module.objects.create(program=program, pillar="basic_skills", day=1, title_id="Dasar digital", title_en="Basics")
    region = make_region(city="Jayapura", time_zone="Asia/Jayapura")
    return make_session(program=program, region=region)


def register(session, language="id", *, minor=True, name=CHILD):
    birth = {"birth_date": MINOR_BORN} if minor else {}
    person = make_participant(full_name=name, user=make_user(), region=session.region, language=language, **birth)
    guardian = {"guardian_email": GUARDIAN} if minor else {}
    return registrations.register(participant=person, session=session, form_key=uuid.uuid4(), now=NOW, **guardian)


def written(kind, subject, *, now=NOW, **key):
    """The mail of one promise, with the facts read as they are read for sending."""
    fields = {Registration: "registration", GuardianRequest: "guardian_request", User: "account"}
    field = fields.get(type(subject), "login_code")
    if not Notification.objects.filter(kind=kind, **{field: subject}).exists():
        notifications.promise(kind, subject=subject, now=now, **key)
    (row,) = message_facts.read(Notification.objects.filter(kind=kind, **{field: subject}).values_list("pk", flat=True))
    message = mail(row, now=now)
    (html,) = [part for part, kind_ in message.alternatives if kind_ == "text/html"]
    return message, message.body, html


def asked_about(account):
    by = make_coordinator()
    changed = {"groups": ("", "Staf kementerian"), "email": None, "reset_second_factor": None}
    return deeds.note(Deed.What.ASKED, about=account, by=by, now=NOW, changed=changed)


def make_address_request(account):
    who = {"account": account, "asked_by": make_coordinator(), "asked_at": NOW, "expires_at": NOW}
    return AccountRequest.objects.create(kind="address", email="baru@example.go.id", old_email=account.email, **who)


def every_mail(session, language, registration=None):
    for kind, subject, key in every_promise(session, language, registration):
        yield (kind, subject), written(kind, subject, **key)


def every_promise(session, language, registration=None):
    """Every kind with each whom it is told about a child's `registration`, and what else its promise says."""
    registration = registration or register(session, language)
    Registration.objects.filter(pk=registration.pk).update(queue_number=registration.pk)
    User.objects.filter(pk=registration.participant.user_id).update(language=language)
    request = registration.guardian_requests.get()
    account = registration.participant.user
    code = login_codes.ask(email=account.email, browser="b" * 32, language=language, machine_now=NOW, now=NOW)
    to_guardian = {Kind.GUARDIAN_ASKED, Kind.GUARDIAN_EXPIRED, Kind.GUARDIAN_MOVED, Kind.CONSENT_WITHDRAWN}
    to_guardian |= {Kind.SESSION_MOVED, Kind.SESSION_CANCELLED, Kind.CANCELLED}
    change = AddressChange.objects.create(
        registration=registration,
        account=account,
        region=registration.region,
        old_email="lama@example.com",
        new_email="baru@example.com",
        reason="Datang sendiri",
        changed_by=account,
        changed_at=NOW,
    )
    special = {Kind.LOGIN_CODE: [code], **{kind: [account] for kind in ACCOUNT_KINDS}}
    keys = {Kind.REMINDER: {"occurrence": "eve:1"}, Kind.REGION_OPEN: {"occurrence": str(session.pk)}}
    own = {"subject_id": "Walimu", "body_id": "Ingatkan.", "subject_en": "Your guardian", "body_en": "Remind them."}
    rule = make_rule(session.program, slug=uuid.uuid4().hex, audience="awaiting_guardian", **own)
    keys |= {Kind.SAMPLE: {"occurrence": f"{rule.pk}:{session.pk}:1"}}
    file = AttendanceExport.objects.create(
        by=account, at=NOW, format="csv", filter={}, columns=[], personal=["phone"], row_count=1, people=2_345
    )
    keys |= {Kind.EXPORT_READY: {"occurrence": "7"}, Kind.EXPORTS_UNUSUAL: {"occurrence": str(file.pk)}}
    keys |= {Kind.ABSENCE_ANSWERED: {"occurrence": "absence_2025-12-17:7"}}
    keys |= {Kind.BROADCAST: {"occurrence": make_broadcast(session).occurrence}}
    proven = RECOVERY_KINDS | {Kind.STAFF_INVITED, Kind.PASSWORD_LINK}
    keys |= {kind: {"occurrence": str(change.public_id)} for kind in proven}
    keys |= {Kind.STAFF_CHANGED: {"occurrence": str(asked_about(account).pk)}}
    keys |= {Kind.STAFF_ADDRESS: {"occurrence": str(make_address_request(account).public_id)}}
    for kind in Kind:
        for subject in special.get(kind, [registration, request]):
            if (subject is request) <= (kind in to_guardian) and not (
                subject is registration and kind in (Kind.GUARDIAN_ASKED, Kind.GUARDIAN_MOVED)
            ):
                yield kind, subject, keys.get(kind, {})


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["id", "en"])
def test_every_kind_is_a_whole_mail_in_both_parts(session, language):
    seen = set()
    for (kind, _subject), (message, text, html) in every_mail(session, language):
        seen.add(kind)
        assert len(message.recipients()) == 1
        assert 5 < len(message.subject) < 90
        assert "%(" not in message.subject + text + html
        assert "None" not in message.subject + text + html
        assert f'<html lang="{language}">' in html
        shown = unescape(re.sub(r"<[^>]+>", "", html)) + unescape(html)
        for line in text.split("\n-- \n")[0].splitlines():
            assert line.rstrip(":") in shown
        assert set(re.findall(r"https?://[^/\s\"]+", text + html)) <= {"http://testserver"}
        assert not re.search(r"<img|<script|style=|@import|url\(", html)
        # No reply address, no further reader; of these news of openings alone may be turned off.
        off = {"List-Unsubscribe", "List-Unsubscribe-Post"} if kind == Kind.REGION_OPEN else set()
        assert set(message.extra_headers) == {"Message-ID", "Date", "Auto-Submitted"} | off
        assert (message.cc, message.bcc, message.reply_to) == ([], [], [])
        assert message.from_email == "Pelatihan Gen Z <pelatihan@example.go.id>"
    assert seen == set(Kind)


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ['<img src="//evil.example/x" onerror=alert(1)>', "{login_code} {{ 7*7 }} %(code)s"])
def test_what_was_typed_is_text_in_every_kind(session, typed):
    type(session.region).objects.filter(pk=session.region_id).update(city=typed)
    Venue.objects.filter(pk=session.venue_id).update(name=typed, city=typed)
    session.refresh_from_db()
    literally = set()
    for (kind, _subject), (_message, text, html) in every_mail(session, "id", register(session, name=typed)):
        page = BeautifulSoup(html, "html.parser")
        assert page.select("img, script, [onerror]") == []
        assert {link["href"].split("/")[2] for link in page.select("[href]")} <= {"testserver"}
        literally |= {kind} if typed in text and typed in page.text else set()
    assert literally >= {Kind.REGISTERED, Kind.GUARDIAN_ASKED, Kind.REMINDER, Kind.SESSION_MOVED}  # each names the city


@pytest.mark.django_db
def test_english_differs_in_every_kind(session):
    indonesian = {key: text for (key, _subject), (_m, text, _h) in every_mail(session, "id")}
    Registration.objects.all().update(place="released", released_at=NOW, release_reason="switched")
    for (kind, _subject), (_message, text, _html) in every_mail(session, "en"):
        assert text != indonesian[kind]


@pytest.mark.django_db
def test_the_childs_mails_hold_nothing_of_the_guardian_and_the_guardians_no_word_of_the_child(session):
    for (kind, subject), (message, text, html) in every_mail(session, "id"):
        everything = message.subject + text + html
        assert GUARDIAN not in everything
        if not isinstance(subject, Registration):
            assert "Canary" not in everything
            assert "Kenanga" not in everything
        if isinstance(subject, GuardianRequest):
            assert ("K. C." in text) is (kind != Kind.CONSENT_WITHDRAWN)  # by then the name is erased
            assert message.to == [GUARDIAN]


@pytest.mark.django_db
def test_a_place_that_is_not_certain_is_not_named(session):
    Venue.objects.filter(pk=session.venue_id).update(name="Gedung Rahasia", is_confirmed=False)
    _message, text, _html = written(Kind.REGISTERED, register(session, minor=False))
    assert "Gedung Rahasia" not in text

    Venue.objects.filter(pk=session.venue_id).update(is_confirmed=True)
    _message, text, _html = written(Kind.REGISTERED, register(session, minor=False))
    assert "Gedung Rahasia" in text


@pytest.mark.django_db
def test_the_language_of_the_process_does_not_matter(session):
    registration = register(session, "en", minor=False)
    with translation.override("id"):
        _message, text, _html = written(Kind.REGISTERED, registration)
        assert translation.get_language() == "id"

    assert "16 December 2025" in text
    assert "http://testserver/en/saya/" in text


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [1, 3])
def test_facts_of_any_number_of_rows_take_three_queries(session, rows, django_assert_num_queries):
    for _ in range(rows):
        register(session, minor=False)
    keys = list(Notification.objects.values_list("pk", flat=True))

    with django_assert_num_queries(3):
        for row in message_facts.read(keys):
            mail(row, now=NOW + timedelta(minutes=1))


@pytest.mark.django_db
def test_the_first_day_of_another_year_is_read_as_it_is(session):
    session.days.filter(number=3).update(date=date(2026, 1, 2))

    _message, text, _html = written(Kind.REGISTERED, register(session, minor=False))

    assert "Jumat, 2 Januari 2026, 09.00–16.00 WIT" in text


@pytest.mark.django_db
def test_a_place_in_the_queue_is_counted_when_the_mail_is_written(session):
    type(session).objects.filter(pk=session.pk).update(capacity=0)
    ahead, own = register(session, minor=False), register(session, minor=False)
    registrations.cancel(registration=ahead, now=NOW)

    _message, text, _html = written(Kind.QUEUED, own)

    assert (own.queue_number, "Kamu nomor 1 di daftar tunggu" in text) == (2, True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("hours", "said", "unsaid"),
    [
        (0, "yang terdepan mendapatkannya", "harus diambil"),
        (6, "harus diambil sebelum waktunya habis", "mendapatkannya"),
    ],
)
def test_the_queue_is_told_whether_a_seat_will_have_to_be_taken(session, hours, said, unsaid):
    type(session.program).objects.update(offer_hours=hours)
    type(session).objects.filter(pk=session.pk).update(capacity=0)

    _message, text, _html = written(Kind.QUEUED, register(session, minor=False))

    assert said in text
    assert unsaid not in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("place", "said"),
    [
        ({"place": "seat"}, "Kursimu pasti."),
        ({"place": "offered", "offered_until": NOW}, "ambil kursi yang kami tawarkan sebelum Selasa, 2 Desember 2025"),
        ({"place": "queued"}, "Kamu tetap di daftar tunggu."),
    ],
)
def test_a_guardians_yes_means_what_the_place_is_worth(session, place, said):
    registration = register(session)
    Registration.objects.filter(pk=registration.pk).update(queue_number=1, **place)

    _message, text, _html = written(Kind.GUARDIAN_GIVEN, registration)

    assert said in text
    assert ("/tawaran/" in text) is (place["place"] == "offered")


@pytest.mark.django_db
def test_the_letter_to_a_guardian_names_the_button_as_a_name(session):
    _message, text, _html = written(Kind.GUARDIAN_ASKED, register(session).guardian_requests.get())

    assert "pilih “Ini bukan untuk saya”." in " ".join(text.split())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("place", "said", "unsaid"),
    [
        ({"place": "seat"}, "Kursimu masih kami tahan", "daftar tunggu"),
        ({"place": "queued"}, "Kamu tetap di daftar tunggu", "Kursimu masih kami tahan"),
    ],
)
def test_a_letter_astray_says_what_the_place_is_worth(session, place, said, unsaid):
    registration = register(session)
    Registration.objects.filter(pk=registration.pk).update(queue_number=1, **place)

    _message, text, _html = written(Kind.GUARDIAN_MISDIRECTED, registration)

    assert said in text
    assert unsaid not in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reason", "said", "unsaid"),
    [
        ("queue_closed", "tidak ada kursi yang sampai", "kami lepas"),
        ("registration_closed", "kursinya di Jayapura kami lepas", "Selama pendaftaran masih dibuka"),
        ("guardian_expired", "Selama pendaftaran masih dibuka", "sudah ditutup"),
    ],
)
def test_a_guardian_reads_why_their_answer_is_no_longer_waited_for(session, reason, said, unsaid):
    registration = register(session)
    Registration.objects.update(place="released", released_at=NOW, release_reason=reason)

    _message, text, _html = written(Kind.GUARDIAN_EXPIRED, registration.guardian_requests.get())

    assert (said in text, unsaid in text) == (True, False)
