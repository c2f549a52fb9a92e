"""The page that answers a form is read at an address of its own, by the browser that sent the form and nobody else."""

import base64
import pickle
import random
import zlib

import pytest
from bs4 import BeautifulSoup
from django.core.cache import cache
from django.core.cache.backends.db import DatabaseCache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.http import HttpRequest, QueryDict
from django.test import Client
from django.utils.datastructures import MultiValueDict

from portal import kept_answers
from portal.middleware import LARGEST_FORM
from tests.factories import DURING_REGISTRATION, make_login, make_session, make_user
from tests.participants.views.entering import ask, machine_time, type_code

__all__ = ["machine_time"]
LOOKED_AT = {"HTTP_SEC_FETCH_DEST": "document", "HTTP_SEC_FETCH_SITE": "same-origin"}
WRONG = {"email": "Canary.bukan.alamat", "next": "/saya/"}
pytestmark = pytest.mark.django_db


def browser(user=None, **says):
    client = Client(**(LOOKED_AT | says))
    if user:
        client.cookies["session"] = make_login(user)
    return client


def kept():
    with connection.cursor() as cursor:
        cursor.execute("SELECT value, expires - CURRENT_TIMESTAMP FROM portal_cache WHERE length(value) > 500")
        return cursor.fetchall()


def typed(response):
    field = BeautifulSoup(response.content, "html.parser").select_one("[name=email], [name=full_name]")
    return field.get("value", "")


@pytest.fixture
def session(monkeypatch):
    monkeypatch.setattr("portal.clock.now", lambda: DURING_REGISTRATION)
    return make_session()


def test_a_form_that_is_refused_is_read_as_often_as_one_goes_back(client):
    stranger = browser()
    led = stranger.post("/masuk/", WRONG)
    read = [stranger.get(led["Location"]) for _time in range(2)]
    at_once = client.post("/masuk/", WRONG)

    assert (led.status_code, led["Location"]) == (302, "/masuk/?jawaban")
    assert [(page.status_code, typed(page)) for page in read] == [(422, WRONG["email"])] * 2
    assert at_once.status_code == 422, "programs, which go back nowhere, get it at once"
    ours = {name: at_once[name] for name in at_once.headers if name not in ("X-Request-ID", "Content-Length")}
    assert {name: read[0][name] for name in ours} == ours
    assert led["Cache-Control"] == "private, no-store"


def test_what_is_sent_from_there_is_taken_and_then_gone(session):
    reader = Client(enforce_csrf_checks=True, **LOOKED_AT)
    reader.cookies["session"] = make_login(make_user())
    path = f"/daftar/{session.slug}/"
    page = BeautifulSoup(reader.get(path).content, "html.parser")
    token = page.select_one("[name=csrfmiddlewaretoken]")["value"]
    sent = {"full_name": "Canary", "birth_date": "2004-05-17", "region": str(session.region_id), "form_key": ""}
    led = reader.post(path, sent | {"csrfmiddlewaretoken": token})
    assert led["Location"] == f"{path}?jawaban"
    page = BeautifulSoup(reader.get(led["Location"]).content, "html.parser")
    form = {field["name"]: field.get("value", "") for field in page.select("form[data-register] input[name]")}
    assert form["full_name"] == "Canary"

    form |= {
        "region": sent["region"],
        "phone": "081234567890",
        "occupation": "university",
        "part": "adult",
        "checked": "1",
    }
    done = reader.post(led["Location"], form | {"consent_training": "on"})

    assert done["Location"] == "/saya/"
    assert reader.get(led["Location"])["Location"] == "/saya/", "how things stand, not what was asked before"
    assert kept() == []


def test_it_goes_too_where_the_form_names_another_address():
    reader = browser()
    reader.post("/masuk/", WRONG)
    assert kept()

    asked = reader.post("/masuk/", {"email": "siti@example.com"}, HTTP_REFERER="http://testserver/masuk/?jawaban")

    assert asked["Location"] == "/masuk/kode/"
    assert kept() == []


def test_it_goes_with_the_draft_that_is_deleted_on_request(session):
    reader, path = browser(make_user()), f"/daftar/{session.slug}/"
    led = reader.post(path, {"full_name": "Canary", "region": str(session.region_id)})["Location"]
    assert typed(reader.get(led)) == "Canary"

    reader.post(f"{path}draf/", {"discard": "yes"})

    assert typed(reader.get(led)) == ""
    assert kept() == []


def test_nobody_else_reads_it_not_even_in_the_same_browser(session):
    first, second = make_user(), make_user()
    path = f"/daftar/{session.slug}/"
    reader = browser(first)
    led = reader.post(path, {"birth_date": "Canary", "full_name": "x"})["Location"]
    assert 'id="galat"' in reader.get(led).text
    secret = reader.cookies["csrf"].value
    others = [browser(first), browser(second), browser()]
    for other in others[1:]:
        other.cookies["csrf"] = secret
    others[0].get(path)
    assert others[0].cookies["csrf"].value != secret

    read = [other.get(led) for other in others] + [reader.get(f"/en{led}")]

    assert [(page.status_code, 'id="galat"' in page.text) for page in read] == [(200, False)] * 4


