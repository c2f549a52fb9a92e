"""Whom a rule means, in SQL when it is planned and again when it is sent; and the words that staff gave it."""

from datetime import date, datetime, time, timedelta
from itertools import product

import pytest
from django.db import connection

from participants import queries
from participants.models import AttendanceFact, Notification, Registration
from participants.operations import attendance, reminders
from participants.queries.reminders import MEANT, OCCURRENCES
from programs.models import ReminderRule
from tests.factories import (
    WIB,
    make_coordinator,
    make_participant,
    make_registration,
    make_rule,
    make_session,
    make_user,
)
from tests.participants.operations.sending import deliver, register, text

EVE = datetime(2025, 12, 15, 18, tzinfo=WIB)
WORDS = {
    "subject_id": "Kabar untuk {nama}: {kota}",
    "body_id": "Hari ke-{hari} pada {tanggal},\njam {jam}.\n\nTempat: {tempat}. Materi: {materi}.",
    "subject_en": "News for {nama}: {kota}",
    "body_en": "Day {hari} is {tanggal}, {jam}.\n\nAt {tempat}: {materi}.",
}
SEAT = {"place": "seat", "guardian": "not_needed"}
PEOPLE = {
    "confirmed": SEAT,
    "answered": SEAT | {"coming_answered_at": EVE},
    "awaiting_guardian": {"place": "seat", "guardian": "asked"},
    "queued": {"place": "queued", "queue_number": 1},
    "released": {"place": "released", "released_at": EVE, "release_reason": "cancelled_by_self"},
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("audience", "meant"),
    {
        "confirmed": ["answered", "confirmed"],
        "unanswered": ["confirmed"],
        "awaiting_guardian": ["awaiting_guardian"],
        "queued": ["queued"],
    }.items(),
)
def test_each_audience_gets_its_own_and_nobody_else(audience, meant, mails):
    session = make_session()
    make_rule(session.program, audience=audience, **WORDS)
    for name, fields in PEOPLE.items():
        person = make_participant(user=make_user(email=f"{name}@example.com"), region=session.region)
        make_registration(session, participant=person, **fields)

    assert reminders.plan(now=EVE) == len(meant)
    deliver(EVE, "bulk")

    assert sorted(mail["To"].removesuffix("@example.com") for mail in mails.mails) == meant


@pytest.mark.django_db
@pytest.mark.parametrize("marked", [False, True])
def test_a_minor_before_the_guardians_yes_is_written_to_by_marked_rules_alone(marked, mails):
    session = make_session()
    make_rule(session.program, audience="queued", before_consent=marked, **WORDS)
    make_registration(session, place="queued", queue_number=1, guardian="asked")
    grown = make_registration(session, place="queued", queue_number=2)

    assert reminders.plan(now=EVE) == 1 + marked
    (row,) = queries.timeline([session.pk])
    assert row.people == 1 + marked
    Registration.objects.filter(pk=grown.pk).update(guardian="asked")  # since it was planned somebody became a minor
    deliver(EVE, "bulk")

    assert len(mails.mails) == 2 * marked


def everybody(session):
    """Somebody of each way to stand: place, guardian, answer, and what was noted of the first day."""
    places = [
        {"place": "seat"},
        {"place": "offered", "offered_until": EVE},
        {"place": "queued"},
        {"place": "released", "released_at": EVE, "release_reason": "cancelled_by_self"},
    ]
    first = session.days.get(number=1)
    people = []
    for place, guardian, answered, mark in product(
        places, Registration.Guardian.values, [None, EVE], [None, "", "absent", "excused", "present"]
    ):
        if guardian in ("refused", "expired") and place["place"] != "released":
            continue  # a constraint of the database
        number = len(people) + 1 if place["place"] == "queued" else None
        stands = place | {"guardian": guardian, "coming_answered_at": answered, "queue_number": number}
        people.append(make_registration(session, **stands))
        if mark is not None:
            AttendanceFact.objects.create(
                registration=people[-1],
                day=first,
                session=session,
                kind="correction",
                source="list",
                mark=mark,
                recorded_at=EVE,
            )
    return people


