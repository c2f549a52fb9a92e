"""What is written to the logs: one line an event, and nobody's name or secret."""

import io
import logging
import os
import re
import uuid

import pytest
from django.db import connection
from django.test import Client

from participants import tokens
from participants.models import Participant
from portal import embedded, routes
from portal.logs import LineFormatter, without_secrets
from tests.factories import make_participant


@pytest.fixture
def lines():
    """Everything that is logged, as it would be written."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(LineFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written.getvalue
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("mail to siti.nur+x@example.co.id refused", "mail to [address] refused"),
        ("550 <siti@example.com>: no such user", "550 <[address]>: no such user"),
        ("Forbidden: /en/wali/AbC-123_x/", "Forbidden: /en/wali/[secret]/"),
        ("Not Found: /undangan/AbC-123_x/", "Not Found: /undangan/[secret]/"),
        ("called +6281234567890 twice", "called [number] twice"),
        ("DETAIL:  Key (email)=(siti) already exists.", "DETAIL: [left out]"),
        ("registration 4711 of session 12", "registration 4711 of session 12"),
    ],
)
def test_without_secrets_leaves_out_what_names_somebody(text, kept):
    assert without_secrets(text) == kept


def test_without_secrets_leaves_out_every_link_that_opens_without_a_login():
    mailed = [route.path for route in routes.routes() if "token" in route.arguments]

    assert len(mailed) >= 3
    assert [path for path in mailed if "AbC-123_x" in without_secrets(path.replace("<token>", "AbC-123_x"))] == []


def test_the_proxy_writes_down_no_link_that_opens_without_a_login():
    """Its own log, with the patterns that its configuration holds."""
    configuration = (embedded.ROOT / "deploy" / "nginx.conf").read_text()
    what_is_logged = configuration.split("$logged {")[1].split("}\n")[0]
    ((pattern, logged),) = re.findall(r'^ +~(\S+) "(.*)";$', what_is_logged, re.M)
    (line,) = re.findall(r"log_format \w+ '(.*)';", configuration)

    assert set(re.findall(r"\$\w+", line)) & {"$request", "$request_uri", "$uri", "$args", "$http_referer"} == set()
    for route in routes.routes():
        if "token" in route.arguments:
            for path in (route.path, f"/en{route.path}"):
                found = re.match(pattern.replace("(?<", "(?P<"), path.replace("<token>", "AbC-123_x"))
                assert found, path
                assert "AbC" not in logged.replace("${door}", found["door"])


def test_line_cannot_be_broken_by_a_stranger(lines):
    logging.getLogger("test").warning("one\ntwo\x1b[31m")

    assert lines().count("\n") == 1


@pytest.mark.django_db
def test_a_refused_row_is_not_written_down(lines):
    somebody = make_participant(full_name="Canary Nama")
    try:
        Participant.objects.create(
            user=somebody.user,
            full_name="Canary Nama",
            birth_date="2004-05-17",
            region=somebody.region,
            phone="+6281299998888",
            created_at="2025-12-01T00:00Z",
        )
    except Exception:
        logging.getLogger("test").exception("it failed")

    assert "IntegrityError" in lines()
    assert "Canary" not in lines()
    assert "6281299998888" not in lines()


@pytest.mark.django_db
def test_secrets_of_requests_are_not_written_down(lines):
    token = tokens.guardian_token(uuid.uuid4())
    browser = Client(enforce_csrf_checks=True)

    browser.post(f"/wali/{token}/", {"signer_name": "Canary"})
    browser.get(f"/wali/{token}/")
    browser.post("/masuk/", {"email": "canary@example.com"})

    assert "Forbidden" in lines()
    assert token not in lines()
    assert "canary" not in lines().lower()


@pytest.mark.django_db
def test_the_database_writes_down_no_row_that_it_refused():
    """Neither ours nor the one in a container: a statement holds what it would have written."""
    silent = {"log_min_error_statement": "panic", "log_error_verbosity": "terse"}
    compose = (embedded.ROOT / "docker-compose.yml").read_text()
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(silent)])
        assert "DATABASE_URL" in os.environ or dict(cursor.fetchall()) == silent
    assert all(f"-c {name}={value}" in compose for name, value in silent.items())
