"""Pages shown when something is wrong: ours, with the number of the event and nothing of how it happened."""

import logging
from datetime import UTC, datetime, timedelta
from io import BytesIO
from unittest import mock

import pytest
from bs4 import BeautifulSoup
from django.db import OperationalError
from django.template import TemplateSyntaxError
from django.test import Client

from portal.middleware import HEADERS
from portal.templatetags import ages

SECRET = "Canary 6281299998888"  # what an error's own words may hold


@pytest.fixture
def answer(db, caplog):
    """What a reader gets of the door while `place` raises `error`."""

    def ask(place, error, path="/masuk/", *sent, **how):
        browser = Client(raise_request_exception=False)
        with mock.patch(place, side_effect=error), caplog.at_level(logging.CRITICAL):
            return browser.post(path, *sent, **how) if sent else browser.get(path)

    return ask


BROKEN = {
    "view": "participants.views.door.ask_for_address",
    "middleware": "portal.accounts.middleware.LoginRequired.process_view",
    "template": "participants.views.door.render",
}


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("where", BROKEN)
@pytest.mark.parametrize(
    ("error", "status"),
    [(ValueError(SECRET), 500), (TemplateSyntaxError(SECRET), 500), (OperationalError(SECRET), 503)],
)
def test_an_error_anywhere_is_a_page_of_ours(answer, where, error, status, language):
    response = answer(BROKEN[where], error, "/masuk/" if language == "id" else "/en/masuk/")
    page = BeautifulSoup(response.content, "html.parser")

    assert response.status_code == status
    assert page.html["lang"] == language
    assert response["X-Request-ID"] in page.main.text
    assert "Canary" not in response.content.decode()
    assert "Traceback" not in response.content.decode()
    assert {name: response[name] for name in HEADERS} == HEADERS
    assert response["Cache-Control"] == "private, no-store"
    assert response.get("Retry-After") == ("5" if status == 503 else None)


@pytest.mark.parametrize("headers", [{"Origin": "http://testserver"}, {"Sec-Fetch-Site": "same-origin"}])
def test_what_was_typed_into_a_form_of_ours_is_kept_while_we_are_busy(answer, headers):
    typed = {"email": "siti@", "n": ["1", "<2>"]}
    response = answer(BROKEN["view"], OperationalError(SECRET), "/masuk/?a=b", typed, headers=headers)
    page = BeautifulSoup(response.content, "html.parser")

    kept = [(field["name"], field["value"]) for field in page.select("form [name]")]
    assert page.form["action"] == "/masuk/?a=b"
    assert kept[1:] == [("email", "siti@"), ("n", "1"), ("n", "<2>")]
    assert kept[0][0] == "csrfmiddlewaretoken"


@pytest.mark.parametrize(
    ("error", "typed", "headers"),
    [
        (OperationalError(SECRET), {"email": "siti@"}, {"Origin": "https://elsewhere.example"}),
        (OperationalError(SECRET), {"password": "typed"}, {"Origin": "http://testserver"}),
        (OperationalError(SECRET), {"file": BytesIO(b"a,b")}, {"Origin": "http://testserver"}),
        (ValueError(SECRET), {"email": "siti@"}, {"Origin": "http://testserver"}),
    ],
)
def test_nothing_else_is_put_into_a_page_again(answer, error, typed, headers):
    page = answer(BROKEN["view"], error, "/masuk/", typed, headers=headers).content.decode()

    assert "<form" not in page
    assert "typed" not in page


@pytest.mark.parametrize(("error", "status"), [(ValueError(SECRET), 500), (OperationalError(SECRET), 503)])
def test_an_error_is_told_even_when_its_page_fails(answer, error, status):
    with mock.patch("portal.views.render", side_effect=TemplateSyntaxError(SECRET)):
        response = answer(BROKEN["view"], error)

    assert (response.status_code, response["Content-Type"]) == (status, "text/plain; charset=utf-8")
    assert response["X-Request-ID"] in response.content.decode()
    assert "Canary" not in response.content.decode()
    assert {name: response[name] for name in HEADERS} == HEADERS


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "status"), [(b"email=" + b"a" * 3_000_000, 413), (b"&".join(b"f%d=1" % n for n in range(5000)), 400)]
)
def test_what_is_too_long_is_told_so_and_fills_no_log(body, status, caplog):
    response = Client().post("/masuk/", body, content_type="application/x-www-form-urlencoded")

    assert response.status_code == status
    page = BeautifulSoup(response.content, "html.parser")
    assert "terlalu panjang" in page.h1.text
    assert page.title.text.startswith(page.h1.text)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(("seconds", "told"), [(0, "baru saja"), (59, "baru saja"), (240, "4 menit lalu")])
def test_what_was_just_now_is_called_so(seconds, told):
    now = datetime(2025, 12, 16, 9, tzinfo=UTC)

    assert ages.ago(now - timedelta(seconds=seconds), now) == told