def meant_in_sql(session, rule, day):
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT registration.id FROM ({OCCURRENCES}) AS due JOIN participants_registration registration "
            f"ON registration.session_id = due.session_id AND {MEANT} WHERE (due.rule_id, due.day) = (%s, %s)",
            [rule.pk, day],
        )
        return {key for (key,) in cursor.fetchall()}


@pytest.mark.django_db
def test_sql_and_python_mean_the_same_people_however_they_stand():
    session = make_session(capacity=200)
    people = everybody(session)
    sizes = set()

    for audience, before_consent in product(ReminderRule.Audience.values, [False, True]):
        rule = make_rule(
            session.program, slug=f"{audience}-{before_consent}", audience=audience, anchor="each_day", **WORDS
        )
        ReminderRule.objects.filter(pk=rule.pk).update(before_consent=before_consent)
        rule.refresh_from_db()
        for day in (1, 2, 3):
            told = Notification(kind="reminder", occurrence=f"{rule.slug}:{day}")
            told.rule = rule
            meant = {person.pk for person in people if reminders.still_meant(told, person)}
            assert meant_in_sql(session, rule, day) == meant, (audience, before_consent, day)
            sizes.add(len(meant))

    assert len(people) == 140
    assert len(sizes) > 4  # the audiences differ


@pytest.mark.django_db
def test_absent_yesterday_is_who_nobody_saw_and_was_seen_by_nobody_since(mails):
    session = make_session(first_day=date(2025, 12, 16))
    make_rule(
        session.program,
        audience="absent_yesterday",
        anchor="each_day",
        offset_days=0,
        at=time(7),
        useful_at=time(12),
        **WORDS,
    )
    there, away, late = (register(session, email=f"{name}@example.com") for name in ("there", "away", "late"))
    first, second, _third = session.days.order_by("number")
    staff = make_coordinator()

    def come(registration, day, at, mark="present"):
        attendance.record(session=session, marks=[attendance.NewMark(registration.pk, day.pk, mark)], by=staff, now=at)

    come(there, first, datetime(2025, 12, 16, 9, tzinfo=WIB))
    come(away, first, datetime(2025, 12, 16, 9, tzinfo=WIB), "absent")
    morning = datetime(2025, 12, 17, 7, tzinfo=WIB)

    assert reminders.plan(now=datetime(2025, 12, 16, 7, tzinfo=WIB)) == 0  # there was no yesterday
    assert reminders.plan(now=morning) == 2
    come(late, first, morning)  # somebody corrects the list before the mail goes out
    Notification.objects.exclude(kind="reminder").delete()
    deliver(morning, "bulk")

    assert [mail["To"] for mail in mails.mails] == ["away@example.com"]
    assert second.number == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("audience", "before", "after"),
    [
        ("queued", PEOPLE["queued"], SEAT),
        ("awaiting_guardian", PEOPLE["awaiting_guardian"], {"guardian": "given"}),
        ("unanswered", SEAT, {"coming_answered_at": EVE}),
        ("confirmed", SEAT, PEOPLE["released"]),
    ],
)
def test_who_is_not_meant_any_more_is_not_written_to(audience, before, after, mails):
    session = make_session()
    make_rule(session.program, audience=audience, **WORDS)
    registration = make_registration(session, **before)
    assert reminders.plan(now=EVE) == 1

    Registration.objects.filter(pk=registration.pk).update(**after)
    deliver(EVE, "bulk")

    assert mails.mails == []
    assert Notification.objects.get().state == "cancelled"


