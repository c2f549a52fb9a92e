"""Migrations take the time that they need at a portal at which people are writing, and can be run once more."""

from threading import Timer

import pytest
from django.db import OperationalError, connection
from django.db.models import Index

from programs.models import Region
from tests.factories import make_region

pytestmark = pytest.mark.django_db(transaction=True)
INDEX = Index(fields=["name"], name="tried_out")


@pytest.fixture
def writer():
    """Somebody who has written and not committed yet."""
    region, another = make_region(), connection.copy()
    another.inc_thread_sharing()
    another.set_autocommit(False)
    with another.cursor() as cursor:
        cursor.execute("UPDATE programs_region SET name = name WHERE id = %s", [region.pk])
    yield another
    another.close()


@pytest.fixture
def limits():
    """Those of a request, in milliseconds instead of seconds."""
    ask("SET statement_timeout = 100; SET lock_timeout = 100")
    yield
    ask("RESET statement_timeout; RESET lock_timeout; DROP INDEX IF EXISTS tried_out")


def ask(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0] if cursor.description else None


def is_built():
    return ask("SELECT (SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('tried_out'))")


@pytest.mark.parametrize("atomic", [True, False])
def test_a_statement_may_take_longer_than_that_of_a_request(limits, atomic):
    with connection.schema_editor(atomic=atomic) as editor:
        editor.execute("SELECT pg_sleep(0.3)")

    assert ask("SHOW statement_timeout") == ("100ms" if atomic else "15s")


def test_an_index_that_is_built_beside_whoever_writes_waits_for_them(limits, writer):
    end = Timer(0.5, writer.commit)
    end.start()
    with connection.schema_editor(atomic=False) as editor:
        editor.add_index(Region, INDEX, concurrently=True)
    end.join()

    assert is_built()
    assert ask("SHOW lock_timeout") == "1700ms"


def test_what_holds_others_up_waits_no_longer_than_a_request(limits, writer):
    with pytest.raises(OperationalError, match="lock timeout"), connection.schema_editor() as editor:
        editor.add_index(Region, INDEX)


def test_an_index_whose_build_was_broken_off_is_built_anew(limits):
    ask("CREATE INDEX tried_out ON programs_region (name)")
    ask("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'tried_out'::regclass")
    with connection.schema_editor(atomic=False) as editor:
        editor.add_index(Region, INDEX, concurrently=True)

    assert is_built()
    with connection.schema_editor(atomic=False) as editor:
        editor.remove_index(Region, INDEX, concurrently=True)
    assert is_built() is None