def test_the_way_in_and_the_way_out_end_it(machine_time):
    reader = browser()
    reader.post("/masuk/", WRONG)
    ask(reader)
    reader.post("/masuk/kode/", {"code": "AAAAAA"})
    assert typed(reader.get("/masuk/?jawaban")) == WRONG["email"]
    type_code(reader)
    assert reader.get("/masuk/?jawaban")["Location"] == "/saya/"

    reader.post("/saya/alamat/", {"do": "ask", "email": "Canary"})
    assert "Canary" in reader.get("/saya/alamat/?jawaban").text
    reader.post("/keluar/")

    assert typed(reader.get("/masuk/?jawaban")) == ""
    assert reader.get("/saya/alamat/?jawaban")["Location"].startswith("/masuk/")
    assert kept(), "the control: it is there, and nobody can open it"


def test_the_server_keeps_nothing_that_it_could_read_and_not_for_long():
    browser().post("/masuk/", WRONG)
    ((value, left),) = kept()
    held = pickle.loads(base64.b64decode(value))

    assert b"Canary" not in held
    with pytest.raises(zlib.error):
        zlib.decompress(base64.urlsafe_b64decode(held))
    assert left.total_seconds() == pytest.approx(kept_answers.SECONDS, abs=60)


@pytest.mark.parametrize(
    "says",
    [
        {"HTTP_SEC_FETCH_DEST": "empty"},
        {"HTTP_SEC_FETCH_SITE": "cross-site"},
        {"HTTP_SEC_FETCH_SITE": "same-site"},
        {"HTTP_SEC_FETCH_SITE": "none"},
    ],
)
def test_keeps_nothing_that_no_person_sent_from_here(says):
    assert browser(**says).post("/masuk/", WRONG).status_code == 422
    assert kept() == []


@pytest.mark.parametrize(
    ("path", "sent", "status"),
    [
        ("/staf/akun/masuk/", {"login": "a", "password": "b"}, 200),
        ("/en/staf/akun/masuk/", {"login": "a"}, 200),
        ("/cek/", {"birth_date": "2004-05-17"}, 422),
        ("/masuk/", WRONG | {"password": "b"}, 422),
        ("/masuk/?next=/" + "a" * 2000, WRONG, 422),
        ("/tidak/ada/", {}, 404),
    ],
)
def test_keeps_no_password_no_work_of_staff_and_nothing_of_the_check_that_promises_so(session, path, sent, status):
    reader = browser()
    reader.get("/masuk/")

    assert reader.post(path, sent).status_code == status
    assert kept() == []


def test_so_many_are_kept_of_strangers_in_one_network_and_of_each_account(monkeypatch):
    monkeypatch.setattr(kept_answers, "MOST", 2)
    answers = [browser().post("/masuk/", WRONG).status_code for _time in range(4)]
    wrong, one, others = {"do": "ask", "email": ""}, make_user(), [make_user() for _one in range(3)]
    inside = [browser(user).post("/saya/alamat/", wrong).status_code for user in (one, one, one, *others)]

    assert answers == [302, 302, 422, 422]
    assert inside == [302, 302, 422, 302, 302, 302], "an account may come with as many secrets as it likes"


def test_keeps_no_page_that_is_a_book():
    reader = browser(make_user())
    reader.get("/saya/alamat/")
    typed_in = {"do": "ask", "email": base64.b64encode(random.Random(1).randbytes(100_000)).decode()}

    assert reader.post("/saya/alamat/", typed_in).status_code == 422
    assert kept() == []


def test_a_file_that_was_refused_unread_is_not_read_to_keep_the_refusal(monkeypatch):
    reader = browser(make_user())
    reader.get("/saya/alamat/")
    read = []
    monkeypatch.setattr(
        HttpRequest, "parse_file_upload", lambda *_any: read.append(1) or (QueryDict(), MultiValueDict())
    )

    answers = [
        reader.post("/saya/alamat/", {"file": SimpleUploadedFile("x", b"x" * size)}) for size in (LARGEST_FORM, 9)
    ]

    assert [answer.status_code for answer in answers] == [403, 302]
    assert read == [1], "the control: what is small is read as any form"


def test_what_the_database_did_not_take_comes_at_once(monkeypatch):
    monkeypatch.setattr(DatabaseCache, "_base_set", lambda *_any: False)

    answer = browser().post("/masuk/", WRONG)

    assert (answer.status_code, typed(answer)) == (422, WRONG["email"])


def test_going_back_to_what_is_over_leads_to_ones_own_page():
    reader = browser(make_user())

    assert reader.get("/saya/batal/").status_code == 404
    assert reader.get("/saya/batal/?jawaban")["Location"] == "/saya/"
    assert reader.get("/wali/tidak-ada/?jawaban").status_code == 404


@pytest.mark.parametrize("act", ["set", "get", "delete"])
def test_the_page_comes_at_once_where_it_cannot_be_kept(monkeypatch, act):
    reader = browser()
    reader.post("/masuk/", WRONG)

    def fail(*_any, **_more):
        raise OperationalError

    monkeypatch.setattr(cache, act, fail)

    refused = reader.post("/masuk/?jawaban", WRONG)
    assert refused.status_code == (302 if act == "delete" else 422)
    assert reader.get("/masuk/?jawaban").status_code == (200 if act == "get" else 422)
    assert reader.post("/masuk/?jawaban", {"email": "siti@example.com"})["Location"] == "/masuk/kode/"