@pytest.mark.django_db
def test_own_words_are_filled_in_once_and_names_stay_text(mails):
    session = make_session()
    make_rule(session.program, **WORDS)
    person = make_participant(full_name="{kota} Siti", user=make_user(email="siti@example.com"), region=session.region)
    make_registration(session, participant=person)

    reminders.plan(now=EVE)
    deliver(EVE, "bulk")

    (mail,) = mails.mails
    assert mail["Subject"] == f"Kabar untuk {{kota}} Siti: {session.region.city}"
    lines = text(mail).splitlines()
    assert "Hari ke-1 pada Selasa, 16 Desember 2025, jam 09.00–16.00 WIB." in lines
    assert any(line.startswith(f"Tempat: {session.region.city}; tempatnya kami kabari") for line in lines)


@pytest.mark.django_db
def test_own_words_speak_the_readers_language(mails):
    session = make_session()
    make_rule(session.program, **WORDS)
    person = make_participant(language="en", user=make_user(email="siti@example.com"), region=session.region)
    make_registration(session, participant=person)

    reminders.plan(now=EVE)
    deliver(EVE, "bulk")

    assert "Day 1 is Tuesday, 16 December 2025, 09:00–16:00 WIB." in text(mails.mails[0])


@pytest.mark.django_db
def test_a_reminder_of_the_opening_is_anchored_to_it(mails):
    session = make_session()
    opens = session.program.registration_opens.astimezone(WIB).date()
    make_rule(
        session.program,
        anchor="registration_opens",
        offset_days=3,
        at=time(10),
        useful_offset_days=4,
        audience="awaiting_guardian",
        **WORDS,
    )
    make_registration(session, **PEOPLE["awaiting_guardian"], registered_at=session.program.registration_opens)
    due = datetime.combine(opens + timedelta(days=3), time(10), tzinfo=WIB)

    assert reminders.plan(now=due - timedelta(seconds=1)) == 0
    assert reminders.plan(now=due) == 1


@pytest.mark.django_db
def test_timeline_tells_when_to_how_many_and_what_became_of_it(mails, django_assert_num_queries):
    session, other = make_session(), make_session()
    make_rule(session.program)
    make_rule(session.program, slug="waiting", audience="queued", at=time(19), **WORDS)
    for number in range(3):
        register(session, email=f"siti{number}@example.com")
    make_registration(session, **PEOPLE["queued"])
    reminders.plan(now=EVE)
    deliver(EVE, "bulk")

    with django_assert_num_queries(1):
        eve, waiting = queries.timeline([session.pk])

    assert (eve.due_at, eve.people, eve.sent, eve.waiting) == (EVE, 3, 3, 0)
    assert (waiting.due_at, waiting.people, waiting.sent) == (EVE + timedelta(hours=1), 1, 0)
    assert queries.timeline([other.pk]) == []


@pytest.mark.django_db
def test_own_page_announces_what_would_be_said_to_whoever_stands_so_and_nothing_else():
    session = make_session(capacity=200)
    people, program, now = everybody(session), session.program, session.program.registration_opens
    for number, (audience, before_consent) in enumerate(product(ReminderRule.Audience.values, [False, True])):
        rule = make_rule(program, slug=f"{number}", audience=audience, anchor="each_day", at=time(number + 8), **WORDS)
        ReminderRule.objects.filter(pk=rule.pk).update(before_consent=before_consent)
    rules, sizes = list(program.reminder_rules.all()), set()
    ahead = queries.ahead(program.pk, now=now)

    marked = queries.with_attendance(Registration.objects.filter(session=session), now=EVE)
    marks = {row.pk: queries.day_marks(row) for row in marked}
    for person in people:
        told = queries.reminders_ahead(person, rules, marks=marks[person.pk], now=now)
        due = sorted(at for (pk, _occurrence), at in ahead.items() if pk == person.pk)
        assert [one.due for one in told] == due, (person.place, person.guardian, person.coming_answered_at)
        sizes.add(len(due))

    assert len(sizes) > 4  # they differ
