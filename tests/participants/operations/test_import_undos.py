"""A worker takes an import back some people at a time: nobody twice, nobody forgotten, whatever stops it on the way."""

from functools import partial

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError

from participants import tasks
from participants.import_forms import guess, read_row
from participants.models import AttendanceFact, Deed, Note, Notification, Registration, RegistrationImport
from participants.operations import approvals, import_undos, import_work, imports, registrations, ticks
from tests.factories import make_registration, make_session
from tests.people_lists import COLUMNS, NOW, checked, row, taken_back, worked, written
from tests.races import at_once
from tests.staff import make_staff

pytestmark = pytest.mark.django_db
MANY = approvals.ALONE + 1


@pytest.fixture
def session():
    return make_session(capacity=MANY)


@pytest.fixture
def by(session):
    return make_staff("coordinator", session.region)


@pytest.fixture
def second():
    return make_staff("editor")


@pytest.fixture
def few(session, by):
    """Three people whom one may take back alone."""
    return written(checked(session, by, row("Ani"), row("Budi"), row("Cici")))


def brought(session, by):
    return written(checked(session, by, *(row(f"Orang{chr(65 + n)} X") for n in range(MANY))))


def agreed(batch, by, second):
    waits = imports.undo(batch=batch, by=by, now=NOW)
    assert approvals.decide(approval=waits, yes=True, by=second, now=NOW) == batch
    batch.refresh_from_db()
    return batch


@pytest.fixture
def batch(session, by, second):
    """A file of many whose undo was agreed to, and which no worker has touched yet."""
    return agreed(brought(session, by), by, second)


def told():
    return Notification.objects.filter(kind="cancelled")


def stops_at(number, error, monkeypatch):
    """Whoever is the `number`th to be cancelled meets `error`, once."""
    end, met = registrations.end, []

    def ends(registration, **options):
        met.append(registration)
        if len(met) == number:
            raise error
        return end(registration, **options)

    monkeypatch.setattr(registrations, "end", ends)


def test_a_yes_only_says_that_it_is_being_taken_back(session, batch, by, second):
    assert (batch.state, batch.rows_done, batch.asked_by) == ("undoing", 0, by)
    assert Registration.objects.live().filter(session=session).count() == MANY
    assert not told().exists()
    (deed,) = Deed.objects.about(batch).filter(by=second)
    assert (deed.what, deed.changed) == ("changed", {"state": ["done", "undoing"]})
    with pytest.raises(imports.ImportMovedOn):
        imports.undo(batch=batch, by=by, now=NOW)


def test_a_worker_does_it_in_the_name_of_who_said_yes(session, batch, by, second):
    taken_back(batch)
    assert (batch.state, batch.rows_done, batch.kept) == ("undone", MANY, {})
    assert not Registration.objects.live().filter(session=session).exists()
    assert told().count() == MANY
    assert set(Note.objects.values_list("written_by", "text")) == {(second.pk, "Impor dibatalkan")}
    done = Deed.objects.filter(what__in=["cancelled", "unimported"]).order_by("pk")
    assert list(done.values_list("by", "what")) == [(second.pk, "cancelled")] * MANY + [(second.pk, "unimported")]
    assert approvals.needs_second(approvals.ALONE, actor=second, now=NOW) is False  # none of it was taken alone
    assert not worked()


@pytest.mark.parametrize("error", [SystemExit(), SoftTimeLimitExceeded(), OperationalError()])
def test_what_stops_in_the_second_piece_goes_on_there(session, batch, error, monkeypatch):
    monkeypatch.setattr(import_undos, "PIECE", 4)
    with monkeypatch.context() as patch:
        stops_at(6, error, patch)
        if isinstance(error, OperationalError):
            assert not worked()
        else:
            with pytest.raises(type(error)):
                worked()
    batch.refresh_from_db()
    assert (batch.state, batch.rows_done, batch.kept) == ("undoing", 4, {})
    assert told().count() == 4  # of the second piece nothing is done
    assert Registration.objects.live().filter(session=session).count() == MANY - 4

    taken_back(batch)

    assert (batch.state, batch.rows_done, batch.kept) == ("undone", MANY, {})
    assert told().count() == MANY
    assert Deed.objects.filter(what="cancelled").count() == MANY
    session.refresh_from_db()
    assert session.seats_taken == 0


def test_the_tick_rings_for_what_no_bell_was_heard_of(session, batch, monkeypatch, django_capture_on_commit_callbacks):
    rung = []
    monkeypatch.setattr(tasks.work_on_import, "apply_async", lambda given, **options: rung.append((given, options)))
    with django_capture_on_commit_callbacks(execute=True):
        ticks.tick(now=NOW, machine_now=NOW)
    assert rung == [((batch.pk, NOW.isoformat()), {"queue": "exports", "retry": False})]
    tasks.work_on_import(batch.pk)
    assert not Registration.objects.live().filter(session=session).exists()
    with django_capture_on_commit_callbacks(execute=True):
        ticks.tick(now=NOW, machine_now=NOW)
    assert len(rung) == 1


