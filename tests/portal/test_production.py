"""What the portal answers with production settings, while its database is away: TLS, headers, cookies, own pages."""

import json
import os
import subprocess
import sys
from http.cookies import SimpleCookie

import pytest

from portal import embedded
from portal.middleware import HEADERS, HSTS
from tests.portal.test_settings import PRODUCTION
from tests.seeds import static_of_portals

pytestmark = pytest.mark.xdist_group("production")  # one process asks once for all that they judge

SCRIPT = """
import json
import django
django.setup()
from django.http import HttpResponse
from django.templatetags.static import static
from django.test import Client
from participants.views.door import remember
from portal.accounts import known_browsers

def told(response):
    text = "" if response.streaming else response.content.decode(errors="replace")
    cookies = [morsel.OutputString() for morsel in response.cookies.values()]
    return {"status": response.status_code, "headers": dict(response.headers), "text": text, "cookies": cookies}

def ask(scheme, method, path):
    headers = {"host": "pelatihan.go.id", "x-forwarded-proto": scheme}
    browser = Client(headers=headers, raise_request_exception=False, enforce_csrf_checks=True)
    return told(browser.generic(method, path))

ASKED = [
    ("https", "GET", "/masuk/"), ("https", "GET", "/saya/"), ("https", "GET", "/tidak-ada/"), ("https", "GET", "/%00"),
    ("https", "POST", "/masuk/"), ("https", "BREW", "/"), ("https", "GET", "/sesi/"), ("https", "GET", "/livez"),
    ("https", "GET", "/staf/"), ("http", "GET", "/masuk/?next=/saya/"),
    ("http", "POST", "/masuk/"), ("http", "GET", "/tidak-ada/"), ("http", "GET", "/%00"),
]
answers = {" ".join(asked): ask(*asked) for asked in ASKED}
answers["https GET /static/css/portal.css"] = ask("https", "GET", static("css/portal.css"))
known = HttpResponse()
known_browsers.remember(known, "a@b.id")
answers["the door remembers"] = told(remember(HttpResponse(), "x" * 43))
answers["the workplace remembers"] = told(known)
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def answers():
    nobody = {"DATABASE_URL": "postgres://nobody@127.0.0.1:9/none", "REDIS_URL": "redis://127.0.0.1:9"}
    static = {"STATIC_ROOT": static_of_portals(), "DJANGO_SETTINGS_MODULE": "portal.settings"}
    environment = PRODUCTION | nobody | static | {"PATH": os.environ["PATH"]}

    def run(*command):
        done = subprocess.run(
            [sys.executable, *command], env=environment, cwd=embedded.ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("manage.py", "collect")
    return json.loads(run("-c", SCRIPT))


def test_answers_as_asked(answers):
    assert {asked: answer["status"] for asked, answer in answers.items()} == {
        "https GET /masuk/": 200,
        "https GET /saya/": 302,
        "https GET /tidak-ada/": 404,
        "https GET /%00": 400,
        "https POST /masuk/": 403,
        "https BREW /": 400,
        "https GET /sesi/": 503,
        "https GET /livez": 200,
        "https GET /static/css/portal.css": 200,
        "https GET /staf/": 302,
        "http GET /masuk/?next=/saya/": 301,
        "http POST /masuk/": 301,
        "http GET /tidak-ada/": 301,
        "http GET /%00": 400,
        "the door remembers": 200,
        "the workplace remembers": 200,
    }


def test_every_answer_carries_the_headers_and_insists_on_tls(answers):
    wanted = HEADERS | {"Strict-Transport-Security": HSTS}
    for asked, answer in answers.items():
        if not asked.endswith("remembers"):
            assert {name: answer["headers"].get(name) for name in wanted} == wanted, asked


def test_plain_http_leads_to_tls_on_the_same_host_in_one_step(answers):
    assert answers["http GET /masuk/?next=/saya/"]["headers"]["Location"] == (
        "https://pelatihan.go.id/masuk/?next=/saya/"
    )


def test_every_cookie_belongs_to_this_host_and_to_tls(answers):
    seen = {}
    for answer in answers.values():
        for line in answer["cookies"]:
            for name, morsel in SimpleCookie(line).items():
                flags = [morsel[flag] for flag in ("path", "domain", "secure", "httponly", "samesite")]
                seen.setdefault(name, []).append(flags)
    assert set(seen) == {
        "__Host-csrf",
        "__Host-door",
        "__Host-staff",
    }  # and the session's, whose settings another test reads
    assert all(flags == ["/", "", True, True, "Lax"] for lines in seen.values() for flags in lines)


def test_whatever_sets_a_cookie_or_is_somebodys_is_kept_by_no_cache(answers):
    assert answers["https GET /masuk/"]["cookies"]
    for asked, answer in answers.items():
        if asked.startswith("https") and "/static/" not in asked:
            assert answer["headers"]["Cache-Control"] == "private, no-store", asked


def test_says_that_it_is_busy_while_the_database_is_away(answers):
    answer = answers["https GET /sesi/"]

    assert "Sedang ramai" in answer["text"]
    assert answer["headers"]["X-Request-ID"] in answer["text"]
    assert "Traceback" not in answer["text"]
    assert "OperationalError" not in answer["text"]
