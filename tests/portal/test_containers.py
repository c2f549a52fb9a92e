"""The compose file, as Docker's own tool reads it and as an attacker would."""

import os
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from participants.operations import deliveries
from portal.management.commands.watch import WATCHED
from portal.middleware import HEADERS, HSTS

COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"
NGINX = COMPOSE.parent / "deploy" / "nginx.conf"
SECRETS = {
    "SECRET_KEY": "k",
    "BASE_URL": "https://x",
    "POSTGRES_PASSWORD": "p",
    "REDIS_PASSWORD": "r",
    "MAIL_FROM": "a@x.id",
}
MAIL = {"EMAIL_URL": "smtp://x"}  # or a provider: the process itself asks for one of them
PASSED_ON = [
    *("METRICS_TOKEN", "EMAIL_URL", "MAIL_PROVIDER", "ANYMAIL_WEBHOOK_SECRET", "ANYMAIL_POSTMARK_SERVER_TOKEN"),
    *("WHATSAPP_PHONE_NUMBER_ID", "WHATSAPP_TOKEN", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN"),
    *("WHATSAPP_API_VERSION", "SMS_URL", "SMS_TOKEN", "SMS_SENDER", "DATABASE_SECONDS"),
]


def config(**environment):
    tool = shutil.which("docker-compose")
    if tool is None:
        if os.environ.get("REQUIRE_COMPOSE"):
            pytest.fail("REQUIRE_COMPOSE is set and there is no docker-compose on this machine")
        pytest.skip("docker-compose is not installed")
    return subprocess.run(
        [tool, "-f", str(COMPOSE), "config"],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_compose_file_is_valid():
    assert config(**SECRETS).returncode == 0


@pytest.fixture(scope="module")
def with_all_set():
    """What the tool makes of the file where each variable has a value of its own; to ask it takes half a second."""
    return config(**SECRETS, **{name: f"kenari-{name}" for name in PASSED_ON}).stdout.splitlines()


@pytest.mark.xdist_group("compose")
@pytest.mark.parametrize("name", PASSED_ON)
def test_compose_file_passes_on_what_is_set(name, with_all_set):
    assert f"{name}: kenari-{name}" in [line.strip() for line in with_all_set]


@pytest.mark.parametrize("name", SECRETS)
def test_compose_file_has_no_default_for_a_secret(name):
    result = config(**{other: value for other, value in SECRETS.items() if other != name})

    assert result.returncode != 0
    assert name in result.stderr


def test_workers_that_send_are_given_the_time_to_finish_a_run_and_the_message_in_hand():
    text = COMPOSE.read_text()
    longest = max(deliveries.SECONDS.values()) + settings.EMAIL_TIMEOUT
    for name in ("worker", "codes"):
        (given,) = re.findall(
            rf"^    command: python -m portal.processes {name}\n    stop_grace_period: (\d+)s", text, re.M
        )
        assert int(given) > longest


@pytest.mark.xdist_group("compose")
def test_the_watch_sees_how_full_the_databases_disk_is(with_all_set):
    assert f"- postgres:{WATCHED}:ro" in [line.strip() for line in with_all_set]


def test_health_checks_of_the_compose_file_are_answered_by_production_settings():
    text = COMPOSE.read_text()
    asked = re.findall(r"http://([^/]+)(/livez|/readyz)", text)
    hosts = re.findall(r"EXTRA_HOSTS: (\S+)", text)
    script = (
        "import django; django.setup()\n"
        "from django.test import Client\n"
        f"for host, path in {asked}:\n"
        "    print(path, Client(headers={'host': host}).get(path).status_code)"
    )
    environment = (
        SECRETS
        | MAIL
        | {
            "PORTAL_ENV": "production",
            "SECRET_KEY": secrets.token_urlsafe(60),
            "EXTRA_HOSTS": ",".join(hosts),
            "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none",
            "REDIS_URL": "redis://127.0.0.1:9",
            "STATIC_ROOT": "/nowhere",
            "BEHIND_PROXY": "1",
            "DJANGO_SETTINGS_MODULE": "portal.settings",
        }
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": os.environ["PATH"], **environment},
        cwd=COMPOSE.parent,
        capture_output=True,
        text=True,
        check=False,
    )

    # No database is here: readiness says so itself, and no host or scheme stands in its way.
    assert sorted(result.stdout.split("\n")) == ["", "/livez 200", "/readyz 503"], result.stderr


def test_nothing_is_reachable_past_the_server_that_ends_tls():
    text = COMPOSE.read_text()

    assert re.findall(r"ports: \[(.*)\]", text) == ['"${HTTP_BIND:-127.0.0.1:8080}:8080"', '"127.0.0.1:8026:8026"']


@pytest.mark.parametrize(
    ("page", "key", "most"),
    [("attendance_export_match", [], "500m"), ("participants_registrationimport_upload", [7], "11m")],
)
def test_the_proxy_lets_as_much_through_as_the_page_takes(page, key, most):
    address = reverse(f"admin:{page}", args=key)
    larger = re.findall(r"location ~ (\S+) \{\s+client_max_body_size (\w+);", NGINX.read_text())

    assert [size for place, size in larger if re.search(place, address)] == [most]
    assert [size for place, size in larger if re.search(place, f"/en{address}")] == [most]
    assert not [size for place, size in larger if re.search(place, "/masuk/")]


def test_what_the_proxy_answers_by_itself_carries_what_every_answer_of_ours_does():
    told = NGINX.read_text().split("location = /_told {")[1].split("}")[0]
    kept = HEADERS | {"Cache-Control": "private, no-store", "Strict-Transport-Security": HSTS}

    assert dict(re.findall(r'^ *add_header (\S+) "(.*)" always;$', told, re.M)) == kept
