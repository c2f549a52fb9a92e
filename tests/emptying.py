"""Emptying the database after a test that committed: the few tables that have rows, and not each by a truncation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.test import TransactionTestCase

# What was written before the first test. No test that commits leaves any of it otherwise.
KEPT = {"django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}


def empty() -> None:
    """Delete every row of our tables. Keys and guards sleep meanwhile: no order of tables would please all of them."""
    tables = sorted({*connection.introspection.django_table_names(only_existing=True, include_views=False)} - KEPT)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f'EXISTS (SELECT FROM "{table}")' for table in tables))
        filled = [table for table, has_rows in zip(tables, cursor.fetchone(), strict=True) if has_rows]
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in filled:
            cursor.execute(f'DELETE FROM "{table}"')


@contextmanager
def guards_asleep() -> Iterator[None]:
    """Let a test write what the database allows nobody, where it needs a row as nothing in the code makes it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")


def replace_flushing() -> None:
    """Let Django's tests that commit end by `empty`. Their own way truncates every table and makes each permission
    anew: 0.6 s where this takes 0.02. It needs a role that may put guards to sleep.
    """
    TransactionTestCase._fixture_teardown = lambda self: empty()
