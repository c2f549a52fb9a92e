"""A PostgreSQL of a test's own, with every table: what is done to it is done to no other test."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import psycopg2
from django.db import connection

from portal import embedded
from tests.faults.fleet import wait_for


class Server:
    """It can be stopped and started; others beside it go on."""

    def __init__(self) -> None:
        """Of the state folder that the environment names at this moment."""
        embedded.prepare()
        child = embedded.postgres(durable=False)
        self.child = replace(child, command=[*child.command, "-c", "autovacuum=off"])  # who makes room says when
        self.folder = str(embedded.socket_dir())
        self.url = embedded.database_url()

    def start(self, *, largest_file: int | None = None) -> None:
        """Where a limit of its files' size, in bytes, is reached, PostgreSQL does what it does on a full disk."""
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file or soft, hard))
        try:
            self.process = self.child.start()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        wait_for(self._is_there, seconds=60)

    def stop(self) -> None:
        embedded.stop(self.process, self.child.stop_signal, seconds=60)

    def _is_there(self) -> bool:
        try:
            with closing(psycopg2.connect(host=self.folder, user="portal", dbname="postgres")) as connected:
                connected.autocommit = True
                with connected.cursor() as cursor:
                    cursor.execute("SELECT FROM pg_database WHERE datname = 'portal'")
                    if not cursor.rowcount:
                        cursor.execute("CREATE DATABASE portal")
            return True
        except psycopg2.OperationalError:
            return False

    @contextmanager
    def away(self, **started: int) -> Iterator[None]:
        """It is stopped, as for an update, and `started` when the block ends."""
        connection.close()
        self.stop()
        try:
            yield
        finally:
            self.start(**started)