def test_where_everybody_left_before_the_yes_the_file_can_be_brought_anew(session, by, second):
    batch = brought(session, by)
    waits = imports.undo(batch=batch, by=by, now=NOW)
    for person in Registration.objects.live():
        registrations.cancel(registration=person, now=NOW)

    assert approvals.decide(approval=waits, yes=True, by=second, now=NOW) == 0

    batch.refresh_from_db()
    assert batch.state == "undone"
    brought(session, by)
    assert Registration.objects.live().count() == MANY


def test_who_left_meanwhile_is_not_told_again(batch):
    left = Registration.objects.get(pk=batch.made[0])
    registrations.cancel(registration=left, now=NOW)
    taken_back(batch)
    assert (batch.state, batch.kept) == ("undone", {})
    assert told().filter(registration=left).count() == 1


def test_who_has_been_there_stays_and_is_named_with_the_reason(session, batch, by):
    came = Registration.objects.get(pk=batch.made[2])
    AttendanceFact.objects.create(
        registration=came,
        session=session,
        day=session.days.get(number=1),
        kind="correction",
        source="grid",
        mark="present",
        recorded_by=by,
        recorded_at=NOW,
    )
    taken_back(batch)
    assert (batch.state, batch.kept) == ("undone", {str(came.pk): "attended"})
    assert list(Registration.objects.live().filter(session=session)) == [came]


def test_one_with_whom_it_breaks_stops_nobody_and_can_be_taken_back_again(few, by, monkeypatch):
    imports.undo(batch=few, by=by, now=NOW)
    with monkeypatch.context() as patch:
        stops_at(2, ZeroDivisionError(), patch)
        taken_back(few)
    assert (few.state, few.kept) == ("undone", {str(few.made[1]): "broken"})
    assert list(Registration.objects.live().values_list("pk", flat=True)) == [few.made[1]]

    assert imports.undo(batch=few, by=by, now=NOW) == 1
    taken_back(few)
    assert (few.state, few.kept) == ("undone", {})
    assert told().count() == 3


def test_freed_seats_go_to_the_head_of_the_queue_in_its_order(session, batch, monkeypatch):
    monkeypatch.setattr(import_undos, "PIECE", 2)
    queue = [make_registration(session, place="queued", queue_number=number) for number in (3, 1, 2)]
    taken_back(batch)
    promoted = Notification.objects.filter(kind="promoted").order_by("pk")
    assert list(promoted.values_list("registration", flat=True)) == [queue[1].pk, queue[2].pk, queue[0].pk]
    session.refresh_from_db()
    assert session.seats_taken == 3


def test_what_a_worker_has_yet_to_take_counts_for_who_needed_nobodys_yes(few, by):
    others = approvals.ALONE - len(few.made) + 1
    imports.undo(batch=few, by=by, now=NOW)
    for done in (False, True):
        if done:
            taken_back(few)
        assert approvals.needs_second(others, actor=by, now=NOW)
        assert not approvals.needs_second(others - 1, actor=by, now=NOW)


def test_while_it_is_taken_back_the_same_file_is_not_passed_over_in_silence(session, few, by):
    imports.undo(batch=few, by=by, now=NOW)
    again = imports.stage(session=session, columns=COLUMNS, rows=[row("Ani")], numbers=[2], by=by, now=NOW)
    imports.name_columns(batch=again, mapping=guess(COLUMNS), by=by, now=NOW)
    import_work.work(batch=again, read=read_row, now=NOW)
    again.refresh_from_db()
    assert "person_registered_already" in again.found["0"]["errors"][0]["id"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_take_everybody_back_once(session, by, second, monkeypatch):
    monkeypatch.setattr(import_undos, "PIECE", 3)
    batch = agreed(brought(session, by), by, second)
    assert sum(at_once([worked, worked])) >= 1
    batch.refresh_from_db()
    assert (batch.state, batch.rows_done) == ("undone", MANY)
    assert told().count() == MANY
    assert Deed.objects.filter(what="unimported").count() == 1


@pytest.mark.django_db(transaction=True)
def test_even_without_the_workers_lock_nobody_is_taken_back_twice(session, by, second, monkeypatch):
    """The lock spares work; that nobody is told twice is held by the rows that each piece takes."""
    monkeypatch.setattr(import_undos, "PIECE", 3)
    batch = agreed(brought(session, by), by, second)
    fresh = [RegistrationImport.objects.get(pk=batch.pk) for _ in range(2)]
    works = [partial(import_undos.work, batch=one, is_last=False, now=NOW) for one in fresh]
    assert at_once(works) == [None, None]
    assert told().count() == MANY
    assert Deed.objects.filter(what="cancelled").count() == MANY
    assert Deed.objects.filter(what="unimported").count() == 1
