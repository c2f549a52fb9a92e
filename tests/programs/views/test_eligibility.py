"""The ten-second check as a visitor meets it: a plain page, an answer in words, nothing kept."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from tests.factories import DURING_REGISTRATION, OPENS, make_region, make_session
from tests.rules.visits import Watch

pytestmark = pytest.mark.django_db
OURS = {"HTTP_ORIGIN": "http://testserver"}


@pytest.fixture(autouse=True)
def moment(monkeypatch):
    now = [DURING_REGISTRATION]
    monkeypatch.setattr("portal.clock.now", lambda: now[0])
    return now


@pytest.fixture
def client():
    """A browser that checks tokens, as production does."""
    return Client(enforce_csrf_checks=True)


def ask(client, born, region, path="/cek/", **headers):
    return client.post(path, {"birth_date": born, "region": region.pk if region else ""}, **(headers or OURS))


def heard(response):
    page = BeautifulSoup(response.content, "html.parser")
    return " ".join(page.select_one("[data-answer]").get_text(" ").split())


@pytest.mark.parametrize(
    ("born", "first_words"),
    [
        ("1996-12-31", "Umurmu sudah melewati batas"),
        ("1997-01-01", "Ya, kamu bisa ikut!"),
        ("2012-12-31", "Ya, kamu bisa ikut!"),
        ("2013-01-01", "Umurmu belum cukup"),
        ("2031-01-01", "Periksa lagi tahunnya"),
    ],
)
def test_check_answers_first_with_yes_or_no(client, born, first_words):
    response = ask(client, born, make_session().region)

    assert response.status_code == 200
    assert heard(response).startswith(first_words)


def test_check_says_why_not_and_what_to_do(client):
    answer = heard(ask(client, "1996-12-31", make_session().region))

    assert "untuk yang lahir 1 Januari 1997 sampai 31 Desember 2012" in answer
    assert "Kami baca tanggal lahirmu 31 Desember 1996" in answer
    assert "Salah ketik? Perbaiki, lalu cek lagi." in answer


def test_check_leads_to_the_registration(client):
    session = make_session()

    page = BeautifulSoup(ask(client, "2004-05-17", session.region).content, "html.parser")

    assert page.select_one(".offers a.button")["href"] == f"/daftar/{session.slug}/"


@pytest.mark.parametrize(("born", "told"), [("2007-12-16", False), ("2007-12-17", True)])
def test_check_tells_a_minor_that_a_guardian_is_asked(client, born, told):
    assert ("orang tua atau walimu" in heard(ask(client, born, make_session().region))) is told


@pytest.mark.parametrize(
    ("when", "options", "words", "can_ask"),
    [
        (OPENS - timedelta(days=1), {}, "Dibuka Senin, 1 Desember 2025, 10.00 WIB.", True),
        (OPENS, {"capacity": 0}, "Ya, lewat daftar tunggu", False),
        (OPENS, {"status": "cancelled"}, "dibatalkan", False),
        (OPENS + timedelta(days=20), {}, "Umurmu sesuai, tetapi pendaftaran edisi ini sudah ditutup.", True),
        (OPENS, {"status": "draft"}, "Belum ada sesi di", True),
    ],
)
def test_check_is_honest_about_the_region(client, moment, when, options, words, can_ask):
    moment[0] = when
    region = make_session(**options).region

    answer = ask(client, "2004-05-17", region)

    assert words in heard(answer)
    assert (f'href="/kabari/{region.code}/"' in answer.content.decode()) is can_ask


def test_check_speaks_english(client):
    assert heard(ask(client, "2004-05-17", make_session().region, path="/en/cek/")).startswith("Yes, you can join!")


@pytest.mark.parametrize(
    ("born", "has_region", "words"),
    [
        ("", True, "Isi tanggal lahirmu."),
        ("17-05-2004", True, "Tulis tahun-bulan-tanggal dengan angka"),
        ("2004-02-30", True, "Tanggal itu tidak ada di kalender."),
        ("2004-05-17", False, "Pilih wilayahmu."),
    ],
)
def test_check_says_beside_the_field_what_to_mend_and_keeps_what_was_typed(client, born, has_region, words):
    region = make_session().region

    response = ask(client, born, region if has_region else None)
    page = BeautifulSoup(response.content, "html.parser")

    assert response.status_code == 422
    assert words in page.select_one(".field .error").get_text()
    assert page.select_one("[name=birth_date]")["value"] == born
    assert page.title.get_text().startswith("Belum bisa dikirim")


def test_check_keeps_nothing(client, caplog):
    region = make_session().region
    tables = Watch()

    response = ask(client, "2004-05-17", region)

    assert not tables.is_changed()
    assert response.cookies == client.cookies == {}
    assert "no-store" in response.headers["Cache-Control"]
    assert "2004" not in caplog.text


def test_check_ignores_what_an_address_says(client):
    region = make_region()

    page = BeautifulSoup(client.get(f"/cek/?birth_date=2004-05-17&region={region.pk}").content, "html.parser")

    assert page.select(".answer") == []
    assert page.select("form[method=get]") == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"HTTP_ORIGIN": "http://testserver"}, 200),
        ({"HTTP_SEC_FETCH_SITE": "same-origin"}, 200),
        ({"HTTP_USER_AGENT": "a phone too old to say where a form comes from"}, 200),
        ({"HTTP_ORIGIN": "https://elsewhere.example"}, 403),
        ({"HTTP_ORIGIN": "null"}, 403),
        ({"HTTP_SEC_FETCH_SITE": "cross-site"}, 403),
        ({"HTTP_SEC_FETCH_SITE": "same-site"}, 403),
    ],
)
def test_check_answers_only_our_own_form(client, headers, status):
    assert ask(client, "2004-05-17", make_session().region, **headers).status_code == status


def test_check_without_an_edition_says_so(client):
    assert "Belum ada edisi" in client.get("/cek/").content.decode()


def test_home_holds_the_form_and_stays_the_same_for_everybody(client):
    make_session()

    response = client.get("/")
    form = BeautifulSoup(response.content, "html.parser").select_one("[data-eligibility] form")

    assert (form["action"], form["method"]) == ("/cek/", "post")
    assert form.select("[name=csrfmiddlewaretoken]") == []
    assert response.cookies == {}
    assert response.headers["Cache-Control"] == "public, max-age=10"


@pytest.mark.parametrize("number", [1, 3])
def test_check_costs_the_same_for_one_and_three(client, django_assert_num_queries, number):
    session = make_session()
    for _ in range(number - 1):
        make_session(program=session.program)
    region = session.region

    with django_assert_num_queries(4):
        ask(client, "2004-05-17", region)
