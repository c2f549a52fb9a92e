"""The compose file, as Docker's own tool reads it and as an attacker would."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"
SECRETS = {
    "SECRET_KEY": "k",
    "BASE_URL": "https://x",
    "POSTGRES_PASSWORD": "p",
    "REDIS_PASSWORD": "r",
    "EMAIL_URL": "smtp://x",
    "MAIL_FROM": "a@x.id",
}


def config(**environment):
    tool = shutil.which("docker-compose")
    if tool is None:
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


@pytest.mark.parametrize("name", SECRETS)
def test_compose_file_has_no_default_for_a_secret(name):
    result = config(**{other: value for other, value in SECRETS.items() if other != name})

    assert result.returncode != 0
    assert name in result.stderr


def test_nothing_is_reachable_past_the_server_that_ends_tls():
    text = COMPOSE.read_text()

    assert re.findall(r"ports: \[(.*)\]", text) == ['"${HTTP_BIND:-127.0.0.1:8080}:8080"', '"127.0.0.1:8026:8026"']
