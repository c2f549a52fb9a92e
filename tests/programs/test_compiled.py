"""Queries that are compiled once answer as Django's own do, with each call's values, on each thread's connection."""

from gc import collect
from threading import Thread
from weakref import ref

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import F, OuterRef, Subquery
from django.db.models.sql.compiler import SQLCompiler

from programs.compiled import compiled, put_at_hand, write_new
from programs.models import Region, TrainingDay, TrainingSession
from tests.factories import make_region, make_session

pytestmark = pytest.mark.django_db


@compiled
def regions_in(*, zone):
    return Region.objects.filter(time_zone=zone).order_by("name")


@compiled
def sessions_of(*, region):
    first = TrainingDay.objects.filter(session=OuterRef("pk"), session__region=region).order_by("date")
    rows = TrainingSession.objects.filter(region=region).annotate(begins=Subquery(first.values("date")[:1]))
    return rows.select_related("program", "region").prefetch_related("days").order_by("pk")


@compiled
def locked(*, key):
    return Region.objects.filter(pk=key).select_for_update(no_key=True)


@compiled
def with_keys(*, keys):
    return Region.objects.filter(pk__in=keys.each())


@compiled
def names(*, zone):
    return Region.objects.filter(time_zone=zone).annotate(again=F("name")).order_by("name").values_list("name", "again")


@compiled
def flat_names(*, zone):
    return Region.objects.filter(time_zone=zone).order_by("name").values_list("name", flat=True)


@compiled
def told(*, zone):
    return Region.objects.filter(time_zone=zone).order_by("name").values("name", "time_zone")


def test_answers_each_call_with_its_own_values():
    west, east = make_region(time_zone="Asia/Jakarta"), make_region(time_zone="Asia/Jayapura")

    assert regions_in(zone="Asia/Jakarta") == [west]
    assert regions_in(zone="Asia/Jayapura") == [east]
    assert regions_in(zone="'; DROP TABLE programs_region; --") == []


def test_compiles_once(monkeypatch):
    region = make_region(time_zone="Asia/Jakarta")
    regions_in(zone="Asia/Jakarta")
    monkeypatch.setattr(SQLCompiler, "as_sql", None)  # whoever compiles fails

    assert regions_in(zone="Asia/Jakarta") == [region]


def test_brings_joined_prefetched_and_annotated_facts(django_assert_num_queries):
    session = make_session()
    days = list(session.days.order_by("number"))
    expected = (session.program, session.region, days[0].date)

    with django_assert_num_queries(2):
        (row,) = sessions_of(region=session.region_id)
        assert (row.program, row.region, row.begins) == expected
        assert list(row.days.all()) == days


def test_tells_values_as_django_does():
    make_region(name="Ambon", time_zone="Asia/Jayapura")
    make_region(name="Biak", time_zone="Asia/Jayapura")
    rows = Region.objects.filter(time_zone="Asia/Jayapura").order_by("name")

    assert names(zone="Asia/Jayapura") == [(name, name) for name in ("Ambon", "Biak")]
    assert flat_names(zone="Asia/Jayapura") == ["Ambon", "Biak"]
    assert told(zone="Asia/Jayapura") == list(rows.values("name", "time_zone"))


def test_querysets_carry_nothing_else():
    """What another release of Django keeps beside the query would be lost on the way to the rows."""
    kept = {"model", "_query", "_fields", "_iterable_class", "_prefetch_related_lookups"}
    of_one_use = {"_result_cache", "_prefetch_done", "_sticky_filter", "_for_write", "_defer_next_filter"}
    never_said = {"_db", "_hints", "_known_related_objects", "_deferred_filter"}

    assert vars(Region.objects.all()).keys() == kept | of_one_use | never_said


def test_rows_are_new_on_each_call():
    region = make_region(time_zone="Asia/Jakarta")
    (first,) = regions_in(zone="Asia/Jakarta")
    first.name = "changed in memory"

    (second,) = regions_in(zone="Asia/Jakarta")

    assert second.name == region.name


def test_takes_lists():
    west, east = make_region(time_zone="Asia/Jakarta"), make_region(time_zone="Asia/Jayapura")
    make_region(time_zone="Asia/Makassar")

    assert with_keys(keys=[west.pk]) == [west]
    assert {*with_keys(keys=[west.pk, east.pk])} == {west, east}


def test_first_is_none_and_get_raises_without_a_row():
    assert regions_in.first(zone="Asia/Jayapura") is None
    with pytest.raises(Region.DoesNotExist):
        regions_in.get(zone="Asia/Jayapura")


def test_get_raises_where_there_are_more():
    make_region(time_zone="Asia/Jayapura")
    make_region(time_zone="Asia/Jayapura")

    with pytest.raises(Region.MultipleObjectsReturned):
        regions_in.get(zone="Asia/Jayapura")


@pytest.mark.parametrize("values", [{}, {"zone": "Asia/Jakarta", "name": "Ambon"}, {"zones": "Asia/Jakarta"}])
def test_takes_the_values_that_its_function_names_whenever_it_was_compiled(values):
    for _compiled in range(2):
        with pytest.raises(TypeError, match="takes zone"):
            regions_in(**values)
        regions_in(zone="Asia/Jakarta")


