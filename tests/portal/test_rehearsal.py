"""Living through an edition: every stop in order, nothing twice, and never where the clock is real."""

import subprocess
import sys
import uuid
from datetime import date, datetime, timedelta

import pytest
from django.core.management import call_command

from participants.models import Notification, Participant, Registration
from participants.operations import registrations
from portal import clock, embedded, rehearsal
from portal.accounts.models import User
from portal.models import Rehearsal
from tests.factories import (
    DURING_REGISTRATION,
    MINOR_BORN,
    WIB,
    make_participant,
    make_program,
    make_region,
    make_registration,
    make_rule,
    make_session,
    make_user,
)
from tests.sinks import free_port, sink


@pytest.fixture
def rehearsing(settings):
    settings.REHEARSAL = True
    settings.REHEARSE_FROM = "2025-12-02T09:00+07:00"


def edition():
    """Two sessions of one edition, in Jakarta and in Jayapura, one person in each."""
    program = make_program()
    make_rule(program, slug="week-before", offset_days=-7, at="10:00", useful_offset_days=-4, useful_at="20:00")
    make_rule(program)
    make_rule(program, slug="morning", anchor="each_day", offset_days=0, at="06:00", useful_at="10:00", is_urgent=True)
    for zone, email in (("Asia/Jakarta", "jakarta@example.com"), ("Asia/Jayapura", "jayapura@example.com")):
        session = make_session(program=program, region=make_region(time_zone=zone))
        register(session, email)
    return program


def register(session, email, **options):
    birth = {"birth_date": options.pop("birth_date")} if "birth_date" in options else {}
    person = make_participant(user=make_user(email=email), region=session.region, **birth)
    return registrations.register(
        participant=person, session=session, form_key=uuid.uuid4(), now=DURING_REGISTRATION, **options
    )


def wib(day, hour, minute=0):
    return datetime(2025, 12, day, hour, minute, tzinfo=WIB)


def reminded():
    """Who was reminded of what at which programme time, to the minute, in order."""
    rows = Notification.objects.filter(kind="reminder", state="sent").order_by("settled_at", "pk")
    return [
        (
            row.settled_at.astimezone(WIB).replace(second=0, microsecond=0),
            row.registration.participant.user.email.split("@")[0],
            row.occurrence,
        )
        for row in rows
    ]


@pytest.mark.django_db(transaction=True)
def test_a_jump_of_two_weeks_sends_what_two_weeks_would_have_sent_in_order(rehearsing, mails):
    edition()

    list(rehearsal.move_to(wib(17, 0)))

    assert reminded() == [
        (wib(9, 8), "jayapura", "week-before:1"),
        (wib(9, 10), "jakarta", "week-before:1"),
        (wib(15, 16), "jayapura", "eve:1"),
        (wib(15, 18), "jakarta", "eve:1"),
        (wib(16, 4), "jayapura", "morning:1"),
        (wib(16, 6), "jakarta", "morning:1"),
    ]
    assert [str(mail["To"]) for mail in mails.mails[2:]] == ["jayapura@example.com", "jakarta@example.com"] * 4
    asked = Notification.objects.filter(kind="still_coming", state="sent").order_by("settled_at")
    assert [row.settled_at.astimezone(WIB).replace(second=0, microsecond=0) for row in asked] == [
        wib(13, 14),
        wib(13, 16),
    ]


@pytest.mark.django_db(transaction=True)
def test_a_jump_back_repeats_nothing(rehearsing, mails):
    edition()
    list(rehearsal.move_to(wib(16, 0)))
    sent = len(mails.mails)

    list(rehearsal.move_to(wib(9, 0)))
    assert timedelta() <= clock.now() - wib(9, 0) < timedelta(minutes=1)
    list(rehearsal.move_to(wib(16, 0)))

    assert len(mails.mails) == sent
    assert Notification.objects.exclude(state="sent").count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_guardians_silence_ends_on_the_way(rehearsing, mails):
    session = make_session()
    child = register(session, "anak@example.com", birth_date=MINOR_BORN, guardian_email="ibu@example.com")

    stops = [stop.at for stop in rehearsal.move_to(wib(6, 0))]

    assert Registration.objects.get(pk=child.pk).release_reason == "guardian_expired"
    assert child.guardian_requests.get().expires_at in stops


