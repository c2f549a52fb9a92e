"""Forms that were open in other tabs of the browser in which somebody then logs in or out."""

import pytest
from django.test import Client

from participants.models import LoginCode, Participant
from participants.operations import login_codes
from tests.factories import make_participant, make_user

pytestmark = pytest.mark.django_db
OURS = {"origin": "http://testserver"}
EMAIL = "siti@example.com"


@pytest.fixture
def browser():
    return Client(enforce_csrf_checks=True, headers=OURS)


def token_on(browser, page, path="/masuk/"):
    return page(browser.get(path)).select_one("main [name=csrfmiddlewaretoken]")["value"]


def log_in(browser, page, email=EMAIL):
    browser.post("/masuk/", {"email": email, "csrfmiddlewaretoken": token_on(browser, page)})
    token, code = token_on(browser, page, "/masuk/kode/"), login_codes.text(LoginCode.objects.latest("pk"))
    return browser.post("/masuk/kode/", {"code": code, "csrfmiddlewaretoken": token})


def change_name(browser, token, **options):
    """Send the form of one's own data with this token; return the answer's status."""
    return browser.post("/saya/data/", {"full_name": "", "csrfmiddlewaretoken": token}, **options).status_code


@pytest.fixture
def siti(db):
    return make_participant(user=make_user(email=EMAIL))


TAKEN, ASKED_AGAIN = 422, 403  # the first: read by the view, which finds the name missing


class TestAForm:
    def test_open_before_the_login_is_taken_at_the_first_press(self, browser, page, siti):
        old = token_on(browser, page)
        log_in(browser, page)

        assert change_name(browser, old) == TAKEN

    def test_typed_after_the_login_is_taken_as_before(self, browser, page, siti):
        log_in(browser, page)

        assert change_name(browser, token_on(browser, page, "/saya/data/")) == TAKEN

    @pytest.mark.parametrize("token", ["", "a" * 64, "a" * 32, "a" * 63, "ä" * 64])
    def test_with_a_token_of_no_page_of_ours_is_asked_again(self, browser, page, siti, token):
        log_in(browser, page)

        assert change_name(browser, token) == ASKED_AGAIN

    @pytest.mark.parametrize(
        "origin", ["http://evil.testserver", "https://testserver", "http://testserver:81", "null", ""]
    )
    def test_open_before_the_login_is_refused_from_elsewhere(self, browser, page, siti, origin):
        old = token_on(browser, page)
        log_in(browser, page)

        assert change_name(browser, old, headers={"origin": origin}) == ASKED_AGAIN

    def test_open_before_the_login_is_refused_where_the_browser_does_not_say_who_sent_it(self, page, siti):
        silent = Client(enforce_csrf_checks=True)
        old = token_on(silent, page)
        log_in(silent, page)

        assert change_name(silent, old) == ASKED_AGAIN
        assert change_name(silent, token_on(silent, page, "/saya/data/")) == TAKEN

    def test_of_another_browser_is_asked_again(self, browser, page, siti):
        other = token_on(Client(), page)
        log_in(browser, page)

        assert change_name(browser, other) == ASKED_AGAIN

    def test_open_before_a_logout_is_not_taken_from_the_next_person(self, browser, page, siti):
        log_in(browser, page)
        old = token_on(browser, page, "/saya/data/")
        browser.post("/keluar/", {"csrfmiddlewaretoken": old})
        make_participant(user=make_user(email="adik@example.com"))
        log_in(browser, page, "adik@example.com")

        assert change_name(browser, old) == ASKED_AGAIN
        assert Participant.objects.count() == 2
