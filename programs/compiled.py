"""Querysets that are written and compiled once in a process, and run with other values each time.

Django builds a query anew for every call and compiles it to SQL, which takes more CPU than PostgreSQL needs to answer,
and PostgreSQL takes three times as long to plan it as to run it. What every registration or message asks is said once,
with places held open for the values, and planned once by each connection:

    @compiled
    def newest(*, browser: Any) -> QuerySet[LoginCode]:
        return LoginCode.objects.filter(browser_hash=browser).order_by("-pk")[:1]

    newest.first(browser=...)

A value is compared as PostgreSQL is sent it: keys and not rows, and never None, which nothing equals. The function is
read once, before any value is known: it cannot choose by one.

It stands in the lowest app, as domain modules of both use it and none of them imports the project package.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import cache, cached_property, update_wrapper
from inspect import signature
from typing import Any, Generic, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression, Model, QuerySet, prefetch_related_objects
from django.db.transaction import TransactionManagementError

Row = TypeVar("Row")


class Given(Expression):
    """The place of one value in a query."""

    is_placed = False

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def __bool__(self) -> bool:
        if not self.is_placed:
            raise TypeError(f"no query can be chosen by {self.name}: it is compiled before that is known")
        return True

    def resolve_expression(self, *args: Any, **options: Any) -> Given:
        placed = cast(Given, super().resolve_expression(*args, **options))
        placed.is_placed = True
        return placed

    def each(self, sort: str = "bigint") -> Given:
        """The place of a list, for `__in`, of keys or another sort: `pk__in=keys.each()`. It is never given empty."""
        return _Each(self.name, sort)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", (self,)


class _Each(Given):
    def __init__(self, name: str, sort: str) -> None:
        super().__init__(name)
        self.sort = sort

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return f"(SELECT unnest(%s::{self.sort}[]))", (self,)


class compiled(Generic[Row]):
    """The function's queryset as a query that takes its values by name and returns the list of its rows."""

    def __init__(self, write: Callable[..., QuerySet[Any, Row]]) -> None:
        self._write = write
        self._names = signature(write).parameters.keys()
        update_wrapper(cast(Any, self), write)

    def __call__(self, **values: Any) -> list[Row]:
        """The rows. Raises TypeError for a value too many or too few, ValueError for None or an empty list."""
        if values.keys() != self._names:
            raise TypeError(f"{self._write.__qualname__} takes {', '.join(self._names)}, not {', '.join(values)}")
        return self._shape.rows(values)

    def first(self, **values: Any) -> Row | None:
        """The first row, None without any."""
        rows = self(**values)
        return rows[0] if rows else None

    def get(self, **values: Any) -> Row:
        """The one row. Raises the model's DoesNotExist or MultipleObjectsReturned where there is none or more."""
        rows = self(**values)
        if len(rows) == 1:
            return rows[0]
        model = self._shape.queryset.model
        raise model.MultipleObjectsReturned if rows else model.DoesNotExist

    @cached_property
    def _shape(self) -> _Shape:
        return _Shape(self._write(**{name: Given(name) for name in self._names}))


def write_new(row: Model, *, unless_there: bool = False) -> None:
    """Write a new row by a plan that each connection keeps, and give it its key.

    Raises IntegrityError for what the database refuses. With `unless_there` a row like which one is there already is
    left out, has no key and stays unsaved. The key is one that the database gives; no signals are sent, and a column's
    default is Django's.
    """
    connection: Any = connections[DEFAULT_DB_ALIAS]
    fields, sql = _insertion(type(row), unless_there)
    values = {field.column: field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields}

    def run() -> tuple[Any] | None:
        with connection.cursor() as cursor:
            cursor.execute(connection.planned(sql), values)
            return cursor.fetchone()

    if written := connection.with_new_plans(run):
        (row.pk,) = written
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


@cache
def _insertion(model: type[Model], unless_there: bool) -> tuple[list[Any], str]:
    """The columns that a new row of `model` is written with, and the statement."""
    fields: list[Any] = [field for field in model._meta.concrete_fields if not field.primary_key]
    columns, places = ", ".join(field.column for field in fields), ", ".join(f"%({field.column})s" for field in fields)
    clause = " ON CONFLICT DO NOTHING" if unless_there else ""
    table, key = model._meta.db_table, cast(Any, model._meta.pk).column
    sql = f"INSERT INTO {table} ({columns}) VALUES ({places}){clause} RETURNING {key}"  # noqa: S608 -- the model's own names
    return fields, sql


class _Shape:
    """A queryset that is never run itself, and what its compilation has brought."""

    def __init__(self, queryset: QuerySet[Any, Any]) -> None:
        self.queryset = queryset
        self._compiler = queryset.query.get_compiler(using=DEFAULT_DB_ALIAS)
        self._sql, params = self._compiler.as_sql()
        self._given = [part.name for part in params if isinstance(part, Given)]
        self._params = [... if isinstance(part, Given) else part for part in params]
        columns = [column for column, _sql, _name in self._compiler.select[: self._compiler.col_count]]
        self._converters = self._compiler.get_converters(columns)
        self._compiler.connection = None  # each thread has its own: see `_bound`

    def rows(self, values: dict[str, Any]) -> list[Any]:
        if self.queryset.query.select_for_update and connections[DEFAULT_DB_ALIAS].get_autocommit():
            raise TransactionManagementError("a lock outside a transaction would hold nothing")
        if None in values.values():
            raise ValueError("nothing equals NULL")
        if [] in values.values():
            raise ValueError("nothing is in an empty list")
        given = tuple(values[name] for name in self._given)
        connection: Any = connections[DEFAULT_DB_ALIAS]
        rows = connection.with_new_plans(lambda: list(cast(Any, self.queryset)._iterable_class(self._bound(given))))
        prefetch_related_objects(rows, *cast(Any, self.queryset)._prefetch_related_lookups)
        return rows

    def _bound(self, given: tuple[Any, ...]) -> QuerySet[Any, Any]:
        """The queryset with these values and this thread's connection, compiled and planned already."""
        compiler, query = copy(self._compiler), copy(self.queryset.query)
        connection: Any = connections[DEFAULT_DB_ALIAS]
        sql = connection.planned(self._sql, self._params, key=self)
        compiler.connection = connection
        compiler.as_sql = lambda *_args, **_options: (sql, given)
        compiler.get_converters = lambda _columns: self._converters
        query.get_compiler = lambda *_args, **_options: compiler  # type: ignore[method-assign]
        bound: Any = type(self.queryset)(self.queryset.model, query=query, using=DEFAULT_DB_ALIAS)
        bound._fields = cast(Any, self.queryset)._fields
        return bound


def put_at_hand(row: Model, name: str, related: list[Any]) -> None:
    """Leave the `related` rows on `row` as `prefetch_related` does, and `row` on them: nobody asks for them again."""
    field = getattr(type(row), name).rel.field
    for one in related:
        setattr(one, field.name, row)
    found: Any = getattr(row, name).all()
    found._result_cache, found._prefetch_done = related, True
    vars(row).setdefault("_prefetched_objects_cache", {})[name] = found
