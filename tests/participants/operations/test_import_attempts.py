"""A list that the database refuses again and again is given up, told, and holds up no other; what refuses is real."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection

from participants import tasks
from participants.import_forms import guess
from participants.models import Registration, RegistrationImport
from participants.operations import import_work, imports, ticks
from portal import clock
from tests.factories import make_session
from tests.people_lists import COLUMNS, NOW, checked, row, staged, taken_back, worked, written
from tests.staff import make_staff

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session():
    return make_session(capacity=9)


@pytest.fixture
def by(session):
    return make_staff("coordinator", session.region)


@contextmanager
def refusing(table: str, event: str, when: str) -> Iterator[None]:
    """Let PostgreSQL refuse every such statement, as it does where a lock is never let go."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION never_now() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'not now' USING ERRCODE = 'lock_not_available'; END $$"
        )
        cursor.execute(
            f"CREATE TRIGGER never_now BEFORE {event} ON {table} FOR EACH ROW WHEN ({when}) "
            "EXECUTE FUNCTION never_now()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION never_now CASCADE")


def refusing_to_check():
    return refusing("participants_registrationimport", "UPDATE", "NEW.state = 'checking' AND NEW.rows_done > 0")


def refusing_to_take_back(pk):
    return refusing("participants_registration", "UPDATE", f"OLD.id = {pk}")


def waiting(session, by, *rows):
    batch = staged(session, by, *rows)
    imports.name_columns(batch=batch, mapping=guess(COLUMNS), by=by, now=NOW)
    return batch


def tried(batch, times):
    """Whether the last of so many ticks had nothing left to wait for."""
    answers = [worked() for _tick in range(times)]
    batch.refresh_from_db()
    assert answers[:-1] == [False] * (times - 1)
    return answers[-1]


def test_a_check_that_the_database_always_refuses_is_given_up_and_says_so(session, by):
    batch = waiting(session, by, row("Ani"))
    with refusing_to_check():
        assert not tried(batch, import_work.ATTEMPTS - 1)
        assert (batch.state, batch.attempts, len(batch.rows)) == ("checking", import_work.ATTEMPTS - 1, 1)
        assert worked()
    batch.refresh_from_db()
    assert (batch.state, batch.failure, batch.failed_at, batch.rows) == ("failed", "stuck", NOW, [])
    assert not worked()


def test_a_database_that_comes_to_itself_in_time_loses_nothing_and_counts_anew(session, by):
    batch = waiting(session, by, row("Ani"))
    with refusing_to_check():
        assert not tried(batch, import_work.ATTEMPTS - 1)
    assert worked()
    batch.refresh_from_db()
    written(batch)
    assert (batch.state, batch.failed_at, len(batch.made), batch.attempts) == ("done", None, 1, 1)


def test_what_was_written_before_it_was_given_up_can_be_taken_back(session, by):
    batch = checked(session, by, row("Ani"), row("Budi"))
    imports.write(batch=batch, choices={}, is_partial=False, by=by, now=NOW)
    with refusing("participants_participant", "INSERT", "NEW.full_name = 'Budi'"):
        assert tried(batch, import_work.ATTEMPTS)
    assert (batch.state, batch.failure, len(batch.made)) == ("failed", "stuck", 1)

    assert imports.undo(batch=batch, by=by, now=NOW) == 1
    taken_back(batch)
    assert (batch.state, batch.kept) == ("undone", {})
    assert not Registration.objects.live().exists()


def test_a_worker_that_dies_at_every_attempt_is_not_sent_for_ever(session, by):
    batch = waiting(session, by, row("Ani"))

    def dies(cells, there):
        raise SystemExit

    for _attempt in range(import_work.ATTEMPTS):
        with pytest.raises(SystemExit):
            worked(read=dies)
    assert worked(read=dies)
    batch.refresh_from_db()
    assert (batch.state, batch.failure) == ("failed", "stuck")


def test_one_who_can_never_be_taken_back_is_named_and_the_others_are(session, by):
    batch = written(checked(session, by, row("Ani"), row("Budi"), row("Cici")))
    imports.undo(batch=batch, by=by, now=NOW)
    with refusing_to_take_back(batch.made[1]):
        assert tried(batch, import_work.ATTEMPTS)
        assert (batch.state, batch.kept) == ("undone", {str(batch.made[1]): "broken"})
        assert list(Registration.objects.live().values_list("pk", flat=True)) == [batch.made[1]]

    assert imports.undo(batch=batch, by=by, now=NOW) == 1
    taken_back(batch)
    assert (batch.state, batch.kept) == ("undone", {})


def test_taking_back_that_can_never_begin_names_whoever_is_left(session, by):
    batch = written(checked(session, by, row("Ani"), row("Budi")))
    imports.undo(batch=batch, by=by, now=NOW)
    with refusing("participants_registrationimport", "UPDATE", "NEW.rows_done > 0 AND NEW.kept = '{}'"):
        assert tried(batch, import_work.ATTEMPTS)
    assert (batch.state, batch.kept) == ("undone", {str(pk): "broken" for pk in batch.made})
    assert Registration.objects.live().count() == 2
    assert imports.undo(batch=batch, by=by, now=NOW) == 2


def test_a_poisonous_list_holds_up_no_other(session, by, monkeypatch):
    poisonous, other = waiting(session, by, row("Ani")), waiting(session, by, row("Budi"))
    rung = []
    monkeypatch.setattr(tasks.work_on_import, "apply_async", lambda given, **options: rung.append(given[0]))
    ticks.tick(now=NOW, machine_now=NOW)
    assert rung == [poisonous.pk, other.pk]
    when = f"NEW.id = {poisonous.pk} AND NEW.rows_done > 0"
    with refusing("participants_registrationimport", "UPDATE", when):
        for pk in rung:
            tasks.work_on_import(pk)
    states = RegistrationImport.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["checking", "checked"]


def test_bells_that_piled_up_while_no_worker_heard_them_take_no_attempts(session, by):
    batch, now = waiting(session, by, row("Ani")), clock.database_machine_now()
    with refusing_to_check():
        for minutes in range(40):
            tasks.work_on_import(batch.pk, (now - timedelta(minutes=minutes)).isoformat())
        batch.refresh_from_db()
        assert (batch.state, batch.attempts) == ("checking", 1)
        tasks.work_on_import(batch.pk)  # the first bell says no time
    batch.refresh_from_db()
    assert batch.attempts == 2


def test_a_list_that_is_gone_when_its_bell_is_heard_is_nobodys_failure():
    assert tasks.work_on_import(12345) is None