@pytest.mark.django_db(transaction=True)
def test_a_walk_goes_on_without_a_mail_server_and_says_so(rehearsing, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    edition()

    *_, last = rehearsal.move_to(wib(9, 12))

    assert (last.sent, last.waiting) == (0, 4)
    with sink(settings) as mails:
        list(rehearsal.move_to(wib(9, 13)))
    assert len(mails.mails) == 4


@pytest.mark.django_db(transaction=True)
def test_time_flows_from_where_it_was_moved(rehearsing):
    list(rehearsal.move_to(wib(3, 9)))

    first, second = clock.database_now(), clock.database_now()

    assert wib(3, 9) < first < second < wib(3, 9, 1)
    assert Rehearsal.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_to_start_twice_begins_once(rehearsing):
    rehearsal.start()
    list(rehearsal.move_to(wib(5, 9)))

    rehearsal.start()

    assert wib(5, 9) < clock.database_now() < wib(5, 9, 1)


@pytest.mark.django_db(transaction=True)
def test_the_command_takes_instants_and_spans(rehearsing, capsys):
    call_command("rehearse", "2025-12-03 18:00+07:00")
    call_command("rehearse", "+1d")
    call_command("rehearse", "--", "-3h")

    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if line.startswith("now")] == [
        "now 2025-12-03 18:00 WIB",
        "now 2025-12-04 18:00 WIB",
        "now 2025-12-04 15:00 WIB",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("target", ["tomorrow", "2025-12-03 18:00", "+1x", ""])
def test_the_command_says_what_it_cannot_read(rehearsing, target):
    with pytest.raises(SystemExit) as refusal:
        call_command("rehearse", target)

    assert repr(target) in str(refusal.value)


@pytest.mark.django_db
def test_a_real_clock_is_not_moved():
    with pytest.raises(rehearsal.NoRehearsal):
        next(rehearsal.move_to(wib(3, 9)))
    with pytest.raises(SystemExit, match="The clock is real here"):
        call_command("rehearse", "+1d")
    assert Rehearsal.objects.count() == 0


def test_production_does_not_even_start_with_a_rehearsal():
    ended = subprocess.run(
        [sys.executable, "manage.py", "rehearse", "+1d"],
        cwd=embedded.ROOT,
        env={
            "PORTAL_ENV": "production",
            "PORTAL_REHEARSAL": "2025-12-02T09:00+07:00",
            "SECRET_KEY": "k" * 60,
            "BASE_URL": "https://pelatihan.test",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert "The clock of a production portal cannot be moved" in ended.stderr


@pytest.mark.django_db(transaction=True)
def test_two_years_on_one_edition_is_forgotten_and_the_next_is_not(rehearsing, mails):
    old, later = edition(), make_program(starts_on=date(2026, 3, 16), ends_on=date(2026, 3, 20))
    make_registration(make_session(program=later, first_day=date(2026, 3, 16)))
    never = make_user()

    list(rehearsal.move_to(datetime(2027, 12, 20, 23, tzinfo=WIB)))
    assert not Participant.objects.filter(full_name=Participant.ERASED).exists()
    assert not User.objects.filter(pk=never.pk).exists()
    list(rehearsal.move_to(datetime(2027, 12, 21, 23, tzinfo=WIB)))

    erased = Registration.objects.filter(participant__full_name=Participant.ERASED)
    assert {registration.program_id for registration in erased} == {old.pk}
    assert (erased.count(), Registration.objects.filter(program=later).count()) == (2, 1)
