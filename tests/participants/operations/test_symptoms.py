"""Staff are told of each fault once when it begins, hourly while it lasts, and once that it is over."""

from datetime import timedelta
from functools import partial

import pytest

from participants.models import AttendanceExport, Heartbeat, Notification, RegistrationImport
from participants.operations import clocks, login_codes, notifications, symptoms
from tests.factories import DURING_REGISTRATION, make_registration, make_session
from tests.races import at_once
from tests.staff import make_staff

NOW = DURING_REGISTRATION
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
HOST = "kerja-2"


@pytest.fixture
def editor(db):
    return make_staff("editor", email="pengelola@example.go.id")


def slow_codes(_at):
    for number in range(symptoms.FEWEST_CODES):
        login_codes.ask(
            email=f"siti{number}@example.com", browser="b" * 32, language="id", machine_now=NOW, now=NOW - MINUTE
        )
    Notification.objects.update(state="sent", created_at=NOW - MINUTE, settled_at=NOW)


def failed_messages(_at):
    session = make_session()
    people = [make_registration(session) for _ in range(symptoms.MANY_FAILED)]
    notifications.promise_all(Notification.Kind.REGISTERED, people, now=NOW)
    Notification.objects.update(state="failed", reason="550", settled_at=NOW)


def a_failed_file(_at):
    AttendanceExport.objects.create(
        by=make_staff("ministry"),
        at=NOW - 3 * HOUR,
        state="failed",
        failed_at=NOW,
        format="csv",
        filter={},
        columns=[],
        row_count=0,
    )


def a_failed_import(_at):
    by = make_staff("ministry")
    RegistrationImport.objects.create(
        session=make_session(), by=by, at=NOW - 3 * HOUR, state="failed", failed_at=NOW, failure="stuck"
    )


def wrong_clock(at):
    clocks.compare(host=HOST, lead=-HOUR, machine_now=at)


def nothing(_at):
    pass


# What is done once, what goes on meanwhile, disks, what is told of it, and how long after it staff hear of its end.
FAULTS = {
    "codes": (slow_codes, nothing, {}, "lebih dari 60 detik"),
    "failed": (failed_messages, nothing, {}, "20 pesan gagal sejam terakhir."),
    "files": (a_failed_file, nothing, {}, "berkas kehadiran 1, impor 0."),
    "imports": (a_failed_import, nothing, {}, "berkas kehadiran 0, impor 1."),
    "clocks": (nothing, wrong_clock, {}, "Jam di kerja-2 berbeda lebih dari dua detik"),
    "disks": (nothing, nothing, {"/tmp": 0.86, "/srv": 0.5}, "/tmp terisi 86%."),
}


def look(at, disks):
    return symptoms.look(now=at, machine_now=at, disks=disks)


@pytest.mark.parametrize("fault", FAULTS)
def test_is_told_once_again_after_an_hour_and_at_its_end(fault, editor, mailoutbox):
    begin, go_on, disks, words = FAULTS[fault]
    name = "files" if fault == "imports" else fault
    begin(NOW)
    told = []
    for minutes in (0, 1, 59):
        go_on(NOW + minutes * MINUTE)
        assert look(NOW + minutes * MINUTE, disks) == [name]
        told.append(len(mailoutbox))
    if go_on is wrong_clock or disks:
        go_on(NOW + HOUR)
        assert look(NOW + HOUR, disks) == [name]
        told.append(len(mailoutbox))

    assert look(NOW + HOUR + MINUTE, {"/tmp": 0.84}) == [] or go_on is wrong_clock
    assert len(mailoutbox) == told[-1]
    ends = NOW + HOUR + 17 * MINUTE
    assert look(ends, {"/tmp": 0.84}) == look(ends + MINUTE, {}) == []

    assert told in ([1, 1, 1], [1, 1, 1, 2])
    assert words in mailoutbox[0].body
    assert "/srv" not in mailoutbox[0].body
    assert [mail.to for mail in mailoutbox] == [["pengelola@example.go.id"]] * (told[-1] + 1)
    assert mailoutbox[-1].subject == f"Sudah pulih: {mailoutbox[0].subject}"
    assert not Heartbeat.objects.exists()


@pytest.mark.parametrize("fault", FAULTS)
def test_each_is_told_in_the_readers_language(fault, editor, mailoutbox):
    begin, go_on, disks, _words = FAULTS[fault]
    type(editor).objects.filter(pk=editor.pk).update(language="en")
    make_staff("editor", email="kedua@example.go.id")
    begin(NOW)
    go_on(NOW)
    look(NOW, disks)

    english, indonesian = mailoutbox
    assert english.subject != indonesian.subject
    assert not set(english.body.splitlines()) & set(indonesian.body.splitlines())


@pytest.mark.django_db
def test_all_is_well_where_nothing_is_wrong(mailoutbox):
    make_staff("editor")
    slow_codes(NOW)
    Notification.objects.update(settled_at=NOW - MINUTE + timedelta(seconds=9))
    a_failed_import(NOW)
    RegistrationImport.objects.update(failure="right")  # which is no fault of ours

    assert look(NOW, {"/tmp": 0.85}) == []
    assert mailoutbox == []


@pytest.mark.django_db
@pytest.mark.parametrize("lead", [timedelta(), timedelta(seconds=3), timedelta(seconds=-3)])
def test_a_clock_that_has_to_be_put_right_is_wrong_whatever_its_host_is_called(lead):
    clocks.compare(host="h" * 60, lead=lead, machine_now=NOW)

    assert bool(clocks.wrong(machine_now=NOW)) is bool(lead)


@pytest.mark.django_db
def test_what_hovers_about_its_limit_or_is_seen_by_one_of_two_is_one_fault(mailoutbox):
    make_staff("editor")

    for number in range(40):
        look(NOW + number * MINUTE / 2, {"/tmp": 0.86 if number % 2 else 0.84})

    assert len(mailoutbox) == 1


@pytest.mark.django_db
def test_a_clock_that_is_heard_of_now_and_then_is_one_fault(mailoutbox):
    make_staff("editor")

    for minutes in range(55):
        if minutes % 13 == 0:
            wrong_clock(NOW + minutes * MINUTE)
        look(NOW + minutes * MINUTE, {})

    assert len(mailoutbox) == 1


@pytest.mark.django_db(transaction=True)
def test_of_several_watchers_one_tells(mailoutbox):
    make_staff("editor")

    at_once([partial(look, NOW, {"/": 0.9})] * 4)

    assert len(mailoutbox) == 1


@pytest.mark.parametrize("hours", [0, 2])
def test_a_file_of_a_process_that_says_no_hour_of_its_end_is_told_by_its_last_one(db, hours):
    a_failed_file(NOW)
    AttendanceExport.objects.update(failed_at=None, judged_at=NOW - hours * HOUR)

    assert symptoms.look(now=NOW, machine_now=NOW, disks={}) == ([] if hours else ["files"])
