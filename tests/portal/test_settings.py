"""A process with a missing or unfit variable does not start, and says in one line what to do."""

import json
import os
import secrets
import subprocess
import sys

import pytest

PRODUCTION = {
    "PATH": os.environ["PATH"],
    "PORTAL_ENV": "production",
    "SECRET_KEY": secrets.token_urlsafe(60),
    "BASE_URL": "https://pelatihan.go.id",
    "DATABASE_URL": "postgres:///portal?host=/run/postgresql",
    "REDIS_URL": "redis://localhost:6379/0",
    "EMAIL_URL": "smtp+tls://portal:secret@mail.go.id:587",
    "MAIL_FROM": "Pelatihan Gen Z <pelatihan@go.id>",
    "BEHIND_PROXY": "1",
}


def start(*command, **changes):
    return subprocess.run(
        [sys.executable, *command],
        env=environment(**changes),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def environment(**changes):
    return {name: value for name, value in (PRODUCTION | changes).items() if value is not None}


# What the settings import takes longer than they do: one process has it, and each question is put to a fork of that.
READ_SETTINGS = """
import json, os, sys
import celery.schedules, environ
for line in sys.stdin:
    read, write = os.pipe()
    if not os.fork():
        os.environ.clear()
        os.environ.update(json.loads(line))
        os.dup2(write, 1)
        os.dup2(write, 2)
        import portal.settings
        break
    os.close(write)
    with open(read) as said:
        text = said.read()
    print(json.dumps([os.waitstatus_to_exitcode(os.wait()[1]), text]), flush=True)
"""


@pytest.fixture(scope="module")
def read_settings():
    """Import the settings in a process of this environment: its exit status, and all that it said."""
    asked = subprocess.Popen(
        [sys.executable, "-c", READ_SETTINGS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def read(**changes):
        print(json.dumps(environment(**changes)), file=asked.stdin, flush=True)
        return json.loads(asked.stdout.readline())

    with asked:
        yield read
        asked.stdin.close()


def test_settings_that_lack_nothing_are_read_in_silence(read_settings):
    assert read_settings() == [0, ""]


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize(
    "name", ["PORTAL_ENV", "SECRET_KEY", "BASE_URL", "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "MAIL_FROM"]
)
def test_a_missing_variable_stops_the_start_in_one_line(read_settings, name, value):
    status, said = read_settings(**{name: value})

    assert status != 0
    assert len(said.strip().splitlines()) == 1
    assert name in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORTAL_ENV", "staging"),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "change-me-" * 6),
        ("BASE_URL", "http://pelatihan.go.id"),
        ("EXTRA_HOSTS", "*"),
        ("PORTAL_REHEARSAL", "2025-12-02T09:00+07:00"),
        ("GOOGLE_CLIENT_ID", "portal.apps.googleusercontent.com"),
        ("GOOGLE_CLIENT_SECRET", "alone"),
        ("GOOGLE_STAND_IN", "http://127.0.0.1:9"),
        ("MAIL_PROVIDER", "postmark"),
        ("ANYMAIL_WEBHOOK_SECRET", "hook:alone"),
        ("WHATSAPP_PHONE_NUMBER_ID", "1"),
        ("WHATSAPP_TOKEN", "alone"),
        ("WHATSAPP_APP_SECRET", "alone"),
        ("WHATSAPP_VERIFY_TOKEN", "alone"),
        ("WHATSAPP_STAND_IN", "http://127.0.0.1:9"),
        ("SMS_URL", "https://sms.example.com"),
        ("SMS_TOKEN", "alone"),
        ("SMS_SENDER", "alone"),
    ],
)
def test_an_unfit_variable_stops_the_start_in_one_line(read_settings, name, value):
    status, said = read_settings(**{name: value})

    assert status != 0
    assert len(said.strip().splitlines()) == 1
    assert name in said


PROVIDER = {"MAIL_PROVIDER": "postmark", "ANYMAIL_WEBHOOK_SECRET": "hook:secret", "EMAIL_URL": None}
KEY = {"ANYMAIL_POSTMARK_SERVER_TOKEN": "key"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (PROVIDER, "POSTMARK_SERVER_TOKEN"),
        (PROVIDER | KEY | {"MAIL_PROVIDER": "pigeon"}, "MAIL_PROVIDER"),
        (PROVIDER | KEY | {"MAIL_PROVIDER": "../x"}, "MAIL_PROVIDER"),
        (PROVIDER | KEY | {"MAIL_PROVIDER": "base"}, "MAIL_PROVIDER"),
        (PROVIDER | KEY | {"ANYMAIL_WEBHOOK_SECRET": "nocolon"}, "ANYMAIL_WEBHOOK_SECRET"),
        ({"SMS_URL": "http://sms.example.com", "SMS_TOKEN": "x", "SMS_SENDER": "x"}, "SMS_URL"),
    ],
)
def test_a_channel_that_is_not_complete_stops_the_start_in_one_line(changes, said):
    result = start("-c", "import django; django.setup()", DJANGO_SETTINGS_MODULE="portal.settings", **changes)

    assert result.returncode != 0
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert said in result.stderr


WITH_CHANNELS = """
import django
django.setup()
from django.conf import settings
from django.urls import reverse
from portal import routes
print(settings.EMAIL_BACKEND, settings.WHATSAPP_API_VERSION, settings.SMS_SENDER, reverse("mail_provider"))
print({route.name for route in routes.routes()} == set(routes.access()))
"""


def test_with_everything_that_belongs_to_it_each_channel_is_there():
    whatsapp = dict.fromkeys(
        ["WHATSAPP_PHONE_NUMBER_ID", "WHATSAPP_TOKEN", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN"], "x"
    )
    sms = {"SMS_URL": "https://sms.example.com", "SMS_TOKEN": "x", "SMS_SENDER": "GenZ"}
    result = start(
        *("-c", WITH_CHANNELS), DJANGO_SETTINGS_MODULE="portal.settings", **PROVIDER, **KEY, **whatsapp, **sms
    )

    backend = "anymail.backends.postmark.EmailBackend"
    assert result.stdout.splitlines() == [f"{backend} v23.0 GenZ /kabar/surat/", "True"], result.stderr


def test_production_settings_pass_every_deployment_check():
    result = start("manage.py", "check", "--deploy", "--fail-level", "WARNING")

    assert (result.returncode, result.stdout) == (0, "System check identified no issues (3 silenced).\n"), result.stderr


def test_cookies_in_production_belong_to_this_host_and_to_tls():
    flags = ["NAME", "SECURE", "HTTPONLY", "SAMESITE", "DOMAIN"]
    names = [f"{cookie}_COOKIE_{flag}" for cookie in ("SESSION", "CSRF") for flag in flags]
    code = f"from django.conf import settings; print([getattr(settings, name) for name in {names}])"
    result = start("-c", code, DJANGO_SETTINGS_MODULE="portal.settings")

    expected = ["__Host-session", True, True, "Lax", None, "__Host-csrf", True, True, "Lax", None]
    assert result.stdout.strip() == str(expected), result.stderr


AT_THE_DOOR = """
import sys, django
django.setup()
from django.test import Client
door = Client().get("/masuk/")
print(door.status_code, "Google" in door.content.decode(), "form-action 'self';" in door["Content-Security-Policy"])
print([Client().post("/masuk/google/").status_code, Client().get("/masuk/google/kembali/").status_code])
unwanted = ("allauth.socialaccount.models", "portal.accounts.google", "requests", "anymail")
print([name for name in unwanted if name in sys.modules])
"""


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, ["200 False True", "[404, 404]", "[]"]),
        ({"GOOGLE_CLIENT_ID": "", "GOOGLE_CLIENT_SECRET": ""}, ["200 False True", "[404, 404]", "[]"]),
    ],
    ids=["unset", "empty"],
)
def test_without_googles_keys_there_is_no_button_no_address_and_no_code_of_it(keys, expected):
    environment = {"PORTAL_ENV": "test", "BASE_URL": "http://testserver", "BEHIND_PROXY": None}
    result = start(
        "-c", AT_THE_DOOR, DJANGO_SETTINGS_MODULE="portal.settings", LOG_LEVEL="ERROR", **environment, **keys
    )

    assert result.stdout.splitlines() == expected, result.stderr
