"""Real PostgreSQL and Valkey for the tests: one cluster of the run's own, a database and a broker for each worker."""

import gc
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from io import StringIO
from pathlib import Path

import django
import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection

from portal import clock, embedded
from tests import emptying, once
from tests.cloud_api import CloudApi, Provider, cloud_api, postmark, sms_gateway
from tests.seeds import keep_tables
from tests.sinks import Sink, kept_port, sink

if "PYTEST_XDIST_WORKER" not in os.environ:  # a worker has what its run has: a folder that no portal lives in
    above = Path(os.environ.get("PORTAL_STATE_DIR") or tempfile.gettempdir()).resolve()
    os.environ["PORTAL_STATE_DIR"] = str(above / f"portal-tests-{os.getpid()}")
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(60))
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "portal.settings",  # here and not in pyproject.toml: the settings need what follows
    "PORTAL_ENV": "test",
    "BASE_URL": "http://testserver",
    "EMAIL_URL": "smtp://127.0.0.1:9",  # nobody listens: a test that sends brings its own server
    "FASTEST_FORM": "0",  # tests send as fast as programs; those of the guard say so
    "STATIC_ROOT": str(embedded.ROOT / "static"),  # nothing is collected: finders serve the files where they stand
    "GOOGLE_CLIENT_ID": "portal.apps.googleusercontent.com",
    "GOOGLE_CLIENT_SECRET": secrets.token_urlsafe(20),
    "GOOGLE_STAND_IN": f"http://127.0.0.1:{kept_port()}",  # tests/google.py starts it
    "MAIL_FROM": "Pelatihan Gen Z <pelatihan@example.go.id>",
}
if "DATABASE_URL" not in os.environ:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    os.environ["REDIS_URL"] = f"{embedded.redis_url()}?virtual_host={worker}"

_servers = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    if config.option.collectonly:
        django.setup()
        return
    django.setup()
    once.keep_by_thread()
    once.look_at_static_files_once()
    once.copy_no_contexts()
    if "DATABASE_URL" not in os.environ:
        emptying.replace_flushing()
        connection.settings_dict["TEST"]["TEMPLATE"] = connection.settings_dict["NAME"]
        if not hasattr(config, "workerinput"):
            _servers.callback(embedded.remove)
            _make_tables()
            _servers.enter_context(embedded.running(durable=False))
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # staff are made by the hundred here


def _make_tables() -> None:
    """Tables and roles are made once: each worker's database is a copy, and what portals begin with is another."""
    with embedded.running(durable=False):
        call_command("migrate", verbosity=0)
        call_command("sync_roles", stdout=StringIO())
        connection.close()
    keep_tables()


TESTS = Path(__file__).parent
SHORT = {"participants", "programs"}
WAITING = {"portal", "browser", "firefox", "playwright", "fleet", "first_run", "answers", "supervisor"}


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """What waits for a browser or a whole portal's processes runs once more if it fails; the closing line counts these.

    A race never does: one that is lost once is a finding. Tests of the applications are short and come last, so that
    no process ends long after the others.
    """
    items.sort(key=lambda item: item.path.relative_to(TESTS).parts[0] in SHORT)
    for item in items:
        database = item.get_closest_marker("django_db")
        is_race = database is not None and database.kwargs.get("transaction")
        if not is_race and WAITING & set(item.fixturenames):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say of what ran once more how it failed at first: the second run meets what the first one left."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"{report.nodeid} failed at first")
        terminalreporter.write_line(report.longreprtext)


def pytest_collectstart() -> None:
    """While tests are collected hardly anything is garbage, and each search for it looks through all that stays."""
    gc.disable()


def pytest_collection_finish() -> None:
    """What was loaded so far stays, and garbage waits: each collection looks through all that it may not forget."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_unconfigure(config: pytest.Config) -> None:
    _servers.close()


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Each test begins as a fresh process does: it knows no rows of an earlier test, and of no broker that was away."""
    from participants.operations import notifications, politeness  # noqa: PLC0415 -- models can be loaded once Django is set up

    caches["pages"].clear()
    clock._Host.lead = timedelta()
    notifications._Silence.until = 0.0
    politeness.PACE.forget()


@pytest.fixture
def mails(settings) -> Iterator[Sink]:
    """What a mail server of the test's own has received."""
    with sink(settings) as received:
        yield received


@pytest.fixture
def whatsapp(settings) -> Iterator[CloudApi]:
    """Meta's Cloud API, played by a server of the test's own, and the settings by which we write by it."""
    with cloud_api(settings) as api:
        yield api


@pytest.fixture
def sms(settings) -> Iterator[Provider]:
    """An SMS gateway of the test's own."""
    with sms_gateway(settings) as gateway:
        yield gateway


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    """A mail provider of the test's own, by which mails go instead of SMTP."""
    with postmark(settings) as played:
        yield played