def test_takes_a_value_that_its_function_need_not_be_given():
    @compiled
    def named(*, name, zone="Asia/Jakarta"):
        return Region.objects.filter(name=name, time_zone=zone)

    with pytest.raises(TypeError, match="takes name, zone"):
        named(name="Ambon")


def test_cannot_choose_by_a_value_that_is_not_known_yet():
    @compiled
    def chosen(*, zone):
        return Region.objects.filter(time_zone=zone) if zone else Region.objects.all()

    with pytest.raises(TypeError, match="no query can be chosen by zone"):
        chosen(zone="Asia/Jakarta")


def test_refuses_an_empty_list():
    with pytest.raises(ValueError, match="empty list"):
        with_keys(keys=[])


def test_refuses_to_compare_with_nothing():
    with pytest.raises(ValueError, match="NULL"):
        regions_in(zone=None)


def test_locks_in_a_transaction():
    region = make_region()

    assert locked.get(key=region.pk) == region

    assert [plan for plan in plans() if "FOR NO KEY UPDATE" in plan]


@pytest.mark.django_db(transaction=True)
def test_is_planned_once_by_a_connection_and_again_by_the_next():
    for _connection in range(2):
        connection.close()
        for zone in ("Asia/Jakarta", "Asia/Jayapura"):
            regions_in(zone=zone)

        assert len(plans()) == 1


def test_what_is_the_same_each_time_stands_in_the_plan():
    """PostgreSQL then knows which partial index holds the rows; and nobody gets the other's plan."""

    def named(name):
        @compiled
        def of_that_name(*, zone):
            return Region.objects.filter(name=name, time_zone=zone)

        return of_that_name

    region = make_region(name="50% d'or", time_zone="Asia/Jakarta")

    assert named("50% d'or")(zone="Asia/Jakarta") == [region]
    assert named("100%")(zone="Asia/Jakarta") == []
    assert [plan for plan in plans() if "'50% d''or'" in plan]


def plans():
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [plan for (plan,) in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
def test_refuses_a_lock_that_would_hold_nothing():
    region = make_region()
    with transaction.atomic():
        locked(key=region.pk)

    with pytest.raises(transaction.TransactionManagementError):
        locked(key=region.pk)


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_by_its_own_connection():
    region, found = make_region(time_zone="Asia/Jakarta"), []
    regions_in(zone="Asia/Jakarta")

    def ask():
        found.extend(regions_in(zone="Asia/Jakarta"))
        found.append(connection.connection is not None)
        connection.close()

    thread = Thread(target=ask)
    thread.start()
    thread.join()

    assert found == [region, True]


@pytest.mark.django_db(transaction=True)
def test_keeps_no_connection_of_the_thread_that_compiled():
    wrappers = []

    @compiled
    def unused(*, zone):
        return Region.objects.filter(time_zone=zone)

    def ask():
        unused(zone="Asia/Jakarta")
        wrappers.append(ref(connections["default"]))
        connection.close()

    thread = Thread(target=ask)
    thread.start()
    thread.join()
    del thread
    collect()

    assert unused(zone="Asia/Jakarta") == []
    assert wrappers[0]() is None


def test_related_rows_are_at_hand(django_assert_num_queries):
    session = make_session()
    days = list(TrainingDay.objects.filter(session=session))

    put_at_hand(session, "days", days)

    with django_assert_num_queries(0):
        assert list(session.days.all()) == days
        assert all(day.session is session for day in days)


def unsaved_region(code, **facts):
    return Region(
        code=code, name=code, city="Jayapura", time_zone="Asia/Jayapura", latitude=-2.59, longitude=140.67, **facts
    )


def test_a_new_row_is_written_as_django_writes_it():
    saved, written = unsaved_region("saved"), unsaved_region("written")
    saved.save()
    write_new(written)

    facts = [field.attname for field in Region._meta.concrete_fields if field.attname not in ("id", "code", "name")]
    assert Region.objects.values(*facts).get(pk=written.pk) == Region.objects.values(*facts).get(pk=saved.pk)
    written.city = "Abepura"
    written.save()
    assert Region.objects.get(code="written").city == "Abepura"


def test_new_rows_are_written_by_one_plan_that_the_connection_keeps():
    write_new(unsaved_region("first"))
    before = runs_of_plans("INSERT INTO programs_region")

    write_new(unsaved_region("second"))

    assert runs_of_plans("INSERT INTO programs_region") == [before[0] + 1]
    assert Region.objects.filter(code__in=["first", "second"]).count() == 2


def runs_of_plans(beginning):
    """How often each plan that this connection keeps for such a statement was run; not those that leave rows out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans + custom_plans FROM pg_prepared_statements"
            " WHERE statement LIKE %s AND statement NOT LIKE %s",
            [f"%{beginning}%", "%ON CONFLICT%"],
        )
        return [runs for (runs,) in cursor.fetchall()]


def test_a_new_row_like_which_one_is_there_is_refused_or_left_out():
    first, again = unsaved_region("twice", is_confirmed=True), unsaved_region("twice")
    write_new(first)
    with pytest.raises(IntegrityError), transaction.atomic():
        write_new(again)
    write_new(again, unless_there=True)

    assert (again.pk, again._state.adding) == (None, True)
    assert Region.objects.get(code="twice").is_confirmed
